"""Hooks from end to end: the engine, the gateway in a box, real files, real commands."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.downloads import checksums, transfer
from octotui.engine.engine import Engine
from octotui.engine.notifications.hooks import AT_ONCE
from octotui.ledger import Ledger
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, NewTask, Task, TaskState
from tests.support.waiting import until

_WRITE = (
    "import json, os, sys; line = json.dumps([os.environ['OCTOTUI_EVENT'], json.load(sys.stdin)]) + '\\n';"
    "os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), line.encode())"
)


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    hook = (sys.executable, "-c", _WRITE, str(tmp_path / "told"))
    return replace(config, on_completed=hook, on_failed=hook, on_saved=hook, on_expiring=hook, on_lost=hook)


def told(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    file = folder / "told"
    return [tuple(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def stand(ledger: Ledger, task: Task, download: Download | None = None) -> None:
    ledger.add([NewTask(task.id, task.provider, task.route)], task.added_at)
    ledger.record(task, is_news=False)
    if download is not None:
        ledger.record_download(task.id, download)
    ledger.flush()


def test_hooks_hear_of_what_happens_and_not_of_what_was_there(
    box: Box, ledger: Ledger, config: Config, tmp_path: Path
) -> None:
    now = time.time()
    old = Task("old", "sora", "videos", now - 9000, state=TaskState.COMPLETED, final_seen_at=now - 8000)
    stand(ledger, old, Download(DownloadState.SAVED, 5, 5, file="/v.mp4", saved_at=now - 7000))
    stand(ledger, replace(old, id="bad", state=TaskState.FAILED))
    stand(
        ledger,
        replace(
            old, id="gone", deadline=Deadline(now - 2 * 24 * 3600, DeadlineSource.LINK), added_at=now - 3 * 24 * 3600
        ),
    )
    good = box.create("sora", "sora-2", life=Life(queued=0.1, running=0.5))
    bad = box.create("grok", "grok-video-3", life=Life(queued=0.1, running=0.5, ending=TaskState.FAILED))
    ledger.add([NewTask(good, "sora", "videos"), NewTask(bad, "grok", "videos")], now)
    ledger.request_download([good])
    engine = Engine(config, ledger)
    engine.start()
    try:
        until(lambda: len(told(tmp_path)) >= 3, "three hooks")
        until(lambda: not engine.is_telling, "the end of the hooks")
    finally:
        engine.stop()
    assert sorted((event, task["id"]) for event, task in told(tmp_path)) == sorted(
        [("completed", good), ("saved", good), ("failed", bad)]
    )
    saved = next(task for event, task in told(tmp_path) if event == "saved")
    assert Path(saved["file"]).is_file()
    assert [event.text for event in ledger.events() if event.kind == "hook"] == []


def test_a_result_is_told_to_be_expiring_and_to_be_lost(ledger: Ledger, config: Config, tmp_path: Path) -> None:
    now = time.time()
    ready = Task(
        "near",
        "sora",
        "videos",
        now - 100,
        state=TaskState.COMPLETED,
        final_seen_at=now - 50,
        deadline=Deadline(now + 901.5, DeadlineSource.LINK),
    )
    stand(ledger, ready)
    skip = 0.0
    engine = Engine(config, ledger, clock=lambda: time.time() + skip)
    engine.start()
    try:
        until(lambda: told(tmp_path), "the first hook")
        skip = 902.0
        until(lambda: len(told(tmp_path)) > 1, "the second hook")
    finally:
        engine.stop()
    assert [event for event, _ in told(tmp_path)] == ["expiring", "lost"]
    assert [task["state"] for _, task in told(tmp_path)] == ["completed", "expired"]


def test_a_hook_that_fails_is_in_the_log_and_holds_nobody_up(
    box: Box, ledger: Ledger, config: Config, tmp_path: Path
) -> None:
    ids = [box.create("sora", "sora-2", life=Life(queued=0.1, running=0.3)) for _ in range(4)]
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in ids], time.time())
    sleeper = (sys.executable, "-c", "import time; time.sleep(600)")
    config = replace(config, on_completed=sleeper, on_saved=("/nonexistent",), hook_time_limit=1.0)
    engine = Engine(config, ledger, download_all=True)
    engine.start()
    try:
        until(lambda: all(task.is_saved for task in ledger.tasks()), "all files")

        def complaints() -> list[str]:
            return [event.text.rpartition("): ")[2] for event in ledger.events(limit=1000) if event.kind == "hook"]

        until(lambda: len(complaints()) == 8, "all hooks")
    finally:
        engine.stop()
    assert sorted(set(complaints())) == [
        "cannot start: No such file or directory",
        "killed: it had not ended after 1 s",
    ]


def test_what_happened_just_before_the_end_is_still_told(ledger: Ledger, config: Config, tmp_path: Path) -> None:
    now = time.time()
    ready = Task("a", "sora", "videos", now, state=TaskState.COMPLETED, final_seen_at=now)
    stand(ledger, ready)
    engine = Engine(config, ledger)
    engine.start()
    until(lambda: ledger.status() is not None, "the start of work")
    # Nobody wakes the engine: its last look, on the way out, is the one that sees it.
    saved = Download(DownloadState.SAVED, 5, 5, file="/v.mp4", sha256="5f1c", saved_at=time.time() + 1)
    ledger.record_download("a", saved)
    engine.stop()
    until(lambda: told(tmp_path), "the hook")
    assert [event for event, _ in told(tmp_path)] == ["saved"]


def test_what_is_saved_is_told_with_its_checksum_and_what_comes_after_it_afterwards(
    box: Box, ledger: Ledger, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = threading.Event()
    real = checksums.sha256_of_saved

    def held(path: Path, size: int | None, stopped: threading.Event) -> str:
        until(lambda: may_read.is_set() or stopped.is_set(), "it may be read")
        return real(path, size, stopped)

    monkeypatch.setattr(checksums, "sha256_of_saved", held)
    monkeypatch.setattr(transfer, "AT_ONCE", 0)
    write = "import os, sys; open(sys.argv[1], 'a').write(os.environ['OCTOTUI_EVENT'] + os.environ['OCTOTUI_SHA256'])"
    hook = (sys.executable, "-c", write, str(tmp_path / "sums"))
    good = box.create("sora", "sora-2", life=Life(queued=0.0, running=0.1))
    ledger.add([NewTask(good, "sora", "videos")], time.time())
    ledger.request_download([good])
    engine = Engine(replace(config, on_saved=hook), ledger)
    engine.start()
    try:
        until(lambda: (task := ledger.task(good)) is not None and task.is_saved, "the file under its name")
        stand(ledger, Task("b", "sora", "videos", time.time()))
        ledger.record(Task("b", "sora", "videos", time.time(), state=TaskState.FAILED))
        ledger.flush()
        until(lambda: told(tmp_path), "the hook for what completed")
        assert engine.is_telling
        assert not (tmp_path / "sums").exists()
        may_read.set()
        until(lambda: not engine.is_telling, "the end of the hooks")
    finally:
        may_read.set()
        engine.stop()
    task = ledger.task(good)
    assert task is not None
    sha256 = hashlib.sha256(Path(task.download.file or "").read_bytes()).hexdigest()
    assert (tmp_path / "sums").read_text() == f"saved{sha256}"
    assert [event for event, _ in told(tmp_path)] == ["completed", "failed"]


def test_what_was_lost_while_nobody_worked_is_told_once(ledger: Ledger, config: Config, tmp_path: Path) -> None:
    now = time.time()
    ready = Task("a", "sora", "videos", now - 900, state=TaskState.COMPLETED, final_seen_at=now - 800)
    stand(ledger, replace(ready, deadline=Deadline(now - 60, DeadlineSource.LINK)))

    def work() -> None:
        engine = Engine(config, ledger)
        engine.start()
        until(lambda: told(tmp_path), "the hook")
        until(lambda: not engine.is_telling, "the end of the hooks")
        engine.stop()

    work()
    work()
    assert [event for event, _ in told(tmp_path)] == ["lost"]


_WORKER = """
import sys
from pathlib import Path
from octotui.config import Config
from octotui.engine.downloads import checksums, transfer
from octotui.engine.engine import Engine
from octotui.ledger import Ledger

hook = (sys.executable, "-c", sys.argv[3], sys.argv[2])
with Ledger.open(Path(sys.argv[1])) as ledger:
    engine = Engine(Config(state_dir=Path(sys.argv[1]).parent, api_key="sk-x", on_failed=hook), ledger)
    engine.start()
    sys.stdin.read()
"""
_SLOW = f"{_WRITE}; import time; time.sleep(600)"


def test_a_worker_killed_between_the_fact_and_the_hook_leaves_it_to_the_next(
    ledger: Ledger, config: Config, tmp_path: Path
) -> None:
    now = time.time()
    tasks = [
        Task(f"t{number}", "sora", "videos", now, state=TaskState.FAILED, final_seen_at=now) for number in range(6)
    ]
    ledger.add([NewTask(task.id, "sora", "videos") for task in tasks], now)
    for task in tasks:
        ledger.record(task)
    ledger.flush()
    # Two hooks run at once and do not end: the others have their facts written, and are not told of.
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, ledger.place, str(tmp_path / "told"), _SLOW], stdin=subprocess.PIPE
    )
    try:
        until(lambda: len(told(tmp_path)) == AT_ONCE, "the first hooks")
    finally:
        worker.kill()
        worker.communicate()
    engine = Engine(config, ledger)
    engine.start()
    try:
        until(lambda: len(told(tmp_path)) == len(tasks), "all hooks")
        until(lambda: not engine.is_telling, "the end of the hooks")
    finally:
        engine.stop()
    assert sorted(task["id"] for _, task in told(tmp_path)) == [task.id for task in tasks]
