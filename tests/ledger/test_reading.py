"""What readers see: whole tasks, exact values, and only what is different."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.ledger import Ledger
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    FailureKind,
    RequestFailure,
    Task,
    TaskState,
)
from tests.ledger.conftest import Committed, new
from tests.support.database import database_of
from tests.support.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

times = st.floats(0, 1e11, allow_subnormal=False).filter(lambda value: value == 0 or value > 1e-6)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
counts = st.integers(0, 2**63 - 1)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


downloads = st.builds(
    Download,
    state=st.sampled_from([DownloadState.RUNNING, DownloadState.FAILED, DownloadState.SAVED]),
    bytes_done=counts,
    bytes_total=maybe(counts),
    file=maybe(texts),
    sha256=maybe(texts),
    saved_at=maybe(times),
    error=maybe(texts),
    paused=st.just(value=False),
    speed=maybe(times),
    next_at=maybe(times),
    anyway=st.just(value=False),
    box=maybe(texts),
    place=maybe(texts),
).map(lambda download: download._replace(next_at=None) if download.state is DownloadState.SAVED else download)
tasks = st.builds(
    Task,
    id=st.just("a"),
    provider=texts,
    route=texts,
    added_at=st.just(1.5),
    model=maybe(texts),
    state=st.sampled_from(TaskState),
    status=maybe(texts),
    progress=maybe(st.integers(0, 100)),
    created_at=maybe(times),
    running_since=maybe(times),
    completed_at=maybe(times),
    final_seen_at=maybe(times),
    deadline=maybe(st.builds(Deadline, times, st.sampled_from(DeadlineSource))),
    gateway_expires_at=maybe(times),
    result_url=maybe(texts),
    error_code=maybe(texts),
    error_message=maybe(texts),
    seconds=maybe(texts),
    size=maybe(texts),
    tags=st.lists(texts, unique=True, max_size=4).map(tuple),
    route_confirmed=st.booleans(),
    last_asked_at=maybe(times),
    last_answer_at=maybe(times),
    failure=maybe(st.builds(RequestFailure, st.sampled_from(FailureKind), maybe(st.integers(100, 599)), texts, times)),
    failures=counts,
    download=downloads,
)


@settings(deadline=None, max_examples=60)
@given(task=tasks, raw=texts)
def test_every_fact_comes_back_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, task: Task, raw: str) -> None:
    with Ledger.open(tmp_path_factory.getbasetemp() / "round-trip" / "ledger.db") as ledger:
        ledger.remove(["a"])
        ledger.add(new("a", tags=task.tags), task.added_at)
        ledger.record(task, raw=raw)
        ledger.record_download("a", task.download)
        ledger.flush()
        assert ledger.tasks() == [task]
        assert ledger.task("a") == task
        assert ledger.raw_answer("a") == raw


def test_words_that_tasks_share_are_kept_once(ledger: Ledger) -> None:
    ledger.add(new("a", "b", tags=("night",), model="sora-2-pro"), 1.0)
    first, second = ledger.tasks()
    assert first.provider is second.provider
    assert first.route is second.route
    assert first.model is second.model
    assert first.tags is second.tags


def test_changes_are_everything_at_first_and_then_only_what_differs(ledger: Ledger) -> None:
    ledger.add(new("a", "b", "c"), 1.0)
    start = ledger.changes(0)
    assert [task.id for task in start.tasks] == ["a", "b", "c"]
    assert start.removed == []
    nothing = ledger.changes(start.revision)
    assert (nothing.revision, nothing.tasks, nothing.removed) == (start.revision, [], [])
    ledger.record(replace(start.tasks[1], status="new"))
    ledger.flush()
    ledger.request_download(["c"])
    ledger.remove(["a"])
    later = ledger.changes(start.revision)
    assert [task.id for task in later.tasks] == ["b", "c"]
    assert later.removed == ["a"]
    ledger.add(new("a"), 2.0)
    again = ledger.changes(later.revision)
    assert ([task.id for task in again.tasks], again.removed) == (["a"], [])
    assert ledger.changes(start.revision).removed == []


def test_more_changes_than_are_read_in_one_step(ledger: Ledger) -> None:
    revision = ledger.changes(0).revision
    ids = [f"t{number}" for number in range(1700)]
    ledger.add(new(*ids[:900]), 1.0)
    ledger.add(new(*ids[900:]), 1.0)
    ledger.request_download(ids[:10])
    changed = ledger.changes(revision).tasks
    assert sorted(task.id for task in changed) == sorted(ids)


@pytest.mark.only_sqlite
def test_few_changes_among_many_tasks_are_found_by_the_index(ledger: Ledger) -> None:
    ledger.add(new(*(f"t{number}" for number in range(5000))), 1.0)
    revision = ledger.changes(0).revision
    ledger.request_download(["t17", "t4711"])
    reader = database_of(ledger)._readers[-1]
    thousands: list[int] = []
    reader.set_progress_handler(lambda: thousands.append(1), 1000)
    changed = ledger.changes(revision).tasks
    reader.set_progress_handler(None, 0)
    assert [task.id for task in changed] == ["t17", "t4711"]
    assert len(thousands) < 3


def test_nothing_written_is_no_change(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    revision = ledger.changes(0).revision
    ledger.request_download(["nobody"])
    ledger.pause(["a"], True)
    ledger.cancel_download(["a"])
    ledger.remove(["nobody"])
    ledger.flush()
    assert ledger.changes(revision).revision == revision


def test_a_reader_sees_what_others_wrote_and_only_that_as_outside(ledger: Ledger, where: Path | str) -> None:
    with Ledger.open(where) as other:
        ledger.changed_outside()
        assert not ledger.changed_outside()
        ledger.add(new("a"), 1.0)
        assert not ledger.changed_outside()
        until(other.changed_outside, "what another ledger wrote")
        other.request_download(["a"])
        until(ledger.changed_outside, "what another ledger wrote")
        assert not ledger.changed_outside()
        task = ledger.task("a")
        assert task is not None
        assert task.download.state is DownloadState.WANTED


@pytest.mark.only_sqlite
def test_readers_do_not_wait_for_a_writer(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    with database_of(ledger).writing() as connection:
        connection.execute("DELETE FROM tasks")
        assert [task.id for task in ledger.tasks()] == ["a"]
        connection.execute("INSERT INTO tasks (id, revision, added_at, provider, route) VALUES ('a', 9, 1, 'x', 'y')")


@pytest.mark.only_sqlite
def test_subscribers_of_one_ledger_do_not_hear_another(ledger: Ledger, where: Path | str) -> None:
    committed = Committed(ledger)
    with Ledger.open(where) as other:
        other.add(new("a"), 1.0)
    assert committed.count == 0


def test_adding_what_is_known_is_no_change(ledger: Ledger) -> None:
    ledger.add(new("a", tags=("x",)), 1.0)
    revision = ledger.changes(0).revision
    assert ledger.add(new("a", tags=("x",)), 2.0) == ([], ["a"])
    assert ledger.changes(revision).revision == revision
