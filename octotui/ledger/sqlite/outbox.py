"""The outbox: what hooks and notifications are to be told, written in the transaction that writes the fact itself.

Whoever works hands it on, each row once: a row is marked before somebody is told, so that of two workers only one does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from octotui.ledger import limits
from octotui.ledger.records import QueuedNotice
from octotui.ledger.rows import moment, plain
from octotui.ledger.sqlite import bulk, queries
from octotui.model import DownloadState, TaskState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from octotui.ledger.sqlite.database import Database
    from octotui.model import Download, Task

_KINDS = {TaskState.COMPLETED: "completed", TaskState.FAILED: "failed", TaskState.CANCELLED: "failed"}


def note_states(connection: sqlite3.Connection, tasks: Iterable[Task], now: float) -> None:
    """Write down which of these tasks are final now and were not before. Call it before they are written."""
    rows = [
        (plain(task.id), task.state.value, _KINDS[task.state], moment(now)) for task in tasks if task.state.is_final
    ]
    if not rows:
        return
    bulk.execute(
        connection,
        """
        INSERT INTO outbox (at, kind, task_id) SELECT new.column4, new.column3, tasks.id
        FROM (VALUES :rows) AS new JOIN tasks ON tasks.id = new.column1 WHERE tasks.state <> new.column2
        """,
        rows,
    )
    _forget_oldest(connection)


def note_downloads(connection: sqlite3.Connection, downloads: Iterable[tuple[str, Download, int]], now: float) -> None:
    """Write down which of these downloads are saved, or given up, and were not before. Call it before they are written.

    Each comes with the wish it was reported for: a failure of an earlier one is no news.
    """
    ended = [
        {"id": plain(task_id), "state": download.state.value, "wish": wish, "now": moment(now)}
        for task_id, download, wish in downloads
        if download.state in {DownloadState.SAVED, DownloadState.FAILED}
    ]
    if not ended:
        return  # as four times a second while anything is fetched
    connection.executemany(
        """
        INSERT INTO outbox (at, kind, task_id) SELECT :now, :state, id FROM tasks
        WHERE id = :id AND download_state NOT IN ('saved', :state) AND (:state = 'saved' OR wish <= :wish)
        """,
        ended,
    )
    _forget_oldest(connection)


def _forget_oldest(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM outbox WHERE number <= (SELECT MAX(number) FROM outbox) - ?", (limits.MAX_QUEUED,))


def forget_notices(connection: sqlite3.Connection, chosen: str) -> None:
    """Drop what is to be told, and was told, of tasks; `chosen` is a JSON array of ids."""
    connection.execute("DELETE FROM outbox WHERE task_id IN (SELECT value FROM json_each(?))", (chosen,))
    connection.execute("DELETE FROM deadlines_told WHERE id IN (SELECT value FROM json_each(?))", (chosen,))


class Outbox:
    """The part of a ledger that is about what is to be told."""

    def __init__(self, store: Database, committed: Callable[[], None]) -> None:
        self._store = store
        self._committed = committed

    def queued_notices(self, after: int = 0, *, limit: int = 100) -> list[QueuedNotice]:
        """Return what is to be told, in its order."""
        query = "SELECT number, at, kind, task_id FROM outbox WHERE number > ? ORDER BY number LIMIT ?"
        with self._store.reading() as connection:
            rows = connection.execute(query, (after, limit)).fetchall()
            tasks = {task_id: queries.task(connection, task_id) for task_id in {row[3] for row in rows}}
        return [
            QueuedNotice(number, at, kind, task)
            for number, at, kind, task_id in rows
            if (task := tasks[task_id]) is not None
        ]

    def begin_notices(self, numbers: Sequence[int], whom: str) -> list[int]:
        """Mark rows as told to `whom`; returns those that were not before."""
        with self._store.writing() as connection:
            return _marked(connection, numbers, whom)

    def note_deadlines(self, near: Mapping[str, str], now: float) -> list[str]:
        """Write down results that are near their deadline or lost; returns the ids of which that is news."""
        query = """
            SELECT json_group_array(told.id) FROM deadlines_told AS told JOIN json_each(?) AS near ON told.id = near.key
            WHERE told.kind = near.value OR told.kind = 'lost'
        """
        with self._store.reading() as connection:
            told = set(bulk.fetch(connection, query, (json.dumps({plain(one): kind for one, kind in near.items()}),)))
        fresh = {task_id: kind for task_id, kind in near.items() if plain(task_id) not in told}
        if not fresh:
            return []
        rows = [(plain(task_id), kind, moment(now)) for task_id, kind in fresh.items()]
        with self._store.writing() as connection:
            bulk.execute(
                connection,
                """
                INSERT INTO outbox (at, kind, task_id) SELECT new.column3, new.column2, tasks.id
                FROM (VALUES :rows) AS new JOIN tasks ON tasks.id = new.column1
                """,
                rows,
            )
            connection.executemany("INSERT OR REPLACE INTO deadlines_told VALUES (?, ?)", [row[:2] for row in rows])
        self._committed()
        return list(fresh)


def _marked(connection: sqlite3.Connection, numbers: Collection[int], whom: str) -> list[int]:
    column = {"hook": "hook", "notify": "notify"}[whom]
    listed = json.dumps(list(numbers))
    query = f"""
        UPDATE outbox SET {column} = 1 WHERE {column} = 0 AND number IN (SELECT value FROM json_each(?))
        RETURNING number
    """  # noqa: S608 - one of two words
    marked = sorted(row[0] for row in connection.execute(query, (listed,)).fetchall())
    connection.execute("DELETE FROM outbox WHERE hook AND notify")
    return marked
