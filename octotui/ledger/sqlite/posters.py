"""Posters: who wants to see a frame of which saved video, and what has been made of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger import limits
from octotui.ledger.records import Poster
from octotui.ledger.rows import maybe_plain, plain
from octotui.ledger.sqlite.task_statements import id_list

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from octotui.ledger.sqlite.database import Database


class Posters:
    """The part of a `Ledger` that is about pictures.

    `ask_poster` is an intent, `record_poster` a fact. Both are written at once: they are few.
    """

    def __init__(self, store: Database) -> None:
        self._store = store

    def ask_poster(self, ids: Iterable[str], now: float) -> bool:
        """Have the engine make posters of saved tasks that have none; returns whether there is anything to be made."""
        asked = {"ids": id_list(ids), "now": now, "patience": limits.TRY_AGAIN_AFTER, "most": limits.MAX_POSTERS}
        with self._store.reading() as connection:
            if not connection.execute(f"SELECT EXISTS ({_WANTING})", asked).fetchone()[0]:
                return False
        with self._store.writing() as connection:
            connection.execute(f"INSERT OR IGNORE INTO poster_asks {_WANTING}", asked)
            connection.execute(_FORGET_OLD_ASKS, asked)
        return True

    def take_poster_asks(self) -> list[str]:
        """Return the tasks whose posters somebody wants to see, each to one caller only."""
        with self._store.reading() as connection:
            if connection.execute("SELECT 1 FROM poster_asks LIMIT 1").fetchone() is None:
                return []
        with self._store.writing() as connection:
            return [row[0] for row in connection.execute("DELETE FROM poster_asks RETURNING id").fetchall()]

    def record_poster(self, task_id: str, poster: Poster) -> None:
        """Keep the poster of a watched task instead of the one before, and of all posters the newest `MAX_POSTERS`."""
        picture, reason = poster.picture, poster.reason
        if picture is not None and len(picture) > limits.MAX_PICTURE:
            picture, reason = None, "its picture is too large"
        with self._store.writing() as connection:
            connection.execute(
                """
                INSERT OR REPLACE INTO posters (task_id, at, picture, reason)
                SELECT id, ?, ?, ? FROM tasks WHERE id = ?
                """,
                (poster.at, picture, maybe_plain(reason), plain(task_id)),
            )
            forget_oldest(connection)

    def poster(self, task_id: str) -> Poster | None:
        """Return the poster of a task; None while none was made."""
        return self.posters([task_id]).get(plain(task_id))

    def posters(self, ids: Iterable[str]) -> dict[str, Poster]:
        """Return the posters of tasks, of those that have one."""
        query = """
            SELECT task_id, at, picture, reason FROM posters WHERE task_id IN (SELECT value FROM json_each(?))
        """
        with self._store.reading() as connection:
            return {row[0]: Poster(*row[1:]) for row in connection.execute(query, (id_list(ids),))}


_WANTING = """
    SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(:ids)) AND download_state = 'saved'
        AND NOT EXISTS (
            SELECT 1 FROM posters WHERE task_id = tasks.id AND (picture IS NOT NULL OR at > :now - :patience)
        )
"""
_FORGET_OLD_ASKS = """
    DELETE FROM poster_asks WHERE rowid <=
        (SELECT rowid FROM poster_asks ORDER BY rowid DESC LIMIT 1 OFFSET :most)
"""
_FORGET_OLD = """
    DELETE FROM posters WHERE number <= (SELECT number FROM posters ORDER BY number DESC LIMIT 1 OFFSET ?)
"""


def forget_poster(connection: sqlite3.Connection, ids: str) -> None:
    """Drop the posters of tasks, and the wishes for them; `ids` is a JSON array."""
    connection.execute("DELETE FROM posters WHERE task_id IN (SELECT value FROM json_each(?))", (ids,))
    connection.execute("DELETE FROM poster_asks WHERE id IN (SELECT value FROM json_each(?))", (ids,))


def forget_oldest(connection: sqlite3.Connection) -> None:
    """Drop all posters but the newest `MAX_POSTERS`."""
    connection.execute(_FORGET_OLD, (limits.MAX_POSTERS,))
