from __future__ import annotations

import re
import tomllib
from pathlib import Path

from octotui.config import load
from octotui.config.example import example_text
from octotui.config.settings_table import SETTINGS

FILE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_is_what_the_code_says() -> None:
    assert FILE.read_text() == example_text(), (
        "run: octotui --config config.example.toml config init (after removing it)"
    )


def test_the_example_changes_nothing_as_it_stands() -> None:
    assert tomllib.loads(example_text()) == {}


def test_every_line_that_is_switched_on_is_valid(tmp_path: Path) -> None:
    switched_on = re.sub(r"(?m)^# (?=\w+ = |\[)", "", example_text())
    # Each of the three is right; only one of them may stand there at a time.
    for unwanted in ("api_key_command", "api_key_keyring"):
        switched_on = re.sub(rf"(?m)^{unwanted} = .*$", "", switched_on)
    document = tomllib.loads(switched_on)
    missing = set(SETTINGS) - set(document) - {"api_key_command", "api_key_keyring"}
    assert not missing
    file = tmp_path / "config.toml"
    file.write_text(switched_on)
    config = load(file, {"HOME": str(tmp_path)}, "studio", with_key=False)
    assert config.providers[-1].name == "kling"
    assert config.keys == {"download": "d,f5"}


def test_the_switched_on_defaults_are_the_defaults(tmp_path: Path) -> None:
    text = "\n".join(
        match[0].removeprefix("# ")
        for match in re.finditer(r"(?m)^# (\w+) = .*$", example_text().partition("── Providers")[0])
        if match[1] in SETTINGS and SETTINGS[match[1]].default is not None
    )
    file = tmp_path / "config.toml"
    file.write_text(text)
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    environ = {"HOME": str(tmp_path)}
    on, off = load(file, environ), load(empty, environ)
    assert on.path == file
    assert off.path == empty
    for name, setting in SETTINGS.items():
        if setting.default is not None:
            assert getattr(on, name) == getattr(off, name), name


def test_every_setting_says_what_it_is_and_its_unit() -> None:
    text = " ".join(line.removeprefix("# ") for line in example_text().split("\n"))
    for setting in SETTINGS.values():
        assert setting.help in text
        assert setting.unit is None or f"Unit: {setting.unit}." in text
    assert max(map(len, example_text().split("\n"))) <= 120
