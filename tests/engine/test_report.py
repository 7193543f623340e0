from __future__ import annotations

from dataclasses import replace

from octotui.engine.report import lag_of, report
from octotui.failure_reason import NO_REASON
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, Task, TaskState

TASK = Task("a", "sora", "videos", added_at=1000.0)
DONE = replace(TASK, state=TaskState.COMPLETED, completed_at=1100.0, final_seen_at=1103.0)
SAVED = replace(DONE, download=Download(DownloadState.SAVED, 5, 5, file="/a", saved_at=1110.0))
FAILED = replace(TASK, state=TaskState.FAILED, final_seen_at=1100.0, error_message="policy")
LOST = replace(DONE, deadline=Deadline(1150.0, DeadlineSource.LINK))


def test_everything_is_counted_once() -> None:
    tasks = [
        *(TASK, DONE, SAVED, LOST, FAILED, FAILED),
        replace(FAILED, error_message=None, error_code="moderation"),
        replace(FAILED, error_message=None),
        replace(FAILED, state=TaskState.CANCELLED),
        replace(DONE, download=Download(DownloadState.FAILED, error="410")),
    ]
    found = report(tasks, 900.0, 1200.0)
    assert (found.added, found.completed, found.saved, found.bytes, found.lost) == (10, 4, 1, 5, 1)
    assert found.failed == {"policy": 2, "moderation": 1, NO_REASON: 1}
    assert (found.cancelled, found.not_saved) == (1, {"410": 1})
    assert (found.mean_lag, found.longest_lag) == (3.0, 3.0)


def test_what_was_before_or_comes_after_is_left_out() -> None:
    tasks = [TASK, DONE, SAVED, LOST, FAILED]
    for since, until in ((1160.0, 1200.0), (0.0, 900.0)):
        found = report(tasks, since, until)
        assert (found.added, found.completed, found.saved, found.lost, found.failed.total()) == (0, 0, 0, 0, 0)
        assert found.mean_lag is None


def test_a_task_that_was_done_before_it_was_watched_says_nothing_about_lag() -> None:
    assert lag_of(replace(DONE, completed_at=500.0)) is None
    assert lag_of(replace(DONE, completed_at=None)) is None
    assert lag_of(replace(DONE, completed_at=1104.0)) == 0.0
    assert report([replace(DONE, completed_at=None)], 900.0, 1200.0).completed == 1
