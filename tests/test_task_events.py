from __future__ import annotations

from dataclasses import replace

import pytest

from octotui import task_events
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EventKind,
    FailureKind,
    RequestFailure,
    Task,
    TaskState,
)
from octotui.task_events import (
    DeadlineWatch,
    NoticeKind,
    NoticeTracker,
    TaskNotice,
    detail_of,
    happened,
    notice_kind,
)

BEGAN = 1000.0
RUNNING = Task("a", "sora", "videos", 500.0, state=TaskState.RUNNING)
READY = replace(
    RUNNING, state=TaskState.COMPLETED, final_seen_at=1100.0, deadline=Deadline(5000.0, DeadlineSource.LINK)
)
SAVED = replace(READY, download=Download(DownloadState.SAVED, 5, 5, file="/v.mp4", saved_at=1200.0))
GIVEN_UP = replace(READY, download=Download(DownloadState.FAILED, error="gone"))
FAILED = replace(RUNNING, state=TaskState.FAILED, error_message="policy", final_seen_at=1100.0)


WANTED = replace(READY, download=Download(DownloadState.WANTED))
STALE = replace(RUNNING, failure=RequestFailure(FailureKind.GATEWAY, 502, "bad gateway", BEGAN))
LOST = replace(READY, deadline=Deadline(1100.0, DeadlineSource.LINK))
NOW = 1200.0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, RUNNING, [EventKind.ADDED]),
        (None, LOST, [EventKind.ADDED]),
        (RUNNING, replace(RUNNING, last_answer_at=NOW), []),
        (RUNNING, replace(RUNNING, progress=5), [EventKind.PROGRESS]),
        (RUNNING, FAILED, [EventKind.STATE]),
        (RUNNING, LOST, [EventKind.STATE, EventKind.LOST]),
        (READY, LOST, [EventKind.LOST]),
        (LOST, READY, [EventKind.REGAINED]),
        (LOST, SAVED, [EventKind.REGAINED, EventKind.SAVED]),
        (LOST, LOST, []),
        (LOST, RUNNING, [EventKind.STATE]),
        (RUNNING, STALE, [EventKind.FAILURE]),
        (STALE, replace(STALE, failure=RequestFailure(FailureKind.GATEWAY, 503, "busy", NOW)), []),
        (STALE, replace(STALE, failure=RequestFailure(FailureKind.NETWORK, None, "cut", NOW)), [EventKind.FAILURE]),
        (STALE, RUNNING, [EventKind.RECOVERED]),
        (READY, WANTED, [EventKind.DOWNLOAD]),
        (WANTED, READY, [EventKind.DOWNLOAD]),
        (WANTED, GIVEN_UP, [EventKind.DOWNLOAD]),
        (WANTED, SAVED, [EventKind.SAVED]),
        (STALE, WANTED, [EventKind.STATE, EventKind.RECOVERED, EventKind.DOWNLOAD]),
    ],
)
def test_what_happens_between_two_states_of_a_task(before: Task | None, after: Task, expected: list[EventKind]) -> None:
    assert happened(before, after, NOW) == expected


def test_the_detail_says_what_the_kind_does_not() -> None:
    assert {kind: detail for kind in EventKind if (detail := detail_of(kind, STALE))} == {
        EventKind.STATE: "running",
        EventKind.DOWNLOAD: "none",
        EventKind.FAILURE: "gateway",
    }


def test_everything_that_can_be_told_has_a_kind_of_event_behind_it() -> None:
    tasks = [RUNNING, READY, FAILED, SAVED, GIVEN_UP]
    told_of = {notice_kind(kind, task) for kind in EventKind for task in tasks}
    assert told_of == {None, *NoticeKind}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (RUNNING, RUNNING, []),
        (RUNNING, READY, [NoticeKind.COMPLETED]),
        (RUNNING, FAILED, [NoticeKind.FAILED]),
        (RUNNING, replace(FAILED, state=TaskState.CANCELLED), [NoticeKind.FAILED]),
        (RUNNING, SAVED, [NoticeKind.COMPLETED, NoticeKind.SAVED]),
        (READY, SAVED, [NoticeKind.SAVED]),
        (READY, GIVEN_UP, [NoticeKind.FAILED]),
        (GIVEN_UP, GIVEN_UP, []),
        (SAVED, SAVED, []),
        (None, RUNNING, []),
        (None, READY, [NoticeKind.COMPLETED]),
        (None, replace(READY, final_seen_at=999.0), []),
        (None, SAVED, [NoticeKind.COMPLETED, NoticeKind.SAVED]),
        # Imported: the file is older than anybody's looking.
        (RUNNING, replace(SAVED, download=SAVED.download._replace(saved_at=999.0)), []),
        (None, replace(SAVED, download=SAVED.download._replace(saved_at=999.0)), []),
    ],
)
def test_what_has_happened_between_two_looks(before: Task | None, after: Task, expected: list[NoticeKind]) -> None:
    tracker = watching(*(() if before is None else (before,)))
    assert [notice.event for notice in tracker.observe([after], 1300.0)] == expected


def told(notices: list[TaskNotice]) -> list[tuple[str, str]]:
    return [(each.task.id, each.event.value) for each in notices]


def watching(*start: Task, now: float = BEGAN) -> NoticeTracker:
    tracker = NoticeTracker(began=now, expiring_before=900.0)
    assert tracker.observe(start, now) == []
    return tracker


def test_a_deadline_that_moves_is_named_again_and_one_that_stays_past_is_not() -> None:
    watch = DeadlineWatch()

    def due(task: Task, now: float) -> list[EventKind]:
        watch.observe([task], now)
        return [kind for kind, _ in watch.due(now)]

    assert due(READY, 1000.0) == []
    assert due(LOST, 1000.0) == [], "it has become nearer, and is not past yet"
    assert due(LOST, 1100.0) == [EventKind.LOST]
    assert due(replace(LOST, deadline=Deadline(1050.0, DeadlineSource.RULE)), 1200.0) == []
    assert due(READY, 1200.0) == []
    assert due(READY, 5000.0) == [EventKind.LOST]
    assert due(SAVED, 5001.0) == []
    assert due(RUNNING, 5001.0) == []


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
        (NoticeKind.COMPLETED, READY, "completed"),
        (NoticeKind.FAILED, FAILED, "failed: policy"),
        (NoticeKind.FAILED, GIVEN_UP, "not saved: gone"),
        (NoticeKind.SAVED, SAVED, "saved: /v.mp4"),
        (NoticeKind.EXPIRING, READY, "not saved, lost in 15 minutes"),
        (NoticeKind.LOST, READY, "past its deadline and not saved"),
    ],
)
def test_the_words(event: NoticeKind, task: Task, words: str) -> None:
    assert TaskNotice(event, task, 4100.0).words == words


@pytest.mark.parametrize(
    ("left", "words"), [(90_000, "1 day and 1 hour"), (90, "1 minute and 30 seconds"), (59.9, "59 seconds")]
)
def test_a_loss_to_come_is_never_rounded_up(left: float, words: str) -> None:
    near = replace(READY, deadline=Deadline(4100.0 + left, DeadlineSource.GATEWAY))
    assert TaskNotice(NoticeKind.EXPIRING, near, 4100.0).words == f"not saved, lost in {words}"


def test_a_hundred_thousand_results_cost_nothing_until_one_is_due() -> None:
    ready = [
        replace(READY, id=str(number), deadline=Deadline(5000.0 + number, DeadlineSource.RULE))
        for number in range(10_000)
    ]
    watch = DeadlineWatch(early=900.0)
    watch.observe(ready, 1000.0)
    assert [(kind.value, task.id) for kind, task in watch.due(4100.0)] == [("expiring", "0")]
    assert watch.waiting == 10_000
    watch.observe(ready, 4100.0)
    assert watch.due(4100.0) == []
    assert watch.waiting == 10_000, "what has not changed is kept once"


def test_moments_that_hold_no_more_are_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_events, "OUTDATED", 5)
    watch = DeadlineWatch(early=100.0)
    stays = replace(READY, id="stays", deadline=Deadline(9000.0, DeadlineSource.LINK))
    watch.observe([stays], BEGAN)
    for number in range(50):
        one = replace(READY, id=f"saved {number}")
        watch.observe([one], BEGAN)
        watch.observe([replace(one, download=SAVED.download)], BEGAN)
        moved = replace(READY, id="moves", deadline=Deadline(5000.0 + number, DeadlineSource.LINK))
        watch.observe([moved], BEGAN)
        assert watch.waiting <= 2 * 3 + 5
    assert watch.due(4900.0 + 48) == []
    assert [(kind, task.id) for kind, task in watch.due(8999.0)] == [
        (EventKind.LOST, "moves"),
        (EventKind.EXPIRING, "stays"),
    ]
