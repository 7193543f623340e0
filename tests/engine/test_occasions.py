from __future__ import annotations

from dataclasses import replace

import pytest

from octotui.model import Deadline, DeadlineSource, Download, DownloadState, Task, TaskState
from octotui.task_events import TaskEvent, TaskEventTracker, TaskNotice, between, stage_of

BEGAN = 1000.0
RUNNING = Task("a", "sora", "videos", 500.0, state=TaskState.RUNNING)
READY = replace(
    RUNNING, state=TaskState.COMPLETED, final_seen_at=1100.0, deadline=Deadline(5000.0, DeadlineSource.LINK)
)
SAVED = replace(READY, download=Download(DownloadState.SAVED, 5, 5, file="/v.mp4", saved_at=1200.0))
GIVEN_UP = replace(READY, download=Download(DownloadState.FAILED, error="gone"))
FAILED = replace(RUNNING, state=TaskState.FAILED, error_message="policy", final_seen_at=1100.0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (RUNNING, RUNNING, []),
        (RUNNING, READY, [TaskEvent.COMPLETED]),
        (RUNNING, FAILED, [TaskEvent.FAILED]),
        (RUNNING, replace(FAILED, state=TaskState.CANCELLED), [TaskEvent.FAILED]),
        (RUNNING, SAVED, [TaskEvent.COMPLETED, TaskEvent.SAVED]),
        (READY, SAVED, [TaskEvent.SAVED]),
        (READY, GIVEN_UP, [TaskEvent.FAILED]),
        (GIVEN_UP, GIVEN_UP, []),
        (SAVED, SAVED, []),
        (None, RUNNING, []),
        (None, READY, [TaskEvent.COMPLETED]),
        (None, replace(READY, final_seen_at=999.0), []),
        (None, SAVED, [TaskEvent.COMPLETED, TaskEvent.SAVED]),
        # Imported: the file is older than anybody's looking.
        (RUNNING, replace(SAVED, download=SAVED.download._replace(saved_at=999.0)), []),
        (None, replace(SAVED, download=SAVED.download._replace(saved_at=999.0)), []),
    ],
)
def test_what_has_happened_between_two_looks(before: Task | None, after: Task, expected: list[TaskEvent]) -> None:
    assert between(None if before is None else stage_of(before), after, BEGAN) == expected


def told(notices: list[TaskNotice]) -> list[tuple[str, str]]:
    return [(each.task.id, each.event.value) for each in notices]


def watching(*start: Task, now: float = BEGAN) -> TaskEventTracker:
    tracker = TaskEventTracker(began=now, expiring_before=900.0)
    assert tracker.observe(start, now) == []
    return tracker


def test_what_is_there_at_the_start_is_no_news() -> None:
    lost = replace(READY, id="lost", deadline=Deadline(900.0, DeadlineSource.LINK))
    near = replace(READY, id="near", deadline=Deadline(1500.0, DeadlineSource.LINK))
    tracker = watching(READY, lost, near, replace(FAILED, id="f"), replace(SAVED, id="s"))
    assert tracker.observe([READY, lost, near], 1001.0) == []
    # That one was near already; but its loss happens now.
    assert told(tracker.observe((), 1500.0)) == [("near", "lost")]
    assert tracker.observe((), 1600.0) == []


def test_a_deadline_is_spoken_of_once_when_it_is_near_and_once_when_it_is_past() -> None:
    tracker = watching(RUNNING)
    assert told(tracker.observe([READY], 1100.0)) == [("a", "completed")]
    assert tracker.observe((), 4099.0) == []
    assert told(tracker.observe((), 4100.0)) == [("a", "expiring")]
    assert tracker.observe([replace(READY, last_answer_at=4200.0)], 4200.0) == []
    assert told(tracker.observe((), 5000.0)) == [("a", "lost")]
    assert tracker.observe([READY], 5001.0) == []


def test_a_saved_result_is_neither_expiring_nor_lost() -> None:
    tracker = watching(READY)
    assert told(tracker.observe([SAVED], 1300.0)) == [("a", "saved")]
    assert tracker.observe((), 9000.0) == []


def test_one_that_is_wanted_again_after_its_file_was_lost_is_followed_again() -> None:
    tracker = watching(SAVED)
    assert tracker.observe([READY], 1300.0) == []
    assert told(tracker.observe((), 4500.0)) == [("a", "expiring")]
    assert told(tracker.observe([replace(SAVED, download=SAVED.download._replace(saved_at=4600.0))], 4600.0)) == [
        ("a", "saved")
    ]
    assert tracker.observe([READY], 4700.0) == []


def test_a_fresh_link_moves_the_loss() -> None:
    tracker = watching(READY)
    assert told(tracker.observe((), 4200.0)) == [("a", "expiring")]
    renewed = replace(READY, deadline=Deadline(9000.0, DeadlineSource.LINK))
    assert tracker.observe([renewed], 4300.0) == []
    assert tracker.observe((), 8999.0) == []
    assert told(tracker.observe((), 9000.0)) == [("a", "lost")]


def test_one_that_was_lost_while_nobody_looked_is_lost_when_that_is_found_out() -> None:
    tracker = watching(RUNNING, now=9000.0)
    found = replace(READY, final_seen_at=9001.0)
    assert told(tracker.observe([found], 9001.0)) == [("a", "completed"), ("a", "lost")]


def test_one_that_was_lost_before_it_was_added_is_nobodys_loss() -> None:
    tracker = watching(now=9000.0)
    added = replace(READY, added_at=9001.0, final_seen_at=9002.0)
    assert told(tracker.observe([added], 9002.0)) == [("a", "completed")]


def test_what_is_no_longer_watched_is_not_spoken_of() -> None:
    tracker = watching(READY)
    tracker.forget_tasks(["a", "unheard of"])
    assert tracker.observe((), 9000.0) == []


@pytest.mark.parametrize(
    ("event", "task", "words"),
    [
        (TaskEvent.COMPLETED, READY, "completed"),
        (TaskEvent.FAILED, FAILED, "failed: policy"),
        (TaskEvent.FAILED, GIVEN_UP, "not saved: gone"),
        (TaskEvent.SAVED, SAVED, "saved: /v.mp4"),
        (TaskEvent.EXPIRING, READY, "not saved, lost in 15 minutes"),
        (TaskEvent.LOST, READY, "past its deadline and not saved"),
    ],
)
def test_the_words(event: TaskEvent, task: Task, words: str) -> None:
    assert TaskNotice(event, task, 4100.0).words == words


@pytest.mark.parametrize(
    ("left", "words"), [(90_000, "1 day and 1 hour"), (90, "1 minute and 30 seconds"), (59.9, "59 seconds")]
)
def test_a_loss_to_come_is_never_rounded_up(left: float, words: str) -> None:
    near = replace(READY, deadline=Deadline(4100.0 + left, DeadlineSource.GATEWAY))
    assert TaskNotice(TaskEvent.EXPIRING, near, 4100.0).words == f"not saved, lost in {words}"


def test_a_hundred_thousand_results_cost_nothing_until_one_is_due() -> None:
    ready = [
        replace(READY, id=str(number), deadline=Deadline(5000.0 + number, DeadlineSource.RULE))
        for number in range(10_000)
    ]
    tracker = watching(*ready)
    assert told(tracker.observe((), 4100.0)) == [("0", "expiring")]
    assert len(tracker._due) == 10_000
