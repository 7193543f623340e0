"""Where the ledger is: the setting, the variable, the profiles; and never a password in words or in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from octotui.config import Config, ConfigError, load
from octotui.config.effective_settings import EffectiveSettings

FARM = "postgresql://ann@db.example/farm"
ENVIRON = {"HOME": "/home/ann", "OCTOTUI_API_KEY": "sk-0123456789"}


def loaded(tmp_path: Path, text: str, profile: str | None = None, **environ: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load(file, ENVIRON | environ, profile)


def test_without_one_it_is_a_file(tmp_path: Path) -> None:
    config = loaded(tmp_path, "")
    assert (config.ledger, config.ledger_place) == (None, Path("/home/ann/.local/state/octotui/ledger.db"))


def test_the_file_names_one_and_the_variable_wins(tmp_path: Path) -> None:
    text = f'ledger = "{FARM}?schema=films"\nledger_password_command = ["pass", "show", "farm"]\n'
    config = loaded(tmp_path, text)
    assert (config.ledger_place, config.ledger_password_command) == (f"{FARM}?schema=films", ("pass", "show", "farm"))
    assert loaded(tmp_path, text, OCTOTUI_LEDGER=" postgres://bob@h/db ").ledger_place == "postgres://bob@h/db"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("postgresql://ann:s3cret@db.example/farm", "must not hold a password"),
        ("postgresql://ann@db.example/farm?password=s3cret", "must not hold a password"),
        ("mysql://db.example/farm", "must begin with postgresql://"),
        ("postgresql://db.example/farm?schema=No-Name", "schema"),
    ],
)
def test_what_is_none_is_refused_and_no_password_repeated(tmp_path: Path, value: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        loaded(tmp_path, f'ledger = "{value}"\n')
    assert "config.toml:1: ledger:" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="environment: OCTOTUI_LEDGER: must begin with"):
        loaded(tmp_path, "", OCTOTUI_LEDGER="/tmp/x")  # noqa: S108 - not a file that is made


def test_each_profile_names_its_own(tmp_path: Path) -> None:
    text = f'ledger = "{FARM}"\n[profiles.lab]\nledger = "{FARM}?schema=lab"\n[profiles.home]\n'
    assert loaded(tmp_path, text).ledger == FARM
    assert loaded(tmp_path, text, "lab").ledger == f"{FARM}?schema=lab"
    home = loaded(tmp_path, text, "home")
    assert home.ledger is None, "two keys in one ledger would ask for each other's tasks"
    assert EffectiveSettings(home, {}, ENVIRON).one("ledger").value is None
    assert loaded(tmp_path, text, "home", OCTOTUI_LEDGER=FARM).ledger == FARM


def test_a_password_in_the_variable_is_shown_nowhere(tmp_path: Path) -> None:
    environ = {"OCTOTUI_LEDGER": "postgresql://ann:s3cret@db.example/farm"}
    config = loaded(tmp_path, "", **environ)
    assert config.ledger == environ["OCTOTUI_LEDGER"]
    assert "s3cret" not in repr(config)
    shown = EffectiveSettings(config, {}, ENVIRON | environ).one("ledger")
    assert (shown.value, shown.source) == (FARM, "environment")
