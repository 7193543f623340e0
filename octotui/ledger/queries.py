"""What the ledger can be asked, as statements inside a transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from octotui.ledger import bulk
from octotui.ledger.records import Attempt, Changes, Duration, Minute
from octotui.ledger.rows import TASK_COLUMNS, plain, task_of
from octotui.model import EngineStatus, GatewayState, LogEntry

if TYPE_CHECKING:
    import sqlite3

    from octotui.model import Task

_ONE_TASK = bulk.json_rows(TASK_COLUMNS, "SELECT * FROM tasks WHERE id = ?")
_SOME_TASKS = bulk.json_rows(
    TASK_COLUMNS, "SELECT * FROM tasks WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number"
)
_DURATIONS = bulk.json_rows(
    ["provider", "model", "seconds", "size", bulk.real("duration"), bulk.real("at"), "number"],
    "SELECT * FROM durations WHERE number > ? ORDER BY number",
)

_GATEWAY_STATES = frozenset(GatewayState)


def tasks(connection: sqlite3.Connection) -> list[Task]:
    """Return all watched tasks, in the order they were added."""
    return _tasks_since(connection, -1)


def _tasks_since(connection: sqlite3.Connection, since: int) -> list[Task]:
    numbers = bulk.fetch(connection, "SELECT json_group_array(number) FROM tasks WHERE revision > ?", (since,))
    return [task_of(row) for row in bulk.fetch_many(connection, _SOME_TASKS, sorted(numbers))]


def task(connection: sqlite3.Connection, task_id: str) -> Task | None:
    """Return one watched task."""
    rows = bulk.fetch(connection, _ONE_TASK, (plain(task_id),))
    return task_of(rows[0]) if rows else None


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
    removed = bulk.fetch(connection, "SELECT json_group_array(id) FROM removed WHERE revision > ?", (since,))
    return Changes(revision, _tasks_since(connection, since), removed)


def raw_answers(connection: sqlite3.Connection, task_id: str) -> tuple[str | None, str | None]:
    """Return the last answer of a task as it came, and the last one that was different from it."""
    row = connection.execute("SELECT latest, previous FROM answers WHERE id = ?", (plain(task_id),)).fetchone()
    return row or (None, None)


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


def status(connection: sqlite3.Connection) -> EngineStatus | None:
    """Return what the engine last said about itself; fields this version does not know are left out."""
    row = connection.execute("SELECT status FROM status").fetchone()
    if row is None:
        return None
    told = {name: value for name, value in json.loads(row[0]).items() if name in EngineStatus._fields}
    if told.get("gateway") in _GATEWAY_STATES:
        told["gateway"] = GatewayState(told["gateway"])
    else:
        told.pop("gateway", None)  # a newer version's word
    return EngineStatus(**told)


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return what a full check of the file finds, at most 20 lines; nothing when it is whole."""
    lines: list[str] = [row[0] for row in connection.execute("PRAGMA quick_check(20)")]
    return [] if lines == ["ok"] else lines
