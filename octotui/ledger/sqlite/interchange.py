"""All rows of a ledger in SQLite, for another ledger, or from one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from octotui.ledger.interchange import tables
from octotui.ledger.rows import unpacked
from octotui.ledger.sqlite.facts import packed
from octotui.ledger.sqlite.intents.statements import next_revision
from octotui.ledger.sqlite.task_statements import id_list

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from octotui.ledger.interchange.tables import Rows
    from octotui.ledger.sqlite.database import Database

_PAGE = 500
"""Tasks of a page."""


class Interchange:
    """The part of a `Ledger` that is about taking all of it elsewhere."""

    def __init__(self, store: Database, committed: Callable[[], None]) -> None:
        self._store = store
        self._committed = committed

    def count_rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self._store.reading() as connection:
            return {
                table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
                for table in tables.ALL
            }

    def task_pages(self) -> Iterator[dict[str, Rows]]:
        """Yield the rows of all tasks with all that hangs on them, a page at a time, from one view."""
        with self._store.reading() as connection:
            before = -(2**63)
            while True:
                query = "SELECT number, id FROM tasks WHERE number > ? ORDER BY number LIMIT ?"
                found = connection.execute(query, (before, _PAGE)).fetchall()
                if not found:
                    return
                before = found[-1][0]
                ids = [task_id for _, task_id in found if isinstance(task_id, str)]
                yield {table: _rows_of(connection, table, ids) for table in tables.OF_TASKS}

    def history(self, table: str) -> Rows:
        """Return all rows of a table that is about no single task."""
        columns = tables.HISTORY[table]
        with self._store.reading() as connection:
            query = f"SELECT {tables.names(columns)} FROM {table} ORDER BY rowid"  # noqa: S608 - our own names
            if table in {"hour_outcomes", "hour_failures", "hour_renderings"}:
                query = query.replace("ORDER BY rowid", "ORDER BY hour, provider, model")
            return tables.fitting(columns, connection.execute(query).fetchall())

    def put_tasks(self, page: Mapping[str, Rows]) -> dict[str, int]:
        """Store a page of tasks that are not there yet, with what hangs on them; returns the rows stored by table."""
        ids = [row[0] for row in page["tasks"]]
        with self._store.writing() as connection:
            known = "SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(?))"
            new = set(ids).difference(row[0] for row in connection.execute(known, (id_list(ids),)))
            stored = dict.fromkeys(tables.OF_TASKS, 0)
            if new:
                revision = next_revision(connection)
                for table, rows in page.items():
                    key = [column.name for column in tables.OF_TASKS[table]].index(tables.key_of(table))
                    ours = [_kept(table, row) for row in rows if row[key] in new]
                    more = {"revision": revision} if table == "tasks" else {}
                    _insert(connection, table, tables.OF_TASKS[table], ours, more=more)
                    stored[table] = len(ours)
        if new:
            self._committed()
        return stored

    def put_history(self, table: str, rows: Rows) -> int:
        """Store rows of a table that is about no single task, where it has none yet; returns how many."""
        columns = tables.HISTORY[table]
        with self._store.writing() as connection:
            count = f"SELECT COUNT(*) FROM {table}"  # noqa: S608 - our own names
            before: int = connection.execute(count).fetchone()[0]
            if table == "saved_views":
                _insert(connection, table, columns, rows, suffix="ON CONFLICT (name) DO NOTHING")
            elif table == "pause" and rows and not before:
                connection.execute("INSERT INTO pause VALUES (1, ?)", rows[0])
            elif not before:
                _insert(connection, table, columns, rows)
            after: int = connection.execute(count).fetchone()[0]
        self._committed()
        return after - before


def _rows_of(connection: sqlite3.Connection, table: str, ids: Sequence[str]) -> Rows:
    columns, key = tables.OF_TASKS[table], tables.key_of(table)
    query = f"""
        SELECT {tables.names(columns)} FROM {table} WHERE {key} IN (SELECT value FROM json_each(?)) ORDER BY rowid
    """  # noqa: S608 - our own names
    rows = connection.execute(query, (id_list(ids),)).fetchall()
    if table == "answers":
        rows = [(task_id, unpacked(latest), unpacked(previous)) for task_id, latest, previous in rows]
    elif table == "tasks":
        places = {row[0]: row for row in rows}
        rows = [places[task_id] for task_id in ids if task_id in places]
    return tables.fitting(columns, rows)


def _kept(table: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as this kind of ledger keeps it."""
    if table == "answers":
        task_id, latest, previous = row
        return task_id, packed(latest), None if previous is None else packed(previous)
    return row


def _insert(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[tables.Column],
    rows: Rows,
    *,
    more: Mapping[str, Any] = MappingProxyType({}),
    suffix: str = "",
) -> None:
    """Insert rows with these columns, and with `more` that is the same in each."""
    places = ", ".join("?" * (len(columns) + len(more)))
    words = ", ".join([tables.names(columns), *more])
    connection.executemany(
        f"INSERT INTO {table} ({words}) VALUES ({places}) {suffix}",  # noqa: S608 - our own names
        [(*row, *more.values()) for row in rows],
    )
