"""Profile files of AWS, which obstore does not read: `~/.aws/credentials` and `~/.aws/config`.

The order is AWS's own: variables of the environment, then the profile, then the role of container or machine. What a
profile needs a login or another role for (SSO, `role_arn`) is left to boto3, where that is installed.
"""

from __future__ import annotations

import configparser
import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from octotui.engine.delivery.storage import Refused
from octotui.extras import command_for

if TYPE_CHECKING:
    from obstore.store import S3Credential

_COMMAND_LIMIT = 60.0
"""Seconds a `credential_process` may take."""
_BEFORE_PROFILE = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
"""Variables that name credentials of their own, and win."""
_NEEDS_BOTO3 = ("role_arn", "sso_session", "sso_start_url", "login_session")


class Profile(NamedTuple):
    """What the files say of the profile in use."""

    credentials: Callable[[], S3Credential] | None = None
    """Who we are; None: the profile does not say, and the environment or the machine's role counts."""
    region: str | None = None
    endpoint: str | None = None


def read_profile(environ: Mapping[str, str] = os.environ) -> Profile:
    """Return what the profile files say. Raises `Refused` where they cannot be read or need what is not installed."""
    name = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    shared = _section(_file(environ, "AWS_SHARED_CREDENTIALS_FILE", "credentials"), name)
    section = "default" if name == "default" else f"profile {name}"
    found = _section(_file(environ, "AWS_CONFIG_FILE", "config"), section) | shared
    if not found and name != "default":
        raise Refused(f"AWS_PROFILE names the profile {name}, and ~/.aws has none of that name")
    return Profile(_credentials(found, name, environ), found.get("region"), found.get("endpoint_url"))


def _credentials(found: Mapping[str, str], name: str, environ: Mapping[str, str]) -> Callable[[], S3Credential] | None:
    if any(environ.get(variable) for variable in _BEFORE_PROFILE):
        return None
    if "aws_access_key_id" in found and "aws_secret_access_key" in found:
        return lambda: _fixed(found)
    if "credential_process" in found:
        return lambda: _from_command(found["credential_process"])
    if any(setting in found for setting in _NEEDS_BOTO3):
        return _by_boto3(name)
    return None


def _fixed(found: Mapping[str, str]) -> S3Credential:
    return {
        "access_key_id": found["aws_access_key_id"],
        "secret_access_key": found["aws_secret_access_key"],
        "token": found.get("aws_session_token"),
        "expires_at": None,
    }


def _from_command(command: str) -> S3Credential:
    """Run a `credential_process`, as AWS describes it: version 1, JSON on standard output."""
    try:
        ended = subprocess.run(  # noqa: S603 - the user's own command, from the user's own file
            shlex.split(command), capture_output=True, check=True, timeout=_COMMAND_LIMIT, stdin=subprocess.DEVNULL
        )
        told = json.loads(ended.stdout)
        until = told.get("Expiration")
        return {
            "access_key_id": told["AccessKeyId"],
            "secret_access_key": told["SecretAccessKey"],
            "token": told.get("SessionToken"),
            "expires_at": None if until is None else datetime.fromisoformat(until).astimezone(UTC),
        }
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError, AttributeError) as error:
        # What it printed may be a secret: only the kind of the failure is told.
        raise Refused(f"credential_process of the AWS profile failed: {type(error).__name__}") from None


def _by_boto3(name: str) -> Callable[[], S3Credential]:
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - only for such a profile
    except ImportError:
        command = command_for(["boto3"])
        raise Refused(f"the AWS profile {name} logs in or takes a role, which needs boto3: {command}") from None
    return Boto3CredentialProvider()


def _file(environ: Mapping[str, str], variable: str, name: str) -> Path:
    return Path(environ.get(variable) or Path(environ.get("HOME") or Path.home(), ".aws", name)).expanduser()


def _section(file: Path, section: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(file, "utf-8")
    except (configparser.Error, OSError, ValueError):
        raise Refused(f"{file} cannot be read as a file of AWS profiles") from None
    return dict(parser[section]) if parser.has_section(section) else {}
