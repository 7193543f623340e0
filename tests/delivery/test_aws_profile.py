"""Profile files of AWS: read in its own order, and what they cannot do alone is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine.delivery import aws_profile
from octotui.engine.delivery.aws_profile import read_profile
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.storage import Refused, StorageTrouble
from tests.support.object_storage import S3Server


def files(home: Path, credentials: str = "", config: str = "") -> dict[str, str]:
    """Write profile files below a home; returns the environment of whoever lives there."""
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(credentials)
    (home / ".aws" / "config").write_text(config)
    return {"HOME": str(home)}


KEYS = "[default]\naws_access_key_id = AKIAONE\naws_secret_access_key = one\n"


def test_without_files_nothing_is_said(tmp_path: Path) -> None:
    assert read_profile({"HOME": str(tmp_path)}) == (None, None, None)


def test_the_default_profile_counts_and_its_other_file_says_the_rest(tmp_path: Path) -> None:
    environ = files(tmp_path, KEYS, "[default]\nregion = eu-north-1\nendpoint_url = https://minio.example\n")
    profile = read_profile(environ)
    assert profile.credentials is not None
    assert profile.credentials() == {
        "access_key_id": "AKIAONE",
        "secret_access_key": "one",
        "token": None,
        "expires_at": None,
    }
    assert (profile.region, profile.endpoint) == ("eu-north-1", "https://minio.example")


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"])
def test_the_environment_wins_over_the_keys_of_a_profile_and_not_over_its_region(tmp_path: Path, variable: str) -> None:
    environ = files(tmp_path, KEYS, "[default]\nregion = eu-north-1\n") | {variable: "x"}
    profile = read_profile(environ)
    assert (profile.credentials, profile.region) == (None, "eu-north-1")


def test_another_profile_is_named_by_the_environment(tmp_path: Path) -> None:
    two = "[studio]\naws_access_key_id = AKIATWO\naws_secret_access_key = two\naws_session_token = tok\n"
    environ = files(tmp_path, KEYS + two, "[profile studio]\nregion = us-west-2\n") | {"AWS_PROFILE": "studio"}
    profile = read_profile(environ)
    assert profile.credentials is not None
    assert (profile.credentials()["access_key_id"], profile.credentials()["token"]) == ("AKIATWO", "tok")
    assert profile.region == "us-west-2"
    with pytest.raises(Refused, match="AWS_PROFILE names the profile nobody"):
        read_profile(environ | {"AWS_PROFILE": "nobody"})


def test_a_command_gives_credentials_that_end(tmp_path: Path) -> None:
    told = {"Version": 1, "AccessKeyId": "AKIAX", "SecretAccessKey": "s", "Expiration": "2030-01-01T00:00:00Z"}
    script = tmp_path / "who.py"
    script.write_text(f"print({json.dumps(json.dumps(told))})")
    environ = files(tmp_path, config=f"[default]\ncredential_process = {sys.executable} {script}\n")
    profile = read_profile(environ)
    assert profile.credentials is not None
    found = profile.credentials()
    assert found["access_key_id"] == "AKIAX"
    assert found["expires_at"] is not None
    assert found["expires_at"].isoformat() == "2030-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "body", ["print('no JSON, but asecretkey')", "raise SystemExit(3)", "print('{}')", "print('[]')"]
)
def test_a_command_that_fails_tells_nothing_of_what_it_printed(tmp_path: Path, body: str) -> None:
    script = tmp_path / "who.py"
    script.write_text(body)
    profile = read_profile(files(tmp_path, config=f"[default]\ncredential_process = {sys.executable} {script}\n"))
    assert profile.credentials is not None
    with pytest.raises(Refused, match="credential_process of the AWS profile failed") as told:
        profile.credentials()
    assert "asecretkey" not in str(told.value)


def test_a_profile_that_logs_in_needs_boto3_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = files(tmp_path, config="[default]\nsso_session = company\n")
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "obstore.auth.boto3", raising=False)
    with pytest.raises(Refused, match=r"needs boto3: .*boto3"):
        read_profile(environ)


def test_a_file_that_is_none_of_profiles_is_named(tmp_path: Path) -> None:
    environ = files(tmp_path, "no profile at all\n")
    with pytest.raises(Refused, match=r"credentials cannot be read"):
        read_profile(environ)


def test_a_profile_alone_is_enough_to_deliver(
    s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in s3.environ:
        monkeypatch.delenv(name)
    files(tmp_path, KEYS, f"[default]\nregion = us-east-1\nendpoint_url = {s3.endpoint}\n")
    storage = open_storage(f"s3://{bucket}/x", Config(state_dir=tmp_path))
    assert storage.put_new("a", [b"1"], 1, sha256="5f", media_type="text/plain")
    assert s3.get(bucket, "x/a") == b"1"
    assert "Credential=AKIAONE" in storage.link("a", 60.0).replace("%2F", "/").replace("X-Amz-", "")


def test_nobody_at_all_is_said_in_words(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in s3.environ:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("octotui.engine.delivery.object_storage._RETRIES", {"max_retries": 0})
    monkeypatch.setattr("octotui.engine.delivery.object_storage._ROLE_SERVICES", ("127.0.0.1:9",))
    storage = open_storage("s3://farm/x", Config(state_dir=tmp_path))
    with pytest.raises(Refused, match="no credentials: neither the environment nor a profile file"):
        storage.head("a")


def test_plain_http_goes_to_this_machine_alone_unless_somebody_says_so(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octotui.engine.delivery.object_storage._RETRIES", {"max_retries": 0})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.invalid")
    with pytest.raises(StorageTrouble, match=r"URL scheme is not allowed|builder error"):
        open_storage("s3://farm/x", Config(state_dir=tmp_path)).head("a")


def test_nothing_of_it_is_imported_where_nothing_is_delivered() -> None:
    code = "import octotui.engine.engine, octotui.cli.commands.doctor, sys; print('obstore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    assert aws_profile.Profile().credentials is None
