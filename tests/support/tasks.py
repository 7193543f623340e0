"""Tasks as they stand in a ledger; `facts` are fields of `Task` and win over what is usual."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

from octotui.ledger import Ledger
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, NewTask, Task, TaskState
from tests.support.clock import NOW


def new(task_id: str = "video_1", at: float = NOW, **facts: Any) -> Task:
    """A task of sora-2 that was added at `at` and never asked about."""
    usual = {"provider": "sora", "route": "videos", "model": "sora-2"}
    return Task(id=task_id, added_at=at, **{**usual, **facts})


def task(task_id: str = "video_1", provider: str = "sora", **facts: Any) -> Task:
    """A task that was asked three seconds ago."""
    usual = {"route": "videos", "added_at": NOW - 600, "last_asked_at": NOW - 3, "last_answer_at": NOW - 3}
    return Task(id=task_id, provider=provider, **{**usual, **facts})


def ready(task_id: str = "video_1", left: float = 250.0, provider: str = "sora", **facts: Any) -> Task:
    """A result that is lost in `left` seconds."""
    source = facts.pop("source", DeadlineSource.GATEWAY)
    usual = {"state": TaskState.COMPLETED, "deadline": Deadline(NOW + left, source), "completed_at": NOW - 130}
    return task(task_id, provider, **{**usual, **facts})


def running(task_id: str = "video_2", progress: int | None = 50, provider: str = "sora", **facts: Any) -> Task:
    """A task that has run for 100 seconds."""
    usual = {"state": TaskState.RUNNING, "progress": progress, "running_since": NOW - 100}
    return task(task_id, provider, **{**usual, **facts})


def saved(task_id: str = "video_3", provider: str = "sora", **facts: Any) -> Task:
    """A result that is on disk."""
    download = Download(DownloadState.SAVED, 24_000_000, 24_000_000, f"/videos/{task_id}.mp4", "5f1c" * 16, NOW - 840)
    return ready(task_id, 23 * 3600, provider, download=download, **facts)


def moved(task: Task, by: float) -> Task:
    """The same task so many seconds later."""
    times = ("added_at", "created_at", "running_since", "completed_at", "final_seen_at", "last_answer_at")
    later = {name: at + by for name in times if (at := getattr(task, name)) is not None}
    deadline = None if task.deadline is None else task.deadline._replace(at=task.deadline.at + by)
    saved_at = task.download.saved_at
    download = task.download._replace(saved_at=None if saved_at is None else saved_at + by)
    return replace(task, **later, deadline=deadline, download=download)


def record(ledger: Ledger, *tasks: Task) -> None:
    """Put tasks into a ledger as they are, wishes included."""
    for added_at, together in groupby(tasks, lambda one: one.added_at):
        ledger.add(
            [
                NewTask(one.id, one.provider, one.route, one.model, one.tags, one.given_title, one.prompt)
                for one in together
            ],
            added_at,
        )
    wanted = [one.id for one in tasks if one.download.state is not DownloadState.NONE]
    if wanted:
        ledger.request_download(wanted)
    paused = [one.id for one in tasks if one.download.paused]
    if paused:
        ledger.pause(paused, True)
    for one in tasks:
        ledger.record(one, raw=f'{{"id": "{one.id}", "url": "https://cdn.example/v.mp4?X-Amz-Signature=abc"}}')
        if one.download.state is not DownloadState.NONE:
            ledger.record_download(one.id, one.download._replace(paused=False))
    ledger.flush()


def known(ledger: Ledger, task_id: str) -> Task:
    """The task as the ledger has it; it must be there."""
    found = ledger.task(task_id)
    assert found is not None, task_id
    return found
