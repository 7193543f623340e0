"""All rows of a ledger on a PostgreSQL server, for another ledger, or from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.interchange import tables
from octotui.ledger.interchange.tables import Kind
from octotui.ledger.postgres import bulk
from octotui.ledger.postgres.intents.statements import next_revision
from octotui.ledger.postgres.task_statements import id_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from octotui.ledger.interchange.tables import Column, Rows
    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server

_PAGE = 500
"""Tasks of a page."""
_TYPES = {
    Kind.INT: "bigint",
    Kind.REAL: "double precision",
    Kind.TEXT: "text",
    Kind.BLOB: "bytea",
    Kind.FLAG: "boolean",
}


class Interchange:
    """The part of a `Ledger` that is about taking all of it elsewhere."""

    def __init__(self, server: Server, committed: Callable[[], None]) -> None:
        self._server = server
        self._committed = committed

    def count_rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self._server.reading(is_bounded=False) as connection:
            return {table: _count(connection, table) for table in tables.ALL}

    def task_pages(self) -> Iterator[dict[str, Rows]]:
        """Yield the rows of all tasks with all that hangs on them, a page at a time, from one view."""
        with self._server.reading(is_bounded=False) as connection:
            before = -(2**63)
            while True:
                query = "SELECT number, id FROM tasks WHERE number > %s ORDER BY number LIMIT %s"
                found = connection.execute(query, (before, _PAGE)).fetchall()
                if not found:
                    return
                before = found[-1][0]
                ids = [task_id for _, task_id in found]
                yield {table: _rows_of(connection, table, ids) for table in tables.OF_TASKS}

    def history(self, table: str) -> Rows:
        """Return all rows of a table that is about no single task."""
        columns = tables.HISTORY[table]
        order = "number" if table in {"events", "durations"} else "1"
        with self._server.reading() as connection:
            query = f"SELECT {tables.names(columns)} FROM {table} ORDER BY {order}"  # noqa: S608 - our own names
            return tables.fitting(columns, connection.execute(query.encode()).fetchall())

    def put_tasks(self, page: Mapping[str, Rows]) -> dict[str, int]:
        """Store a page of tasks that are not there yet, with what hangs on them; returns the rows stored by table."""
        ids = [row[0] for row in page["tasks"]]
        stored = dict.fromkeys(tables.OF_TASKS, 0)
        with self._server.writing() as connection:
            known = connection.execute("SELECT id FROM tasks WHERE id = ANY(%s)", (id_list(ids),)).fetchall()
            new = set(ids).difference(row[0] for row in known)
            if new:
                revision = next_revision(connection)
                for table, rows in page.items():
                    columns = tables.OF_TASKS[table]
                    key = [column.name for column in columns].index(tables.key_of(table))
                    ours = [row for row in rows if row[key] in new]
                    if table == "tasks":
                        columns = (*columns, tables.Column("revision", Kind.INT))
                        ours = [(*row, revision) for row in ours]
                    _insert(connection, table, columns, ours)
                    stored[table] = len(ours)
        if new:
            self._committed()
        return stored

    def put_history(self, table: str, rows: Rows) -> int:
        """Store rows of a table that is about no single task, where it has none yet; returns how many."""
        columns = tables.HISTORY[table]
        with self._server.writing() as connection:
            before = _count(connection, table)
            if table == "saved_views":
                _insert(connection, table, columns, rows, "ON CONFLICT (name) DO NOTHING")
            elif not before:
                _insert(connection, table, columns, rows)
            after = _count(connection, table)
        self._committed()
        return after - before


def _count(connection: LedgerConnection, table: str) -> int:
    row = connection.execute(f"SELECT COUNT(*) FROM {table}".encode()).fetchone()  # noqa: S608 - our own names
    return 0 if row is None else int(row[0])


def _rows_of(connection: LedgerConnection, table: str, ids: Sequence[str]) -> Rows:
    columns, key = tables.OF_TASKS[table], tables.key_of(table)
    order = key if table in {"answers", "deadlines_told"} else "number"
    query = f"SELECT {tables.names(columns)} FROM {table} WHERE {key} = ANY(%s) ORDER BY {order}"  # noqa: S608
    rows = connection.execute(query.encode(), (list(ids),)).fetchall()
    return tables.fitting(columns, rows)


def _insert(connection: LedgerConnection, table: str, columns: Sequence[Column], rows: Rows, suffix: str = "") -> None:
    words = tables.names(columns)
    statement = f"INSERT INTO {table} ({words}) SELECT {words} FROM :rows ORDER BY new.nth {suffix}"  # noqa: S608
    casted = [
        tuple(bool(value) if column.kind is Kind.FLAG else value for column, value in zip(columns, row, strict=True))
        for row in rows
    ]
    bulk.execute(connection, statement, {column.name: _TYPES[column.kind] for column in columns}, casted)
