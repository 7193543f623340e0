from __future__ import annotations

from collections.abc import Iterable

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from octotui.cli.table import table_lines
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, Task, TaskState

NOW = 1000.0
LABELS = {"sora": "Sora"}
TASKS = [
    Task(
        "video_" + "0123456789abcdef" * 2, "sora", "videos", 0.0, model="sora-2", state=TaskState.RUNNING, progress=42
    ),
    Task(
        "日本語の長い識別子はここに",
        "sora",
        "videos",
        0.0,
        state=TaskState.COMPLETED,
        deadline=Deadline(NOW + 250, DeadlineSource.RULE),
        tags=("night", "x"),
    ),
    Task("video_3", "sora", "videos", 0.0, state=TaskState.FAILED, error_message="content policy: 不允许 " + "x" * 300),
    Task(
        "video_4",
        "sora",
        "videos",
        0.0,
        state=TaskState.COMPLETED,
        download=Download(DownloadState.SAVED, 24_000_000, 24_000_000, file="/videos/a.mp4"),
    ),
    Task("evil\x1b[31m\u202e", "other", "videos", 0.0, model="m\x07"),
]


def test_the_note_says_what_a_download_waits_for_and_until_when() -> None:
    waits = Download(DownloadState.WANTED, error="content: HTTP 502", next_at=NOW + 300)
    task = Task("video_5", "sora", "videos", 0.0, state=TaskState.COMPLETED, download=waits)
    [_, line] = plain(table_lines([task], LABELS, NOW, 200))
    assert line.startswith("waiting")
    assert line.endswith("not saved yet: again in 5m: content: HTTP 502")


def plain(lines: Iterable[str]) -> list[str]:
    return [click.unstyle(line) for line in lines]


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 120, 200, 400])
def test_lines_fit_the_width_by_cells_and_columns_align(width: int) -> None:
    lines = plain(table_lines(TASKS, LABELS, NOW, width))
    assert len(lines) == 1 + len(TASKS)
    assert max(map(cell_len, lines)) <= width
    starts = {
        cell_len(line[: line.index(word)]) for line, word in zip(lines, ("ID", "video_", "日", "video_3"), strict=False)
    }
    assert len(starts) == 1
    assert not any(character in "".join(lines) for character in "\x1b\x07\u202e")


def test_a_wide_table_says_everything() -> None:
    heading, *rows = plain(table_lines(TASKS, LABELS, NOW, 500))
    assert heading.split() == ["STATE", "LEFT", "ID", "PROVIDER", "MODEL", "DONE", "TAGS", "NOTE"]
    assert rows[0].split() == ["running", "video_" + "0123456789abcdef" * 2, "Sora", "sora-2", "42%"]
    assert rows[1].split() == ["ready", "~4m", "10s", "日本語の長い識別子はここに", "Sora", "night", "x"]
    assert rows[2].endswith("x" * 300)
    assert rows[3].split() == ["saved", "video_4", "Sora", "24.0", "MB", "/videos/a.mp4"]
    assert rows[4].split() == ["unknown", "evil␛[31m<U+202E>", "other", "m␇"]


def test_without_a_width_nothing_is_cut() -> None:
    lines = plain(table_lines(TASKS, LABELS, NOW, None))
    assert TASKS[0].id in lines[1]
    assert "x" * 300 in lines[3]


def test_state_and_id_stay_to_the_last() -> None:
    assert plain(table_lines(TASKS, LABELS, NOW, 40))[0].split() == ["STATE", "LEFT", "ID"]
    assert list(table_lines([], LABELS, NOW, 80)) == []


def test_only_the_state_is_coloured() -> None:
    lines = list(table_lines(TASKS, LABELS, NOW, 80))
    assert lines[3].startswith(click.style("failed ", fg="red"))
    assert "\x1b" not in lines[1]


@given(
    st.lists(
        st.builds(Task, st.text(min_size=1, max_size=40), st.just("sora"), st.just("videos"), st.just(0.0)),
        min_size=1,
        max_size=4,
    ),
    st.integers(16, 120),
)
def test_any_id_fits_any_width(tasks: list[Task], width: int) -> None:
    assert max(map(cell_len, plain(table_lines(tasks, LABELS, NOW, width)))) <= width
