"""A ledger in an SQLite file, as `octotui.ledger.backend` wants it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from octotui.ledger.intent_writer import IntentWriter
from octotui.ledger.reader import LedgerReader
from octotui.ledger.sqlite import facts, hours, lease, queries
from octotui.ledger.sqlite.boxes import Boxes
from octotui.ledger.sqlite.copies import Copies
from octotui.ledger.sqlite.database import Database
from octotui.ledger.sqlite.intents import removals, saved_views
from octotui.ledger.sqlite.intents import statements as intents
from octotui.ledger.sqlite.interchange import Interchange
from octotui.ledger.sqlite.outbox import Outbox
from octotui.ledger.sqlite.posters import Posters
from octotui.ledger.statements import Statements

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from octotui.ledger.batch import Batch
    from octotui.ledger.records import Lease


class SqliteBackend:
    """An open SQLite file and its verbs."""

    def __init__(self, path: Path, *, is_reader: bool, read_only: bool = False, committed: Callable[[], None]) -> None:
        """Open `path` as `Ledger.open` says; `committed` is called after each intent."""
        self._path = path
        self._database = database = Database(path, is_reader=is_reader, read_only=read_only)
        self.place = str(path)
        self.notices = database.notices
        statements: Statements[sqlite3.Connection] = Statements(intents, removals, saved_views, queries, hours, lease)
        self.intents = IntentWriter(database, statements, committed)
        self.questions = LedgerReader(database, statements, database.changed_outside)
        self.pictures = Posters(database)
        self.outbox = Outbox(database, committed)
        self.copies = Copies(database, committed)
        self.boxes = Boxes(database)
        self.interchange = Interchange(database, committed)
        self.facts = SqliteFacts(database)
        self.hurry = database.hurry
        self.close = database.close

    def room(self) -> int:
        """Return the bytes free where it lies. Raises `OSError`."""
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize


class SqliteFacts:
    """Writes batches of facts, each in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watch = lease.Watch()
        self.lock = database.lock

    def write(self, batch: Batch, holder: str | None, now: float) -> int | None:
        """Store a batch, whole or not at all."""
        with self._database.writing() as connection:
            return facts.write(connection, batch, holder, now)

    def wish_of(self, task_id: str) -> int | None:
        """Return how often somebody spoke about the download of a task, None when it is not watched."""
        with self._database.reading() as connection:
            return queries.request_version(connection, task_id)

    def take_lease(self, asker: Lease, *, stale_after: float, monotonic: float) -> bool:
        """Take or renew the lease for `asker`; returns whether it holds it."""
        with self._database.writing() as connection:
            return lease.acquire(connection, asker, self._watch, stale_after=stale_after, monotonic=monotonic)

    def release_lease(self, owner: str) -> None:
        """Give the lease up, if `owner` holds it."""
        with self._database.writing() as connection:
            lease.release(connection, owner)
