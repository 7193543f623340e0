"""Every key of the table, pressed in every state of the screen: nothing may fail, and the cursor never leaves us."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from octotui.ledger import Ledger
from octotui.model import GatewayState
from octotui.presentation import remedies
from octotui.tui.app import OctoApp
from octotui.tui.commands import COMMANDS
from octotui.tui.dashboard.screen import Dashboard
from tests.support.screen import press, screen_lines, screen_text, settle, until
from tests.tui.tasks import every_state, fill, live, ready, record

MakeApp = Callable[..., OctoApp]

KEYS = [key for command in COMMANDS for key in command.keys if command.id not in {"quit", "suspend"}]

ACTING = [key for command in COMMANDS if command.topic in {"Saving", "Watching"} for key in command.keys]
"""Keys whose effect hangs on the state of the task."""

STATES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "last row": ("G",),
    "marked": ("space", "space"),
    "in a range": ("v", "j"),
    "filtered to nothing": ("slash", *"zzz", "enter"),
    "typing a filter": ("slash", "x"),
    "zoomed": ("z",),
    "details": ("enter",),
    "searching help": ("question_mark", "slash"),
    "searching details": ("enter", "slash", "v"),
    "report": ("e",),
    "failures": ("F",),
    "titling": ("t",),
    "tagging": ("#",),
    "overview": ("0",),
    "log": ("L",),
    "contact sheet": ("c",),
    "copying": ("y",),
    "adding": ("a",),
    "being asked": ("x",),
    "palette": ("colon",),
    "views": ("w",),
    "naming a view": ("w", "a"),
    "settings": ("comma",),
    "changing a setting": ("comma", "j", "j", "enter"),
}


@pytest.fixture(autouse=True)
def nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TMUX"):
        monkeypatch.delenv(name, raising=False)


async def back(app: OctoApp, pilot: Pilot[Any]) -> None:
    """Leave whatever was opened, marked, filtered or zoomed."""
    for _ in range(8):
        if signature(app) == PLAIN:
            break
        await press(pilot, "escape")
    assert signature(app) == PLAIN


def signature(app: OctoApp) -> tuple[object, ...]:
    """What tells one state from another."""
    panes = app.dashboard.panes
    selection = panes.pane.table.selection
    typing = app.dashboard.side_panel.filter_bar is not None
    return type(app.screen), typing, panes.filter.text, panes.zoomed, bool(selection.marked), selection.in_range


PLAIN = (Dashboard, False, "", False, False, False)


@pytest.mark.parametrize("state", STATES)
async def test_every_key_in_every_state(state: str, ledger: Ledger, make_app: MakeApp) -> None:
    fill(ledger)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *STATES[state])
        wanted = signature(app)
        for key in KEYS:
            if signature(app) != wanted:
                await back(app, pilot)
                await press(pilot, *STATES[state])
            await press(pilot, key)
            assert {cell_len(line) for line in screen_lines(app)} == {80}, key
        await back(app, pilot)


@pytest.mark.parametrize("size", [(210, 50), (40, 12)])
async def test_every_key_in_every_size(size: tuple[int, int], ledger: Ledger, make_app: MakeApp) -> None:
    fill(ledger)
    app = make_app()
    async with app.run_test(size=size) as pilot:
        for key in KEYS:
            await press(pilot, key)
            assert {cell_len(line) for line in screen_lines(app)} == {size[0]}, key
            if app.screen is not app.dashboard:
                await back(app, pilot)


async def test_every_key_without_a_task(ledger: Ledger, make_app: MakeApp) -> None:
    ledger.set_status(live(gateway=GatewayState.OFFLINE, next_try_at=None))
    app = make_app(api_key=None)
    async with app.run_test(size=(80, 24)) as pilot:
        for key in KEYS:
            await press(pilot, key)
            if app.screen is not app.dashboard:
                await back(app, pilot)
        await settle(pilot)
        assert app.is_running


@pytest.mark.parametrize("place", range(len(every_state())), ids=lambda place: every_state()[place].id.split(":")[-1])
async def test_every_key_on_a_task_of_every_state(place: int, ledger: Ledger, make_app: MakeApp) -> None:
    """Each on a ledger of its own: the row before and the row after must not matter."""
    one = every_state()[place]
    record(ledger, one)
    ledger.set_status(live())
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        app.dashboard.panes.focus_pane(one.provider)
        for key in ACTING:
            await press(pilot, key)
            if app.screen is not app.dashboard:
                await press(pilot, "enter" if key == "x" else "escape")
            if ledger.task(one.id) is None:
                record(ledger, one)
                app.dashboard.tick()
            assert app.screen is app.dashboard, key
        await press(pilot, "asterisk", *ACTING)
        await back(app, pilot)


async def test_every_key_while_the_ledger_is_gone(ledger: Ledger, make_app: MakeApp) -> None:
    fill(ledger)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        ledger.close()
        for key in KEYS:
            await press(pilot, key)
            assert {cell_len(line) for line in screen_lines(app)} == {80}, key
            if app.screen is not app.dashboard:
                await back(app, pilot)
        app.dashboard.tick()
        await until(pilot, lambda: "✗ The ledger " in screen_text(app))


async def test_every_key_while_another_process_holds_the_ledger(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger)
    app = make_app()
    monkeypatch.setattr(remedies, "KEY_PATIENCE", 0.001)
    with sqlite3.connect(ledger.place, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        async with app.run_test(size=(80, 24)) as pilot:
            for key in KEYS:
                await press(pilot, key)
                if app.screen is not app.dashboard:
                    await press(pilot, "enter" if key == "x" else "escape")
                    await back(app, pilot)
            await press(pilot, "g", "d")
            await until(pilot, lambda: remedies.BUSY in screen_text(app))
        other.execute("ROLLBACK")
    other.close()


async def test_unknown_keys_do_nothing(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        before = screen_lines(app)
        await press(pilot, "f12", "W", "B", "ctrl+t", "left", "ctrl+home")
        assert screen_lines(app) == before


async def test_the_answer_to_a_key_goes_with_the_next_key(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "v")
        await until(pilot, lambda: "Move to mark a range" in screen_text(app))
        await press(pilot, "v")
        await until(pilot, lambda: "Move to mark a range" not in screen_text(app))
