"""Reading a ledger whose folder cannot be written: nothing is locked, made or migrated there."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from octotui.ledger.errors import LedgerTooNew, LedgerUnwritable
from octotui.ledger.sqlite import schema
from octotui.ledger.sqlite.connections import LedgerConnection, connect
from octotui.ledger.sqlite.errors import translated


class ReadOnly(NamedTuple):
    """A ledger that is open for reading."""

    connection: LedgerConnection
    source: Path | str
    """What other connections to it are opened with."""
    folder: tempfile.TemporaryDirectory[str] | None
    """Where a private copy lies, to be cleaned up by the caller; None where the ledger itself is read."""


def open_read_only(path: Path) -> ReadOnly:
    """Open an existing ledger for reading alone.

    It is read where it lies, in step with whoever writes it. Where SQLite cannot do that (there is no -shm, and none
    can be made) it is read as it stands, or, where its -wal holds something or its schema is old, as a private copy.

    Raises:
        LedgerTooNew: a newer octotui wrote it.
        LedgerUnwritable: it cannot be read either.
        LedgerError: as `errors.py` says.

    """
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    has_log = Path(f"{path}-wal").exists() and Path(f"{path}-wal").stat().st_size > 0
    for source in [uri] if has_log else [uri, f"{uri}&immutable=1"]:
        connection = _readable(source, path)
        if connection is not None:
            return ReadOnly(connection, source, None)
    folder = tempfile.TemporaryDirectory(prefix="octotui-")
    try:
        copy = Path(folder.name) / path.name
        for suffix in ("", "-wal"):
            if Path(f"{path}{suffix}").exists():
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        with translated(path):
            connection = connect(copy)
            schema.migrate(connection)
            _refuse_newer(connection, path)
    except OSError as error:
        folder.cleanup()
        raise LedgerUnwritable(f"The ledger {path} cannot be read ({error.strerror or error}).") from error
    except:
        folder.cleanup()
        raise
    return ReadOnly(connection, copy, folder)


def _readable(source: str, path: Path) -> LedgerConnection | None:
    """Return a connection to a ledger of the newest schema, None where SQLite cannot read it so or it is older."""
    try:
        connection = connect(source)
    except sqlite3.Error:
        return None
    try:
        is_newest = schema.version_of(connection) >= len(schema.MIGRATIONS)
        connection.execute("SELECT revision FROM counter").fetchone()
    except sqlite3.Error:
        connection.close()
        return None
    if not is_newest:
        connection.close()
        return None
    _refuse_newer(connection, path)
    return connection


def _refuse_newer(connection: LedgerConnection, path: Path) -> None:
    version = schema.version_of(connection)
    if version > len(schema.MIGRATIONS):
        connection.close()
        raise LedgerTooNew(path, version, len(schema.MIGRATIONS))
