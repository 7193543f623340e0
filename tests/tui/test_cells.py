from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.estimates import Expectation
from octotui.model import DeadlineSource, Download, DownloadState, FailureKind, RequestFailure, Task, TaskState
from octotui.presentation.columns import Choice, layout_for
from octotui.presentation.styled_text import Role, plain, width_of
from octotui.presentation.task_row import (
    GLYPH_ROLES,
    GLYPHS,
    OLD_AFTER,
    STALE_AFTER,
    WORD_ROLES,
    WORDS,
    View,
    bar,
    clock,
    is_stale,
    row,
    shown_word,
    text_bar,
)
from tests.tui.tasks import NOW, every_state, ready, running, saved, task


def text(one: Task, width: int = 78, **facts: Any) -> str:
    return plain(row(one, View(NOW, layout_for(width), **facts)))


WAITING = ready(
    "video_8817",
    7500,
    download=Download(DownloadState.WANTED, 1000, 4000, error="no room: 40 MB needed", next_at=NOW + 260),
)


def test_a_download_that_waits_says_for_what_and_until_when() -> None:
    assert "waiting" in text(WAITING)
    assert "again in 4m: no room: 40 MB needed" in text(WAITING, width=200)
    later = dataclasses.replace(WAITING, download=WAITING.download._replace(next_at=NOW - 1))
    assert "again in" not in text(later, width=200), "that moment is past"
    paused = dataclasses.replace(WAITING, download=WAITING.download._replace(paused=True))
    assert "saving" in text(paused)
    assert "paused" in text(paused)


def test_every_state_has_word_glyph_and_colour() -> None:
    delivered = saved("video_d", delivered="s3://farm/video_d.mp4")
    assert {shown_word(one, NOW) for one in (*every_state(), WAITING, delivered)} == set(WORDS)
    assert set(GLYPHS) == set(WORD_ROLES) == set(GLYPH_ROLES) == set(WORDS)
    assert len(set(GLYPHS.values())) == len(WORDS)


@pytest.mark.parametrize("width", range(261))
def test_a_row_takes_exactly_its_width(width: int) -> None:
    for alone in (False, True):
        layout = layout_for(width, Choice(alone=alone))
        for one in (*every_state(), WAITING):
            assert width_of(row(one, View(NOW, layout, marked=True))) == width


@given(
    st.text(), st.text(), st.text(), st.none() | st.integers(0, 100), st.sampled_from(TaskState), st.integers(0, 200)
)
def test_no_text_breaks_a_row(
    task_id: str, model: str, message: str, progress: int | None, state: TaskState, width: int
) -> None:
    one = task(
        task_id, model=model, error_message=message, status=message, progress=progress, state=state, tags=(model,)
    )
    line = row(one, View(NOW, layout_for(width)))
    assert all(isinstance(role, Role) for _, role in line)
    # Control characters take no cell and are cleaned where they enter; everything else is measured.
    if not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in task_id + model + message):
        assert width_of(line) == width


def test_rows_read_as_the_sketch_says() -> None:
    first = ready("video_9f2c81d0", 250, model="sora-2", seconds="10", size="720x1280")
    assert text(first).rstrip() == " 4m 10s   ● ready     video_9f2c81d0 10s 720x1280     2m ago   sora-2"
    under_way = Download(DownloadState.RUNNING, 12_000_000, 18_700_000, speed=9_100_000.0)
    second = ready("video_1b77e0aa", 3080, model="sora-2", download=under_way)
    assert text(second).rstrip() == " 51m      ↓ saving    video_1b77e0aa ━━━━━━━────  64% 9.1 MB/s sora-2"
    assert text(running("video_5c3e91b4", 30), expected=Expectation(NOW + 140, NOW + 300)).rstrip() == (
        "          ◐ running   video_5c3e91b4 ━━━────────  30% ~2m 20s"
    )
    assert text(saved("video_abc123")).rstrip() == " 23h 00m  ✓ saved     video_abc123   24.0 MB          14m ago"
    failed = task("video_e41f", state=TaskState.FAILED, error_message="content policy violation", model="sora-2")
    assert text(failed).rstrip() == "          ✗ failed    video_e41f     content policy violation  sora-2"
    assert text(task("task_01k74ynm", status="not_start")).rstrip() == (
        "          ? unknown   task_01k74ynm  “not_start”"
    )


def test_a_narrow_row_keeps_clock_state_id_and_percent() -> None:
    assert text(running("video_5c3e91b4", 31), 40) == "          ◐ running   video_5c…91b4  31%"
    assert text(ready("video_9f2c81d0", 250), 24) == " 4m 10s   ● video_9…81d0"


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (ready(left=250), ("4m 10s", Role.ALARM)),
        (ready(left=3080), ("51m", Role.WARN)),
        (ready(left=85_260), ("23h 41m", Role.TEXT)),
        (ready(left=43_140, source=DeadlineSource.RULE), ("~11h 59m", Role.TEXT)),
        (ready(left=0), ("gone", Role.BAD)),
        (saved(), ("23h 00m", Role.DIM)),
        (ready(deadline=None), ("?", Role.DIM)),
        (running(), ("", Role.TEXT)),
    ],
)
def test_the_clock_says_how_long_there_is(one: Task, shown: tuple[str, Role]) -> None:
    assert clock(one, NOW) == shown


def test_a_saved_result_is_never_gone() -> None:
    assert clock(saved(), NOW + 10**6) == ("", Role.DIM)
    assert shown_word(saved(), NOW + 10**6) == "saved"


def test_a_download_under_way_is_not_given_up_when_the_link_ends() -> None:
    one = ready(left=-5, download=Download(DownloadState.RUNNING, 1, 2))
    assert shown_word(one, NOW) == "saving"
    assert shown_word(dataclasses.replace(one, download=Download(DownloadState.WANTED)), NOW) == "expired"


@pytest.mark.parametrize("done", range(101))
def test_bars_fill_in_half_cells(done: int) -> None:
    filled, rest = bar(done, 11)
    assert len(filled[0]) + len(rest[0]) == 11
    assert filled[0].count("━") * 2 + filled[0].count("╸") == done * 22 // 100


def test_what_stands_still_says_why() -> None:
    assert "not saved: 404" in text(ready(download=Download(DownloadState.FAILED, error="404 on every rung")))
    waiting = Download(DownloadState.WANTED, error="waiting for room")
    assert "waiting for room" in text(ready(download=waiting))
    assert "paused" in text(ready(download=Download(DownloadState.WANTED, 1, 4, paused=True)))
    assert "waiting" in text(ready(download=Download(DownloadState.WANTED)))
    never = task(last_answer_at=None, failure=RequestFailure(FailureKind.NO_SUCH_TASK, 404, "no such task", NOW))
    assert "no such task" in text(never)
    assert "running ↓" in text(running(download=Download(DownloadState.WANTED)))
    assert "running ‖" in text(running(download=Download(DownloadState.WANTED, paused=True)))


def test_a_stale_row_is_dim_and_says_how_old() -> None:
    failing = RequestFailure(FailureKind.NETWORK, None, "timed out", NOW)
    one = running(last_answer_at=NOW - 300, failure=failing)
    assert is_stale(one, NOW)
    line = row(one, View(NOW, layout_for(78)))
    assert "5m old" in plain(line)
    assert not {role for _, role in line} & {Role.TEXT, Role.STRONG, Role.WORK}
    assert not is_stale(dataclasses.replace(one, last_answer_at=NOW - STALE_AFTER + 1), NOW)
    assert is_stale(dataclasses.replace(one, failure=None), NOW)
    assert not is_stale(dataclasses.replace(one, failure=None, last_answer_at=NOW - OLD_AFTER + 1), NOW)
    assert not is_stale(dataclasses.replace(one, failure=None, last_answer_at=None), NOW)
    assert not is_stale(dataclasses.replace(one, state=TaskState.COMPLETED), NOW)


def test_a_row_whose_asking_fails_says_why_and_looks_different_from_one_that_waits() -> None:
    failure = RequestFailure(FailureKind.GATEWAY, 502, "HTTP 502", NOW - 12)
    one = running(last_answer_at=NOW - 40, failure=failure, failures=4)
    line = row(one, View(NOW, layout_for(118)))
    assert "50% 40s old: HTTP 502, 4 tries" in plain(line)
    assert ("◐ ", Role.WARN) in line
    assert "━" not in plain(line)
    first = dataclasses.replace(one, failures=1)
    assert "━" in text(first), "one question that failed a moment ago is no news"
    queued = dataclasses.replace(one, state=TaskState.QUEUED, progress=None)
    assert "40s old: HTTP 502, 4 tries" in text(queued, 118)
    assert "tries" not in text(dataclasses.replace(one, state=TaskState.FAILED), 118)


def test_how_much_longer() -> None:
    one = running()
    assert "~1m 20s" in text(one, expected=Expectation(NOW + 80, NOW + 200, slow_from=NOW + 300))
    assert "~5s" in text(one, expected=Expectation(NOW - 20, NOW - 10))
    assert "slow" in text(one, expected=Expectation(NOW - 20, NOW - 10, slow_from=NOW, stuck_from=NOW + 1))
    assert "stuck?" in text(one, expected=Expectation(NOW - 20, NOW - 10, slow_from=NOW - 5, stuck_from=NOW))
    assert not re.search("~|slow|stuck", text(one))


@pytest.mark.parametrize("width", [40, 78, 120, 200])
def test_on_a_slow_line_rows_change_by_the_minute(width: int) -> None:
    layout = layout_for(width)
    expected = Expectation(NOW + 300, NOW + 500)
    for one in every_state():
        now, later = (View(NOW + 30 + passed, layout, expected, coarse=True) for passed in (0, 8))
        assert width_of(row(one, now)) == width
        if one.failure is None:
            assert row(one, now) == row(one, later), one.id


def test_on_a_slow_line_bars_are_text() -> None:
    assert text_bar(50, 11) == (("#####......", Role.TEXT),)
    assert text_bar(0, 11) == (("." * 11, Role.TEXT),)
    assert text_bar(100, 11) == (("#" * 11, Role.TEXT),)


def test_where_there_is_room_a_row_says_how_long_ago_it_was_submitted() -> None:
    assert layout_for(118, Choice(alone=True)).took
    assert not layout_for(78, Choice(alone=True)).took
    asked = running("video_5", None, created_at=NOW - 754, running_since=None, model="sora-2")
    assert re.search(r"running +video_5 +12m sora-2", text(asked, 140))
    assert "12m" in text(dataclasses.replace(asked, progress=50), 140)
    done = ready(created_at=NOW - 430, completed_at=NOW - 130)
    assert re.search(r"2m ago +5m", text(done, 140))
    assert text(task(), 140).count("m ") == 0
