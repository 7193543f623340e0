"""One works, the others know who; whoever is gone is followed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from octotui.ledger import Lease, Ledger
from octotui.model import Download, DownloadState, EngineStatus, GatewayState, LogEntry, TaskState
from tests.ledger.conftest import new

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

HERE = os.getpid()


def test_one_holder_at_a_time_renewed_and_given_back(ledger: Ledger, path: Path) -> None:
    assert ledger.lease() is None
    with Ledger.open(path) as other:
        assert ledger.take_lease("one", "box", HERE, 100.0)
        assert not other.take_lease("two", "box", HERE, 101.0)
        assert ledger.take_lease("one", "box", HERE, 107.0)
        assert not other.take_lease("two", "box", HERE, 115.0)
        assert other.lease() == Lease("one", "box", HERE, 107.0)
        other.release_lease("two")
        assert other.lease() == Lease("one", "box", HERE, 107.0)
        ledger.release_lease("one")
        assert other.lease() is None
        assert other.take_lease("two", "box", HERE, 115.0)


def test_a_silent_holder_is_followed_after_eight_seconds(ledger: Ledger) -> None:
    assert ledger.take_lease("one", "elsewhere", 1, 100.0)
    assert not ledger.take_lease("two", "box", HERE, 108.0)
    assert ledger.take_lease("two", "box", HERE, 108.1)
    assert not ledger.take_lease("one", "elsewhere", 1, 108.2)


def test_a_heartbeat_from_the_future_does_not_keep_the_lease_for_ever(ledger: Ledger) -> None:
    assert ledger.take_lease("one", "elsewhere", 1, 5000.0)
    assert ledger.take_lease("two", "box", HERE, 100.0)


def test_a_dead_process_of_this_machine_is_followed_at_once(
    ledger: Ledger, start: Callable[..., subprocess.Popen[str]]
) -> None:
    ledger.add(new("a"), 1.0)
    process = start("lease", "one", "box", 100.0)
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    assert not ledger.take_lease("two", "box", HERE, 100.5)
    process.kill()
    process.wait()
    assert not ledger.take_lease("two", "another box", HERE, 100.5)
    assert ledger.take_lease("two", "box", HERE, 100.5)
    assert ledger.lease() == Lease("two", "box", HERE, 100.5)


def test_facts_of_an_engine_that_lost_the_lease_are_dropped_but_not_its_saved_files(ledger: Ledger, path: Path) -> None:
    ledger.add(new("a", "b", "c"), 1.0)
    ledger.request_download(["a", "b", "c"])
    sleeper, follower = ledger, Ledger.open(path)
    assert sleeper.take_lease("sleeper", "box", HERE, 100.0)
    assert follower.take_lease("follower", "box", HERE, 200.0)
    task = follower.task("a")
    assert task is not None
    follower.record(replace(task, state=TaskState.COMPLETED), raw="new")
    follower.record_download("a", Download(DownloadState.RUNNING, 9))
    follower.set_status(EngineStatus(200.0, GatewayState.LIVE))
    follower.flush()
    sleeper.record(replace(task, state=TaskState.RUNNING), raw="old")
    sleeper.record_download("a", Download(DownloadState.RUNNING, 1))
    sleeper.record_download("b", Download(DownloadState.SAVED, 5, 5, "/b.mp4"))
    sleeper.record_download("c", Download(DownloadState.FAILED))
    sleeper.set_status(EngineStatus(101.0, GatewayState.STARTING))
    sleeper.log(LogEntry(101.0, "gateway", None, "woke up"))
    sleeper.flush()
    first, second, third = follower.tasks()
    assert (first.state, first.download.bytes_done, follower.raw_answer("a")) == (TaskState.COMPLETED, 9, "new")
    assert (second.download.state, second.download.file) == (DownloadState.SAVED, "/b.mp4")
    assert third.download.state is DownloadState.WANTED
    assert follower.status() == EngineStatus(200.0, GatewayState.LIVE)
    assert [event.text for event in follower.events()] == ["woke up"]
    follower.release_lease("follower")
    follower.close()
    assert sleeper.take_lease("sleeper", "box", HERE, 300.0)
    sleeper.record(replace(task, state=TaskState.FAILED))
    sleeper.flush()
    again = sleeper.task("a")
    assert again is not None
    assert again.state is TaskState.FAILED
