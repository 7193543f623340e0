"""The one machine that works on a ledger in a file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from octotui.ledger.records import Box, LastWord
from octotui.ledger.sqlite import queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octotui.ledger.sqlite.database import Database

_HOUR = 3600.0


class Boxes:
    """The part of a `Ledger` that is about who works on it: whoever holds the lease does everything."""

    is_shared = False

    def __init__(self, store: Database) -> None:
        self._store = store

    def boxes(self) -> list[Box]:
        """Return the engine that works on it, or did so last; none before there was one."""
        now = time.time()
        with self._store.reading() as connection:
            status = queries.status(connection)
            if status is None:
                return []
            minutes = queries.minutes(connection, now - _HOUR)
            return [Box(status, max(0.0, now - status.at), queries.saved(connection), sum(m.bytes for m in minutes))]

    def last_word(self, now: float) -> LastWord | None:
        """Return what the engine that works on it, or did so last, has said last; None before there was one."""
        with self._store.reading() as connection:
            status = queries.status(connection)
        return None if status is None else LastWord(status, now - status.at)

    def claim(self, ids: Iterable[str], box: str) -> list[str]:
        """Return all of them: nobody else saves anything."""
        del box
        return list(ids)

    def free_claims(self) -> list[str]:
        """Return none: there are no claims of others."""
        return []
