"""Saved views, as statements inside a transaction: what people see is their wish, so every window has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.records import SavedView
from octotui.ledger.rows import maybe_plain, plain

if TYPE_CHECKING:
    import sqlite3


def read(connection: sqlite3.Connection) -> list[SavedView]:
    """Return all of them, by name."""
    return [
        SavedView(*row)
        for row in connection.execute("SELECT name, filter, sort, provider FROM saved_views ORDER BY name")
    ]


def save(connection: sqlite3.Connection, view: SavedView) -> None:
    """Store one; another of the same name is replaced."""
    connection.execute(
        "INSERT OR REPLACE INTO saved_views (name, filter, sort, provider) VALUES (?, ?, ?, ?)",
        (plain(view.name), plain(view.filter), plain(view.order), maybe_plain(view.provider)),
    )


def drop(connection: sqlite3.Connection, name: str) -> None:
    """Forget one, if there is one of that name."""
    connection.execute("DELETE FROM saved_views WHERE name = ?", (plain(name),))
