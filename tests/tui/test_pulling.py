"""Much is read in a thread: what is shown in the end is the same, and keys go on working meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from octotui.ledger import Ledger
from octotui.model import DownloadState
from octotui.tui import ledger_snapshot
from octotui.tui.app import OctoApp
from octotui.tui.dashboard import refresh
from octotui.tui.dashboard.refresh import SnapshotRefresh
from octotui.tui.ledger_snapshot import Delta, LedgerSnapshot
from tests.support.screen import press, screen_text, settle, until
from tests.tui.tasks import NOW, ready, running
from tests.tui.tasks import record as put

MakeApp = Callable[..., OctoApp]


async def test_a_ledger_read_after_the_first_frame_looks_the_same(
    full_ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (at_once := make_app()).run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        expected = screen_text(at_once)
    monkeypatch.setattr(refresh, "MANY_TASKS", 3)
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: app.dashboard.snapshot.tasks)
        await until(pilot, lambda: screen_text(app) == expected)


async def test_the_first_frame_has_the_first_of_many_tasks_and_the_counts_of_all(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(ledger, *(ready(f"t{number:02}", 1000 + number) for number in range(40)), running("r", 5))
    monkeypatch.setattr(refresh, "MANY_TASKS", 3)
    monkeypatch.setattr(ledger_snapshot, "MANY_TASKS", 3)
    monkeypatch.setattr(ledger_snapshot, "_FIRST", 30)
    may_go_on = threading.Event()
    read_all = SnapshotRefresh._read_all

    def read_late(refresher: SnapshotRefresh, fresh: LedgerSnapshot) -> Delta:
        may_go_on.wait(timeout=20)
        return read_all(refresher, fresh)

    monkeypatch.setattr(SnapshotRefresh, "_read_all", read_late)
    app = make_app()
    app.dashboard.snapshot.read_ahead(NOW)
    async with app.run_test(size=(160, 30)) as pilot:
        await pilot.pause()
        rows = app.dashboard.panes.pane.table.rows
        before, shown = list(rows.ids), screen_text(app)
        await press(pilot, "j", "j", "D")
        refused = screen_text(app)
        may_go_on.set()
        assert before == [f"t{number:02}" for number in range(30)]
        assert "t05" in shown
        assert "● 40 " in shown
        assert "Reading 41 tasks" in shown
        assert "Press it again in a moment." in refused
        assert not any(task.download.state is DownloadState.WANTED for task in ledger.tasks())
        await until(pilot, lambda: len(rows) == 41)
        await settle(pilot)
        assert app.dashboard.panes.pane.table.selection.cursor_id == "t02"
        await press(pilot, "k")
        assert "Reading" not in screen_text(app)
        assert "● 40 " in screen_text(app)


async def test_sorting_and_filtering_meanwhile_hold(
    full_ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MANY_TASKS", 3)
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        app.dashboard.panes.rearrange(order="age")
        await press(pilot, "j", "x", "D", "n", "r")
        await until(pilot, lambda: app.dashboard.snapshot.tasks)
        await settle(pilot)
        rows = app.dashboard.panes.pane.table.rows
        ages = [-(rows.tasks[id_].created_at or rows.tasks[id_].added_at) for id_ in rows.ids]
        assert ages == sorted(ages)
        assert len(ages) == len(rows.tasks) > 3


def shows_ten(app: OctoApp, progress: int) -> bool:
    """Whether ten tasks are so far."""
    return screen_text(app).count(f" {progress}% ") == 10


async def test_what_changes_in_numbers_arrives(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_snapshot, "_MANY", 5)
    monkeypatch.setattr(refresh, "_SLICE", 3)
    put(ledger, *(running(f"t{number}", 10) for number in range(20)))
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        for progress in (20, 30, 40):
            put(ledger, *(running(f"t{number}", progress) for number in range(10)))
            app.dashboard.tick()
            await press(pilot, "j", "k")
            await until(pilot, partial(shows_ten, app, progress))
        assert app.dashboard.snapshot.is_lively
        put(ledger, ready("t3", 100))
        ledger.remove(["t4"])
        app.dashboard.tick()
        await until(pilot, lambda: app.dashboard.panes.pane.table.rows.ids[0] == "t3")
        await until(pilot, lambda: "t4" not in app.dashboard.panes.pane.table.rows.tasks)
