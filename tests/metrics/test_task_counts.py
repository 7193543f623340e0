"""Counts of tasks: always what a reading of the whole ledger would give, whatever happens in between."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Changes
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, NewTask, Task, TaskState
from octotui.web.metrics import task_counts
from octotui.web.metrics.task_counts import TaskCounts
from tests.metrics.conftest import completed
from tests.support.clock import NOW, Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octotui.ledger import Ledger


def counted(ledger: Ledger, now: float) -> tuple[Counter[tuple[str, str]], dict[str, float]]:
    """The same from all tasks, without a memory."""
    states: Counter[tuple[str, str]] = Counter()
    losses: dict[str, float] = {}
    for task in ledger.tasks():
        states[task.provider, "saved" if task.is_saved else task.shown_state(now)] += 1
        if task.is_ready and task.deadline is not None and task.deadline.at > now:
            losses[task.provider] = min(task.deadline.at, losses.get(task.provider, task.deadline.at))
    return states, losses


def check(counts: TaskCounts, ledger: Ledger, now: float) -> None:
    counts.refresh(now)
    states, losses = counted(ledger, now)
    assert +counts.states == states
    assert counts.next_losses() == losses
    assert counts.downloads.total() == states.total()


@pytest.mark.parametrize("seed", range(6))
def test_they_are_those_of_the_whole_ledger(ledger: Ledger, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_counts, "_OUTDATED", 3)
    chance, clock = random.Random(seed), Clock()
    counts = TaskCounts(ledger)
    ids = [f"t{number}" for number in range(12)]

    def providers(task_id: str) -> str:
        return ("sora", "veo", "grok")[int(task_id[1:]) % 3]

    for _ in range(80):
        task_id = chance.choice(ids)
        state = chance.choice(list(TaskState))
        deadline = chance.choice([None, Deadline(clock() + chance.uniform(-50, 400), DeadlineSource.LINK)])
        match chance.randrange(6):
            case 0:
                ledger.add([NewTask(each, providers(each), "videos") for each in ids[:6]], clock())
            case 1:
                ledger.add([NewTask(task_id, providers(task_id), "videos")], clock())
            case 2:
                ledger.remove([task_id])
            case 3:
                ledger.record(Task(task_id, providers(task_id), "videos", clock(), state=state, deadline=deadline))
            case 4:
                ledger.request_download([task_id])
                done = Download(chance.choice([DownloadState.SAVED, DownloadState.RUNNING, DownloadState.FAILED]))
                ledger.record_download(task_id, done)
            case _:
                clock.advance(chance.uniform(0, 120))
        ledger.flush()
        if chance.random() < 0.7:
            check(counts, ledger, clock())
    check(counts, ledger, clock() + 1000)


def test_a_loss_is_counted_when_its_time_has_come_and_nothing_is_written(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos"), NewTask("b", "sora", "videos")], NOW - 600)
    ledger.record(completed("a", 100.0))
    ledger.record(completed("b", 200.0))
    ledger.flush()
    counts = TaskCounts(ledger)
    for moment, lost, following in ((99.0, 0, 100.0), (100.0, 1, 200.0), (200.0, 2, None)):
        counts.refresh(NOW + moment)
        assert counts.states["sora", "expired"] == lost
        assert counts.states["sora", "completed"] == 2 - lost
        assert counts.next_losses() == ({} if following is None else {"sora": NOW + following})
    # A fresh link: it can be lost once more.
    ledger.record(replace(completed("a"), deadline=Deadline(NOW + 900, DeadlineSource.LINK)))
    ledger.flush()
    check(counts, ledger, NOW + 300)
    assert counts.states["sora", "completed"] == 1


def test_what_changes_while_the_ledger_is_first_read_is_not_missed(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add([NewTask("a", "sora", "videos"), NewTask("b", "sora", "videos")], NOW - 600)
    pages = ledger.pages

    def with_a_change(fields: Iterable[str] | None = None) -> Iterator[list[Task]]:
        yield from pages(fields)
        ledger.record(completed("a"))
        ledger.remove(["b"])
        ledger.flush()

    monkeypatch.setattr(ledger, "pages", with_a_change)
    counts = TaskCounts(ledger)
    counts.refresh(NOW)
    assert +counts.states == {("sora", "completed"): 1}


def test_after_the_first_look_only_changes_are_read(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.add([NewTask(str(number), "sora", "videos") for number in range(500)], NOW - 600)
    counts = TaskCounts(ledger)
    counts.refresh(NOW)
    read: list[Changes] = []
    changes = ledger.changes

    def watched(since: int) -> Changes:
        read.append(changes(since))
        return read[-1]

    def never(*_: object) -> None:
        raise AssertionError("the whole ledger is read")

    monkeypatch.setattr(ledger, "changes", watched)
    for name in ("pages", "tasks", "count", "history", "durations"):
        monkeypatch.setattr(ledger, name, never)
    counts.refresh(NOW)
    ledger.record(completed("7"))
    ledger.flush()
    counts.refresh(NOW)
    assert [[task.id for task in each.tasks] for each in read] == [[], ["7"]]
    assert +counts.states == {("sora", "unknown"): 499, ("sora", "completed"): 1}
