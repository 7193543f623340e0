"""The outbox: what hooks and notifications are to be told, written in the transaction that writes the fact itself.

Whoever works hands it on, each row once: a row is marked before somebody is told, so that of two workers only one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger import limits
from octotui.ledger.postgres import bulk, queries
from octotui.ledger.records import QueuedNotice
from octotui.ledger.rows import moment, plain
from octotui.model import DownloadState, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server
    from octotui.model import Download, Task

_KINDS = {TaskState.COMPLETED: "completed", TaskState.FAILED: "failed", TaskState.CANCELLED: "failed"}


def note_states(connection: LedgerConnection, tasks: Iterable[Task], now: float) -> None:
    """Write down which of these tasks are final now and were not before. Call it before they are written."""
    rows = [
        (plain(task.id), task.state.value, _KINDS[task.state], moment(now)) for task in tasks if task.state.is_final
    ]
    bulk.execute(
        connection,
        """
        INSERT INTO outbox (at, kind, task_id) SELECT new.at, new.kind, tasks.id
        FROM :rows JOIN tasks ON tasks.id = new.id WHERE tasks.state <> new.state ORDER BY new.nth
        """,
        {"id": "text", "state": "text", "kind": "text", "at": "double precision"},
        rows,
    )
    if rows:
        _forget_oldest(connection)


def note_downloads(connection: LedgerConnection, downloads: Iterable[tuple[str, Download, int]], now: float) -> None:
    """Write down which of these downloads are saved, or given up, and were not before. Call it before they are written.

    Each comes with the wish it was reported for: a failure of an earlier one is no news.
    """
    rows = [
        (plain(task_id), download.state.value, wish, moment(now))
        for task_id, download, wish in downloads
        if download.state in {DownloadState.SAVED, DownloadState.FAILED}
    ]
    bulk.execute(
        connection,
        """
        INSERT INTO outbox (at, kind, task_id) SELECT new.at, new.state, tasks.id
        FROM :rows JOIN tasks ON tasks.id = new.id
        WHERE download_state NOT IN ('saved', new.state) AND (new.state = 'saved' OR tasks.wish <= new.wish)
        ORDER BY new.nth
        """,
        {"id": "text", "state": "text", "wish": "bigint", "at": "double precision"},
        rows,
    )
    if rows:
        _forget_oldest(connection)


def _forget_oldest(connection: LedgerConnection) -> None:
    connection.execute("DELETE FROM outbox WHERE number <= (SELECT max(number) FROM outbox) - %s", (limits.MAX_QUEUED,))


def forget_notices(connection: LedgerConnection, chosen: Sequence[str]) -> None:
    """Drop what is to be told, and was told, of tasks."""
    connection.execute("DELETE FROM outbox WHERE task_id = ANY(%s)", (chosen,))
    connection.execute("DELETE FROM deadlines_told WHERE id = ANY(%s)", (chosen,))


class Outbox:
    """The part of a ledger that is about what is to be told."""

    def __init__(self, server: Server, committed: Callable[[], None]) -> None:
        self._server = server
        self._committed = committed

    def queued_notices(self, after: int = 0, *, limit: int = 100) -> list[QueuedNotice]:
        """Return what is to be told, in its order."""
        query = "SELECT number, at, kind, task_id FROM outbox WHERE number > %s ORDER BY number LIMIT %s"
        with self._server.reading() as connection:
            rows = connection.execute(query, (after, limit)).fetchall()
            tasks = queries.some_tasks(connection, list({row[3] for row in rows})) if rows else {}
        return [
            QueuedNotice(number, at, kind, task)
            for number, at, kind, task_id in rows
            if (task := tasks.get(task_id)) is not None
        ]

    def begin_notices(self, numbers: Sequence[int], whom: str) -> list[int]:
        """Mark rows as told to `whom`; returns those that were not before."""
        column = {"hook": "hook", "notify": "notify"}[whom]
        mark = f"UPDATE outbox SET {column} = true WHERE NOT {column} AND number = ANY(%s) RETURNING number"  # noqa: S608 - one of two words
        with self._server.writing() as connection:
            marked = sorted(row[0] for row in connection.execute(mark.encode(), (list(numbers),)).fetchall())
            connection.execute("DELETE FROM outbox WHERE hook AND notify")
        return marked

    def note_deadlines(self, near: Mapping[str, str], now: float) -> list[str]:
        """Write down results that are near their deadline or lost; returns the ids of which that is news."""
        if not near:
            return []
        with self._server.reading() as connection:
            told = _told(connection, near)
        if all(plain(task_id) in told for task_id in near):
            return []
        with self._server.writing() as connection:
            told = _told(connection, near)  # another process may have been told meanwhile
            fresh = {task_id: kind for task_id, kind in near.items() if plain(task_id) not in told}
            rows = [(plain(task_id), kind, moment(now)) for task_id, kind in fresh.items()]
            bulk.execute(
                connection,
                """
                INSERT INTO outbox (at, kind, task_id) SELECT new.at, new.kind, tasks.id
                FROM :rows JOIN tasks ON tasks.id = new.id ORDER BY new.nth
                """,
                {"id": "text", "kind": "text", "at": "double precision"},
                rows,
            )
            bulk.execute(
                connection,
                """
                INSERT INTO deadlines_told SELECT new.id, new.kind FROM :rows
                ON CONFLICT (id) DO UPDATE SET kind = excluded.kind
                """,
                {"id": "text", "kind": "text"},
                [row[:2] for row in rows],
            )
        self._committed()
        return list(fresh)


def _told(connection: LedgerConnection, near: Mapping[str, str]) -> set[str]:
    """Return of which of these tasks that, or worse, was told before."""
    query = "SELECT id, kind FROM deadlines_told WHERE id = ANY(%s)"
    kinds = {plain(task_id): kind for task_id, kind in near.items()}
    rows = connection.execute(query, (list(kinds),)).fetchall()
    return {task_id for task_id, kind in rows if kind in {kinds[task_id], "lost"}}
