"""A process of its own on a ledger, for tests that kill it or run several at once."""

from __future__ import annotations

import itertools
import os
import sys

from octotui.ledger import Copy, Ledger
from octotui.model import Download, DownloadState, LogEntry, NewTask, TaskState


def say(*words: object) -> None:
    """Acknowledge in one write, so that a reader sees whole lines only."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def work_for_ever(ledger: Ledger, prefix: str) -> None:
    """Add, wish, report, save; say what has been promised to be on disk."""
    for number in itertools.count():
        task_id = f"{prefix}-{number}"
        ledger.add([NewTask(task_id, "sora", "videos")], float(number))
        say("added", task_id)
        ledger.request_download([task_id])
        task = ledger.task(task_id)
        assert task is not None
        ledger.record(task, raw='{"status": "completed"}' * 100)
        ledger.log(LogEntry(float(number), "state", task_id, "completed"))
        ledger.record_download(task_id, Download(DownloadState.RUNNING, bytes_done=number))
        if number % 3 == 0:
            ledger.flush()
        ledger.record_download(task_id, Download(DownloadState.SAVED, number, number, f"/videos/{task_id}.mp4"))
        say("saved", task_id)


def work_beside_others(ledger: Ledger, prefix: str, rounds: int) -> None:
    """Write as fast as possible on tasks of its own and on one that all share."""
    for number in range(rounds):
        task_id = f"{prefix}-{number}"
        ledger.add([NewTask(task_id, "sora", "videos"), NewTask("shared", "veo", "query", tags=(prefix,))], 1.0)
        ledger.request_download([task_id])
        ledger.record_download(task_id, Download(DownloadState.SAVED, number, number, f"/videos/{task_id}.mp4"))
        ledger.log(LogEntry(1.0, "saved", task_id, prefix))
        assert ledger.task("shared") is not None


def main() -> None:
    """Do what the first argument after the path says."""
    path, verb, *rest = sys.argv[1:]
    with Ledger.open(path) as ledger:
        if verb == "for-ever":
            work_for_ever(ledger, rest[0])
        elif verb == "beside":
            say("open")
            sys.stdin.readline()
            work_beside_others(ledger, rest[0], int(rest[1]))
        elif verb == "lease":
            say(ledger.take_lease(rest[0], rest[1], os.getpid(), float(rest[2])))
            sys.stdin.readline()
        elif verb == "open":
            say(ledger.count())
        elif verb == "copy":
            task_id, place, location = rest
            ledger.record_copy(Copy(task_id, place, location, 9, "5f1c", 6.0, "box-1"))
            say("copied")
            sys.stdin.readline()
        elif verb == "record":
            task = ledger.task(rest[0])
            assert task is not None
            assert task.state is TaskState.UNKNOWN
            ledger.record_download(rest[0], Download(DownloadState.RUNNING, 7))
            ledger.flush()


if __name__ == "__main__":
    main()
