"""Many rows in one statement: each column goes as one array, however many rows there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

CHUNK = 125
"""Rows made into tasks in one step: a millisecond's worth, in which no other thread gets a turn."""


def execute(
    connection: psycopg.Connection[Any], statement: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> psycopg.Cursor[Any] | None:
    """Execute a statement whose `:rows` stands for rows with these columns (name: type); None where there is no row."""
    if not rows:
        return None
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    filled = statement.replace(":rows", f"unnest({arrays}) WITH ORDINALITY AS new({', '.join(columns)}, nth)")
    return connection.execute(filled.encode(), [list(column) for column in zip(*rows, strict=True)])


def chunks(cursor: psycopg.Cursor[Any]) -> Iterator[list[Any]]:
    """Yield the rows of a query, `CHUNK` at a time."""
    while rows := cursor.fetchmany(CHUNK):
        yield rows
