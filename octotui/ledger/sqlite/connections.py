"""Connections: how each is opened, and which rows of a ledger it met that no task can be made of."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from octotui.ledger.sqlite.errors import primary_code

BUSY_TIMEOUT = 10.0
"""Seconds to wait for another process that is writing."""


class LedgerConnection(sqlite3.Connection):
    """A connection that remembers the rows it left out."""

    left_out: dict[int, str]
    """Ids of tasks with a value no task can have, by number; all connections that read for a `Database` share them."""


def connect(path: Path | str, *, left_out: dict[int, str] | None = None) -> LedgerConnection:
    """Open one connection for use from any thread under the caller's lock; transactions are begun by hand.

    A path given as a text is a URI.
    """
    connection = sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,
        check_same_thread=False,
        factory=LedgerConnection,
        uri=isinstance(path, str),
    )
    connection.left_out = {} if left_out is None else left_out
    return connection


def leave_out(connection: sqlite3.Connection, number: int) -> None:
    """Note that a row of the tasks was left out."""
    if isinstance(connection, LedgerConnection):
        row = connection.execute("SELECT CAST(id AS BLOB) FROM tasks WHERE number = ?", (number,)).fetchone()
        connection.left_out[number] = (row[0] or b"").decode("utf-8", "replace")


def is_malformed(error: Exception) -> bool:
    """Tell whether an error was raised by the values of a row, not by the file it is read from."""
    return not isinstance(error, sqlite3.Error) or primary_code(error) in {None, sqlite3.SQLITE_ERROR}


def as_text(value: bytes) -> str:
    """Return text, `�` for what is none."""
    return value.decode("utf-8", "replace")
