from __future__ import annotations

import dataclasses
import threading

import pytest

from octotui.estimates import Durations, expectation
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, LogEntry
from octotui.tui import ledger_snapshot
from octotui.tui.ledger_snapshot import LedgerSnapshot
from tests.tui.tasks import NOW, every_state, fill, ready, record, running, saved


def test_the_first_pull_brings_everything_and_the_next_only_what_changed(full_ledger: Ledger) -> None:
    seen = LedgerSnapshot(full_ledger)
    first = seen.pull(NOW)
    assert {one.id for tasks in first.changed.values() for one in tasks} == {one.id for one in every_state()}
    assert not seen.pull(NOW)
    record(full_ledger, running("video_5c3e91b4", 99))
    second = seen.pull(NOW)
    assert [one.id for tasks in second.changed.values() for one in tasks] == ["video_5c3e91b4"]
    full_ledger.remove(["video_5c3e91b4"])
    assert seen.pull(NOW).removed == ["video_5c3e91b4"]


def test_counts_are_right_whatever_happens(ledger: Ledger) -> None:
    seen = LedgerSnapshot(ledger)
    fill(ledger)
    seen.pull(NOW)
    ledger.remove(["video_e41f"])
    record(ledger, ready("video_5c3e91b4", 100), saved("video_9f2c81d0"))
    seen.pull(NOW)
    seen.pull(NOW + 10_000)
    fresh = LedgerSnapshot(ledger)
    fresh.pull(NOW + 10_000)
    assert {name: +counts for name, counts in seen.counts.items()} == {
        name: +counts for name, counts in fresh.counts.items()
    }


def test_the_next_loss_is_the_nearest_that_nobody_saved(ledger: Ledger) -> None:
    record(ledger, ready("later", 900), ready("soon", 100), saved("safe"), running("not yet", 5))
    seen = LedgerSnapshot(ledger)
    seen.pull(NOW)
    loss = seen.next_loss()
    assert loss is not None
    assert loss.id == "soon"
    seen.pull(NOW + 100)
    loss = seen.next_loss()
    assert loss is not None
    assert loss.id == "later"
    ledger.remove(["later"])
    seen.pull(NOW + 101)
    assert seen.next_loss() is None


def test_a_fresh_link_moves_the_loss(ledger: Ledger) -> None:
    record(ledger, ready("a", 100), ready("b", 200))
    seen = LedgerSnapshot(ledger)
    seen.pull(NOW)
    record(ledger, ready("a", 3000))
    seen.pull(NOW)
    loss = seen.next_loss()
    assert loss is not None
    assert loss.id == "b"


def test_time_alone_changes_what_is_lost(ledger: Ledger) -> None:
    record(ledger, ready("a", 100))
    seen = LedgerSnapshot(ledger)
    seen.pull(NOW)
    delta = seen.pull(NOW + 100)
    assert [one.id for one in delta.changed["sora"]] == ["a"]
    assert +seen.counts["sora"] == {"expired": 1}
    assert not seen.pull(NOW + 101)


def test_ready_is_sorted_by_deadline(ledger: Ledger) -> None:
    wanted = Download(DownloadState.WANTED)
    tasks = [
        ready("b", 200),
        ready("nobody knows", deadline=None),
        ready("a", 100),
        ready("going", 50, download=wanted),
    ]
    record(ledger, *tasks, ready("lost", -1))
    seen = LedgerSnapshot(ledger)
    seen.pull(NOW)
    assert [one.id for one in seen.ready(NOW)] == ["a", "b", "nobody knows"]


def test_estimates_need_three_like_it(ledger: Ledger) -> None:
    task = running("a", None, model="sora-2")
    record(ledger, task)
    seen = LedgerSnapshot(ledger)
    for number, duration in enumerate((60.0, 90.0, 400.0)):
        seen.pull(NOW)
        seen.learn(seen.read_durations())
        assert seen.expects(task) is None
        record(ledger, ready(f"done{number}", 100))
        ledger.note_duration(provider="sora", model="sora-2", seconds=None, size=None, duration=duration, at=NOW)
        ledger.flush()
    seen.pull(NOW)
    seen.learn(seen.read_durations())
    engine_says = expectation(seen.tasks["a"], Durations(ledger.durations()).spread(task))
    assert engine_says is not None
    assert seen.expects(seen.tasks["a"]) == engine_says
    assert seen.expects(dataclasses.replace(task, model="other")) is None
    assert seen.read_durations() == [], "each lesson is read once"


def test_news_are_the_latest_event(ledger: Ledger) -> None:
    seen = LedgerSnapshot(ledger)
    seen.pull(NOW)
    before = seen.latest
    ledger.log(LogEntry(NOW, "added", "a", "first"))
    ledger.log(LogEntry(NOW, "added", "b", "second"))
    ledger.flush()
    seen.pull(NOW)
    assert before is None
    assert seen.latest is not None
    assert seen.latest.text == "second"


def test_a_closed_ledger_is_said_and_the_picture_stays(ledger: Ledger) -> None:
    record(ledger, running("a", 5))
    seen = LedgerSnapshot(ledger)
    seen.pull(NOW)
    ledger.close()
    assert not seen.pull(NOW)
    assert seen.read_durations() == []
    assert seen.trouble is not None
    assert "closed" in seen.trouble
    assert set(seen.tasks) == {"a"}


def test_what_was_read_ahead_is_the_first_picture_and_only_that(ledger: Ledger) -> None:
    record(ledger, running("a", 5))
    seen = LedgerSnapshot(ledger)
    seen.read_ahead(NOW)
    first = seen.pull(NOW)
    record(ledger, running("b", 5))
    second = seen.pull(NOW)
    assert [task.id for task in first.changed["sora"]] == ["a"]
    assert [task.id for task in second.changed["sora"]] == ["b"]


def test_much_is_not_read_ahead(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_snapshot, "MANY_TASKS", 1)
    record(ledger, running("a", 5), running("b", 5))
    seen = LedgerSnapshot(ledger)
    seen.read_ahead(NOW)
    for thread in threading.enumerate():
        if thread.name == "octotui-read-ahead":
            thread.join()
    record(ledger, running("c", 5))
    assert {task.id for task in seen.pull(NOW).changed["sora"]} == {"a", "b", "c"}


def test_a_ledger_that_cannot_be_read_ahead_is_said(ledger: Ledger) -> None:
    seen = LedgerSnapshot(ledger)
    ledger.close()
    seen.read_ahead(NOW)
    assert not seen.pull(NOW)
    assert seen.trouble is not None
    assert "closed" in seen.trouble


def test_deadlines_that_hold_no_more_are_let_go_of(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_snapshot, "_OUTDATED", 5)
    seen = LedgerSnapshot(ledger)
    record(ledger, ready("stays", 5000))
    for renewed in range(30):
        record(ledger, ready("moves", 1000 + renewed))
        seen.pull(NOW)
        assert len(seen._deadlines) <= 2 * 2 + 5
    for number in range(30):
        record(ledger, ready(f"goes {number}", 2000))
        seen.pull(NOW)
        ledger.remove([f"goes {number}"])
        seen.pull(NOW)
        assert len(seen._deadlines) <= 2 * 3 + 5
    found = seen.next_loss()
    assert found is not None
    assert (found.id, found.deadline and found.deadline.at) == ("moves", NOW + 1029)
    ledger.remove(["moves"])
    seen.pull(NOW)
    last = seen.next_loss()
    assert last is not None
    assert last.id == "stays"
