from __future__ import annotations

import dataclasses
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.failed_answer import failed_answer
from octotui.ledger import Attempt
from octotui.model import Deadline, DeadlineSource, FailureKind, LogEntry, RequestFailure, TaskState
from octotui.presentation.answer_history import answer_lines
from octotui.presentation.highlight import found_rows
from octotui.presentation.styled_text import Role, plain, width_of
from octotui.presentation.task_details import detail_lines
from octotui.presentation.task_record import TaskRecord
from tests.tui.tasks import NOW, every_state, ready, running, saved, task

ANSWER = (
    '{"id":"x","url":"https://cdn.example/v.mp4?X-Amz-Signature=SECRET1&x=1","key":"sk-abcdef123456","n":[1,2,3,4]}'
)


def text(record: TaskRecord, width: int = 120, *, unfolded: bool = False) -> str:
    return "\n".join(plain(line) for line in detail_lines(record, NOW, width, unfolded=unfolded))


def test_details_tell_everything() -> None:
    one = ready(
        "video_9f2c81d0",
        250,
        source=DeadlineSource.LINK,
        model="sora-2",
        seconds="10",
        size="720x1280",
        status="succeeded",
        result_url="https://cdn.example/v.mp4?sig=SECRET2",
        created_at=NOW - 500,
        running_since=NOW - 480,
        gateway_expires_at=NOW + 3600,
        tags=("campaign-b",),
        route_confirmed=True,
        failure=RequestFailure(FailureKind.RATE_LIMITED, 429, "slow down", NOW - 70),
        failures=3,
    )
    attempts = [Attempt(NOW - 20, "link", "403, expired")]
    events = [LogEntry(NOW - 10, "state", one.id, "completed")]
    shown = text(TaskRecord(one, "Sora", attempts, events, ANSWER), 160)
    for part in (
        "video_9f2c81d0",
        "● ready  the gateway says “succeeded”",
        "Sora  asked on videos",
        "sora-2  10 s  720x1280",
        "in 4 minutes and 10 seconds",
        "says the link's signature",
        "▸ in 4 minutes and 10 seconds",
        "  in 1 hour",
        "says the gateway",
        "https://cdn.example/v.mp4?sig=…",
        "HTTP 429, slow down, 3 times in a row, last a minute ago",
        "campaign-b",
        "submitted",
        "seen running  +20s",
        "completed  +5m 50s",
        "link       403, expired",
        "  completed",
        "X-Amz-Signature=…",
    ):
        assert part in shown, part
    assert "SECRET" not in shown
    assert "sk-abcdef" not in shown


def test_saved_files_tell_path_and_checksum() -> None:
    shown = text(TaskRecord(saved("video_1")), 80)
    assert "/videos/video_1.mp4" in shown
    assert "5f1c" * 16 in shown
    assert "24.0 MB" in shown
    assert "link ends" in shown


def test_an_estimate_is_called_one() -> None:
    assert "in about 11 hours and 59 minutes" in text(TaskRecord(ready(left=43_140, source=DeadlineSource.RULE)))
    assert "a rule of thumb" in text(TaskRecord(ready(left=43_140, source=DeadlineSource.RULE)), 160)
    assert "nobody says when" in text(TaskRecord(ready(deadline=None)))


def test_a_failed_task_has_nothing_to_lose() -> None:
    failed = task("a", state=TaskState.FAILED, deadline=Deadline(NOW + 3600, DeadlineSource.GATEWAY))
    assert "lost" not in text(TaskRecord(failed))
    assert "lost" in text(TaskRecord(dataclasses.replace(failed, state=TaskState.COMPLETED)))


def test_every_deadline_shows_with_its_source_and_the_one_that_counts_first() -> None:
    signed_at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW - 600))
    one = ready(
        left=3000,
        source=DeadlineSource.LINK,
        result_url=f"https://cdn.example/v.mp4?X-Amz-Date={signed_at}&X-Amz-Expires=3600&X-Amz-Signature=SECRET",
        gateway_expires_at=NOW + 7200,
        completed_at=NOW - 600,
    )
    rows = text(TaskRecord(one, "Sora", retention=86_400.0)).splitlines()
    at = next(number for number, row in enumerate(rows) if row.startswith("lost"))
    shown = [" ".join(row[:70].split()) for row in rows[at : at + 6]]
    assert shown[0].startswith("lost ▸ in 50 minutes")
    assert any("in 2 hours" in row and "▸" not in row for row in shown)
    assert any("in about 23 hours and 50 minutes" in row for row in shown)
    assert "this provider, 1 day" in " ".join(shown)
    assert "SECRET" not in " ".join(rows)


def test_what_changed_between_the_answers_is_told() -> None:
    before = '{"data": {"progress": 41, "url": "https://x.example/?sig=SECRET1"}}'
    after = '{"data": {"progress": 42, "url": "https://x.example/?sig=SECRET2"}}'
    shown = text(TaskRecord(running(), answer=after, previous=before))
    assert "data.progress  41 → 42" in shown
    assert '?sig=…"  other where it is masked' in shown
    assert "SECRET" not in shown
    assert "What changed" not in text(TaskRecord(running(), answer=after))


def test_what_is_searched_for_is_marked_in_every_part() -> None:
    one = TaskRecord(
        running("video_2", model=None), "Sora", [Attempt(NOW, "link", "403 Video gone")], (), '{"id":"video_2"}'
    )
    for width in (120, 50):
        lines = detail_lines(one, NOW, width, unfolded=True, wanted="VIDEO")
        marked = [span for line in lines for span, role in line if role is Role.FOUND]
        # Its id, the route's name, the attempt, and the answer.
        assert sorted(marked) == ["Video", "video", "video", "video"]
        assert found_rows(lines) == [n for n, line in enumerate(lines) if "video" in plain(line).casefold()]


def test_a_loss_is_on_the_time_line() -> None:
    lost = ready(deadline=Deadline(NOW - 60, DeadlineSource.GATEWAY))
    assert "lost  +" in text(TaskRecord(lost))


def test_a_long_answer_is_folded_and_unfolds() -> None:
    folded = answer_lines(ANSWER, unfolded=False)
    unfolded = answer_lines(ANSWER, unfolded=True)
    assert "more lines, space unfolds" in plain(folded[-1])
    assert len(unfolded) > len(folded)
    assert plain(unfolded[-1]) == "}"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        "<html>no</html>",
        "[" * 100_000,
        "{" + '"a":1,' * 100_000,
        "\x1b]52;c;aGk=\x07\x1b[2J",
        "x" * 10**6,
        "\ud800",
    ],
)
@pytest.mark.parametrize("unfolded", [True, False])
def test_no_answer_breaks_the_details(answer: str | None, unfolded: bool) -> None:
    shown = text(TaskRecord(running(), answer=answer), 60, unfolded=unfolded)
    assert "\x1b" not in shown
    assert "\x07" not in shown


@settings(deadline=None)
@given(st.integers(1, 200), st.booleans())
def test_details_fit_any_width(width: int, unfolded: bool) -> None:
    attempts = [Attempt(NOW, "fresh link", "x" * 300)]
    for one in every_state():
        lines = detail_lines(TaskRecord(one, "Sora", attempts, (), ANSWER), NOW, width, unfolded=unfolded)
        assert all(width_of(line) <= max(width, 13) for line in lines)


def test_further_results_and_a_picture_are_named() -> None:
    links = ["https://cdn.example/1.mp4", "https://cdn.example/2.mp4"]
    answer = json.dumps(
        {"id": "x", "status": "completed", "output": links, "thumbnail_url": "https://cdn.example/t.png"}
    )
    shown = text(TaskRecord(saved("video_1", result_url=links[0]), answer=answer))
    facts = shown.partition("last answer")[0]
    assert "result 2" in facts
    assert links[1] in facts
    assert "https://cdn.example/t.png" in facts


def test_a_failing_answer_is_shown_with_its_status_and_the_good_one_before_it() -> None:
    body = b'{"error": {"message": "no channel", "url": "https://cdn.example/v.mp4?sig=SECRET2"}}'
    shown = text(TaskRecord(ready("video_1"), "Sora", answer=failed_answer(500, body), previous=ANSWER), unfolded=True)
    assert "HTTP 500 Internal Server Error" in shown
    assert "no channel" in shown
    assert shown.index("no channel") < shown.index("The answer before") < shown.index('"n": [')
    assert "cannot be compared" not in shown
    assert "SECRET" not in shown
    assert "sk-abcdef" not in shown
