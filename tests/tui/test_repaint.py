"""A slow line pays for every cell that is painted: only those that differ may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from textual.geometry import Region

from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from tests.support.screen import Repaints, press, settle
from tests.tui.tasks import NOW, Clock, live, ready, record, running, saved

MakeApp = Callable[..., OctoApp]
SIZE = (80, 24)


async def test_when_nothing_changes_nothing_is_painted(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 9000), running("b", 20), saved("c"))
    ledger.set_status(live(last_answer_at=NOW))
    ledger.flush()
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        with Repaints() as painted:
            for _ in range(3):
                app.dashboard.tick()
                await settle(pilot)
            ledger.set_status(live(at=NOW + 1, last_answer_at=NOW + 1))
            record(ledger, dataclasses.replace(running("b", 20), last_answer_at=NOW + 1, last_asked_at=NOW + 1))
            app.dashboard.tick()
            await settle(pilot)
        assert painted.regions == []


async def test_a_tick_paints_the_clock_and_no_more(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 250), ready("b", 9030), running("c", 20, created_at=NOW - 4000))
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        clock.advance(1)
        with Repaints() as painted:
            app.dashboard.tick()
            await settle(pilot)
        table = app.dashboard.panes.pane.table
        assert painted.of(table) == [Region(1, 0, 9, 1)]
        assert {widget for widget, _ in painted.regions} == {table, app.dashboard.lines.next_loss}
        assert [region.width for region in painted.of(app.dashboard.lines.next_loss) if region] == [8]


async def test_progress_paints_its_row_alone(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(running(f"t{number}", 90 - number) for number in range(10)))
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        record(ledger, running("t0", 95))
        with Repaints() as painted:
            app.dashboard.tick()
            await settle(pilot)
        regions = painted.of(app.dashboard.panes.pane.table)
        assert len(regions) == 1
        assert regions[0] is not None
        assert regions[0].y == 0
        assert regions[0].x > 40
        assert len(painted.regions) == 1


async def test_moving_the_cursor_paints_two_rows(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(running(f"t{number}", 90 - number) for number in range(10)))
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        with Repaints() as painted:
            await press(pilot, "j")
        table = app.dashboard.panes.pane.table
        assert sorted(region.y for region in painted.of(table) if region) == [0, 1]
        assert {widget for widget, _ in painted.regions} == {table}


async def test_hidden_panes_paint_nothing(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 9030), ready("b", 9130, "veo"), running("c", 4, "veo"))
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        record(ledger, running("c", 44, "veo"))
        clock.advance(1)
        with Repaints() as painted:
            app.dashboard.tick()
            await settle(pilot)
        assert painted.regions == []


async def test_only_rows_in_view_are_built(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(ready(f"t{number:04}", 1000 + number) for number in range(1500)))
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        table = app.dashboard.panes.pane.table
        assert len(table._drawn.rows) == 17
        await press(pilot, "G")
        assert len(table._drawn.rows) == 17
        assert len(table._drawn._strips) < 100
