"""Saved views, as statements inside a transaction: what people see is their wish, so every window has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.records import SavedView
from octotui.ledger.rows import maybe_plain, plain

if TYPE_CHECKING:
    from octotui.ledger.postgres.connection import LedgerConnection

_UNNAMED = ""
"""The view one sees without choosing any: of that only the columns are kept."""


def read(connection: LedgerConnection) -> list[SavedView]:
    """Return all of them, by name."""
    query = """
        SELECT name, filter, sort, provider, columns FROM saved_views WHERE name <> %s ORDER BY name COLLATE "C"
    """
    rows = connection.execute(query, (_UNNAMED,))
    return [SavedView(name, text, order, provider, _split(names)) for name, text, order, provider, names in rows]


def save(connection: LedgerConnection, view: SavedView) -> None:
    """Store one; another of the same name is replaced."""
    provider, columns = maybe_plain(view.provider), plain(",".join(view.columns))
    connection.execute(
        """
        INSERT INTO saved_views (name, filter, sort, provider, columns) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET filter = excluded.filter, sort = excluded.sort, provider = excluded.provider,
            columns = excluded.columns
        """,
        (plain(view.name), plain(view.filter), plain(view.order), provider, columns),
    )


def drop(connection: LedgerConnection, name: str) -> None:
    """Forget one, if there is one of that name."""
    connection.execute("DELETE FROM saved_views WHERE name = %s", (plain(name),))


def columns(connection: LedgerConnection) -> tuple[str, ...]:
    """Return the columns to begin with; none where nobody has chosen any."""
    row = connection.execute("SELECT columns FROM saved_views WHERE name = %s", (_UNNAMED,)).fetchone()
    return () if row is None else _split(row[0])


def keep_columns(connection: LedgerConnection, names: tuple[str, ...]) -> None:
    """Store the columns to begin with."""
    save(connection, SavedView(_UNNAMED, "", "", None, names))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name for name in names.split(",") if name)
