"""Many rows in one step of SQLite.

Python's sqlite3 lets go of the interpreter's lock at every step of a statement (a step is a row read, or a row written
by `executemany`) and, beside a thread that computes, waits up to 5 ms to get it back. Measured beside such a thread:
5,000 updates with `executemany` 9 s, with `execute` below 0.6 s; 20,000 tasks fetched row by row 15 s, with `json_rows`
0.8 s. With nothing beside it the updates take 0.1 s either way, the tasks 0.2 s row by row and 0.3 s so.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

CHUNK = 125
"""Rows read in one step: a millisecond's worth of decoding, in which no other thread gets a turn."""
SIZES = (256, 32, 4, 1)
"""Rows in one statement, largest first; few, so that each is compiled once."""


def execute(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Execute a statement whose `:rows` stands for the rows of a VALUES clause, as many of them at a time as can be."""
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            taken = rows[start : start + size]
            connection.execute(_filled(statement, size, len(taken[0])), list(chain.from_iterable(taken)))
            start += size


@lru_cache(maxsize=64)
def _filled(statement: str, rows: int, columns: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return statement.replace(":rows", ", ".join([row] * rows))


def real(column: str) -> str:
    """Return an SQL expression for a float that JSON keeps to the last bit (SQLite's own keeps 15 digits)."""
    return f"CASE WHEN {column} IS NULL THEN NULL ELSE json(quote({column})) END"


def json_rows(columns: Sequence[str], source: str) -> str:
    """Return a query for `fetch`: one row, one column, all rows of `source` (a SELECT) in it."""
    return f"SELECT json_group_array(json_array({', '.join(columns)})) FROM ({source})"  # noqa: S608  no values in it


def fetch(connection: sqlite3.Connection, query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
    """Return the rows of a query of one JSON array."""
    rows: list[Any] = json.loads(connection.execute(query, parameters).fetchone()[0])
    return rows
