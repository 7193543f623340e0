"""Copies: where each saved result lies, in a folder or in object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.postgres import bulk
from octotui.ledger.postgres.intents.statements import next_revision
from octotui.ledger.postgres.task_statements import id_list
from octotui.ledger.records import Copy
from octotui.ledger.rows import moment, plain, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server
    from octotui.model import Download


_COLUMNS = {
    "task_id": "text",
    "place": "text",
    "location": "text",
    "size": "bigint",
    "sha256": "text",
    "saved_at": "double precision",
    "box": "text",
}


def note_saved(connection: LedgerConnection, saved: Iterable[tuple[str, Download]]) -> None:
    """Store where the results lie that are reported as saved into somebody's folder, inside the fact's transaction.

    The checksum of a large one comes later; until then it is empty.
    """
    rows = [
        (
            plain(task_id),
            plain(done.place),
            plain(done.file),
            whole(done.bytes_done),
            plain(done.sha256 or ""),
            moment(done.saved_at) or 0.0,
            plain(done.box or ""),
        )
        for task_id, done in saved
        if done.place is not None and done.file is not None
    ]
    bulk.execute(
        connection,
        f"""
        INSERT INTO copies ({", ".join(_COLUMNS)})
        SELECT tasks.id, new.place, new.location, new.size, new.sha256, new.saved_at, new.box
        FROM :rows JOIN tasks ON tasks.id = new.task_id ORDER BY new.nth
        ON CONFLICT (task_id, place, location) DO UPDATE
            SET size = excluded.size, saved_at = excluded.saved_at, box = excluded.box,
                sha256 = COALESCE(NULLIF(excluded.sha256, ''), copies.sha256)
        """,  # noqa: S608 - names of ours
        _COLUMNS,
        rows,
    )


class Copies:
    """The part of a `Ledger` that is about copies. Each fact is written at once: they are few, and about bytes."""

    def __init__(self, server: Server, committed: Callable[[], None]) -> None:
        self._server = server
        self._committed = committed

    def record_copy(self, copy: Copy) -> None:
        """Store that a result of a watched task lies somewhere; a later word about the same location replaces it."""
        values = {
            "task_id": plain(copy.task_id),
            "place": plain(copy.place),
            "location": plain(copy.location),
            "size": whole(copy.size),
            "sha256": plain(copy.sha256),
            "saved_at": moment(copy.saved_at) or 0.0,
            "box": plain(copy.box),
        }
        with self._server.writing() as connection:
            connection.execute(
                "DELETE FROM copies WHERE task_id = %(task_id)s AND place = %(place)s AND location = %(location)s",
                values,
            )
            stored = connection.execute(
                """
                INSERT INTO copies (task_id, place, location, size, sha256, saved_at, box)
                SELECT id, %(place)s, %(location)s, %(size)s, %(sha256)s, %(saved_at)s, %(box)s
                FROM tasks WHERE id = %(task_id)s
                """,
                values,
            ).rowcount
            if stored and copy.is_delivered:
                connection.execute(
                    "UPDATE tasks SET delivered = %(location)s, revision = %(revision)s WHERE id = %(task_id)s",
                    values | {"revision": next_revision(connection)},
                )
        self._committed()

    def drop_copy(self, task_id: str, location: str) -> None:
        """Forget a copy that is there no longer; a task of which it was the file, or the object, has none then."""
        values = {"task_id": plain(task_id), "location": plain(location)}
        with self._server.writing() as connection:
            connection.execute("DELETE FROM copies WHERE task_id = %(task_id)s AND location = %(location)s", values)
            connection.execute(
                """
                UPDATE tasks SET revision = %(revision)s, delivered = NULLIF(delivered, %(location)s),
                    file = CASE WHEN download_state = 'saved' THEN NULLIF(file, %(location)s) ELSE file END
                WHERE id = %(task_id)s
                    AND (delivered = %(location)s OR (download_state = 'saved' AND file = %(location)s))
                """,
                values | {"revision": next_revision(connection)},
            )
        self._committed()

    def copies(self, ids: Iterable[str]) -> dict[str, list[Copy]]:
        """Return the copies of tasks, oldest first, of those that have one."""
        query = """
            SELECT task_id, place, location, size, sha256, saved_at, box FROM copies
            WHERE task_id = ANY(%s) ORDER BY saved_at, number
        """
        found: dict[str, list[Copy]] = {}
        with self._server.reading() as connection:
            for row in connection.execute(query, (id_list(ids),)):
                found.setdefault(row[0], []).append(Copy(*row))
        return found
