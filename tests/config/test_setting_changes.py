from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.config import ConfigError, load, settings_file
from octotui.config.example import example_text
from octotui.config.setting_changes import _meanings, as_typed, set_setting, unset_setting
from octotui.config.setting_names import setting_path
from octotui.config.settings_table import SETTINGS


def change(file: Path, name: str, typed: str, profile: str | None = None) -> Any:
    """Set a setting and return what the file then holds for it."""
    path = setting_path(name, profile)
    written = set_setting(file, path, typed, {"HOME": str(file.parent)})
    document: Any = tomllib.loads(file.read_text().removeprefix("\ufeff"))
    for part in path:
        document = document[part]
    assert document == written.value
    assert written.line is not None
    assert file.read_text().split("\n")[written.line - 1].partition("=")[0].strip().endswith(path[-1])
    return document


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("rescue_before", "30m", "30m"),
        ("rescue_before", "1h 30m", "1h 30m"),
        ("rescue_before", '"30m"', "30m"),
        ("poll_seconds", "10", 10),
        ("poll_seconds", "1.5", 1.5),
        ("mouse", "true", True),
        ("mouse", "Yes", True),
        ("mouse", "off", False),
        ("terminal_notify", "off", "off"),
        ("keys.download", "on", "on"),
        ("ascii", "auto", "auto"),
        ("ascii", "false", False),
        ("player", "mpv", ["mpv"]),
        ("player", "mpv --title 'a b'", ["mpv", "--title", "a b"]),
        ("player", '["mpv", "--loop"]', ["mpv", "--loop"]),
        ("notify_on", "completed lost", ["completed", "lost"]),
        ("notify_on", "[]", []),
        ("download_dir", "~/ü b", "~/ü b"),
        ("download_dir", "1", "1"),
        ("file_template", "{provider}/{id}.mp4", "{provider}/{id}.mp4"),
        ("base_url", "https://a.example/v1", "https://a.example/v1"),
        ("keys.download", "d,f5", "d,f5"),
        ("keys.download", "5", "5"),
        ("providers.kling.label", "Kling # 1", "Kling # 1"),
        ("providers.kling.label", "1979-05-27", "1979-05-27"),
        ("providers.kling.id_prefixes", "kling k-", ["kling", "k-"]),
        ("providers.kling.retention", "none", "none"),
        ("profiles.lab.base_url", "https://a.example", "https://a.example"),
    ],
)
def test_a_value_is_written_as_it_was_meant(tmp_path: Path, name: str, typed: str, expected: object) -> None:
    assert change(tmp_path / "c.toml", name, typed) == expected


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("poll_seconds", "99999", "poll_seconds: must be from 1 to 3600 seconds"),
        ("poll_seconds", "soon", "poll_seconds: must be a time"),
        ("mouse", "maybe", "mouse: must be true or false"),
        ("transport", "curl", "transport: must be one of: http.client, httpx"),
        ("notify_on", "", "notify_on: must be a list of some of"),
        ("notify_on", "gone", "notify_on: must be a list of some of"),
        ("player", "mpv 'a", "player: must be a list of words"),
        ("providers.kling.label", '""', "must not be empty"),
        ("providers.kling.label", "1\nx = 2", "control characters"),
        ("providers.kling.colour", "x", "'colour' is no setting of a provider"),
        ("providers.Kling.label", "x", "a provider's name is made of"),
        ("profiles.lab.theme", "x", "is not a setting of one profile"),
        ("profiles.a b.base_url", "https://a.example", "a profile's name is made of"),
        ("them", "x", "did you mean theme? Valid: base_url, "),
        ("theme.x", "x", "'theme.x' is no setting"),
        ("keys", "x", "names one setting of that table: keys.COMMAND"),
        ("keys.", "x", "names one setting of that table: keys.COMMAND"),
        ("providers.kling", "x", "providers.NAME.SETTING"),
        ("", "x", "is no setting"),
        ("api_key", "sk-0123456789", "a key never stands in the configuration; say where it is: api_key_file"),
        ("profiles.lab.api_key", "sk-0123456789", "a key never stands in the configuration"),
        ("player", "a\udcff", "must be UTF-8 text"),
    ],
)
def test_what_loading_would_refuse_is_not_written(tmp_path: Path, name: str, typed: str, words: str) -> None:
    file = tmp_path / "c.toml"
    with pytest.raises(ConfigError) as raised:
        change(file, name, typed)
    assert words in str(raised.value)
    assert "0123456789" not in str(raised.value)
    assert not file.exists()


def test_a_second_word_about_the_key_is_refused_and_the_old_problems_are_not_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('api_key_file = "k"\nthem = 1\nbell = "no"\n')
    with pytest.raises(ConfigError, match="api_key_file says already where the key is"):
        change(file, "api_key_command", "pass show x")
    with pytest.raises(ConfigError, match="bell: must be true or false"):
        change(file, "bell", '"no"')
    assert change(file, "bell", "true") is True
    assert unset_setting(file, ("them",))
    assert load(file, {}, with_key=False).bell
    assert file.read_text() == 'api_key_file = "k"\nbell = true\n'


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"a = 1\nb = = 2\n", ":2: is not TOML"), (b"a = 1\n\xff", ":2: is not UTF-8"), (b"#" * 2**21, "larger than")],
)
def test_a_file_that_cannot_be_read_stays_as_it_is(tmp_path: Path, raw: bytes, words: str) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError) as raised:
        set_setting(file, ("theme",), "x", {})
    assert words in str(raised.value)
    with pytest.raises(ConfigError):
        unset_setting(file, ("theme",))
    assert file.read_bytes() == raw


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_modes_links_and_bytes_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "there" / "new.toml"
    link = tmp_path / "c.toml"
    link.symlink_to(target)
    change(link, "theme", "x")
    assert (link.is_symlink(), target.read_text(), mode_of(target)) == (True, 'theme = "x"\n', 0o600)
    target.write_bytes("\ufeff# ü\r\ntheme = 'x'\r\n".encode())
    target.chmod(0o640)
    change(link, "theme", "y")
    assert (link.is_symlink(), mode_of(target)) == (True, 0o640)
    assert target.read_bytes() == '\ufeff# ü\r\ntheme = "y"\r\n'.encode()
    assert [*target.parent.iterdir()] == [target]


def test_nothing_is_left_behind_where_the_file_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "c.toml" / "inside").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        settings_file.replace(tmp_path / "c.toml", "x = 1\n")
    assert [*tmp_path.iterdir()] == [tmp_path / "c.toml"]


def test_unset_says_whether_there_was_anything(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    assert not unset_setting(file, ("theme",))
    assert not file.exists()
    file.write_text("[keys]\nadd = 'a'\n")
    assert not unset_setting(file, ("keys", "quit"))
    assert not unset_setting(file, ("keys", "add", "x"))
    assert unset_setting(file, ("keys", "add"))
    assert file.read_text() == "[keys]\n"


@given(st.lists(st.sampled_from([name for name, setting in SETTINGS.items() if setting.default is not None])))
def test_settings_of_the_example_are_switched_on_below_it_and_off_again(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    file = tmp_path_factory.mktemp("c") / "config.toml"
    file.write_text(example_text())
    for name in names:
        default = SETTINGS[name].default
        assert change(file, name, json.dumps(default)) == default
        lines = file.read_text().split("\n")
        below = next(number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
        assert lines[below - 1] == f"# {lines[below]}"
    for name in names:
        unset_setting(file, (name,))
    assert file.read_text() == example_text()


@given(
    st.one_of(
        st.text(min_size=1, max_size=12),
        st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5), max_size=4),
        st.booleans(),
        st.integers(-99, 99),
    )
)
def test_what_is_offered_to_be_changed_means_what_it_was(value: Any) -> None:
    """As the settings that take text, lists, truth values or numbers alone read it."""
    typed = as_typed(value)
    assert next(meant for meant in _meanings(typed, ()) if type(meant) is type(value)) == value
