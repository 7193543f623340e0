"""Tasks in every state a row can show, an engine that works well, and a ledger with everything in it."""

from __future__ import annotations

import os
from typing import Any

from octotui.ledger import Ledger
from octotui.model import (
    DeadlineSource,
    Download,
    DownloadState,
    EngineStatus,
    FailureKind,
    GatewayState,
    LogEntry,
    RequestFailure,
    Task,
    TaskState,
)
from tests.support.clock import NOW, Clock
from tests.support.tasks import ready, record, running, saved, task

__all__ = ["NOW", "Clock", "every_state", "fill", "live", "ready", "record", "running", "saved", "task"]
"""The screen's tests find here what they need, also what all tests share."""


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
        ready(
            "video_bbfbc1d1",
            43_140,
            "doubao",
            model="doubao-seedance-1-5-pro-720p",
            source=DeadlineSource.RULE,
            given_title="雨夜霓虹街道，镜头缓慢推进 🌧 take 3",
            prompt="雨夜",
        ),
        task(
            "video_8813",
            "doubao",
            state=TaskState.QUEUED,
            download=Download(DownloadState.WANTED),
            model="doubao-seedance-1-0-lite-720p",
            prompt="A paper boat drifts down a gutter after rain, macro, 35 mm, soft light",
        ),
        task("video_8814", "doubao", state=TaskState.CANCELLED, error_message="stopped by its owner"),
        ready(
            "video_8815",
            7000,
            "doubao",
            download=Download(DownloadState.FAILED, error="404 on every rung"),
            given_title="Hero shot, v2",
        ),
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
