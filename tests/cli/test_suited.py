"""Marks and colours follow the terminal, unless the person has said what is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from octotui.cli.dashboard import suited
from octotui.config import Config

CONFIG = Config(state_dir=Path("/nowhere"))


@pytest.mark.parametrize(
    ("environ", "encoding", "plain", "theme"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", False, "octotui-dark"),
        ({"TERM": "tmux-256color"}, "UTF-8", False, "octotui-dark"),
        ({"TERM": "linux"}, "utf-8", True, "ansi-dark"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "utf-8", True, "octotui-dark"),
        ({"TERM": "screen"}, "utf-8", False, "ansi-dark"),
        ({"TERM": "xterm-256color"}, "ISO-8859-1", True, "octotui-dark"),
        ({"TERM": "xterm-256color"}, "ascii", True, "octotui-dark"),
    ],
)
def test_the_terminal_decides(environ: dict[str, str], encoding: str, plain: bool, theme: str) -> None:
    config = suited(CONFIG, environ, encoding)
    assert (config.ascii, config.theme) == (plain, theme)


def test_what_was_said_stays() -> None:
    said = Config(state_dir=Path("/nowhere"), ascii=False, theme="octotui-light", lines={"theme": 3})
    assert suited(said, {"TERM": "linux"}, "ascii") == said
