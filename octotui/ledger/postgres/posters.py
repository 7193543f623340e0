"""Posters: who wants to see a frame of which saved video, and what has been made of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger import limits
from octotui.ledger.postgres.task_statements import id_list
from octotui.ledger.records import Poster
from octotui.ledger.rows import maybe_plain, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server

_WANTING = """
    SELECT id FROM tasks WHERE id = ANY(%(ids)s) AND download_state = 'saved'
        AND NOT EXISTS (
            SELECT 1 FROM posters WHERE task_id = tasks.id
                AND (picture IS NOT NULL OR at > %(now)s::double precision - %(patience)s::double precision)
        )
"""


class Posters:
    """The part of a `Ledger` that is about pictures: both verbs that write do so at once, for they are few."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def ask_poster(self, ids: Iterable[str], now: float) -> bool:
        """Have the engine make posters of saved tasks that have none; returns whether there is anything to be made."""
        asked = {"ids": id_list(ids), "now": now, "patience": limits.TRY_AGAIN_AFTER}
        with self._server.reading() as connection:
            if connection.execute(f"{_WANTING} LIMIT 1".encode(), asked).fetchone() is None:
                return False
        with self._server.writing() as connection:
            connection.execute(
                f"INSERT INTO poster_asks (id) {_WANTING} ORDER BY array_position(%(ids)s::text[], id) "
                "ON CONFLICT (id) DO NOTHING".encode(),
                asked,
            )
            connection.execute(
                """
                DELETE FROM poster_asks WHERE number <=
                    (SELECT number FROM poster_asks ORDER BY number DESC LIMIT 1 OFFSET %s)
                """,
                (limits.MAX_POSTERS,),
            )
        return True

    def take_poster_asks(self) -> list[str]:
        """Return the tasks whose posters somebody wants to see, each to one caller only."""
        with self._server.reading() as connection:
            if connection.execute("SELECT 1 FROM poster_asks LIMIT 1").fetchone() is None:
                return []
        with self._server.writing() as connection:
            rows = connection.execute("DELETE FROM poster_asks RETURNING number, id").fetchall()
        return [row[1] for row in sorted(rows)]

    def record_poster(self, task_id: str, poster: Poster) -> None:
        """Keep the poster of a watched task instead of the one before, and of all posters the newest `MAX_POSTERS`."""
        picture, reason = poster.picture, poster.reason
        if picture is not None and len(picture) > limits.MAX_PICTURE:
            picture, reason = None, "its picture is too large"
        with self._server.writing() as connection:
            connection.execute("DELETE FROM posters WHERE task_id = %s", (plain(task_id),))
            connection.execute(
                """
                INSERT INTO posters (task_id, at, picture, reason)
                SELECT id, %s::double precision, %s::bytea, %s::text FROM tasks WHERE id = %s
                """,
                (poster.at, picture, maybe_plain(reason), plain(task_id)),
            )
            forget_oldest(connection)

    def poster(self, task_id: str) -> Poster | None:
        """Return the poster of a task; None while none was made."""
        return self.posters([task_id]).get(plain(task_id))

    def posters(self, ids: Iterable[str]) -> dict[str, Poster]:
        """Return the posters of tasks, of those that have one."""
        query = "SELECT task_id, at, picture, reason FROM posters WHERE task_id = ANY(%s)"
        with self._server.reading() as connection:
            return {row[0]: Poster(*row[1:]) for row in connection.execute(query, (id_list(ids),))}


def forget_poster(connection: LedgerConnection, ids: Sequence[str]) -> None:
    """Drop the posters of tasks, and the wishes for them."""
    connection.execute("DELETE FROM posters WHERE task_id = ANY(%s)", (ids,))
    connection.execute("DELETE FROM poster_asks WHERE id = ANY(%s)", (ids,))


def forget_oldest(connection: LedgerConnection) -> None:
    """Drop all posters but the newest `MAX_POSTERS`."""
    query = """
        DELETE FROM posters WHERE number <= (SELECT number FROM posters ORDER BY number DESC LIMIT 1 OFFSET %s)
    """
    connection.execute(query, (limits.MAX_POSTERS,))
