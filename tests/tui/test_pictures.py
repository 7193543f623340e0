"""How a terminal shows pictures, and that textual-image never gets to ask it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from octotui.config import Config
from octotui.extras import install_command
from octotui.ledger import Ledger
from octotui.tui.dialogs import posters
from octotui.tui.dialogs.posters import Cells, Method, Pictures, fitted, is_installed, method_for, remedy
from tests.support.terminal import on_terminal

MakeConfig = Callable[..., Config]


@pytest.mark.parametrize(
    ("environ", "knows_pixels", "method"),
    [
        ({"TERM": "xterm-kitty"}, False, Method.KITTY),
        ({"TERM": "xterm-ghostty"}, True, Method.KITTY),
        ({"TERM": "foot"}, True, Method.SIXEL),
        ({"TERM": "foot"}, False, Method.BLOCKS),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, True, Method.SIXEL),
        ({"TERM": "xterm-256color"}, True, Method.BLOCKS),
        ({"TERM": "xterm-kitty", "TMUX": "socket"}, True, Method.BLOCKS),
        ({"TERM": "screen.foot", "TERM_PROGRAM": "WezTerm"}, True, Method.BLOCKS),
        ({}, False, Method.BLOCKS),
    ],
)
def test_the_name_of_the_terminal_tells(
    environ: dict[str, str], knows_pixels: bool, method: Method, make_config: MakeConfig
) -> None:
    assert method_for(make_config(), environ, knows_pixels=knows_pixels) is method


@pytest.mark.parametrize(
    ("settings", "method"),
    [
        ({"pictures": "sixel"}, Method.SIXEL),
        ({"pictures": "none"}, Method.NONE),
        ({"low_bandwidth": True}, Method.NONE),
        ({"low_bandwidth": True, "pictures": "blocks"}, Method.BLOCKS),
        ({"ascii": True, "pictures": "blocks"}, Method.NONE),
    ],
)
def test_the_configuration_has_the_last_word(
    settings: dict[str, object], method: Method, make_config: MakeConfig
) -> None:
    assert method_for(make_config(**settings), {"TERM": "xterm-kitty"}, knows_pixels=True) is method


@pytest.mark.parametrize(
    ("picture", "box", "cells"),
    [
        ((480, 270), Cells(32, 20), Cells(32, 9)),
        ((480, 270), Cells(60, 9), Cells(32, 9)),
        ((270, 480), Cells(60, 9), Cells(10, 9)),
        ((480, 1), Cells(30, 9), Cells(30, 1)),
        ((1, 480), Cells(30, 9), Cells(1, 9)),
    ],
)
def test_pictures_keep_their_proportions(picture: tuple[int, int], box: Cells, cells: Cells) -> None:
    assert fitted(picture, box) == cells


def test_what_is_said_where_there_are_none(ledger: Ledger, make_config: MakeConfig) -> None:
    def words(installed: bool = True, **settings: object) -> tuple[str, bool]:
        made = Pictures(
            make_config(**settings),
            ledger,
            clock=lambda: 0.0,
            wake=lambda: None,
            hold=lambda: False,
            environ={},
            installed=lambda: installed,
        )
        return made.words, made.is_missing

    assert words() == ("", False)
    assert words(installed=False) == (remedy(), True)
    assert remedy() == f"Pictures: {install_command('preview')}"
    assert words(installed=False, pictures="none") == ('Pictures: set pictures = "blocks".', False)
    assert words(ascii=True) == ("No pictures with plain ASCII.", False)


def test_the_extra_is_looked_for_and_not_imported() -> None:
    code = (
        "import sys; from octotui.tui import app; from octotui.tui.dialogs import posters;"
        "assert posters.is_installed();"
        "print([name for name in ('av', 'PIL', 'textual_image') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert is_installed()


def test_importing_textual_image_asks_the_terminal_nothing_and_takes_no_key() -> None:
    code = (
        "import sys, tty; tty.setraw(0); print('ready', flush=True);"
        "from octotui.tui.dialogs.posters import Cells, Method, _import; before = sys.__stdout__;"
        "widget = _import(Method.BLOCKS, Cells(7, 15)); assert sys.__stdout__ is before;"
        "from textual_image._terminal import get_cell_size;"
        "print(widget.__name__, *get_cell_size(), 'typed', sys.stdin.read(3), flush=True)"
    )
    with on_terminal(["-c", code]) as terminal:
        terminal.until(lambda: "ready" in terminal.text)
        terminal.press(b"jkl")
        terminal.until(lambda: "HalfcellImage 7 15 typed jkl" in terminal.text)
        assert b"\x1b" not in terminal.received
    assert "TEXTUAL_CELL_WIDTH" not in os.environ


async def test_what_draws_pictures_is_imported_once_though_who_asked_first_has_gone(
    ledger: Ledger, make_config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, others_came = threading.Event(), threading.Event()
    imports: list[object] = []

    def slow_import(method: Method, cell: Cells) -> object:
        imports.append(method)
        begun.set()
        assert others_came.wait(10.0)
        return keep(method, cell)

    keep = posters._import
    monkeypatch.setattr(posters, "_import", slow_import)
    terminal = sys.__stdout__
    made = Pictures(
        make_config(pictures="kitty"), ledger, clock=time.time, wake=lambda: None, hold=lambda: False, environ={}
    )
    first = asyncio.ensure_future(made.load())
    await asyncio.to_thread(begun.wait, 10.0)
    first.cancel()
    second, third = asyncio.ensure_future(made.load()), asyncio.ensure_future(made.load())
    await asyncio.sleep(0)
    others_came.set()
    assert await second is await third
    assert first.cancelled()
    assert imports == [Method.KITTY]
    assert sys.__stdout__ is terminal
