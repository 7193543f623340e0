"""The outbox: what hooks and notifications are told comes from the facts, and each row is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from octotui.ledger import Ledger, limits
from octotui.model import Download, DownloadState, Task, TaskState
from tests.ledger.conftest import make_older, new

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def task(ledger: Ledger, task_id: str) -> Task:
    found = ledger.task(task_id)
    assert found is not None
    return found


def end(ledger: Ledger, task_id: str, state: TaskState, *, is_news: bool = True) -> None:
    ledger.record(replace(task(ledger, task_id), state=state, last_answer_at=5.0), is_news=is_news)
    ledger.flush()


def rows(ledger: Ledger) -> list[tuple[str, str]]:
    return [(each.task.id, each.kind) for each in ledger.queued_notices()]


def test_each_fact_that_is_news_is_one_row_in_its_order(ledger: Ledger) -> None:
    ledger.add(new("a", "b", "c", "d"), 1.0)
    end(ledger, "a", TaskState.RUNNING)
    assert rows(ledger) == []
    for _ in range(2):
        end(ledger, "b", TaskState.FAILED)
        end(ledger, "a", TaskState.COMPLETED)
    end(ledger, "c", TaskState.CANCELLED)
    end(ledger, "d", TaskState.COMPLETED, is_news=False)
    assert rows(ledger) == [("b", "failed"), ("a", "completed"), ("c", "failed")]


def test_a_download_that_is_saved_or_given_up_is_news_unless_a_newer_wish_holds(ledger: Ledger) -> None:
    ledger.add(new("a", "b"), 1.0)
    ledger.request_download(["a", "b"])
    wish = ledger.request_version("a")
    ledger.request_download(["a"])
    ledger.record_download("a", Download(DownloadState.FAILED, error="gone"), wish=wish)
    ledger.record_download("b", Download(DownloadState.FAILED, error="gone"))
    ledger.record_download("b", Download(DownloadState.RUNNING))
    ledger.flush()
    ledger.record_download("a", Download(DownloadState.SAVED, file="/v.mp4"))
    ledger.record_download("a", Download(DownloadState.SAVED, file="/v.mp4"))
    assert rows(ledger) == [("a", "saved")]
    ledger.record_download("b", Download(DownloadState.FAILED, error="gone"))
    ledger.flush()
    assert rows(ledger) == [("a", "saved"), ("b", "failed")]


def test_a_row_is_told_once_to_each_and_then_forgotten(ledger: Ledger, where: Path | str) -> None:
    ledger.add(new("a", "b"), 1.0)
    end(ledger, "a", TaskState.COMPLETED)
    end(ledger, "b", TaskState.COMPLETED)
    first, second = (each.number for each in ledger.queued_notices())
    with Ledger.open(where) as other:
        assert ledger.begin_notices([first, second], "hook") == [first, second]
        assert other.begin_notices([first, second], "hook") == []
        assert other.begin_notices([second], "notify") == [second]
        assert [each.number for each in other.queued_notices()] == [first]
        assert ledger.begin_notices([first, second], "notify") == [first]
        assert rows(other) == []
    ledger.note_deadlines({"a": "lost"}, 9.0)
    assert [each.number for each in ledger.queued_notices(second)] == [second + 1]


def test_a_deadline_is_told_once_when_near_and_once_when_past(ledger: Ledger) -> None:
    ledger.add(new("a", "b"), 1.0)
    assert ledger.note_deadlines({"a": "expiring", "b": "lost"}, 9.0) == ["a", "b"]
    assert ledger.note_deadlines({"a": "expiring", "b": "expiring"}, 9.0) == []
    assert ledger.note_deadlines({"a": "lost", "b": "lost"}, 9.0) == ["a"]
    assert rows(ledger) == [("a", "expiring"), ("b", "lost"), ("a", "lost")]
    ledger.remove(["a"])
    assert rows(ledger) == [("b", "lost")]


def test_a_ledger_whose_results_were_lost_before_says_nothing_of_them(path: Path) -> None:
    make_older(path, 8, "a", also="UPDATE tasks SET state = 'completed', deadline_at = 5.0")
    with Ledger.open(path) as ledger:
        assert ledger.note_deadlines({"a": "lost"}, 9.0) == []


def test_the_newest_are_kept_where_nobody_tells_anybody(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_QUEUED", 2)
    ledger.add(new("a", "b", "c"), 1.0)
    for task_id in "abc":
        end(ledger, task_id, TaskState.FAILED)
    assert rows(ledger) == [("b", "failed"), ("c", "failed")]
    ledger.request_download(["a"])
    ledger.record_download("a", Download(DownloadState.SAVED, file="/v.mp4"))
    assert rows(ledger) == [("c", "failed"), ("a", "saved")]
