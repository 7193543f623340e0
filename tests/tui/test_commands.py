from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from octotui.ledger import Ledger
from octotui.model import Download, DownloadState
from octotui.presentation.styled_text import plain, width_of
from octotui.tui.app import OctoApp
from octotui.tui.commands import (
    BY_ID,
    COMMANDS,
    TOPICS,
    bindings,
    key_name,
    key_problem,
    key_table,
    keys_in_use,
    problems,
    show_key,
)
from octotui.tui.dashboard.footer import footer_line
from octotui.tui.dialogs.help import HelpText, help_lines
from tests.support.screen import press, screen_lines, screen_text, until
from tests.tui.tasks import ready, record, saved

MakeApp = Callable[..., OctoApp]
MULTIPLEXERS = {f"ctrl+{letter}" for letter in "abhijmos"}


def test_ids_and_keys_are_each_there_once() -> None:
    assert len(BY_ID) == len(COMMANDS)
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_says_what_it_does(command: object) -> None:
    one = BY_ID[getattr(command, "id", "")]
    assert one.label
    assert one.topic in TOPICS
    assert one.tooltip.endswith(".")
    assert not {*one.keys} & MULTIPLEXERS


def test_the_public_keys_are_there() -> None:
    public = {
        "pane": "1",
        "next_pane": "tab",
        "zoom": "z",
        "down": "j",
        "up": "k",
        "top": "g",
        "bottom": "G",
        "mark": "space",
        "mark_range": "v",
        "filter": "/",
        "sort": "s",
        "details": "enter",
        "help": "?",
        "palette": ":",
        "download": "d",
        "download_all": "D",
        "add": "a",
        "ask_now": "r",
        "remove": "x",
        "pause": "p",
        "copy": "y",
        "play": "o",
        "quit": "q",
        "log": "L",
    }
    assert {command_id: BY_ID[command_id].keys[0] for command_id in public} == public


def test_help_and_readme_hold_every_command_with_its_key() -> None:
    text = "\n".join(plain(line) for line in help_lines(keys_in_use({})))
    table = key_table()
    for command in COMMANDS:
        assert command.tooltip in text
        assert command.tooltip in table
        if not command.each_key:
            shown = " ".join(show_key(key) for key in command.keys)
            assert re.search(rf"^ *{re.escape(shown)} +{re.escape(command.label)}", text, re.MULTILINE)
            assert f"| `{shown}` |" in table


def test_help_can_be_searched() -> None:
    lines = [plain(line) for line in help_lines(keys_in_use({}), "rsync")]
    assert [line.split()[0] for line in lines if line.startswith(" ")] == ["y"]
    assert "Nothing here has" in plain(help_lines(keys_in_use({}), "nothing like it")[0])


def test_keys_can_be_changed() -> None:
    changed = {"download": "f5,ctrl+d", "remove": ""}
    assert problems(changed) == {}
    assert keys_in_use(changed)["download"] == ("f5", "ctrl+d")
    bound = bindings(changed)
    assert bound["f5"] == bound["ctrl+d"] == "command('download')"
    assert "d" not in bound
    assert "x" not in bound


def test_unknown_ids_and_clashes_are_said() -> None:
    found = problems({"downlod": "d", "add": "d"})
    assert "choose from" in found["downlod"]
    assert "add" in found["downlod"]
    assert found["add"] == "the key d is also that of download"
    assert bindings({"add": "d"})["d"] == "command('add')"


def test_a_number_key_says_which_it_was() -> None:
    assert bindings({})["3"] == "command('pane', 3)"
    assert bindings({"pane": "f1,f2"})["f2"] == "command('pane', 2)"


@pytest.mark.parametrize(
    ("key", "shown"),
    [("slash", "/"), ("ctrl+p", "Ctrl+P"), ("enter", "Enter"), ("G", "G"), ("shift+tab", "Shift+Tab"), ("+", "+")],
)
def test_keys_are_shown_as_people_write_them(key: str, shown: str) -> None:
    assert show_key(key) == shown


def test_keys_are_named_as_textual_names_them() -> None:
    assert [key_name(key) for key in "/?:*+x"] == [
        "slash",
        "question_mark",
        "colon",
        "asterisk",
        "plus",
        "x",
    ]


@pytest.mark.parametrize("key", ["d", "D", "+", "é", "f5", "plus", "ctrl+d", "alt+shift+up", "shift+tab"])
def test_keys_that_a_terminal_sends_are_taken(key: str) -> None:
    assert key_problem(key) is None


@pytest.mark.parametrize(
    "key",
    ["bogus", "ctrl+shift+foo", "Enter", "shift+d", "ctrl+D", "shift+ctrl+up", "ctrl+ctrl+d", "ctrl+", "f25"],
)
def test_keys_that_nothing_sends_are_said(key: str) -> None:
    assert problems({"add": f"f5,{key}"})["add"].startswith(f"{key!r} is no key that a terminal sends. Valid: one char")


def test_every_key_of_our_own_is_one() -> None:
    assert [key for command in COMMANDS for key in command.keys if key_problem(key)] == []


@pytest.mark.parametrize("width", range(1, 240))
def test_the_footer_fits_and_never_loses_help_and_quit(width: int) -> None:
    line = footer_line(keys_in_use({}), width)
    assert width_of(line) <= width or width < 3
    if width >= 16:
        assert "? Help" in plain(line)
        assert "q Quit" in plain(line)


def test_the_footer_shows_the_keys_of_the_configuration() -> None:
    assert "f5 Save" in plain(footer_line(keys_in_use({"download": "f5"}), 80))


async def test_changed_keys_work_and_clashes_are_told(make_app: MakeApp) -> None:
    app = make_app(keys={"help": "f1", "add": "d"})
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "the key d is also that of download" in screen_text(app))
        await press(pilot, "question_mark")
        assert app.screen is app.dashboard
        await press(pilot, "f1")
        await until(pilot, lambda: app.screen is not app.dashboard)
        assert "f1" in screen_text(app)


def test_ctrl_c_quits_whatever_the_configuration_says() -> None:
    assert bindings({"quit": "Q"})["ctrl+c"] == bindings({"quit": ""})["ctrl+c"] == "command('quit')"
    assert bindings({"quit": "Q", "copy": "ctrl+c"})["ctrl+c"] == "command('copy')"
    assert not problems({"quit": "Q", "copy": "ctrl+c"})


def test_the_help_names_every_command_for_the_configuration() -> None:
    rows = [plain(line) for line in help_lines(keys_in_use({}), width=74)]
    for command in COMMANDS:
        assert any(row.endswith(f"  {command.id}") for row in rows)
    assert all(len(row) <= 74 for row in rows if row.startswith("  "))


def test_the_help_breaks_no_word_on_a_narrow_screen() -> None:
    rows = [plain(line) for line in HelpText(keys_in_use({})).fold(36)]
    assert max(map(len, rows)) <= 36
    words = {word for row in rows for word in row.split()}
    assert {word for command in COMMANDS for word in command.tooltip.split()} <= words


async def test_the_footer_shows_the_keys_that_work_on_the_task(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200, download=Download(DownloadState.WANTED, paused=True)), saved("c"))
    app = make_app()
    async with app.run_test(size=(200, 30)) as pilot:
        await until(pilot, lambda: "d Save" in screen_lines(app)[-1])
        assert "p Pause" not in screen_lines(app)[-1]
        assert "o Open" not in screen_lines(app)[-1]
        await press(pilot, "j")
        await until(pilot, lambda: "p Pause" in screen_lines(app)[-1] and "C Cancel" in screen_lines(app)[-1])
        await press(pilot, "j")
        await until(pilot, lambda: "o Open" in screen_lines(app)[-1])
        assert "p Pause" not in screen_lines(app)[-1]
        await press(pilot, "2")
        await until(pilot, lambda: "d Save" not in screen_lines(app)[-1])
        assert "a Add" in screen_lines(app)[-1]
