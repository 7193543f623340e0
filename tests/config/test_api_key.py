from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from octotui.config import Config, ConfigError, load, secret_sources

KEY = "sk-0123456789abcdef"


def loaded(text: str, tmp_path: Path, environ: dict[str, str] | None = None, profile: str | None = None) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load(file, {"HOME": str(tmp_path)} | (environ or {}), profile)


def refused(text: str, tmp_path: Path, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(text, tmp_path, environ)
    message = str(caught.value)
    assert KEY not in message
    assert KEY not in repr(caught.value.problems)
    return message


def key_file(tmp_path: Path, content: str = KEY, mode: int = 0o600) -> Path:
    file = tmp_path / "key"
    file.write_text(content)
    file.chmod(mode)
    return file


def test_the_environment_comes_first_and_octotuis_own_variable_before_the_other(tmp_path: Path) -> None:
    key_file(tmp_path, "sk-from-the-file")
    text = 'base_url = "https://gateway.example"\napi_key_file = "key"'
    both = {"OCTOTUI_API_KEY": f"  {KEY}\n", "OPENAI_API_KEY": "sk-other"}
    config = loaded(text, tmp_path, both)
    assert (config.api_key, config.api_key_source) == (KEY, "environment variable OCTOTUI_API_KEY")
    assert loaded(text, tmp_path, both | {"OCTOTUI_API_KEY": " "}).api_key == "sk-other"
    config = loaded(text, tmp_path)
    assert config.api_key == "sk-from-the-file"
    assert str(config.api_key_source).startswith("api_key_file of ")


FOREIGN = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://other.example/v1/"}
OCTOPUSX = "https://octopusx.ai"


def held(config: Config) -> tuple[str | None, str, str | None]:
    return config.api_key, config.base_url, config.withheld_key


def test_a_key_of_another_house_needs_a_base_url_that_was_named(tmp_path: Path) -> None:
    alone = {"OPENAI_API_KEY": KEY}
    assert held(loaded("", tmp_path, alone)) == (None, OCTOPUSX, "OPENAI_API_KEY")
    assert held(loaded("", tmp_path, alone | {"OPENAI_BASE_URL": " "})) == (None, OCTOPUSX, "OPENAI_API_KEY")
    assert held(loaded("", tmp_path, alone | {"OCTOTUI_BASE_URL": OCTOPUSX})) == (KEY, OCTOPUSX, None)
    assert held(loaded("", tmp_path, FOREIGN)) == (KEY, "https://other.example", None)
    text = 'base_url = "https://file.example"\n[profiles.p]\nbase_url = "https://profile.example"'
    assert held(loaded(text, tmp_path, FOREIGN)) == (KEY, "https://file.example", None)
    assert held(loaded(text, tmp_path, FOREIGN, "p")) == (KEY, "https://profile.example", None)
    text = '[profiles.p]\nbase_url = "https://profile.example"'
    assert held(loaded(text, tmp_path, alone)) == (None, OCTOPUSX, "OPENAI_API_KEY")
    assert held(loaded(text, tmp_path, alone, "p")) == (KEY, "https://profile.example", None)


def test_a_key_of_octotuis_own_never_goes_where_another_tools_goes(tmp_path: Path) -> None:
    own = "sk-octotuis-own-key"
    key_file(tmp_path, own)
    assert held(loaded("", tmp_path, FOREIGN | {"OCTOTUI_API_KEY": own})) == (own, OCTOPUSX, None)
    assert held(loaded('api_key_file = "key"', tmp_path, FOREIGN)) == (own, OCTOPUSX, None)
    assert held(loaded('api_key_file = "key"', tmp_path, {"OPENAI_API_KEY": KEY})) == (own, OCTOPUSX, None)
    for text, environ in (('system_token_file = "key"', {}), ("", {"OCTOTUI_SYSTEM_TOKEN": own})):
        assert held(loaded(text, tmp_path, FOREIGN | environ)) == (None, OCTOPUSX, "OPENAI_API_KEY")


def test_another_tools_base_url_is_read_only_where_it_counts(tmp_path: Path) -> None:
    wrong = {"OPENAI_BASE_URL": "gateway"}
    assert loaded("", tmp_path, wrong).base_url == OCTOPUSX
    assert loaded("", tmp_path, wrong | {"OCTOTUI_API_KEY": KEY}).base_url == OCTOPUSX
    message = refused("", tmp_path, wrong | {"OPENAI_API_KEY": KEY})
    assert message.startswith("environment: OPENAI_BASE_URL: the base URL")


def test_the_key_is_in_no_repr(tmp_path: Path) -> None:
    config = loaded("", tmp_path, {"OCTOTUI_API_KEY": KEY})
    assert KEY not in repr(config)
    assert KEY not in str(config.api_key_source)


@pytest.mark.parametrize(
    "text", [f"Bearer {KEY}", f"{KEY}\n{KEY}", f"{KEY}\x00x", f"{KEY}\x1b[0m", f"{KEY}é", f"a\t{KEY}"]
)
def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    message = refused("", tmp_path, {"OPENAI_API_KEY": text, "OPENAI_BASE_URL": "https://gateway.example/v1"})
    assert message.startswith("environment: OPENAI_API_KEY: holds ")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    file = key_file(tmp_path, mode=mode)
    message = refused('theme = "x"\napi_key_file = "key"', tmp_path)
    assert f"config.toml:2: api_key_file: {file} can be read by others (mode {mode:04o}): chmod 600 {file}" in message


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_key_file_is_read_and_trimmed(tmp_path: Path, mode: int) -> None:
    key_file(tmp_path, f"\n  {KEY}\n", mode)
    assert loaded('api_key_file = "key"', tmp_path).api_key == KEY


def test_what_is_no_key_file_is_said(tmp_path: Path) -> None:
    assert "No such file" in refused('api_key_file = "nowhere"', tmp_path)
    assert "not a regular file" in refused('api_key_file = "."', tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a regular file" in refused('api_key_file = "pipe"', tmp_path)
    key_file(tmp_path, "x" * 20_000)
    assert "too long" in refused('api_key_file = "key"', tmp_path)
    key_file(tmp_path, "  \n")
    assert "holds no key" in refused('api_key_file = "key"', tmp_path)
    key_file(tmp_path).write_bytes(b"\xff\xfe")
    assert "not text" in refused('api_key_file = "key"', tmp_path)


def command(code: str) -> str:
    words = ", ".join(f"'{word}'" for word in (sys.executable, "-c", code))
    return f"api_key_command = [{words}]"


def test_a_command_prints_the_key(tmp_path: Path) -> None:
    assert loaded(command(f'print("{KEY}")'), tmp_path).api_key == KEY


def test_a_command_gets_no_input_and_its_failure_is_told_without_secrets(tmp_path: Path) -> None:
    code = f'import sys; sys.stdin.read(); sys.exit("locked, {KEY}")'
    message = refused(command(code), tmp_path)
    assert "ended with status 1: locked, sk-…" in message


def test_a_command_has_a_time_limit() -> None:
    with pytest.raises(ValueError, match=r"has not ended after 0\.1 seconds"):
        secret_sources.from_command((sys.executable, "-c", "import time; time.sleep(60)"), limit=0.1)


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "cannot start octotui-nowhere: No such file" in refused('api_key_command = ["octotui-nowhere"]', tmp_path)


def test_a_command_is_never_run_for_commands_that_send_nothing(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    file = tmp_path / "config.toml"
    file.write_text(command(f'open("{ran}", "w")'))
    assert load(file, {"HOME": str(tmp_path)}, with_key=False).api_key is None
    assert not ran.exists()


def test_a_profiles_key_replaces_the_general_one(tmp_path: Path) -> None:
    key_file(tmp_path)
    text = f"{command('1/0')}\n[profiles.p]\napi_key_file = 'key'\n"
    assert loaded(text, tmp_path, profile="p").api_key == KEY


def test_two_places_for_one_key_are_one_too_many(tmp_path: Path) -> None:
    message = refused('api_key_file = "key"\napi_key_keyring = "a/b"', tmp_path)
    assert "config.toml:2: api_key_keyring: api_key_file says already where the key is" in message


@pytest.mark.parametrize("name", ["api_key", "key", "token"])
def test_a_key_in_the_configuration_is_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    message = refused(f'{name} = "{KEY}"', tmp_path)
    assert "api_key_file, api_key_command, api_key_keyring" in message


def test_a_keyring_is_asked_when_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    held = {("octotui", "default"): KEY}
    monkeypatch.setattr(keyring, "get_password", lambda *entry: held.get(entry), raising=False)
    monkeypatch.setattr(errors, "KeyringError", type("KeyringError", (Exception,), {}), raising=False)
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert loaded('api_key_keyring = "octotui/default"', tmp_path).api_key == KEY
    assert "no entry octotui/other" in refused('api_key_keyring = "octotui/other"', tmp_path)


def test_without_the_package_a_keyring_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "needs the Python package keyring" in refused('api_key_keyring = "octotui/default"', tmp_path)
    assert 'must be "service/name"' in refused('api_key_keyring = "octotui"', tmp_path)
