"""The engines that share a ledger: which of them are there, and which of them saves what.

Silence is measured by the server's clock, so that nobody's own clock counts. An engine is there while its word about
itself, or its last claim, is no older than `GONE_AFTER`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.postgres import bulk, queries
from octotui.ledger.postgres.intents.statements import next_revision
from octotui.ledger.postgres.task_statements import id_list
from octotui.ledger.records import GONE_AFTER, Box, LastWord
from octotui.ledger.rows import plain, whole
from octotui.ledger.status_text import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server
    from octotui.ledger.records import Minute
    from octotui.model import EngineStatus

_IS_THERE = """
    EXISTS (
        SELECT 1 FROM boxes
        WHERE box = tasks.claimed_by AND seen > clock_timestamp() - make_interval(secs => %(gone_after)s)
    )
"""
_ABANDONED = f"claimed_by IS NOT NULL AND NOT {_IS_THERE}"
_LAST_HOUR = 3600.0
_ORPHANED = """
    wanted > 0 AND place IS NOT NULL AND claimed_by IS NULL AND download_state <> 'saved'
    AND deadline_at < extract(epoch FROM clock_timestamp()) + %(last_hour)s
    AND NOT EXISTS (
        SELECT 1 FROM boxes
        WHERE seen > clock_timestamp() - make_interval(secs => %(gone_after)s)
            AND CASE WHEN status <> '' THEN status::jsonb ->> 'place' END = tasks.place
    )
"""
"""Results that are lost soon, and wait for the folder of an engine that is not there."""
_KEPT = 7 * 86_400
"""Seconds for which an engine that is gone is remembered."""
_HOUR = 3600


class Boxes:
    """The part of a ledger that is about who works on it."""

    is_shared = True

    def __init__(self, server: Server, committed: Callable[[], None]) -> None:
        self._server = server
        self._committed = committed
        self.claimer: str | None = None
        """Who claims results in this process; None before anybody does."""

    def boxes(self) -> list[Box]:
        """Return the engines that work on it, and those that did last, by machine and folder."""
        query = """
            SELECT status, extract(epoch FROM clock_timestamp() - seen)::float8,
                (SELECT sum(bytes) FROM box_bytes WHERE box_bytes.box = boxes.box
                    AND minute > extract(epoch FROM clock_timestamp()) - %s)::bigint
            FROM boxes ORDER BY seen DESC
        """
        with self._server.reading() as connection:
            rows = connection.execute(query, (_HOUR,)).fetchall()
            saved = queries.saved_by_place(connection)
        newest: dict[tuple[str, str], Box] = {}
        for text, silent, fetched in rows:
            status: EngineStatus | None = status_of(text)
            if status is not None:
                box = Box(status, max(0.0, silent), saved.get(status.place or None, 0), fetched or 0)
                # Several on one machine may all be there; of those that are gone the last one is enough.
                key = (status.host, status.place) if box.is_gone else (status.box, "")
                newest.setdefault(key, box)
        there = {(box.status.host, box.status.place) for box in newest.values() if not box.is_gone}
        found = [box for box in newest.values() if not (box.is_gone and (box.status.host, box.status.place) in there)]
        return sorted(found, key=lambda box: (box.status.host, box.status.place, box.status.box))

    def last_word(self, now: float) -> LastWord | None:  # noqa: ARG002 - the server's clock counts
        """Return what the engine that asks the gateway, or did so last, has said last; None before there was one."""
        query = "SELECT status, extract(epoch FROM clock_timestamp() - seen)::float8 FROM status"
        with self._server.reading() as connection:
            row = connection.execute(query).fetchone()
        status = None if row is None else status_of(row[0])
        return None if row is None or status is None else LastWord(status, row[1])

    def claim(self, ids: Iterable[str], box: str) -> list[str]:
        """Have this engine alone save results; returns the ids of those it is to save."""
        asked = id_list(ids)
        self.claimer = plain(box)
        with self._server.writing() as connection:
            note_sign_of_life(connection, self.claimer, None)
            rows = connection.execute(
                f"""
                UPDATE tasks SET claimed_by = %(box)s
                WHERE id = ANY(%(ids)s) AND download_state <> 'saved'
                    AND (claimed_by IS NULL OR claimed_by = %(box)s OR NOT {_IS_THERE})
                RETURNING id
                """.encode(),  # noqa: S608 - a constant
                {"ids": asked, "box": self.claimer, "gone_after": GONE_AFTER},
            ).fetchall()
        ours = {row[0] for row in rows}
        return [task_id for task_id in asked if task_id in ours]

    def free_claims(self) -> list[str]:
        """End the claims of engines that are gone, so that others save those results; returns their ids.

        What is lost within the hour and waits for such an engine's folder may come to anybody's.
        """
        asked = {"gone_after": GONE_AFTER, "last_hour": _LAST_HOUR}
        query = f"SELECT 1 FROM tasks WHERE ({_ABANDONED}) OR ({_ORPHANED}) LIMIT 1"  # noqa: S608 - constants
        with self._server.reading() as connection:
            if connection.execute(query.encode(), asked).fetchone() is None:
                return []
        with self._server.writing() as connection:
            freed = """
                UPDATE tasks SET claimed_by = NULL, revision = %(revision)s, speed = NULL, download_box = NULL,
                    download_place = NULL,
                    download_state = CASE WHEN download_state = 'running' THEN 'wanted' ELSE download_state END
            """
            rows = connection.execute(
                f"{freed} WHERE {_ABANDONED} AND download_state <> 'saved' RETURNING id".encode(),
                asked | {"revision": next_revision(connection)},
            ).fetchall()
            rows += connection.execute(
                f"UPDATE tasks SET place = NULL, revision = %(revision)s WHERE {_ORPHANED} RETURNING id".encode(),  # noqa: S608
                asked | {"revision": next_revision(connection)},
            ).fetchall()
        self._committed()
        return sorted({row[0] for row in rows})


def note_sign_of_life(connection: LedgerConnection, box: str, status: str | None) -> None:
    """Note that an engine is there, and what it says about itself; those that are long gone are forgotten."""
    connection.execute(
        """
        INSERT INTO boxes VALUES (%(box)s, COALESCE(%(status)s, ''), clock_timestamp())
        ON CONFLICT (box) DO UPDATE SET seen = excluded.seen, status = COALESCE(%(status)s, boxes.status)
        """,
        {"box": plain(box), "status": status},
    )
    if status is not None:
        connection.execute("DELETE FROM boxes WHERE seen < clock_timestamp() - make_interval(secs => %s)", (_KEPT,))


def add_bytes(connection: LedgerConnection, box: str, minutes: Iterable[Minute]) -> None:
    """Add what an engine has fetched; what is older than two hours is forgotten."""
    rows = [(plain(box), minute.at, whole(minute.bytes)) for minute in minutes]
    bulk.execute(
        connection,
        """
        INSERT INTO box_bytes SELECT box, minute, bytes FROM :rows
        ON CONFLICT (box, minute) DO UPDATE
            SET bytes = LEAST(box_bytes.bytes::numeric + excluded.bytes, 9223372036854775807)::bigint
        """,
        {"box": "text", "minute": "bigint", "bytes": "bigint"},
        rows,
    )
    connection.execute("DELETE FROM box_bytes WHERE minute < %s", (max(row[1] for row in rows) - 2 * _HOUR,))
