from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from octotui.ledger import FailureCount, History, Ledger, Minute, Outcome, Rendering
from octotui.ledger.hours import bucket_of
from octotui.model import Download, Task, TaskState
from octotui.presentation.charts.axes import SOLID, Axis, Draw, Series, TimeScale
from octotui.presentation.charts.canvas import draw
from octotui.presentation.charts.sections import Past, past_of
from octotui.presentation.charts.statistics import SPANS, Span, unsaved
from octotui.presentation.overview import LATEST, Scene, latest_losses, overview_lines
from octotui.presentation.sparkline import cells_for, sparkline
from octotui.presentation.styled_text import Role, plain, width_of
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.overview import Overview
from octotui.tui.rendering.stand_ins import to_ascii
from octotui.tui.rendering.text_widgets import Lines
from tests.support.screen import Repaints, press, screen_lines, screen_text, settle, until
from tests.tui.tasks import NOW, Clock, fill, live, ready, record, saved, task

MakeApp = Callable[..., OctoApp]
SIZES = [(200, 50), (120, 36), (80, 24), (40, 12)]
MINUTE = int(NOW // 60) * 60


def text(scene: Scene, width: int, height: int = 50) -> str:
    return "\n".join(plain(line) for line in overview_lines(scene, NOW, width, height, None))


def past(span: Span = SPANS[0]) -> Past:
    hour = int(NOW // 3600) * 3600
    history = History(
        [Minute(hour, asks=9, bytes=9_000_000), Minute(hour - 3600 * 5, bytes=18_000_000)],
        [
            Outcome(hour, "sora", "sora-2", completed=97, failed=3, saved=90, bytes=10**9),
            Outcome(hour - 3600, "veo", "veo3.1", completed=1, failed=9, lost=1),
            Outcome(hour - 3600 * 50, "grok", "grok-video-3", completed=5),
        ],
        [FailureCount(hour, "sora", "sora-2", "policy", 3), FailureCount(hour, "veo", "veo3.1", "upstream timeout", 9)],
        [Rendering(hour, "sora", "sora-2", bucket_of(100), 90), Rendering(hour, "sora", "sora-2", bucket_of(700), 7)],
    )
    return past_of(history, span, NOW)


def full_scene(draw: Draw | None = draw) -> Scene:
    tasks = [ready(f"video_{n}", 100 * n) for n in range(1, 31)] + [ready(f"gone_{n}", -60 * n) for n in range(1, 9)]
    tasks += [saved(), ready("late", 10, given_title="The whale", download=Download(bytes_total=10**9))]
    lost, losses = latest_losses(tasks, NOW)
    minutes = [
        Minute(MINUTE, asks=30, answers=28, failures=2, done=1, lags=1, lag_sum=3.0, lag_max=3.0, bytes=6_000_000),
        Minute(MINUTE - 60 * 30, asks=60, done=2, lags=2, lag_sum=2.0, lag_max=1.5, bytes=3_000_000),
        Minute(MINUTE - 3600, asks=1_000_000),
    ]
    counts = {"Sora": {"ready": 14, "expired": 8, "cancelled": 2}, "Grok": {"running": 3}, "Veo": {}}
    labels = {"sora": "Sora", "grok": "Grok", "veo": "Veo"}
    waiting = unsaved(tasks, NOW, 1e6)
    return Scene(counts, live(), minutes, waiting, lost, losses, labels, past(), draw)


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
    shown = text(full_scene(), 180)
    for part in (
        "Tasks  27 in all",
        "● ready",
        "90, now 38/600 a minute, 2 failed",
        "1.7s mean, 3.0s most, 3 done",
        "9.0 MB, 2 kB/s, now 9.1 MB/s",
        "1m 40s",
        "Lost  8 in all",
        "1m ago",
    ):
        assert part in shown, part
    asks = next(line for line in shown.splitlines() if "asks     " in line).partition("asks     ")[2]
    assert (asks[14], asks[29]) == ("█", "▅")
    assert asks[:30].count(" ") == 28


def test_every_unsaved_result_stands_on_one_axis_of_time() -> None:
    scene = full_scene()
    lines = [plain(line) for line in overview_lines(scene, NOW, 180, 50, "video_3")]
    assert lines[0].startswith("Lost next  31 results; time left ─●, of it needed to save ━, too late ✗")
    late, nearest = lines[1], lines[2]
    assert "The whale" in late
    assert "needs 16m" in late
    assert "✗" in late
    assert "━●" not in late
    assert "needs 24s" in nearest
    assert "━─" in nearest
    assert "●" in nearest
    assert lines[4].startswith("▸ 5m 00s")
    rest = next(line for line in lines if line.startswith("  15 more"))
    assert 2 <= rest.count("●") <= 15
    axis = lines[lines.index(rest) + 2]
    assert axis.split()[:4] == ["10s", "1m", "10m", "1h"]


def test_the_selected_result_always_has_a_line() -> None:
    scene = full_scene()
    for choice in scene.choices:
        for size in ((200, 50), (120, 36), (80, 20), (40, 10)):
            lines = overview_lines(scene, NOW, *size, choice.id)
            assert sum(("▸ ", Role.KEY) in line for line in lines) == 1, (choice.id, size)


def test_success_rendering_failures_and_what_was_saved_are_told_by_the_past() -> None:
    shown = text(full_scene(), 180)
    sora = next(line for line in shown.splitlines() if "Sora sora-2" in line)
    assert [sora.partition("Sora sora-2")[2].split()[n] for n in (0, 1, 2, 3)] == ["100", "97%", "1m", "43s"]
    assert "10%" in next(line for line in shown.splitlines() if "Veo veo3.1" in line)
    assert "Grok grok-video-3" not in shown
    failures = shown.partition("Failures by reason")[2]
    assert "last day, 12 in all" in failures
    assert failures.index("upstream timeout") < failures.index("policy")
    assert "Saved  last day, 1.0 GB" in shown
    assert "disk 412 GB free, full in" in shown
    scene = full_scene()
    scene.past = past(SPANS[1])
    assert "Grok grok-video-3" in text(scene, 180)


def test_without_plots_every_figure_is_there_all_the_same() -> None:
    drawn, bare = text(full_scene(), 180), text(full_scene(None), 180)
    for words in ("needs 16m", "97%", "upstream timeout", "full in", "31 results"):
        assert words in drawn
        assert words in bare
    assert "┬" in drawn
    assert "┬" not in bare


def test_small_screens_show_what_matters_and_no_plot() -> None:
    shown = text(full_scene(), 40, 10)
    assert shown.startswith("Lost next")
    assert "Success and rendering" in shown
    assert not set(shown) & set("┬└█")
    assert "Tasks" not in shown


def test_words_of_the_counts_never_touch() -> None:
    heading = next(line for line in text(full_scene(), 180).splitlines() if "⊘ cancelled" in line)
    assert "  ⊘ cancelled" in heading
    assert "  ▽ expired" in heading


def test_the_latest_losses_show_and_no_more_than_fit() -> None:
    scene = full_scene()
    assert [task.id for task in scene.lost] == [f"gone_{n}" for n in range(1, LATEST + 1)]
    assert latest_losses([saved(), ready(deadline=None)], NOW) == ([], 0)
    assert unsaved([saved(), ready(deadline=None), ready(left=-1)], NOW, None) == []


@pytest.mark.parametrize("scene", [full_scene(), full_scene(None), Scene()], ids=["full", "no plots", "empty"])
@pytest.mark.parametrize("width", [*range(12, 220, 7)])
def test_the_overview_fits_any_size(scene: Scene, width: int) -> None:
    for height in (3, 9, 20, 33, 50):
        lines = overview_lines(scene, NOW, width, height, "video_1")
        if width >= 38:
            assert max(width_of(line) for line in lines) <= width
        assert "Lost next" in text(scene, width, height)


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
        assert {cell_len(line) for line in screen_lines(app)} == {size[0]}
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
        assert {region.height for region in regions if region is not None} == {1}
        record(ledger, saved("b"))
        app.dashboard.tick()
        await until(pilot, lambda: "▸ 4h 59m" in screen_text(app))
        clock.advance(3600 * 5)
        app.dashboard.tick()
        await until(pilot, lambda: "Nothing can be lost." in screen_text(app) and "30s ago" in screen_text(app))


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


async def test_another_span_is_looked_back_over(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, task("a", state=TaskState.FAILED, error_message="policy", final_seen_at=NOW - 3 * 86400))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "Nothing has failed in the last day." in screen_text(app))
        await press(pilot, "s")
        await until(pilot, lambda: "last week, 1 in all" in screen_text(app) and "policy" in screen_text(app))
        assert "━" in screen_text(app)
        await press(pilot, "s", "s")
        await until(pilot, lambda: "Nothing has failed in the last day." in screen_text(app))


@pytest.mark.parametrize("theme", ["ascii", "ansi-dark"])
async def test_plots_are_drawn_in_every_kind_of_terminal(theme: str, ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 250), saved("b", final_seen_at=NOW - 900))
    app = make_app()
    if theme == "ascii":
        app.add_class("-ascii")
    async with app.run_test(size=(120, 36)) as pilot:
        if theme != "ascii":
            app.theme = theme
        await press(pilot, "0")
        await until(pilot, lambda: "Saved  last day" in screen_text(app))
        shown = screen_text(app)
        if theme == "ascii":
            assert shown.isascii()
            assert "?" not in shown
            assert "|=" in shown
        else:
            assert "│━" in shown
        assert {len(line) for line in screen_lines(app)} == {120}


async def test_where_plotext_cannot_be_loaded_the_overview_says_so_and_shows_the_figures(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, ready("a", 250))
    monkeypatch.delitem(sys.modules, "octotui.presentation.charts.canvas")
    monkeypatch.delattr("octotui.presentation.charts.canvas", raising=False)
    monkeypatch.setitem(sys.modules, "plotext", None)
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "0")
        await until(pilot, lambda: "No plots: plotext cannot be loaded here" in screen_text(app))
        assert "▸ 4m 10s" in screen_text(app)
        assert "┬" not in screen_text(app)


def test_a_plot_is_as_large_as_asked_whatever_the_terminal_is() -> None:
    series = (Series(((0, 1), (250, 1)), "━", Role.BAD, joined=True),)
    for width, height in ((260, 90), (40, 3), (12, 8)):
        lines = draw(width, height, Axis(0, width - 2, ((0, "0"),)), Axis(1, height - 2), series)
        assert [width_of(line) for line in lines] == [width] * height


def test_each_cell_of_a_plot_has_the_role_of_what_is_drawn_there() -> None:
    series = (
        Series(((0, 2), (9, 2)), "━", Role.BAD, joined=True),
        Series(((9, 2),), "●", Role.GOOD),
        Series(((0, 0), (1, 1)), SOLID, Role.ACCENT, bars=True),
    )
    first, *_, axis, words = draw(20, 5, Axis(0, 18, ((9, "half"),)), Axis(0, 2), series)
    assert first == (("│", Role.FRAME), ("━━━━━━━━━", Role.BAD), ("●         ", Role.GOOD))
    assert axis == (("└─────────┬─────────", Role.FRAME),)
    assert words == (("         half       ", Role.DIM),)


@given(st.lists(st.floats(0.01, 1e9), min_size=1), st.integers(4, 200))
def test_lengths_of_time_keep_their_order_on_a_scale(seconds: list[float], cells: int) -> None:
    scale = TimeScale(seconds, cells)
    places = [scale.cell(each) for each in sorted(seconds)]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] < cells
    ends = [(at, len(text)) for at, text in sorted(scale.axis.ticks)]
    for (left, length), (right, other) in pairwise(ends):
        assert right - other / 2 >= left + length / 2
