"""How panes share the screen: nothing overlaps, nothing is lost, and nothing moves without a reason."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.table.pane_plan import AROUND, CLOSED, LEAST_OPEN, Place, columns_for, is_better, plan
from tests.support.screen import press, screen_lines, screen_text, settle
from tests.tui.tasks import record, running

MakeApp = Callable[..., OctoApp]
needs_of_panes = st.lists(st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 5000)), min_size=2, max_size=9)


@given(st.integers(100, 400), st.integers(27, 120), needs_of_panes, st.integers(0, 8), st.integers(1, 3))
def test_every_pane_has_a_place_and_none_lies_over_another(
    width: int, height: int, needs: list[int], focus: int, columns: int
) -> None:
    focus %= len(needs)
    places = plan(width, height, needs, focus, columns)
    assert len(places) == len(needs)
    for place in places:
        assert place.x >= 0
        assert place.x + place.width <= width
        assert place.y >= 0
        assert place.y + place.height <= height
        assert place.height >= CLOSED
    for one, other in combinations(places, 2):
        apart_in_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        apart_in_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_in_x or apart_in_y
    assert sum(place.width * place.height for place in places) == width * height, "no void"
    if needs[focus]:
        assert places[focus].height >= min(needs[focus] + AROUND, LEAST_OPEN)
    if any(needs):
        assert all(place.height == CLOSED for place, need in zip(places, needs, strict=True) if not need)


@given(st.integers(100, 300), st.integers(30, 100), needs_of_panes, st.integers(1, 3))
def test_a_plan_is_never_better_than_itself(width: int, height: int, needs: list[int], columns: int) -> None:
    places = plan(width, height, needs, 0, columns)
    assert not is_better(places, places, needs, 0, None)


@pytest.mark.parametrize(
    ("size", "columns"),
    [((80, 24), 0), ((99, 60), 0), ((120, 29), 0), ((120, 36), 1), ((160, 45), 2), ((200, 50), 2), ((260, 70), 3)],
)
def test_how_many_stand_beside_each_other(size: tuple[int, int], columns: int) -> None:
    assert columns_for(*size, 5) == columns
    assert columns_for(*size, 1) == 0


def test_an_empty_pane_is_its_title_line() -> None:
    assert [place.height for place in plan(120, 33, [9, 0, 7, 0, 4], 0, 1)] == [13, 1, 10, 1, 8]
    places = plan(160, 42, [9, 0, 7, 5, 0], 0, 2)
    assert places[0].height == places[2].height
    assert places[3] == Place(0, 22, 160, 19)
    assert {places[1].y, places[4].y} == {41}


def test_where_not_all_fit_the_last_are_closed_but_never_the_one_with_the_focus() -> None:
    assert [place.is_open for place in plan(120, 33, [90] * 5, 0, 1)] == [True, True, True, True, False]
    assert [place.is_open for place in plan(120, 33, [90] * 5, 4, 1)] == [True, True, True, False, True]


def test_nothing_moves_for_a_task_or_two_nor_under_the_cursor() -> None:
    before = plan(120, 33, [9, 0, 7, 0, 4], 0, 1)
    for needs in ([10, 0, 7, 0, 4], [9, 0, 7, 0, 5], [8, 0, 6, 0, 0]):
        assert not is_better(plan(120, 33, needs, 0, 1), before, needs, 0, 0)
    needs = [9, 3, 7, 0, 4]
    after = plan(120, 33, needs, 0, 1)
    assert is_better(after, before, needs, 0, 0), "a pane with tasks is opened"
    assert not is_better(after, before, needs, 0, 8), "the cursor's row would go out of view"
    after = plan(120, 33, needs, 2, 1)
    assert not is_better(after, before, needs, 2, 0), "the pane with the cursor would move"
    assert is_better(after, before, needs, 2, None)


async def test_panes_share_the_room_by_what_is_in_them(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(running(f"video_{number}", number) for number in range(12)), running("grok_1", 4, "grok"))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        lines = screen_lines(app)
        assert lines[1].startswith("╭─ 1 Sora")
        assert sum(line.startswith("── ") for line in lines) == 3
        assert "video_0 " in screen_text(app)
        assert "grok_1" in screen_text(app)
        heights = [pane.size.height for pane in app.dashboard.panes.panes.values()]
        await press(pilot, "j")
        record(ledger, running("video_x", 99), running("veo_1", 1, "veo"))
        app.dashboard.tick()
        await settle(pilot)
        assert "veo_1" in screen_text(app), "a pane that was empty opens below the cursor's"
        assert [pane.size.height > 1 for pane in app.dashboard.panes.panes.values()] == [True, True, False, True, False]
        assert heights[0] >= 12 + AROUND


async def test_the_pane_with_the_cursor_stays_where_it_is(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_1", 3), running("veo_1", 1, "veo"))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "4", "j")
        pane = app.dashboard.panes.pane
        before = pane.region
        record(ledger, *(running(f"grok_{number}", number, "grok") for number in range(9)))
        app.dashboard.tick()
        await settle(pilot)
        assert pane.region == before
        assert "◐ 9" in screen_text(app)
        await press(pilot, "2")
        assert "grok_8" in screen_text(app), "who goes there sees it"
        await press(pilot, "z", "z")
        assert app.dashboard.panes.pane.table.has_focus


async def test_all_panes_are_open_where_none_has_a_task(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 50)) as pilot:
        await settle(pilot)
        assert screen_text(app).count("a to add tasks, or: octotui add ID") == 5
