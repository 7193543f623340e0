"""Many tasks are sorted and filtered in turns: keys are seen to meanwhile and what is shown in the end is the same."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from octotui import garbage
from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.dashboard import status_lines
from octotui.tui.rendering import cooperative
from octotui.tui.rendering.cooperative import Patience, in_turns
from octotui.tui.table import table
from octotui.tui.table.table import TaskTable
from tests.support.screen import press, screen_text, settle, until
from tests.tui.tasks import NOW, Clock, ready, record, running

MakeApp = Callable[..., OctoApp]


@pytest.fixture
def many(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of 40 tasks, which are many here: each step of sorting them is a turn."""
    monkeypatch.setattr(table, "AT_ONCE", 10)
    monkeypatch.setattr(cooperative, "TURN", 0.0)
    record(ledger, *(running(f"t{number:02}", number, created_at=NOW - 10 * (number % 7)) for number in range(40)))
    return ledger


def table_of(app: OctoApp) -> TaskTable:
    return app.dashboard.panes.pane.table


async def test_the_cursor_and_the_marks_stay_on_their_tasks(many: Ledger, make_app: MakeApp) -> None:
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await press(pilot, "j", "j", "space", "j")
        seen = table_of(app).selection
        before = seen.cursor_id, set(seen.marked)
        app.dashboard.navigation.sort_by("slack")
        assert table_of(app).rows.order == "deadline"
        assert app.dashboard.lines.news.said == "Sorting by slack …"
        await until(pilot, lambda: app.dashboard.lines.news.said == "Sorted by slack.")
        await press(pilot, "s", "3")
        await until(pilot, lambda: "by progress" in screen_text(app))
        assert (seen.cursor_id, seen.marked) == before
        assert list(table_of(app).rows.ids) == [f"t{number:02}" for number in reversed(range(40))]
        assert table_of(app).rows.ids[table_of(app).selection.position or 0] == seen.cursor_id


async def test_a_further_letter_takes_the_place_of_the_first(many: Ledger, make_app: MakeApp) -> None:
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        app.dashboard.navigation.sort_by("slack")
        await press(pilot, "slash", "t", "1")
        record(many, running("t1-new", 99))
        app.dashboard.tick()
        await until(pilot, lambda: "11 of 41" in screen_text(app))
        rows = table_of(app).rows
        assert (rows.order, rows.filter.text, rows.is_arranging) == ("slack", "t1", False)
        assert set(rows.ids) == {"t1-new", *(f"t{number}" for number in range(10, 20))}
        await press(pilot, "escape", "slash", "x", ":", "y")
        await until(pilot, lambda: "no field" in screen_text(app))
        await press(pilot, "escape")
        await until(pilot, lambda: len(rows) == 41)


async def test_it_is_said_that_it_takes_a_while(
    many: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cooperative, "MOMENT", 0.0)
    said: list[str] = []
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(app.dashboard.lines, "say", said.append)
        await press(pilot, "slash", "3")
        await until(pilot, lambda: "13 of 40" in screen_text(app))
        await settle(pilot)
        assert said == [status_lines.ARRANGING]
        assert not app.dashboard.lines.news.said


async def test_time_has_many_tasks_sorted_again_only_after_a_rest(
    many: Ledger, make_app: MakeApp, clock: Clock
) -> None:
    record(many, ready("soon", 2000))
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await press(pilot, "slash", *"left<30m", "enter")
        await until(pilot, lambda: "0 of 41" in screen_text(app))
        watch = [100.0]
        table_of(app)._patience = Patience(lambda: watch[0])
        table_of(app)._patience.begin()
        watch[0] += 1
        table_of(app)._patience.end()
        clock.advance(1000)
        app.dashboard.tick()
        await settle(pilot)
        assert not table_of(app).rows.ids
        watch[0] += 4
        app.dashboard.tick()
        await until(pilot, lambda: list(table_of(app).rows.ids) == ["soon"])


def test_patience_runs_out_once() -> None:
    watch = [0.0]
    patient = Patience(lambda: watch[0])
    for _ in range(2):
        patient.begin()
        assert not patient.runs_out()
        watch[0] += 1
        assert [patient.runs_out(), patient.runs_out()] == [True, False]


def test_patience_rests_four_times_as_long_as_it_took() -> None:
    watch = [0.0]
    patient = Patience(lambda: watch[0])
    patient.begin()
    watch[0] += 1
    patient.end()
    resting = []
    for watch[0] in (1.0, 4.5, 5.0):
        resting.append(patient.is_resting)
    assert resting == [True, True, False]


async def test_other_work_goes_on_between_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cooperative, "TURN", 0.0)
    done: list[int] = []

    def steps() -> Iterator[None]:
        for number in range(5):
            done.append(number)
            yield

    seen = [len(done) async for _ in in_turns(steps())]
    assert seen == [1, 2, 3, 4, 5]


def test_the_collector_comes_back() -> None:
    assert gc.isenabled()
    with suppress(KeyError), garbage.kept_off():
        assert not gc.isenabled()
        with garbage.kept_off():
            pass
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()
