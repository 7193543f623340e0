"""The database behind a ledger, for tests that look at it or hold it up."""

from __future__ import annotations

from octotui.ledger import Ledger
from octotui.ledger.sqlite.backend import SqliteBackend
from octotui.ledger.sqlite.database import Database


def database_of(ledger: Ledger) -> Database:
    """Return the open file of an SQLite ledger."""
    backend = ledger._backend
    assert isinstance(backend, SqliteBackend)
    return backend._database
