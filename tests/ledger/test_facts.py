"""What was found out: collected, written together, never lost, never over an intent."""

from __future__ import annotations

import itertools
import math
import random
import sqlite3
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from octotui.failed_answer import failed_answer
from octotui.ledger import Duration, Ledger, LedgerBusy, LedgerError, LedgerUnwritable, limits
from octotui.ledger import fact_writer as writer
from octotui.ledger.batch import Batch
from octotui.ledger.sqlite import connections, facts
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EngineStatus,
    GatewayState,
    LogEntry,
    Task,
    TaskState,
)
from tests.ledger.conftest import Committed, new
from tests.support.database import database_of

if TYPE_CHECKING:
    from pathlib import Path


def added(ledger: Ledger, task_id: str = "a") -> Task:
    ledger.add(new(task_id), 1.0)
    task = ledger.task(task_id)
    assert task is not None
    return task


def state_of(ledger: Ledger, task_id: str = "a") -> DownloadState:
    task = ledger.task(task_id)
    assert task is not None
    return task.download.state


def test_facts_are_written_by_themselves_together_and_the_latest_wins(ledger: Ledger) -> None:
    task = added(ledger)
    committed = Committed(ledger)
    for progress in range(101):
        ledger.record(replace(task, state=TaskState.RUNNING, progress=progress))
    ledger.log(LogEntry(1.0, "state", "a", "running"))
    committed.wait_for(lambda: committed.count > 0)
    assert committed.count == 1
    written = ledger.task("a")
    assert written is not None
    assert (written.state, written.progress) == (TaskState.RUNNING, 100)
    assert [event.text for event in ledger.events()] == ["running"]


def test_closing_writes_what_waits(where: Path | str) -> None:
    with Ledger.open(where) as ledger:
        ledger.record(replace(added(ledger), status="odd"))
    with Ledger.open(where) as ledger:
        task = ledger.task("a")
    assert task is not None
    assert task.status == "odd"


def test_closing_ends_the_writer_also_when_it_comes_between_two_of_its_steps(where: Path | str) -> None:
    with Ledger.open(where) as ledger:
        inner = ledger._writer

        class ClosedInBetween(threading.Event):
            """Has `close` come at the worst moment: after the writer looked for it, before it clears its signal."""

            def clear(self) -> None:
                inner._closing.set()
                self.set()
                super().clear()

        inner._waiting = ClosedInBetween()
        with inner.collecting():
            """Anything that starts the writer's thread."""
        thread = inner._thread
        assert thread is not None
        thread.join(5.0)
        assert not thread.is_alive()


def test_a_saved_download_is_on_disk_when_the_call_returns_with_the_facts_of_its_task(
    ledger: Ledger, where: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "INTERVAL", 3600.0)
    task = added(ledger)
    added(ledger, "b")
    ledger.record(replace(task, state=TaskState.COMPLETED), raw="{}")
    ledger.record_download("b", Download(DownloadState.RUNNING))
    ledger.record_download("a", Download(DownloadState.SAVED, 9, 9, "/a.mp4", "ab", 4.0))
    with Ledger.open(where) as other:
        written = other.task("a")
        assert written is not None
        assert (written.state, written.is_saved, other.raw_answer("a")) == (TaskState.COMPLETED, True, "{}")
        assert state_of(other, "b") is DownloadState.NONE


def test_recording_a_task_leaves_intents_and_download_alone(ledger: Ledger) -> None:
    before = added(ledger)
    ledger.add(new("a", tags=("x",), model="sora-2"), 1.0)
    ledger.request_download(["a"], folder="/mnt")
    ledger.record_download("a", Download(DownloadState.RUNNING, 5))
    ledger.pause(["a"], True)
    ledger.record(replace(before, state=TaskState.RUNNING, download=Download(DownloadState.SAVED)))
    ledger.flush()
    task = ledger.task("a")
    assert task is not None
    assert (task.state, task.model, task.tags) == (TaskState.RUNNING, "sora-2", ("x",))
    assert task.download == Download(DownloadState.RUNNING, 5, paused=True)
    assert ledger.download_folder("a") == "/mnt"


@pytest.mark.parametrize("answered", [True, False])
def test_a_wish_wins_over_a_failure_still_on_its_way(ledger: Ledger, where: Path | str, answered: bool) -> None:
    added(ledger)
    with Ledger.open(where) as screen:
        screen.request_download(["a"])
        if answered:
            ledger.record_download("a", Download(DownloadState.RUNNING, 3))
            ledger.flush()
        ledger.record_download("a", Download(DownloadState.FAILED, 3, error="cut"))
        screen.request_download(["a"])
        ledger.flush()
        assert state_of(screen) is DownloadState.WANTED
        ledger.record_download("a", Download(DownloadState.RUNNING, 4))
        ledger.flush()
        assert state_of(screen) is DownloadState.RUNNING
        ledger.record_download("a", Download(DownloadState.FAILED, 4, error="cut"))
        ledger.flush()
        assert state_of(screen) is DownloadState.FAILED


@pytest.mark.parametrize("state", [DownloadState.RUNNING, DownloadState.FAILED, DownloadState.WANTED])
def test_a_cancellation_wins_over_a_report_still_on_its_way(
    ledger: Ledger, where: Path | str, state: DownloadState
) -> None:
    added(ledger)
    with Ledger.open(where) as screen:
        screen.request_download(["a"])
        ledger.record_download("a", Download(state, 3))
        screen.cancel_download(["a"])
        ledger.flush()
        assert state_of(screen) is DownloadState.NONE


def test_a_late_failure_of_a_cancelled_attempt_does_not_end_the_new_wish(ledger: Ledger) -> None:
    added(ledger)
    ledger.request_download(["a"])
    first = ledger.request_version("a")
    ledger.record_download("a", Download(DownloadState.RUNNING, 3), wish=first)
    ledger.cancel_download(["a"])
    ledger.request_download(["a"])
    ledger.record_download("a", Download(DownloadState.FAILED, 3, error="cancelled"), wish=first)
    ledger.flush()
    assert state_of(ledger) is DownloadState.WANTED
    ledger.record_download("a", Download(DownloadState.FAILED, 3, error="410"), wish=ledger.request_version("a"))
    ledger.flush()
    assert state_of(ledger) is DownloadState.FAILED
    ledger.record_download("a", Download(DownloadState.RUNNING, 1), wish=first)
    ledger.flush()
    assert state_of(ledger) is DownloadState.FAILED


def test_a_wanted_download_can_say_what_it_waits_for(ledger: Ledger) -> None:
    added(ledger)
    ledger.request_download(["a"])
    ledger.record_download("a", Download(DownloadState.WANTED, 3, error="waiting for room on the disk"))
    ledger.flush()
    task = ledger.task("a")
    assert task is not None
    assert task.download == Download(DownloadState.WANTED, 3, error="waiting for room on the disk")


def test_intents_and_facts_of_many_threads_at_once(ledger: Ledger) -> None:
    ids = [f"t{number}" for number in range(8)]
    ledger.add(new(*ids), 1.0)
    stop = threading.Event()

    def report(task_id: str) -> None:
        task = ledger.task(task_id)
        assert task is not None
        while not stop.is_set():
            ledger.record(task)
            ledger.record_download(task_id, Download(DownloadState.RUNNING, 1))
            ledger.record_download(task_id, Download(DownloadState.FAILED, 1))
            ledger.flush()

    threads = [threading.Thread(target=report, args=(task_id,)) for task_id in ids[:4]]
    for thread in threads:
        thread.start()
    for number in range(30):
        ledger.add(new(*ids, tags=(f"tag{number}",)), 1.0)
        ledger.request_download(ids)
        ledger.pause(ids, True)
        ledger.cancel_download(ids)
        assert {task.download.state for task in ledger.tasks()} == {DownloadState.NONE}
    stop.set()
    for thread in threads:
        thread.join()
    ledger.request_download(ids)
    ledger.flush()
    tasks = ledger.tasks()
    assert {task.download.state for task in tasks} == {DownloadState.WANTED}
    assert {len(task.tags) for task in tasks} == {30}


def test_the_last_two_different_answers_are_kept(ledger: Ledger) -> None:
    task = added(ledger)
    for raw in ("one", "two", "two", None):
        ledger.record(task, raw=raw)
        ledger.flush()
    assert (ledger.raw_answer("a"), ledger.previous_answer("a")) == ("two", "one")
    assert (ledger.raw_answer("b"), ledger.previous_answer("b")) == (None, None)


def test_an_answer_reported_before_a_record_without_one_is_not_forgotten(ledger: Ledger) -> None:
    task = added(ledger)
    ledger.record(task, raw="one")
    ledger.record(task)
    ledger.flush()
    assert ledger.raw_answer("a") == "one"


def test_raw_answers_are_bounded_and_cut_between_characters(ledger: Ledger) -> None:
    ledger.record(added(ledger), raw="é" * 2**20 + "!")
    ledger.flush()
    assert ledger.raw_answer("a") == "é" * 2**17
    ledger.record(added(ledger), raw="x" + "é" * 2**20)
    ledger.flush()
    assert ledger.raw_answer("a") == "x" + "é" * (2**17 - 1)


@pytest.mark.only_sqlite
def test_raw_answers_are_compressed_and_those_of_older_versions_are_read(ledger: Ledger) -> None:
    answer = '{"status": "in_progress"}' * 4000
    ledger.record(added(ledger), raw=answer)
    ledger.flush()
    with database_of(ledger).writing() as connection:
        kept = connection.execute("SELECT latest FROM answers").fetchone()[0]
        assert len(kept) < len(answer) / 50
        connection.execute("UPDATE answers SET latest = ?", (answer,))
    assert ledger.raw_answer("a") == answer
    ledger.record(added(ledger), raw=answer)
    ledger.flush()
    assert (ledger.raw_answer("a"), ledger.previous_answer("a")) == (answer, None), "it is the same answer"
    with database_of(ledger).writing() as connection:
        connection.execute("UPDATE answers SET latest = x'00ff'")
    assert ledger.raw_answer("a") is None


def test_values_sqlite_cannot_hold_do_not_stop_the_writing(ledger: Ledger) -> None:
    task = added(ledger)
    ledger.record(
        replace(
            task,
            deadline=Deadline(math.nan, DeadlineSource.LINK),
            created_at=math.inf,
            completed_at=-math.inf,
            failures=10**30,
            error_message="\udcff",
        )
    )
    ledger.record_download("a", Download(DownloadState.RUNNING, 10**30, 10**40, speed=math.nan))
    ledger.log(LogEntry(math.nan, "state", "\udcff", "\udcff"))
    ledger.note_duration(provider="sora", model=None, seconds=None, size=None, duration=math.nan, at=1.0)
    ledger.flush()
    written = ledger.task("a")
    assert written is not None
    assert (written.deadline, written.created_at, written.completed_at) == (None, None, None)
    assert (written.failures, written.error_message) == (2**63 - 1, "?")
    assert written.download == Download(DownloadState.RUNNING, 2**63 - 1, 2**63 - 1)
    assert ledger.durations() == []


def test_events_are_numbered_and_can_be_followed(ledger: Ledger) -> None:
    for number in range(5):
        ledger.log(LogEntry(float(number), "state", f"t{number % 2}", f"line {number}"))
    ledger.flush()
    lines = ledger.events()
    assert [line.text for line in lines] == [f"line {number}" for number in range(5)]
    assert [line.text for line in ledger.events(limit=2)] == ["line 3", "line 4"]
    assert [line.text for line in ledger.events(lines[0].number, limit=2)] == ["line 1", "line 2"]
    assert [line.text for line in ledger.events(task_id="t1")] == ["line 1", "line 3"]
    assert ledger.events(lines[-1].number) == []


def test_events_are_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_EVENTS", 10)
    for batch in range(3):
        for number in range(8):
            ledger.log(LogEntry(1.0, "state", None, f"{batch}.{number}"))
        ledger.flush()
    kept = ledger.events()
    assert [line.text for line in kept] == ["1.6", "1.7", *(f"2.{number}" for number in range(8))]
    assert [line.number for line in kept] == list(range(15, 25))


def test_attempts_are_kept_in_order_and_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ATTEMPTS", 3)
    ledger.add(new("a", "b"), 1.0)
    ledger.note_attempt("b", 0.5, "link", "ok")
    for number in range(5):
        ledger.note_attempt("a", float(number), "content", f"try {number}")
    ledger.flush()
    assert [(tried.at, tried.rung, tried.outcome) for tried in ledger.attempts("a")] == [
        (2.0, "content", "try 2"),
        (3.0, "content", "try 3"),
        (4.0, "content", "try 4"),
    ]
    assert [tried.outcome for tried in ledger.attempts("b")] == ["ok"]


def test_durations_are_kept_and_bounded(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DURATIONS", 2)
    for duration in (60.1, 61.2, 62.3):
        ledger.note_duration(provider="sora", model="m", seconds="10", size=None, duration=duration, at=9.7)
        ledger.flush()
    kept = [Duration("sora", "m", "10", None, took, 9.7, number) for number, took in ((2, 61.2), (3, 62.3))]
    assert ledger.durations() == kept
    assert ledger.durations(since=2) == kept[1:]


def test_the_status_is_the_latest(ledger: Ledger) -> None:
    assert ledger.status() is None
    ledger.set_status(EngineStatus(1.0))
    status = EngineStatus(2.0, GatewayState.LIVE, 1.5, None, 1.9, "fine", 5, 600, 2, 3.5, 10**12, 0.25, "box", 42)
    ledger.set_status(status)
    ledger.flush()
    assert ledger.status() == status


def test_a_status_of_another_version_is_read_as_far_as_it_is_known(ledger: Ledger, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO status VALUES (1, ?)", ('{"at": 3.0, "gateway": "live", "moon_phase": 1}',))
    connection.close()
    assert ledger.status() == EngineStatus(3.0, GatewayState.LIVE)


@pytest.mark.only_sqlite
def test_a_full_disk_keeps_the_facts_and_says_so_until_there_is_room(ledger: Ledger) -> None:
    task = added(ledger)
    connection = database_of(ledger)._writer
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    ledger.record(replace(task, status="new"), raw=random.Random(1).randbytes(50_000).hex())
    ledger.log(LogEntry(1.0, "state", "a", "one"))
    ledger.set_status(EngineStatus(1.0))
    with pytest.raises(LedgerUnwritable, match="full"):
        ledger.flush()
    assert ledger.unwritten is not None
    assert "full" in str(ledger.unwritten.error)
    assert ledger.unwritten.are_facts_waiting
    since = ledger.unwritten.since
    # There is room for a heartbeat, none for the facts: they are not written all the same.
    assert ledger.take_lease("me", "host", 1, 1.0)
    assert ledger.unwritten.since == since
    ledger.record_download("a", Download(DownloadState.SAVED, 1, 1, "/a.mp4"))
    ledger.record_download("a", Download(DownloadState.FAILED, error="late"))
    ledger.log(LogEntry(2.0, "state", "a", "two"))
    assert state_of(ledger) is DownloadState.NONE
    with pytest.raises(LedgerUnwritable, match="full"):
        ledger.add(new(*(f"t{number}" for number in range(1000))), 1.0)
    committed = Committed(ledger)
    connection.execute("PRAGMA max_page_count = 1000000")
    committed.wait_for(lambda: ledger.unwritten is None)
    written = ledger.task("a")
    assert written is not None
    assert (written.status, written.download.state) == ("new", DownloadState.SAVED)
    assert [line.text for line in ledger.events()] == ["one", "two"]
    assert len(ledger.raw_answer("a") or "") == 100_000
    assert ledger.status() == EngineStatus(1.0)


def test_what_could_not_be_written_never_replaces_what_was_reported_since(ledger: Ledger, path: Path) -> None:
    task = added(ledger)
    with sqlite3.connect(path, isolation_level=None) as other:
        database_of(ledger)._turns.patience = 0.0
        other.execute("BEGIN IMMEDIATE")
        ledger.record(replace(task, status="old"), raw="old")
        ledger.record_download("a", Download(DownloadState.FAILED, 1))
        with pytest.raises(LedgerBusy):
            ledger.flush()
        ledger.record(replace(task, status="new"))
        ledger.record_download("a", Download(DownloadState.RUNNING, 2))
        with pytest.raises(LedgerBusy):
            ledger.flush()
        trouble = ledger.unwritten
        assert trouble is not None
        assert isinstance(trouble.error, LedgerBusy)
        other.execute("ROLLBACK")
    other.close()
    ledger.flush()
    assert ledger.unwritten is None
    written = ledger.task("a")
    assert written is not None
    assert (written.status, written.download) == ("new", Download(DownloadState.RUNNING, 2))
    assert ledger.raw_answer("a") == "old"


def test_what_is_reported_while_a_write_fails_is_the_newer() -> None:
    first, second = (Task("a", "sora", "videos", 1.0, status=word) for word in ("old", "new"))
    failed = Batch(tasks={"a": first, "b": first}, answers={"a": "old", "b": "old"}, status=EngineStatus(1.0))
    failed.add_download("a", Download(DownloadState.FAILED), 1)
    failed.add_download("b", Download(DownloadState.SAVED), 1)
    failed.events.append(LogEntry(1.0, "state", "a", "old"))
    waiting = Batch(tasks={"a": second}, answers={"a": "new"}, status=EngineStatus(2.0))
    waiting.add_download("a", Download(DownloadState.RUNNING), 2)
    waiting.add_download("b", Download(DownloadState.RUNNING), 1)
    waiting.events.append(LogEntry(2.0, "state", "a", "new"))
    waiting.put_back(failed)
    assert waiting.tasks == {"a": second, "b": first}
    assert waiting.answers == {"a": "new", "b": "old"}
    assert waiting.downloads == {"a": (Download(DownloadState.RUNNING), 2), "b": (Download(DownloadState.SAVED), 1)}
    assert [event.text for event in waiting.events] == ["old", "new"]
    assert waiting.status == EngineStatus(2.0)


def test_another_process_that_does_not_let_go_is_waited_for_and_then_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT", 0.05)
    with Ledger.open(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match="another process"):
            ledger.add(new("a"), 1.0)
        assert ledger.tasks() == []
        other.execute("ROLLBACK")
        other.close()
        assert ledger.add(new("a"), 1.0) == (["a"], [])


@pytest.mark.only_sqlite
def test_thousands_of_facts_are_a_few_steps_of_sqlite(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "INTERVAL", 3600.0)
    ledger.add(new(*(f"t{number}" for number in range(5000))), 1.0)
    for task in ledger.tasks():
        ledger.record(replace(task, status="new"), raw=task.id)
    statements: list[str] = []
    database_of(ledger)._writer.set_trace_callback(statements.append)
    ledger.flush()
    database_of(ledger)._writer.set_trace_callback(None)
    assert len(statements) < 100
    assert {task.status for task in ledger.tasks()} == {"new"}
    assert ledger.raw_answer("t4999") == "t4999"


def test_however_many_answers_fail_the_good_one_before_is_kept(ledger: Ledger) -> None:
    task = added(ledger)
    for raw in ('{"progress": 1}', '{"progress": 2}', failed_answer(500, b"one"), failed_answer(520, b"two")):
        ledger.record(task, raw=raw)
        ledger.flush()
    assert ledger.raw_answer("a") == "HTTP 520\n\ntwo"
    assert ledger.previous_answer("a") == '{"progress": 2}'
    ledger.record(task, raw='{"progress": 3}')
    ledger.flush()
    assert (ledger.raw_answer("a"), ledger.previous_answer("a")) == ('{"progress": 3}', '{"progress": 2}')


@pytest.mark.only_sqlite
def test_of_a_task_that_was_only_looked_at_little_is_written(ledger: Ledger) -> None:
    first = replace(added(ledger), state=TaskState.RUNNING, status="processing", progress=1, model="m", prompt="p")
    ledger.record(first)
    ledger.flush()
    ledger.set_title(["a"], "mine")
    with database_of(ledger).writing() as connection:
        connection.execute("UPDATE tasks SET status = 'as it was' WHERE id = 'a'")
    second = replace(first, progress=None, last_asked_at=2.0, last_answer_at=2.5)
    ledger.record(second, before=first)
    ledger.flush()
    known = ledger.task("a")
    assert known == replace(second, given_title="mine", status="as it was")
    third = replace(second, error_code="e")
    ledger.record(third, before=second)
    ledger.record(replace(third, progress=9), before=third)
    ledger.flush()
    assert ledger.task("a") == replace(third, given_title="mine", progress=9)


@pytest.mark.only_sqlite
def test_what_is_more_than_a_look_is_written_however_looks_and_failures_follow_each_other(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    luck = random.Random(5)
    latest = {task_id: added(ledger, task_id) for task_id in "abc"}
    write = facts.write
    is_full = False

    def maybe(*arguments: Any) -> int | None:
        if is_full:
            raise sqlite3.OperationalError("database or disk is full")
        return write(*arguments)

    monkeypatch.setattr(facts, "write", maybe)
    for step in range(400):
        task_id = luck.choice("abc")
        before = latest[task_id]
        after = replace(before, progress=luck.choice((None, step)), last_asked_at=float(step))
        if luck.random() < 0.3:
            after = replace(after, status=luck.choice("xyz"), failures=step)
        latest[task_id] = after
        ledger.record(after, before=before if luck.random() < 0.9 else None)
        is_full = luck.random() < 0.3
        if luck.random() < 0.3:
            with suppress(LedgerError):
                ledger.flush()
    is_full = False
    ledger.flush()
    assert {task.id: task for task in ledger.tasks()} == latest


def test_what_this_ledger_itself_looked_at_is_not_read_back(ledger: Ledger, path: Path) -> None:
    task = replace(added(ledger), state=TaskState.RUNNING, progress=1)
    others = added(ledger, "b"), added(ledger, "c")
    ledger.record(task)
    ledger.flush()
    revision = ledger.changes(0).revision
    looks = [replace(task, progress=progress) for progress in (2, 3, 4)]
    for before, after in itertools.pairwise([task, *looks]):
        ledger.record(after, before=before)
        ledger.flush()
    unread = ledger.changes_but_own(revision)
    assert (unread.tasks, unread.revision) == ([], revision + 3)
    done = replace(looks[-1], state=TaskState.COMPLETED)
    ledger.record(done, before=looks[-1])
    ledger.flush()
    assert ledger.changes_but_own(unread.revision).tasks == [done]
    ledger.record(replace(others[1], progress=1), before=others[1])
    ledger.record_download("a", Download(DownloadState.RUNNING, 1))
    ledger.flush()
    assert {each.id for each in ledger.changes_but_own(revision + 4).tasks} == {"a", "c"}

    # What somebody else has asked for is read, also where a look of ours came after it, before it was read.
    revision = ledger.changes(0).revision
    with Ledger.open(path) as another:
        another.set_title(["b"], "theirs")
    known = others[0]
    ledger.record(replace(known, progress=5), before=known)
    ledger.flush()
    assert [each.given_title for each in ledger.changes_but_own(revision).tasks] == ["theirs"]
