"""Tasks in every state, and a clock that stands still."""

from __future__ import annotations

import os
from typing import Any

from octotui.ledger import Ledger
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EngineStatus,
    FailureKind,
    GatewayState,
    LogEntry,
    NewTask,
    RequestFailure,
    Task,
    TaskState,
)

NOW = 1_790_000_000.0


class Clock:
    """Unix seconds that pass when told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


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


def record(ledger: Ledger, *tasks: Task) -> None:
    """Put tasks into a ledger as they are, wishes included."""
    ledger.add([NewTask(one.id, one.provider, one.route, one.model, one.tags) for one in tasks], NOW - 600)
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


def every_state() -> list[Task]:
    """One task at least for every word a row can show."""
    under_way = Download(DownloadState.RUNNING, 12_000_000, 18_700_000, speed=9_100_000.0)
    return [
        ready("video_9f2c81d0", 250, model="sora-2", seconds="10", size="720x1280", source=DeadlineSource.LINK),
        ready("video_1b77e0aa", 3080, model="sora-2", download=under_way),
        running("sora-2:task_01k9008rhbefs75x3k9yq8wv7a", 72, model="sora-2"),
        running("video_5c3e91b4", 31, model="sora-2", tags=("campaign-b",)),
        task("video_0d1194cc", state=TaskState.QUEUED, model="sora-2"),
        saved("video_abc123", model="sora-2"),
        task("video_e41f", state=TaskState.FAILED, error_message="content policy", error_code="policy"),
        ready("grok:05c8e247-91aa-4d2f-b1a2-77aa10e2a71e", 85_260, "grok", model="grok-video-3"),
        running(
            "video_c09d",
            42,
            "grok",
            last_answer_at=NOW - 300,
            failure=RequestFailure(FailureKind.NETWORK, None, "timed out", NOW - 2),
        ),
        ready("grok:9911aa02-0000-4d2f-b1a2-77aa10e2a71e", -180, "grok"),
        ready("video_bbfbc1d1", 43_140, "doubao", model="doubao-seedance-1-5-pro", source=DeadlineSource.RULE),
        task("video_8813", "doubao", state=TaskState.QUEUED, download=Download(DownloadState.WANTED)),
        task("video_8814", "doubao", state=TaskState.CANCELLED, error_message="stopped by its owner"),
        ready("video_8815", 7000, "doubao", download=Download(DownloadState.FAILED, error="404 on every rung")),
        ready("video_8816", 8000, "doubao", download=Download(DownloadState.WANTED, 1000, 4000, paused=True)),
        running("veo3.1:1762010000-AbCdEf", None, "veo", status="video_upsampling"),
        task("task_01k74ynm", "veo", status="not_start2"),
        saved("task_01k6zz", "veo", model="veo3.1"),
        running("task-video-abc123", 60, "unified", model="kling-v3"),
        task(
            "never_answered",
            "unified",
            last_answer_at=None,
            failure=RequestFailure(FailureKind.GATEWAY, 502, "502", NOW),
        ),
    ]


def live(**facts: Any) -> EngineStatus:
    """An engine in this process that works well."""
    usual = {
        "at": NOW,
        "gateway": GatewayState.LIVE,
        "since": NOW - 1000,
        "last_answer_at": NOW - 1,
        "asks_last_minute": 38,
        "budget_per_minute": 600,
        "downloads_running": 1,
        "download_speed": 9_100_000.0,
        "disk_free": 412 * 10**9,
        "quota_left": 0.75,
        "host": "box",
        "pid": os.getpid(),
    }
    return EngineStatus(**{**usual, **facts})


def fill(ledger: Ledger) -> None:
    """A ledger with everything in it."""
    record(ledger, *every_state())
    ledger.set_status(live())
    ledger.log(LogEntry(NOW - 5, "saved", "video_abc123", "saved, 24.0 MB in 2.7 s, whole"))
    ledger.note_attempt("video_abc123", NOW - 850, "link", "403, expired")
    ledger.note_attempt("video_abc123", NOW - 849, "fresh link", "whole, 24.0 MB")
    ledger.flush()
