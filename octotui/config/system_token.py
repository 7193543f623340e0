"""The account's system access token and number: what lists an account's tasks, and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from octotui.config import secret_sources
from octotui.config.problems import ENVIRONMENT, ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octotui.config.model import Config

TOKEN_VARIABLE = "OCTOTUI_SYSTEM_TOKEN"  # noqa: S105 - the name of a variable, not what is in it
USER_VARIABLE = "OCTOTUI_SYSTEM_USER"


@dataclass(slots=True, frozen=True)
class SecondKey:
    """The credential that lists tasks (`GATEWAY.md`, "Listing tasks")."""

    token: str = field(repr=False)
    user: int
    """Number of the account."""


def second_key(config: Config, environ: Mapping[str, str] = os.environ) -> SecondKey | None:
    """Return the second credential, the environment first; None when nothing names a token.

    Runs `system_token_command` or opens `system_token_file`. Raises `ConfigError`, whose words never hold the token.
    """
    token = _token(config, environ)
    if token is None:
        return None
    user = _user(config, environ)
    if user is None:
        raise _error(config, "system_user", f"is missing: the token needs its account's number (or {USER_VARIABLE})")
    return SecondKey(token, user)


def _token(config: Config, environ: Mapping[str, str]) -> str | None:
    if text := environ.get(TOKEN_VARIABLE, "").strip():
        return _checked(config, TOKEN_VARIABLE, text)
    file, command = config.system_token_file, config.system_token_command
    if file is not None and command is not None:
        raise _error(config, "system_token_command", "system_token_file says already where it is; keep one of the two")
    try:
        if file is not None:
            return _checked(config, "system_token_file", secret_sources.from_file(file))
        if command is not None:
            return _checked(config, "system_token_command", secret_sources.from_command(command))
    except ValueError as error:
        raise _error(config, "system_token_file" if file is not None else "system_token_command", str(error)) from None
    return None


def _user(config: Config, environ: Mapping[str, str]) -> int | None:
    text = environ.get(USER_VARIABLE, "").strip()
    if not text:
        return config.system_user
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise _error(config, USER_VARIABLE, "must be the number of your account at the gateway")
    return int(text[:18])


def _checked(config: Config, setting: str, text: str) -> str:
    try:
        return secret_sources.checked(text)
    except ValueError as error:
        raise _error(config, setting, str(error).replace("key", "token")) from None


def _error(config: Config, setting: str, message: str) -> ConfigError:
    in_environment = setting.isupper()
    place = ENVIRONMENT if in_environment else (config.path or Path("configuration"))
    return ConfigError([Problem(place, config.lines.get(setting), setting, message)])
