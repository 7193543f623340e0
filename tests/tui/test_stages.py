"""The bar of a task's stages: what it is made of, that it is to scale, and that the details show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui import units
from octotui.estimates import Expectation
from octotui.ledger import Ledger
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, EventKind, LogEntry, Task, TaskState
from octotui.presentation.charts.stages import shares, stage_lines, stages
from octotui.presentation.styled_text import plain, width_of
from octotui.tui.app import OctoApp
from tests.support.screen import press, screen_text, until
from tests.tui.tasks import NOW, record, running, task

MakeApp = Callable[..., OctoApp]


def completed(**facts: Any) -> Task:
    usual: dict[str, Any] = {
        "state": TaskState.COMPLETED,
        "created_at": NOW - 1000,
        "running_since": NOW - 900,
        "completed_at": NOW - 500,
        "final_seen_at": NOW - 495,
    }
    return task("a", **{**usual, **facts})


def began(at: float) -> LogEntry:
    return LogEntry(at, EventKind.DOWNLOAD, "a", "words", detail="running")


def told(of: Task, *events: LogEntry, expected: Expectation | None = None) -> tuple[list[tuple[str, float]], str]:
    found, word = stages(of, events, NOW, expected)
    return [(stage.name, stage.end - stage.start) for stage in found], word


FILE = Download(DownloadState.SAVED, 9, 9, "/a", saved_at=NOW - 100)


@pytest.mark.parametrize(
    ("of", "events", "names", "word"),
    [
        (completed(), [], [("queued", 100), ("rendering", 400), ("waiting", 500)], ""),
        (
            completed(download=FILE),
            [began(NOW - 800), began(NOW - 130)],
            [("queued", 100), ("rendering", 400), ("waiting", 370), ("saving", 30)],
            "saved",
        ),
        (completed(download=FILE), [], [("queued", 100), ("rendering", 400), ("waiting", 400)], "saved"),
        (
            completed(download=Download(DownloadState.RUNNING)),
            [began(NOW - 20)],
            [("queued", 100), ("rendering", 400), ("waiting", 480), ("saving", 20)],
            "",
        ),
        (
            completed(deadline=Deadline(NOW - 50, DeadlineSource.LINK)),
            [],
            [("queued", 100), ("rendering", 400), ("waiting", 450)],
            "lost",
        ),
        (
            completed(state=TaskState.FAILED, completed_at=None),
            [],
            [("queued", 100), ("rendering", 405)],
            "failed",
        ),
        (completed(running_since=None), [], [("queued and rendering", 500), ("waiting", 500)], ""),
        (running("a"), [], [("queued", 500), ("rendering", 100)], ""),
        (task("a", state=TaskState.QUEUED), [], [("queued", 600)], ""),
        (completed(completed_at=NOW - 2000), [], [("queued", 100), ("waiting", 900)], ""),
    ],
)
def test_a_task_has_been_through_its_stages(
    of: Task, events: list[LogEntry], names: list[tuple[str, float]], word: str
) -> None:
    assert told(of, *events) == (names, word)


def test_what_is_expected_stands_at_the_end_of_a_running_task() -> None:
    assert told(running("a"), expected=Expectation(NOW + 60, NOW + 90))[0][-1] == ("to go", 60)
    shown = [plain(line) for line in stage_lines(running("a"), [], NOW, 70, Expectation(NOW + 60, NOW + 90))]
    assert shown[0].endswith("──────")
    assert shown[1].endswith(f" ~{units.clock_time(NOW + 60)}")
    assert shown[2].endswith("─ to go 1m")


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=6), st.integers(6, 300))
def test_cells_are_shared_to_scale_and_all_of_them(lengths: list[float], cells: int) -> None:
    given_cells = shares(lengths, cells)
    assert sum(given_cells) == cells
    assert min(given_cells) >= 1
    total = sum(lengths)
    if total > 1e-3:
        for length, count in zip(lengths, given_cells, strict=True):
            assert count <= length / total * cells + 1 + 1e-6 or count == 1
            assert count >= length / total * cells - len(lengths) - 1e-6


@pytest.mark.parametrize("width", [*range(4, 130, 3)])
def test_the_bar_fits_any_width(width: int) -> None:
    lines = stage_lines(completed(download=FILE), [began(NOW - 130)], NOW, width)
    assert (lines == []) is (width < 12)
    assert all(width_of(line) <= width for line in lines)
    assert not lines or width_of(lines[0]) == width


def test_a_stage_takes_as_much_of_the_bar_as_of_the_time_and_says_when() -> None:
    bar, ends, *legend = [plain(line) for line in stage_lines(completed(download=FILE), [began(NOW - 130)], NOW, 90)]
    assert [bar.count(glyph) for glyph in "▁━·█"] == [10, 40, 37, 3]
    assert ends.split()[-2] == "saved"
    assert legend == ["▁ queued 1m 40s   ━ rendering 6m 40s   · waiting 6m 10s   █ saving 30s"]
    narrow = [plain(line) for line in stage_lines(completed(download=FILE), [began(NOW - 130)], NOW, 40)][2:]
    assert narrow == ["▁ queued 1m 40s   ━ rendering 6m 40s", "· waiting 6m 10s   █ saving 30s"]


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24)])
async def test_the_details_show_the_bar(size: tuple[int, int], ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, completed())
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Time line" in screen_text(app))
        await press(pilot, "G") if size[1] < 30 else None
        await until(pilot, lambda: "━ rendering 6m 40s" in screen_text(app))
        assert "▁━" in screen_text(app)
