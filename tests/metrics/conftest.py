"""A ledger with all that metrics can tell of, and Prometheus' own checker."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger, Minute
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EngineStatus,
    EventKind,
    GatewayState,
    LogEntry,
    NewTask,
    Task,
    TaskState,
)
from octotui.web.metrics.exporter import Exporter
from tests.support.clock import NOW, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Promtool = Callable[..., subprocess.CompletedProcess[str]]
RESERVE = 10**9
SECRETS = ("video_secret_id", "private-tag", "https://cdn.example/a.mp4", "a prompt about whales", "sk-secret")
"""What stands in the full ledger and must stand in no metric."""
STATUS = EngineStatus(
    at=NOW - 1,
    gateway=GatewayState.LIVE,
    last_answer_at=NOW - 2,
    asks_last_minute=30,
    budget_per_minute=60,
    downloads_running=2,
    download_speed=1e6,
    disk_free=50 * 10**9,
    quota_left=0.25,
    host="box",
    pid=1,
    working_since=NOW - 100,
    requests={"answered": 90, "network": 2, "gateway": 1},
    lags={"1": 3, "30": 4, "+Inf": 1, "sum": 4100.5},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exporter(ledger: Ledger, clock: Clock) -> Exporter:
    return Exporter(ledger, disk_reserve=RESERVE, clock=clock)


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A ledger of which every metric can be told."""
    video, tag, link, prompt, _ = SECRETS
    new = [NewTask(video, "sora", "videos", "sora-2", (tag,), prompt=prompt), NewTask("b", "veo", "videos", "veo3")]
    new += [NewTask(name, "sora", "videos", "sora-2") for name in ("c", "d", "e")]
    ledger.add(new, NOW - 600)
    ready = completed(video, prompt=prompt, result_url=link)
    ledger.record(ready)
    ledger.record(Task("b", "veo", "videos", NOW - 600, "veo3", TaskState.RUNNING))
    ledger.record(
        replace(ready, id="c", state=TaskState.FAILED, error_message=f"{SECRETS[-1]} {prompt}", result_url=None)
    )
    ledger.record(replace(ready, id="d"))
    ledger.record(replace(ready, id="e", deadline=Deadline(NOW - 60, DeadlineSource.LINK)))
    ledger.request_download(["d"])
    ledger.flush()
    ledger.record_download("d", Download(DownloadState.SAVED, 7, 7, file="/a", saved_at=NOW))
    ledger.log(LogEntry(NOW - 60, EventKind.LOST, "e", "words"))
    for _ in range(2):
        ledger.log(LogEntry(NOW - 60, EventKind.DOWNLOAD, "e", "words", detail="failed"))
    for duration in (60.0, 70.0, 500.0):
        ledger.note_duration(provider="sora", model="sora-2", seconds=None, size=None, duration=duration, at=NOW)
    ledger.note_minute(Minute(int(NOW // 60) * 60, asks=100, answers=90, failures=3, bytes=9))
    ledger.set_status(STATUS)
    ledger.pause_all(True, NOW - 30)
    ledger.flush()
    return ledger


def completed(task_id: str, left: float = 3600.0, **facts: object) -> Task:
    """A result that nobody has saved, and that is lost `left` seconds from `NOW`."""
    task = Task(
        task_id,
        "sora",
        "videos",
        NOW - 600,
        "sora-2",
        TaskState.COMPLETED,
        completed_at=NOW - 20,
        final_seen_at=NOW - 10,
        deadline=Deadline(NOW + left, DeadlineSource.GATEWAY),
    )
    return replace(task, **facts)  # type: ignore[arg-type]


@pytest.fixture
def promtool() -> Promtool:
    """Run Prometheus' checker; CI must have it (`.ci/run` installs it)."""
    program = shutil.which("promtool")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing: apt-get install prometheus")
        pytest.skip("promtool is missing (Debian's package prometheus has it)")

    def run(*arguments: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        words = [str(program), *arguments]
        return subprocess.run(words, input=stdin, capture_output=True, text=True, check=False, cwd=cwd, timeout=60)

    return run
