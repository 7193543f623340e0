"""Several processes on one ledger: killed at any moment, opened at the same moment, writing at the same time."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger
from octotui.model import DownloadState
from tests.ledger.conftest import new
from tests.support.waiting import until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path


def sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    verdict = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return verdict == [("ok",)]


def lines_until(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


def test_kill_9_at_any_moment_loses_no_task_and_no_saved_download(
    path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    promised: list[str] = []
    for round_number in range(10):
        process = start("for-ever", f"round{round_number}")
        heard = lines_until(process, random.randint(0, 150))
        process.kill()
        rest, _ = process.communicate()
        promised += [*heard, *rest.splitlines(keepends=True)]
    known = {}
    with Ledger.open(path) as ledger:
        for task in ledger.tasks():
            known[task.id] = task
        number_of_events = len(ledger.events(limit=20_000))
    for line in promised:
        verb, task_id = line.split()
        assert task_id in known
        if verb == "saved":
            assert known[task_id].download.state is DownloadState.SAVED
            assert known[task_id].download.file == f"/videos/{task_id}.mp4"
    assert len(promised) > 100
    assert number_of_events <= len(known)
    assert sound(path)


def test_killed_while_the_ledger_is_being_made(path: Path, start: Callable[..., subprocess.Popen[str]]) -> None:
    for round_number in range(5):
        process = start("for-ever", f"round{round_number}")
        while not path.exists():
            assert process.poll() is None
        process.kill()
        process.wait()
        with Ledger.open(path) as ledger:
            ledger.add(new("mine"), 1.0)
        assert sound(path)
        path.unlink()


def test_processes_that_make_and_write_one_ledger_at_the_same_time(
    path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    processes = [start("beside", f"p{number}", 60) for number in range(3)]
    for process in processes:
        assert lines_until(process, 1) == ["open\n"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    with Ledger.open(path) as ledger:
        for number in range(60):
            ledger.add(new(f"mine-{number}"), 1.0)
            ledger.tasks()
        for process in processes:
            process.communicate()
            assert process.returncode == 0
        tasks = {task.id: task for task in ledger.tasks()}
        assert len(ledger.events(limit=1000)) == 180
    assert len(tasks) == 60 * 4 + 1
    assert set(tasks["shared"].tags) == {"p0", "p1", "p2"}
    saved = {task_id for task_id, task in tasks.items() if task.is_saved}
    assert saved == {f"p{process}-{number}" for process in range(3) for number in range(60)}
    assert sound(path)


def test_a_window_sees_what_another_process_reported(
    ledger: Ledger, start: Callable[..., subprocess.Popen[str]]
) -> None:
    ledger.add(new("a"), 1.0)
    revision = ledger.changes(0).revision
    ledger.changed_outside()
    process = start("record", "a")
    assert process.wait(timeout=30) == 0
    until(ledger.changed_outside, "what another process wrote")
    (task,) = ledger.changes(revision).tasks
    assert (task.download.state, task.download.bytes_done) == (DownloadState.RUNNING, 7)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_nothing_of_a_killed_process_keeps_the_next_one_out(
    path: Path, start: Callable[..., subprocess.Popen[str]], suffix: str
) -> None:
    process = start("for-ever", "dead")
    lines_until(process, 3)
    assert path.with_name(path.name + suffix).exists()
    process.kill()
    process.wait()
    with Ledger.open(path) as ledger:
        assert ledger.add(new("alive"), 1.0) == (["alive"], [])
