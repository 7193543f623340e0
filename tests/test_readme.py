"""The README says what is so. `python -m tests.test_readme` writes its key table anew."""

from __future__ import annotations

import re
from pathlib import Path

import click

from octotui.cli.command_table import octotui
from octotui.tui.commands import key_table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_TABLE = re.compile(r"(?<=<!-- keys -->\n).*?(?=<!-- /keys -->)", re.DOTALL)


def test_the_key_table_is_the_table_of_commands() -> None:
    found = _TABLE.search(README.read_text())
    assert found is not None
    assert found.group() == key_table()


def test_every_command_is_named() -> None:
    text = README.read_text()
    assert [name for name in main_commands() if f"`octotui {name}" not in text] == []


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"\((screenshots/[^)]+)\)", README.read_text())
    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def main_commands() -> list[str]:
    assert isinstance(octotui, click.Group)
    return octotui.list_commands(click.Context(octotui))


if __name__ == "__main__":
    README.write_text(_TABLE.sub(lambda _: key_table(), README.read_text()))
