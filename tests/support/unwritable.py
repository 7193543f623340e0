"""A ledger that cannot be written: for want of room, or because somebody was stopped in the middle of a write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from octotui.ledger import Ledger, LedgerError
from octotui.model import LogEntry
from tests.support.database import database_of


@contextmanager
def somebody_writing(ledger: Ledger) -> Iterator[None]:
    """Another connection holds SQLite's own lock. Lower `connections.BUSY_TIMEOUT` before the ledger is opened."""
    with closing(sqlite3.connect(database_of(ledger).path, isolation_level=None)) as stopped:
        stopped.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full_disk(ledger: Ledger) -> Iterator[None]:
    """No page can be added to the file, and facts wait that need some; a heartbeat goes on finding room."""
    connection = database_of(ledger)._writer
    with database_of(ledger).lock:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        while ledger.unwritten is None:
            ledger.log(LogEntry(1.0, "state", None, "x" * 50_000))
            with suppress(LedgerError):
                ledger.flush()
        yield
    finally:
        with database_of(ledger).lock:
            connection.execute("PRAGMA max_page_count = 1000000")
