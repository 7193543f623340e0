"""Saved views, as statements inside a transaction: what people see is their wish, so every window has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.records import SavedView
from octotui.ledger.rows import maybe_plain, plain

if TYPE_CHECKING:
    import sqlite3


_UNNAMED = ""
"""The view one sees without choosing any: of that only the columns are kept."""


def read(connection: sqlite3.Connection) -> list[SavedView]:
    """Return all of them, by name."""
    rows = connection.execute(
        "SELECT name, filter, sort, provider, columns FROM saved_views WHERE name <> ? ORDER BY name", (_UNNAMED,)
    )
    return [SavedView(name, text, order, provider, _split(names)) for name, text, order, provider, names in rows]


def save(connection: sqlite3.Connection, view: SavedView) -> None:
    """Store one; another of the same name is replaced."""
    connection.execute(
        "INSERT OR REPLACE INTO saved_views (name, filter, sort, provider, columns) VALUES (?, ?, ?, ?, ?)",
        (
            plain(view.name),
            plain(view.filter),
            plain(view.order),
            maybe_plain(view.provider),
            plain(",".join(view.columns)),
        ),
    )


def drop(connection: sqlite3.Connection, name: str) -> None:
    """Forget one, if there is one of that name."""
    connection.execute("DELETE FROM saved_views WHERE name = ?", (plain(name),))


def columns(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the columns to begin with; none where nobody has chosen any."""
    row: tuple[str] | None = connection.execute(
        "SELECT columns FROM saved_views WHERE name = ?", (_UNNAMED,)
    ).fetchone()
    return () if row is None else _split(row[0])


def keep_columns(connection: sqlite3.Connection, names: tuple[str, ...]) -> None:
    """Store the columns to begin with."""
    save(connection, SavedView(_UNNAMED, "", "", None, names))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name for name in names.split(",") if name)
