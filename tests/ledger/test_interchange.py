"""A ledger taken into another one, of each kind into each kind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.ledger import Copy, Ledger, Minute, Poster, SavedView
from octotui.ledger.interchange import tables
from octotui.ledger.interchange.copying import Difference, copy, differences
from octotui.ledger.sqlite import migrations, schema
from octotui.model import Download, DownloadState, EventKind, LogEntry, TaskState
from tests.ledger.conftest import new


@pytest.fixture
def other(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Return a ledger of the other kind, where there is another one here."""
    where: Path | str = request.getfixturevalue("url") if kind == "sqlite" else tmp_path / "other" / "ledger.db"
    with Ledger.open(where) as opened:
        yield opened


def fill(ledger: Ledger) -> None:
    """Put something into every table."""
    ledger.add(new("a", "b", "ü", tags=("x", "y")), 5.0)
    ledger.request_download(["a", "b"], folder="/films")
    ledger.pause(["b"], True)
    ledger.set_title(["a"], "a cat")
    ledger.pause_all(True, 9.0)
    ledger.save_view(SavedView("mine", "state:failed", "left", "sora", ("id", "left")))
    ledger.keep_columns(("id", "size"))
    task = ledger.task("a")
    assert task is not None
    ledger.record(replace(task, state=TaskState.COMPLETED, completed_at=7.25, final_seen_at=7.5), raw='{"n": 1}')
    ledger.flush()
    ledger.record(replace(task, state=TaskState.COMPLETED, completed_at=7.25), raw='{"n": "' + "x" * 9000 + '"}')
    failed = replace(task, id="b", state=TaskState.FAILED, error_message="no", final_seen_at=8.0)
    ledger.record(failed, raw="{}")
    ledger.record_download("a", Download(DownloadState.SAVED, 5, 5, "/films/a.mp4", "ab" * 32, saved_at=8.0))
    ledger.note_attempt("a", 7.75, "link", "200")
    ledger.log(LogEntry(8.0, EventKind.SAVED, "a", "saved"))
    ledger.note_duration(provider="sora", model=None, seconds="10", size=None, duration=61.5, at=7.5)
    ledger.note_minute(Minute(60, asks=3, answers=2, lag_sum=0.125, bytes=7))
    ledger.flush()
    ledger.record_poster("a", Poster(9.0, b"\xff\xd8jpeg"))
    ledger.record_copy(Copy("a", "s3://bucket", "s3://bucket/a.mp4", 5, "ab" * 32, 8.5, "render-01"))
    ledger.note_deadlines({"ü": "expiring"}, 9.0)


def test_all_of_a_ledger_comes_into_one_of_the_other_kind(ledger: Ledger, other: Ledger) -> None:
    fill(ledger)
    done = copy(ledger, other)
    assert [each.table for each in done if each.found == 0] == []
    assert [each for each in done if each.copied != each.found] == []
    assert other.tasks() == ledger.tasks()
    assert list(differences(ledger, other)) == []
    for task_id in ("a", "b", "ü"):
        assert other.raw_answer(task_id) == ledger.raw_answer(task_id)
        assert other.previous_answer(task_id) == ledger.previous_answer(task_id)
        assert other.attempts(task_id) == ledger.attempts(task_id)
        assert other.poster(task_id) == ledger.poster(task_id)
        assert other.copies([task_id]) == ledger.copies([task_id])
    assert [entry._replace(number=0) for entry in other.events()] == [
        entry._replace(number=0) for entry in ledger.events()
    ]
    assert other.minutes(0) == ledger.minutes(0)
    assert other.history(0) == ledger.history(0)
    assert (other.saved_views(), other.columns()) == (ledger.saved_views(), ledger.columns())
    assert other.paused_since() == 9.0
    assert other.changes(0, with_requests=True).requests == ledger.changes(0, with_requests=True).requests
    notices = [(notice.kind, notice.at, notice.task) for notice in ledger.queued_notices()]
    assert [(notice.kind, notice.at, notice.task) for notice in other.queued_notices()] == notices


def test_there_and_back_again(ledger: Ledger, other: Ledger, tmp_path: Path) -> None:
    fill(ledger)
    copy(ledger, other)
    with Ledger.open(tmp_path / "back" / "ledger.db") as back:
        copy(other, back)
        assert list(differences(ledger, back)) == []
        assert back.interchange.count_rows() == ledger.interchange.count_rows()


def test_a_copy_done_again_changes_nothing(ledger: Ledger, other: Ledger) -> None:
    fill(ledger)
    copy(ledger, other)
    before = other.interchange.count_rows()
    other.set_title(["b"], "changed since")
    other.remove(["ü"])
    assert {each.table: each.copied for each in copy(ledger, other) if each.copied} == {
        "tasks": 1,
        "deadlines_told": 1,
        "outbox": 1,
    }
    assert other.interchange.count_rows() == before
    assert list(differences(ledger, other)) == [Difference("b", is_there=True)]


def test_what_is_lacking_is_named(ledger: Ledger, other: Ledger) -> None:
    fill(ledger)
    assert [each.task_id for each in differences(ledger, other)] == ["a", "b", "ü"]


def test_many_pages(ledger: Ledger, other: Ledger) -> None:
    ledger.add(new(*(f"t{number}" for number in range(1201))), 5.0)
    said: list[int] = []
    copy(ledger, other, said.append)
    assert said == [500, 1000, 1201]
    assert other.tasks() == ledger.tasks()


@pytest.mark.only_sqlite
def test_a_row_that_cannot_be_one_is_left_out(ledger: Ledger, path: Path, other: Ledger) -> None:
    ledger.add(new("a", "b"), 5.0)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE tasks SET progress = 'half' WHERE id = 'a'")
        connection.execute("INSERT INTO events (at, kind, task_id, text) VALUES ('x', 'state', 'a', 'y')")
        connection.commit()
    done = {each.table: each for each in copy(ledger, other)}
    assert (done["tasks"].found, done["tasks"].copied) == (2, 1)
    assert done["events"].copied == done["events"].found - 1
    assert [task.id for task in other.tasks()] == ["b"]


def test_the_tables_are_all_there_are() -> None:
    """A column that somebody adds to a ledger is copied, too, or named here as one that only helps the work along."""
    helping = {("tasks", "number"), ("tasks", "revision")}
    of_the_work = {"asks", "counter", "lease", "poster_asks", "removed", "salvages", "status"}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection, len(migrations.MIGRATIONS))
        there = schema.columns_of(connection)
    named = {(table, column.name) for table, columns in tables.ALL.items() for column in columns}
    left = {(table, name) for table, name in there - named - helping if table not in of_the_work}
    assert {each for each in left if each[1] not in {"number", "only"}} == set()
    assert named - there == set()
