"""What the ledger can be asked, as statements inside a transaction."""

from __future__ import annotations

import json
import sqlite3
from itertools import chain
from typing import TYPE_CHECKING

from octotui.ledger.records import Attempt, Changes, DownloadRequest, Duration, FirstPage, Minute, Salvage
from octotui.ledger.rows import TaskRows, plain, task_rows, unpacked
from octotui.ledger.sqlite import bulk, schema
from octotui.ledger.sqlite.connections import is_malformed, leave_out
from octotui.ledger.sqlite.task_statements import json_columns
from octotui.ledger.status_text import status_of
from octotui.model import LogEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octotui.model import EngineStatus, Task

_SOME_TASKS = "SELECT * FROM tasks WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number"
_DURATIONS = bulk.json_rows(
    ["provider", "model", "seconds", "size", bulk.real("duration"), bulk.real("at"), "number"],
    """
    SELECT * FROM durations WHERE number > ? AND typeof(provider) = 'text' AND typeof(duration) = 'real'
        AND typeof(at) = 'real' ORDER BY number
    """,
)

_END_OF_PAGE = "SELECT MAX(number) FROM (SELECT number FROM tasks WHERE number > ? ORDER BY number LIMIT 1000)"
_PAGE = "FROM tasks WHERE number > ? AND number <= ? ORDER BY number"


def tasks(connection: sqlite3.Connection) -> list[Task]:
    """Return all watched tasks, in the order they were added."""
    from octotui.ledger.sqlite import column_pages  # noqa: PLC0415 - a command that adds a task reads no others

    reading = task_rows()
    found: list[Task] = []
    for page in column_pages.pages(connection, reading.columns):
        try:
            if page.error is not None:
                raise page.error
            found += reading.of_columns(page.values(), page.constants, page.rows)
        except (sqlite3.OperationalError, ValueError, LookupError, RecursionError) as error:
            if not is_malformed(error):
                raise
            found += chain.from_iterable(numbered(connection, column_pages.numbers(connection, page)))
    return found


def _tasks_since(connection: sqlite3.Connection, since: int) -> list[Task]:
    newer = "SELECT json_group_array(number) FROM tasks WHERE revision > ?"
    numbers = sorted(bulk.fetch(connection, newer, (since,)))
    return list(chain.from_iterable(numbered(connection, numbers)))


def first_page(connection: sqlite3.Connection, now: float, limit: int) -> FirstPage:
    """Return what is looked at first at `now` (unix seconds), at most `limit` tasks of each provider."""
    from octotui.ledger.sqlite import first_page  # noqa: PLC0415 - few ledgers have so many tasks

    counts = first_page.counts(connection, now)
    found = chain.from_iterable(
        chain.from_iterable(numbered(connection, first_page.numbers(connection, provider, now, limit)))
        for provider in counts
    )
    return FirstPage(counts, list(found))


def numbered(connection: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[list[Task]]:
    """Yield the tasks of rows, `bulk.CHUNK` at a time; a row that cannot be one is left out, and noted as such."""
    for start in range(0, len(numbers), bulk.CHUNK):
        yield _possible(connection, numbers[start : start + bulk.CHUNK], task_rows())


def pages(connection: sqlite3.Connection, names: frozenset[str] | None) -> Iterator[list[Task]]:
    """Yield all watched tasks, in the order they were added, a page at a time: no more than a page is in memory.

    Read row by row: twice as fast as by JSON for whoever has no other thread that computes (`bulk.py`). Of each task
    only the fields `names` are read, all for None.
    """
    reading = task_rows(names)
    query = f"SELECT {', '.join(reading.columns)} {_PAGE}"
    before = -(2**63)
    while True:
        last = connection.execute(_END_OF_PAGE, (before,)).fetchone()[0]
        if last is None:
            return
        try:
            found = reading.tasks(connection.execute(query, (before, last)).fetchall())
        except (sqlite3.OperationalError, ValueError, LookupError, RecursionError) as error:
            if not is_malformed(error):
                raise
            numbers = [row[0] for row in connection.execute(f"SELECT number {_PAGE}", (before, last))]
            found = _possible(connection, numbers, reading)
        yield found
        before = last


def _possible(connection: sqlite3.Connection, numbers: Sequence[int], reading: TaskRows) -> list[Task]:
    query = bulk.json_rows(json_columns(reading), _SOME_TASKS)
    try:
        return reading.tasks(bulk.fetch(connection, query, (json.dumps(numbers),)))
    except (sqlite3.OperationalError, ValueError, LookupError, RecursionError) as error:
        if not is_malformed(error):
            raise
    if len(numbers) == 1:
        leave_out(connection, numbers[0])
        return []
    # One such row fails the whole chunk: each is tried by itself.
    return [task for number in numbers for task in _possible(connection, [number], reading)]


def task(connection: sqlite3.Connection, task_id: str) -> Task | None:
    """Return one watched task; None, too, where its row cannot be one."""
    row = connection.execute("SELECT number FROM tasks WHERE id = ?", (plain(task_id),)).fetchone()
    found = [] if row is None else _possible(connection, row, task_rows())
    return found[0] if found else None


def request_version(connection: sqlite3.Connection, task_id: str) -> int | None:
    """Return how often somebody spoke about the download of a task, None when it is not watched."""
    row = connection.execute("SELECT wish FROM tasks WHERE id = ?", (plain(task_id),)).fetchone()
    return None if row is None else row[0]


def folder(connection: sqlite3.Connection, task_id: str) -> str | None:
    """Return the folder asked for with the download of a task."""
    row = connection.execute("SELECT folder FROM tasks WHERE id = ?", (plain(task_id),)).fetchone()
    return None if row is None else row[0]


def has_asks(connection: sqlite3.Connection) -> bool:
    """Tell whether somebody wants a task asked at once."""
    return connection.execute("SELECT 1 FROM asks LIMIT 1").fetchone() is not None


def changes(connection: sqlite3.Connection, since: int) -> Changes:
    """Return what is different since a revision; everything for 0."""
    revision: int = connection.execute("SELECT revision FROM counter").fetchone()[0]
    if since <= 0:
        return Changes(revision, tasks(connection), [])
    query = """
        SELECT json_group_array(json_array(id, id IN (SELECT id FROM tasks))) FROM removed WHERE revision > ?
    """
    rows = bulk.fetch(connection, query, (since,))
    removed, anew = [id_ for id_, is_there in rows if not is_there], [id_ for id_, is_there in rows if is_there]
    return Changes(revision, _tasks_since(connection, since), removed, anew)


def requests(connection: sqlite3.Connection, since: int) -> dict[str, DownloadRequest]:
    """Return what was asked for with the unsaved downloads of the tasks that changed since a revision; of all for 0."""
    query = """
        SELECT json_group_array(json_array(id, wish, folder)) FROM tasks
        WHERE revision > ? AND (wanted OR wish OR download_state <> 'none') AND download_state <> 'saved'
    """
    return {task_id: DownloadRequest(*asked) for task_id, *asked in bulk.fetch(connection, query, (since,))}


def raw_answers(connection: sqlite3.Connection, task_id: str) -> tuple[str | None, str | None]:
    """Return the last answer of a task as it came, and the last one that was different from it."""
    row = connection.execute("SELECT latest, previous FROM answers WHERE id = ?", (plain(task_id),)).fetchone()
    latest, previous = (None, None) if row is None else (unpacked(row[0]), unpacked(row[1]))
    # The same answer twice: it was kept once as it was, by an older version, and once compressed.
    return latest, None if previous == latest else previous


def attempts(connection: sqlite3.Connection, task_id: str) -> list[Attempt]:
    """Return the rungs tried for the download of a task, oldest first."""
    query = "SELECT at, rung, outcome FROM attempts WHERE task_id = ? ORDER BY number"
    return [Attempt(*row) for row in connection.execute(query, (plain(task_id),))]


def events(connection: sqlite3.Connection, since: int, task_id: str | None, limit: int) -> list[LogEntry]:
    """Return lines of the activity log, oldest first: those next after `since`, or the newest when it is 0."""
    of_task = "" if task_id is None else "AND task_id = :task_id"
    order = "ASC" if since > 0 else "DESC"
    query = f"""
        SELECT at, kind, task_id, text, number, detail FROM events WHERE number > :since {of_task}
            AND typeof(at) = 'real' AND typeof(kind) = 'text' AND typeof(text) = 'text' AND typeof(detail) = 'text'
        ORDER BY number {order} LIMIT :limit
    """  # noqa: S608  both insertions are words from the two lines above
    asked = {"since": since, "task_id": task_id and plain(task_id), "limit": limit}
    lines = [LogEntry(*row) for row in connection.execute(query, asked)]
    return lines if since > 0 else lines[::-1]


def durations(connection: sqlite3.Connection, since: int) -> list[Duration]:
    """Return how long finished tasks took, oldest first: those with a higher number than `since`."""
    return [Duration(*row) for row in bulk.fetch(connection, _DURATIONS, (since,))]


def paused_since(connection: sqlite3.Connection) -> float | None:
    """Return since when everything is paused, None while it is not."""
    row = connection.execute("SELECT since FROM pause").fetchone()
    return None if row is None else row[0]


def minutes(connection: sqlite3.Connection, since: float) -> list[Minute]:
    """Return what was done in the minutes from `since` on, oldest first."""
    query = """
        SELECT minute, asks, answers, failures, done, lags, lag_sum, lag_max, bytes FROM minutes
        WHERE minute >= ? ORDER BY minute
    """
    return [Minute(*row) for row in connection.execute(query, (since,))]


def count(connection: sqlite3.Connection) -> int:
    """Return how many tasks are watched."""
    number: int = connection.execute("SELECT COUNT(*) FROM tasks").fetchone()[0]
    return number


def saved(connection: sqlite3.Connection) -> int:
    """Return how many results are saved."""
    number: int = connection.execute("SELECT COUNT(*) FROM tasks WHERE download_state = 'saved'").fetchone()[0]
    return number


def status(connection: sqlite3.Connection) -> EngineStatus | None:
    """Return what the engine last said about itself; fields this version does not know are left out."""
    row = connection.execute("SELECT status FROM status").fetchone()
    return None if row is None else status_of(row[0])


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return what a full check of the file finds, at most 20 lines; nothing when it is whole."""
    lines: list[str] = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
    return [] if lines == ["ok"] else lines


def salvage(connection: sqlite3.Connection) -> Salvage | None:
    """Return what was brought over last from a damaged ledger, None where none ever was."""
    if "salvages" not in schema.tables_of(connection):
        return None  # of a version before there were any
    query = "SELECT at, reason, moved_to, tasks, ids FROM salvages ORDER BY number DESC LIMIT 1"
    row = connection.execute(query).fetchone()
    return None if row is None else Salvage(*row)
