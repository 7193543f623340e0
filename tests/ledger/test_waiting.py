"""How long a write waits for another connection that holds the ledger, and for its own process."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from octotui.ledger import Ledger, LedgerBusy, impatient
from octotui.ledger.url import taken_apart
from octotui.model import LogEntry, NewTask
from tests.support.waiting import until

TASK = [NewTask("a", "sora", "videos")]


@contextmanager
def held(where: Path | str) -> Iterator[None]:
    if isinstance(where, Path):
        with closing(sqlite3.connect(where, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        url = taken_apart(where)
        with psycopg.connect(url.server) as writer:
            writer.execute(f"UPDATE {url.schema}.counter SET writes = writes + 1".encode())  # noqa: S608 - a test's own
            yield


def test_who_is_impatient_is_refused_soon_and_nothing_was_done(ledger: Ledger, where: Path | str) -> None:
    with held(where):
        began = time.monotonic()
        with pytest.raises(LedgerBusy), impatient(0.3):
            ledger.add(TASK, 1.0)
        assert 0.25 < time.monotonic() - began < 2.0
    assert ledger.tasks() == []
    with impatient(0.3):
        assert ledger.add(TASK, 1.0) == (["a"], [])


def test_impatience_ends_with_its_block_and_is_nobody_elses(ledger: Ledger, where: Path | str) -> None:
    added: list[str] = []
    with held(where):
        other = threading.Thread(target=lambda: added.extend(ledger.add(TASK, 1.0)[0]))
        with impatient(0.0):
            other.start()
            with pytest.raises(LedgerBusy):
                ledger.pause_all(True, 1.0)
        assert other.is_alive()
    other.join(10)
    assert added == ["a"]


def test_a_key_that_is_held_down_is_kept_waiting_once(ledger: Ledger, where: Path | str) -> None:
    with held(where):
        began = time.monotonic()
        for _ in range(30):
            with pytest.raises(LedgerBusy), impatient(0.2):
                ledger.add(TASK, 1.0)
        assert time.monotonic() - began < 3.0
    with impatient(0.2):
        assert ledger.add(TASK, 1.0) == (["a"], [])


def test_who_is_impatient_does_not_wait_for_a_thread_of_its_own_that_waits(ledger: Ledger, where: Path | str) -> None:
    with held(where):
        ledger.log(LogEntry(1.0, "state", None, "waits for ten seconds"))
        until(lambda: _is_locked(ledger), "the thread that writes facts")
        began = time.monotonic()
        with pytest.raises(LedgerBusy), impatient(0.2):
            ledger.add(TASK, 1.0)
        assert time.monotonic() - began < 2.0
    until(ledger.events, "the fact")


def test_whoever_leaves_waits_no_longer_and_keeps_what_was_written(where: Path | str) -> None:
    ledger = Ledger.open(where)
    ledger.add(TASK, 1.0)
    with held(where):
        ledger.log(LogEntry(1.0, "state", None, "comes too late"))
        until(lambda: _is_locked(ledger), "the thread that writes facts")
        began = time.monotonic()
        ledger.hurry(0.5)
        with pytest.raises(LedgerBusy):
            ledger.close()
        assert time.monotonic() - began < 4.0
    with Ledger.open(where) as again:
        assert [task.id for task in again.tasks()] == ["a"]
        assert again.check() == []


def test_a_hurry_writes_what_can_be_written(ledger: Ledger, where: Path | str) -> None:
    ledger.hurry(0.0)
    ledger.log(LogEntry(1.0, "state", None, "in time"))
    ledger.close()
    with Ledger.open(where) as again:
        assert [event.text for event in again.events()] == ["in time"]


def _is_locked(ledger: Ledger) -> bool:
    """Whether another thread of this process is writing, or about to."""
    lock = ledger._backend.facts.lock
    assert isinstance(lock, type(threading.RLock()))
    if not lock.acquire(blocking=False):
        return True
    lock.release()
    return False
