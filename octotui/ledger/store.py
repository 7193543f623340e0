"""The open file: one connection that writes, as many as needed that read, and SQLite's errors in our words."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from octotui.ledger import opening
from octotui.ledger.errors import LedgerClosed, LedgerDamaged, translated

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


class Store:
    """Transactions on one ledger file, from any thread.

    Writers of this process wait for each other on a lock of Python's, which is fair and wakes at once; SQLite's own
    lock, on which processes wait, is polled. Readers never wait for writers (WAL).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer, self._guard = opening.open_file(path)
        self.lock = threading.RLock()
        """Held while writing; take it to make several steps of this process one."""
        self._readers_lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        self._seen_version = self._data_version()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run the block in one transaction; it is on stable storage when the block is left, or did not happen.

        Raises:
            LedgerError: as `errors.py` says.

        """
        with self.lock, self._translated():
            if self._closed:
                raise LedgerClosed(f"The ledger {self.path} was closed.")
            self._writer.execute("BEGIN IMMEDIATE")
            with self._writer:
                yield self._writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run the block on one unchanging view of the ledger.

        Raises:
            LedgerError: as `errors.py` says.

        """
        with self._translated():
            connection = self._take_reader()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.rollback()
                self._give_back(connection)

    def changed_outside(self) -> bool:
        """Tell whether another connection has committed since the last call; costs no read of any table.

        While this process itself is writing the answer is put off (False) rather than waited for.
        """
        if not self.lock.acquire(blocking=False):
            return False
        try:
            if self._closed:
                return False
            before, self._seen_version = self._seen_version, self._data_version()
            return before != self._seen_version
        finally:
            self.lock.release()

    def close(self) -> None:
        """Close every connection; calling it again does nothing."""
        with self.lock:
            if self._closed:
                return
            with self._readers_lock:
                self._closed = True
                for connection in [*self._readers, self._writer]:
                    connection.close()
                self._readers.clear()
            self._guard.close()

    def _data_version(self) -> int:
        with self._translated():
            version: int = self._writer.execute("PRAGMA data_version").fetchone()[0]
            return version

    def _take_reader(self) -> sqlite3.Connection:
        if self._closed:
            raise LedgerClosed(f"The ledger {self.path} was closed.")
        try:
            return self._readers.pop()
        except IndexError:
            return opening.connect(self.path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._readers_lock:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self.path):
                yield
        except LedgerDamaged:
            if not self._closed:
                self._guard.suspect()
            raise
