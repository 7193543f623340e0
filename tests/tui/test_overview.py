from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.ledger import Ledger, Minute
from octotui.model import Task
from octotui.presentation.overview import LATEST, NEAREST, Scene, nearest_and_lost, overview_lines
from octotui.presentation.sparkline import cells_for, sparkline
from octotui.presentation.styled_text import plain, width_of
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.overview import Overview
from octotui.tui.rendering.stand_ins import to_ascii
from octotui.tui.rendering.text_widgets import Lines
from tests.support.screen import Repaints, press, screen_lines, screen_text, settle, until
from tests.tui.tasks import NOW, Clock, fill, live, ready, record, saved

MakeApp = Callable[..., OctoApp]
SIZES = [(200, 50), (120, 36), (80, 24), (40, 12)]
MINUTE = int(NOW // 60) * 60


def text(scene: Scene, width: int) -> str:
    return "\n".join(plain(line) for line in overview_lines(scene, NOW, width, None))


def full_scene() -> Scene:
    tasks = [ready(f"video_{n}", 100 * n) for n in range(1, 15)] + [ready(f"gone_{n}", -60 * n) for n in range(1, 9)]
    nearest, lost, losses = nearest_and_lost(tasks, NOW)
    minutes = [
        Minute(MINUTE, asks=30, answers=28, failures=2, done=1, lags=1, lag_sum=3.0, lag_max=3.0, bytes=6_000_000),
        Minute(MINUTE - 60 * 30, asks=60, done=2, lags=2, lag_sum=2.0, lag_max=1.5, bytes=3_000_000),
        Minute(MINUTE - 3600, asks=1_000_000),
    ]
    counts = {"Sora": {"ready": 14, "expired": 8}, "Grok": {"running": 3}, "Veo": {}}
    return Scene(counts, live(), minutes, nearest, lost, losses)


def test_sparklines_are_as_high_as_their_numbers() -> None:
    assert sparkline([0, 1, 4, 7, 8]) == " ▂▅██"
    assert sparkline([0, 0]) == "  "
    assert sparkline([]) == ""
    assert to_ascii("▁▂▃▄▅▆▇█") == ".:-=+*#@"
    assert [cells_for(width) for width in (200, 59, 11, 5, -3)] == [60, 30, 10, 0, 0]


@given(st.lists(st.floats(0, 1e12)))
def test_a_sparkline_has_a_cell_for_each_number(values: list[float]) -> None:
    assert len(sparkline(values)) == len(values)


def test_the_overview_tells_where_all_stand_and_what_the_hour_came_to() -> None:
    shown = text(full_scene(), 160)
    for part in (
        "Tasks  25 in all",
        "● ready",
        "90, now 38/600 a minute, 2 failed",
        "1.7s mean, 3.0s most, 3 done",
        "9.0 MB, 2 kB/s, now 9.1 MB/s",
        "1m 40s",
        "Lost  8 in all",
        "1m ago",
    ):
        assert part in shown, part
    assert "Veo" not in shown
    asks = next(line for line in shown.splitlines() if line.startswith("asks"))
    assert asks[9:69].count(" ") == 58
    assert asks[9 + 29] == "█"
    assert asks[9 + 59] == "▅"


def test_the_nearest_come_first_and_the_latest_losses_and_no_more_than_fit() -> None:
    scene = full_scene()
    assert [task.id for task in scene.nearest] == [f"video_{n}" for n in range(1, NEAREST + 1)]
    assert [task.id for task in scene.lost] == [f"gone_{n}" for n in range(1, LATEST + 1)]
    assert nearest_and_lost([saved(), ready(deadline=None)], NOW) == ([], [], 0)


@pytest.mark.parametrize("scene", [full_scene(), Scene()], ids=["full", "empty"])
@pytest.mark.parametrize("width", [*range(12, 180, 7)])
def test_the_overview_fits_any_width(scene: Scene, width: int) -> None:
    lines = overview_lines(scene, NOW, width, "video_1")
    if width >= 38:
        assert max(width_of(line) for line in lines) <= width
    assert "Lost next" in text(scene, width)


@pytest.mark.parametrize("size", SIZES)
async def test_the_overview_opens_chooses_and_goes_there(
    size: tuple[int, int], ledger: Ledger, clock: Clock, make_app: MakeApp
) -> None:
    fill(ledger)
    ledger.note_minute(Minute(MINUTE, asks=30))
    ledger.flush()
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: isinstance(app.screen, Overview) and "▸ 4m 10s" in screen_text(app))
        assert {len(line) for line in screen_lines(app)} == {size[0]}
        await press(pilot, "k", "j", "j", "k", "j")
        chosen = app.screen.overview.selected if isinstance(app.screen, Overview) else None
        assert isinstance(chosen, Task)
        await until(pilot, lambda: "▸ 1h 56m" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert app.dashboard.panes.pane.table.selection.task == chosen
        assert app.dashboard.panes.current == "doubao"


async def test_it_is_drawn_again_only_where_it_differs(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 3600 * 5 - 30), ready("b", 250))
    ledger.set_status(live())
    ledger.flush()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "▸ 4m 10s" in screen_text(app))
        assert isinstance(app.screen, Overview)
        view: Lines = app.screen.overview
        with Repaints() as repaints:
            app.dashboard.tick()
            await settle(pilot)
            assert repaints.of(view) == []
            clock.advance(1)
            app.dashboard.tick()
            await settle(pilot)
            regions = repaints.of(view)
        assert [region.height for region in regions if region is not None] == [1]
        record(ledger, saved("b"))
        app.dashboard.tick()
        await until(pilot, lambda: "▸ 4h 59m" in screen_text(app))
        clock.advance(3600 * 5)
        app.dashboard.tick()
        await until(pilot, lambda: "Nothing can be lost." in screen_text(app) and "now" in screen_text(app))


async def test_an_empty_overview_goes_nowhere(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "Nothing can be lost." in screen_text(app))
        await press(pilot, "j", "k", "enter")
        await until(pilot, lambda: app.screen is app.dashboard)


async def test_the_key_that_opens_it_closes_it_whichever_that_is(make_app: MakeApp) -> None:
    app = make_app(keys={"overview": "O"})
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "O")
        await until(pilot, lambda: isinstance(app.screen, Overview))
        await press(pilot, "O")
        await until(pilot, lambda: app.screen is app.dashboard)
