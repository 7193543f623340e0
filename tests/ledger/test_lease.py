"""One works, the others know who; whoever is gone is followed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Lease, Ledger
from octotui.ledger.process_place import process_place
from octotui.model import Download, DownloadState, EngineStatus, GatewayState, LogEntry, TaskState
from tests.ledger.conftest import ROOT, new

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HERE = os.getpid()
GONE = 2**22 + 1
"""More than the kernel gives out: no process has this id."""
ELSEWHERE = ("another boot", "pid:[1]")


def test_one_holder_at_a_time_renewed_and_given_back(ledger: Ledger, where: Path | str) -> None:
    boot, namespace = process_place()
    assert ledger.lease() is None
    with Ledger.open(where) as other:
        assert ledger.take_lease("one", "box", HERE, 100.0)
        assert not other.take_lease("two", "box", HERE, 101.0)
        assert ledger.take_lease("one", "box", HERE, 107.0)
        assert not other.take_lease("two", "box", HERE, 115.0)
        assert other.lease() == Lease("one", "box", HERE, 107.0, boot, namespace, 2)
        other.release_lease("two")
        assert other.lease() == Lease("one", "box", HERE, 107.0, boot, namespace, 2)
        ledger.release_lease("one")
        assert other.lease() is None
        assert other.take_lease("two", "box", HERE, 115.0)


@pytest.mark.only_sqlite
def test_a_silent_holder_is_followed_after_eight_seconds_of_the_followers_own_clock(ledger: Ledger) -> None:
    assert ledger.take_lease("one", "elsewhere", 1, 100.0, place=ELSEWHERE)
    assert not ledger.take_lease("two", "box", HERE, 100.0, monotonic=5.0)
    assert not ledger.take_lease("two", "box", HERE, 100.0, monotonic=13.0)
    assert ledger.take_lease("two", "box", HERE, 100.0, monotonic=13.1)
    assert not ledger.take_lease("one", "elsewhere", 1, 100.0, monotonic=13.2, place=ELSEWHERE)


def test_each_word_of_the_holder_counts_anew_even_with_a_clock_that_stands_still(ledger: Ledger) -> None:
    for mark in range(0, 60, 5):
        assert ledger.take_lease("one", "elsewhere", 1, 100.0, place=ELSEWHERE)
        assert not ledger.take_lease("two", "box", HERE, 100.0, monotonic=float(mark))


@pytest.mark.only_sqlite
@pytest.mark.parametrize("heartbeat", [5000.0, -5000.0, 0.0])
def test_wall_clocks_are_not_compared(ledger: Ledger, heartbeat: float) -> None:
    assert ledger.take_lease("one", "elsewhere", 1, heartbeat, place=ELSEWHERE)
    assert not ledger.take_lease("two", "box", HERE, 100.0, monotonic=0.0)
    assert not ledger.take_lease("two", "box", HERE, 100.0, monotonic=8.0)
    assert ledger.take_lease("two", "box", HERE, 100.0, monotonic=8.1)


@pytest.mark.only_sqlite
@pytest.mark.parametrize(
    "other",
    [("the same boot", "pid:[2]"), ("another boot", "pid:[1]"), ("another boot", "pid:[2]"), ("", "")],
    ids=["container", "reboot", "host", "unknown"],
)
def test_two_containers_with_one_host_name_do_not_both_work(
    ledger: Ledger, where: Path | str, other: tuple[str, str]
) -> None:
    mine = ("the same boot", "pid:[1]")
    with Ledger.open(where) as second:
        assert ledger.take_lease("one", "container", GONE, 100.0, place=other)
        # That no process here has its number says nothing: it is a number of another place.
        for mark in range(8):
            assert not second.take_lease("two", "container", HERE, 100.0 + mark, monotonic=float(mark), place=mine)
        assert second.take_lease("two", "container", HERE, 109.0, monotonic=9.0, place=mine)


def test_without_proc_the_hosts_name_has_to_do(ledger: Ledger) -> None:
    nowhere = ("", "")
    assert ledger.take_lease("one", "box", GONE, 100.0, place=nowhere)
    assert not ledger.take_lease("two", "another box", HERE, 100.0, place=nowhere)
    assert ledger.take_lease("two", "box", HERE, 100.0, place=nowhere)


def test_the_place_is_what_the_kernel_says() -> None:
    boot = subprocess.run(["cat", "/proc/sys/kernel/random/boot_id"], capture_output=True, text=True, check=True)
    namespace = subprocess.run(["readlink", "/proc/self/ns/pid"], capture_output=True, text=True, check=True)
    assert process_place() == (boot.stdout.strip(), namespace.stdout.strip())


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
    assert not ledger.take_lease("two", "box", HERE, 100.5, place=ELSEWHERE)
    assert ledger.take_lease("two", "another name of this box", HERE, 100.5)
    assert ledger.lease() == Lease("two", "another name of this box", HERE, 100.5, *process_place(), 2)


@pytest.mark.only_sqlite
def test_facts_of_an_engine_that_lost_the_lease_are_dropped_but_not_its_saved_files(
    ledger: Ledger, where: Path | str
) -> None:
    ledger.add(new("a", "b", "c"), 1.0)
    ledger.request_download(["a", "b", "c"])
    sleeper, follower = ledger, Ledger.open(where)
    assert sleeper.take_lease("sleeper", "box", HERE, 100.0)
    assert not follower.take_lease("follower", "box", HERE, 200.0, monotonic=0.0)
    assert follower.take_lease("follower", "box", HERE, 200.0, monotonic=9.0)
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


def test_a_process_in_another_namespace_is_not_looked_for_by_its_number(ledger: Ledger, where: Path | str) -> None:
    command = [sys.executable, "-m", "tests.ledger.worker", str(where), "lease", "one", "box", "100.0"]
    process = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--mount-proc", *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "True\n":
            pytest.skip("this system gives nobody a namespace of its own")
        holder = ledger.lease()
        assert holder is not None
        assert holder.pid < 10, "a number that means another process here, or none"
        assert (holder.boot == process_place()[0], holder.namespace == process_place()[1]) == (True, False)
        for mark in range(8):
            assert not ledger.take_lease("two", "box", HERE, 100.0, monotonic=float(mark))
    finally:
        process.kill()
        process.communicate()
