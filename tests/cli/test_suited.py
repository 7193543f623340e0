"""Marks and colours follow the terminal, unless the person has said what is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from octotui.cli.command_table import octotui
from octotui.cli.commands.demo import demo
from octotui.cli.context import session_of
from octotui.cli.dashboard import as_asked, suited
from octotui.config import Config
from tests.support.terminal import on_terminal

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


@pytest.mark.parametrize("arguments", [["--ascii", "demo"], ["demo", "--ascii"]])
def test_the_demo_is_drawn_plain_where_that_is_asked_for(arguments: list[str], tmp_path: Path) -> None:
    environ = {"TMPDIR": str(tmp_path)}
    with on_terminal(["-m", "octotui", *arguments], size=(120, 36), environ=environ) as terminal:
        terminal.until(lambda: "+- 1 Sora" in terminal.text)


@pytest.mark.parametrize("first", [["--low-bandwidth"], []])
def test_less_is_drawn_wherever_the_option_stands(first: list[str]) -> None:
    context = octotui.make_context("octotui", [*first, "demo"])
    with demo.make_context("demo", [] if first else ["--low-bandwidth"], parent=context) as inner:
        config = as_asked(Config(state_dir=Path("/nowhere")), session_of(inner))
    assert (config.low_bandwidth, config.ascii) == (True, None)
