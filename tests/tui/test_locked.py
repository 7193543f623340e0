"""A ledger that another process keeps locked holds up neither the keys nor whoever leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from octotui.cli.dashboard import LateEngine
from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import DownloadState, NewTask
from octotui.presentation.remedies import BUSY, KEY_PATIENCE
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.confirm import Confirm
from tests.support.database import database_of
from tests.support.gateway import Reply, gateway
from tests.support.screen import paste, press, screen_lines, screen_text, until
from tests.support.terminal import Terminal, on_terminal
from tests.tui.tasks import ready, record, running

MakeApp = Callable[..., OctoApp]
STALL = KEY_PATIENCE + 1.6
"""Seconds the screen may stand still at the most; the second part is what a busy machine takes for itself."""


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


@asynccontextmanager
async def watched() -> AsyncIterator[list[float]]:
    """How long the loop of the screen stood still, at the longest."""
    longest = [0.0]

    async def beat() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest[0] = max(longest[0], time.monotonic() - began)

    beating = asyncio.create_task(beat())
    try:
        yield longest
    finally:
        beating.cancel()


def wishes(ledger: Ledger) -> dict[str, DownloadState]:
    return {task.id: task.download.state for task in ledger.tasks() if task.download.state is not DownloadState.NONE}


@pytest.mark.parametrize("key", ["d", "D", "a", "r", "P", "x"])
async def test_a_key_is_refused_soon_in_words_and_works_when_pressed_again(
    ledger: Ledger, make_app: MakeApp, key: str
) -> None:
    record(ledger, ready("video_a", 100), running("video_b"))
    app = make_app()

    async def ask() -> None:
        await press(pilot, key)
        if key == "x":
            await until(pilot, lambda: isinstance(app.screen, Confirm))
            await press(pilot, "y")
        if key == "a":
            await until(pilot, lambda: "paste ids" in screen_text(app))
            await paste(pilot, "sora-2:task_01k9008rhbefs75x3k9yq8wv7a")
            await press(pilot, "enter")

    async with app.run_test(size=(100, 24)) as pilot:
        before = ledger.tasks(), ledger.paused_since()
        with held(Path(ledger.place)):
            async with watched() as longest:
                await ask()
                if key in "ax":
                    await until(pilot, lambda: "nothing was done yet. Try again?" in screen_text(app))
                else:
                    await until(pilot, lambda: BUSY in screen_text(app))
                    await press(pilot, "j")
                    assert app.dashboard.panes.pane.table.selection.task is not None
                    await press(pilot, "s", "2")
                    await until(pilot, lambda: "Sorted by" in screen_text(app))
            assert longest[0] < STALL
            assert (ledger.tasks(), ledger.paused_since()) == before
        if key in "ax":
            await press(pilot, "y")
        else:
            await press(pilot, "g")
            await ask()
        await until(pilot, lambda: (ledger.tasks(), ledger.paused_since()) != before or ledger.take_asks())


async def test_nothing_waits_for_the_engine_that_waits_itself(tmp_path: Path) -> None:
    with gateway(lambda _: Reply({"id": "video_a1", "status": "in_progress"})) as server:
        config = Config(state_dir=tmp_path, base_url=server.base_url, api_key="sk-test", poll_seconds=0.1, keys={})
        with Ledger.open(config.ledger_path) as ledger:
            ledger.add([NewTask(f"video_a{number}", "sora", "videos") for number in range(3)], time.time())
            engine = LateEngine(config, ledger)
            app = OctoApp(config, ledger, engine)
            try:
                async with app.run_test(size=(100, 24)) as pilot:
                    await until(pilot, lambda: "● live" in screen_lines(app)[0])
                    with held(config.ledger_path):
                        await until(pilot, lambda: not _is_free(ledger))
                        async with watched() as longest:
                            await press(pilot, "d")
                            await until(pilot, lambda: BUSY in screen_text(app))
                            await press(pilot, "G")
                            await press(pilot, "p", "C", "D", "L")
                            await until(pilot, lambda: app.screen is not app.dashboard)
                        assert longest[0] < STALL
                        assert wishes(ledger) == {}
                        await press(pilot, "escape")
                    # The engine has much to catch up with, and may be writing when the first of them comes.
                    end = time.monotonic() + 10
                    while not wishes(ledger) and time.monotonic() < end:
                        await press(pilot, "d")
                    assert wishes(ledger) == {"video_a2": DownloadState.WANTED}
            finally:
                engine.stop()


def _is_free(ledger: Ledger) -> bool:
    is_free = database_of(ledger).lock.acquire(blocking=False)
    if is_free:
        database_of(ledger).lock.release()
    return is_free


async def test_the_refusal_fits_into_the_narrowest_screen(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("video_a", 100))
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        with held(Path(ledger.place)):
            await press(pilot, "d")
            await until(pilot, lambda: BUSY in screen_text(app))


async def test_the_name_of_a_view_is_kept_until_it_can_be_saved(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(100, 24)) as pilot:
        await press(pilot, "w", "a", *"mine")
        with held(Path(ledger.place)):
            await press(pilot, "enter")
            await until(pilot, lambda: BUSY in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "Saved mine." in screen_text(app))
        assert [view.name for view in ledger.saved_views()] == ["mine"]


def by_key(terminal: Terminal) -> None:
    terminal.press(b"q")
    terminal.until(lambda: "Quit?" in terminal.text or b"\x1b[?1049l" in terminal.received)
    if b"\x1b[?1049l" not in terminal.received:
        terminal.press(b"y")


def by_signal(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGTERM)


@pytest.mark.parametrize("leave", [by_key, by_signal, Terminal.hang_up])
def test_leaving_takes_seconds_and_loses_nothing_that_is_written(
    tmp_path: Path, leave: Callable[[Terminal], None]
) -> None:
    path = tmp_path / "state" / "ledger.db"
    with Ledger.open(path) as ledger:
        ledger.add([NewTask("video_a1", "sora", "videos")], time.time())
    with gateway(lambda _: Reply({"id": "video_a1", "status": "in_progress", "progress": 40})) as server:
        (tmp_path / "config.toml").write_text(f'base_url = "{server.base_url}"\n')
        environ = {
            "OCTOTUI_CONFIG": str(tmp_path / "config.toml"),
            "OCTOTUI_STATE_DIR": str(path.parent),
            "OCTOTUI_API_KEY": "sk-test",
            "HOME": str(tmp_path),
        }
        with on_terminal(["-m", "octotui"], size=(120, 36), environ=environ) as terminal:
            terminal.until(lambda: "● live" in terminal.text and "40%" in terminal.text)
            with held(path):
                terminal.press(b"d")
                terminal.until(lambda: BUSY in terminal.text)
                began = time.monotonic()
                leave(terminal)
                terminal.exit_code()
                assert time.monotonic() - began < 8.0
    with Ledger.open(path) as ledger:
        assert ledger.check() == []
        assert [(task.id, task.progress) for task in ledger.tasks()] == [("video_a1", 40)]
