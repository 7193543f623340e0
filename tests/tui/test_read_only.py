"""`--read-only`: one looks at everything, no key changes anything, and what would is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from octotui.config import Config
from octotui.ledger import Ledger, LedgerUnwritable, SavedView
from octotui.presentation.styled_text import plain
from octotui.tui.app import OctoApp
from octotui.tui.commands import BY_ID, COMMANDS, LOOK_ONLY, commands_for, key_name, keys_in_use
from octotui.tui.dashboard.footer import footer_line
from octotui.tui.dialogs.help import help_lines
from tests.support.screen import press, screen_lines, screen_text, until
from tests.tui.tasks import NOW, Clock, fill, live, ready, record
from tests.tui.test_keys import KEYS, STATES, back, signature

CHANGING = [command for command in COMMANDS if command.changes]


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder by its content, but for what SQLite keeps while a ledger is open."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with tasks in every state, saved files, a view and a configuration."""
    with Ledger.open(tmp_path / "state" / "ledger.db") as ledger:
        fill(ledger)
        ledger.save_view(SavedView("night", "tag:night", "age"))
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"video")
    (tmp_path / "config.toml").write_text('theme = "nord"\n')
    return tmp_path


@pytest.fixture
def looking(home: Path) -> Iterator[Callable[[], OctoApp]]:
    """Makes the app as `octotui --read-only` does."""
    with Ledger.open(home / "state" / "ledger.db", is_reader=True, read_only=True) as ledger:

        def make() -> OctoApp:
            config = Config(state_dir=home / "state", download_dir=home / "videos", path=home / "config.toml")
            return OctoApp(config, ledger, clock=Clock(NOW), read_only=True)

        yield make


def test_a_command_nobody_thought_of_counts_as_one_that_changes_something() -> None:
    assert BY_ID["help"]._replace(id="new").changes
    assert {"download", "add", "remove", "pause_all", "report", "settings", "ask_now"} <= {one.id for one in CHANGING}
    assert not any(command.changes for command in COMMANDS if command.moves_only)


@pytest.mark.parametrize("state", ["plain", "marked", "details", "contact sheet", "copying", "views", "palette", "log"])
async def test_no_key_changes_anything(state: str, home: Path, looking: Callable[[], OctoApp]) -> None:
    before = contents(home)
    app = looking()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, *STATES[state])
        wanted = signature(app)
        for key in KEYS:
            if signature(app) != wanted:
                await back(app, pilot)
                await press(pilot, *STATES[state])
            await press(pilot, key)
            if state == "plain" and app.screen is not app.dashboard and key not in {"colon", "ctrl+p"}:
                await press(pilot, "enter")
        await back(app, pilot)
    assert contents(home) == before


@pytest.mark.parametrize("command", CHANGING, ids=lambda command: command.id)
async def test_what_changes_something_says_that_one_can_look_only(command: Any, looking: Callable[[], OctoApp]) -> None:
    app = looking()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, key_name(command.keys[0]))
        await until(pilot, lambda: LOOK_ONLY in screen_text(app))
        assert app.screen is app.dashboard


def test_what_changes_something_is_in_no_list() -> None:
    keys = keys_in_use({"add": "f9"}, read_only=True)
    lines = "\n".join(plain(line) for line in help_lines(keys, read_only=True))
    for command in CHANGING:
        assert keys[command.id] == ()
        assert command.tooltip not in lines
    for width in (40, 80, 400):
        shown = plain(footer_line(keys, width))
        assert "Help" in shown
        assert not any(f" {command.label} " in f"{shown} " for command in CHANGING)
    for command in commands_for(read_only=True):
        assert command.tooltip in lines


async def in_palette(pilot: Pilot[Any], wanted: str) -> str:
    await press(pilot, "colon", *("space" if letter == " " else letter for letter in wanted))
    return screen_text(pilot.app)


async def test_the_palette_has_only_what_looks(looking: Callable[[], OctoApp]) -> None:
    app = looking()
    async with app.run_test(size=(120, 36)) as pilot:
        await in_palette(pilot, "Overview")
        await until(pilot, lambda: "Overview  (0)" in screen_text(app))
        await press(pilot, "escape", "escape")
        await in_palette(pilot, "Settings")
        await until(pilot, lambda: "No matches found" in screen_text(app))


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (40, 12)])
async def test_the_header_says_so(size: tuple[int, int], home: Path, looking: Callable[[], OctoApp]) -> None:
    app = looking()
    async with app.run_test(size=size):
        assert "READ-ONLY" in screen_lines(app)[0]
        assert " D " not in screen_lines(app)[0]


async def test_saved_views_are_shown_and_not_changed(home: Path, looking: Callable[[], OctoApp]) -> None:
    app = looking()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "w")
        await until(pilot, lambda: "night" in screen_text(app))
        assert "Delete" not in screen_text(app)
        for key in ("a", "x"):
            await press(pilot, key)
            await until(pilot, lambda: LOOK_ONLY in screen_text(app))
            await press(pilot, "j")
        await press(pilot, "enter")
        await until(pilot, lambda: app.dashboard.panes.filter.text == "tag:night")


async def test_what_others_do_is_followed(home: Path, looking: Callable[[], OctoApp]) -> None:
    app = looking()
    async with app.run_test(size=(120, 36)) as pilot:
        with Ledger.open(home / "state" / "ledger.db") as writer:
            record(writer, ready("fresh", 100))
            writer.set_status(live(pid=1, host="worker"))
            writer.flush()
            app.dashboard.tick()
            await until(pilot, lambda: "fresh" in screen_text(app))
            assert "READ-ONLY" in screen_lines(app)[0]


async def test_a_ledger_that_is_missing_is_an_empty_one_and_stays_missing(tmp_path: Path) -> None:
    path = tmp_path / "none" / "ledger.db"
    with Ledger.open(path, is_reader=True, read_only=True) as ledger:
        app = OctoApp(Config(state_dir=path.parent), ledger, clock=Clock(NOW), read_only=True)
        async with app.run_test(size=(80, 24)):
            assert "nothing to look at" in screen_text(app)
        with pytest.raises(LedgerUnwritable, match="for reading alone"):
            ledger.remove(["a"])
    assert not path.parent.exists()
