"""The open file: one connection that writes, as many as needed that read, and SQLite's errors in our words."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from octotui.ledger.errors import LedgerClosed, LedgerDamaged, LedgerUnwritable
from octotui.ledger.notices import Notices, still_kept
from octotui.ledger.patience import Turns
from octotui.ledger.sqlite import connections, queries
from octotui.ledger.sqlite.errors import primary_code, translated
from octotui.ledger.sqlite.file import file_systems, opening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from octotui.ledger.sqlite.file.guard import Guard

_ONE_TRY = 0.2
"""Seconds SQLite itself waits for another process at most; after that it is seen whether there is still time."""
_BETWEEN = 0.005
"""Seconds between two tries: there are cases in which SQLite does not wait at all."""


class Database:
    """Transactions on one ledger file, from any thread.

    Writers of this process wait for each other on a lock of Python's, which is fair and wakes at once; SQLite's own
    lock, on which processes wait, is polled. Readers never wait for writers (WAL).
    """

    def __init__(self, path: Path, *, is_reader: bool = False, read_only: bool = False) -> None:
        self.path = path
        self._is_read_only = read_only
        self.notices = Notices(file_systems.examine(path))
        """What people should know about the file."""
        self._source: Path | str = path
        self._guard: Guard | None = None
        self._folder: TemporaryDirectory[str] | None = None
        if read_only:
            self._open_read_only()
        else:
            try:
                self._writer, self._guard = opening.open_file(path, is_reader=is_reader)
            except LedgerUnwritable:
                if not is_reader or not opening.size_of(path):
                    raise
                self._open_read_only()
                self.notices.is_read_only = True
        self._no_waiting_after = float("inf")
        self._one_try = connections.BUSY_TIMEOUT
        self._turns = Turns(str(path), connections.BUSY_TIMEOUT)
        self.lock = self._turns.lock
        """Held while writing; take it to make several steps of this process one."""
        self._readers_lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        self._seen_version = self._data_version()
        with self.reading() as connection:
            self.notices.salvage = still_kept(queries.salvage(connection))

    def _open_read_only(self) -> None:
        from octotui.ledger.sqlite.file.read_only import open_read_only  # noqa: PLC0415 - hardly ever, and brings compressors

        self._writer, self._source, self._folder = open_read_only(self.path)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run the block in one transaction; it is on stable storage when the block is left, or did not happen.

        Raises:
            LedgerError: as `errors.py` says.

        """
        with self._turns.turn() as (end, _), self._translated():
            if self._closed:
                raise LedgerClosed(f"The ledger {self.path} was closed.")
            if self._is_read_only or self.notices.is_read_only:
                raise LedgerUnwritable(f"The ledger {self.path} was opened for reading alone.")
            self._begin(end)
            with self._writer:
                yield self._writer

    def hurry(self, seconds: float) -> None:
        """Have no write wait for another process any more in `seconds` from now, in any thread, begun already or not.

        What is written later is still tried, for `_ONE_TRY`.
        """
        self._no_waiting_after = time.monotonic() + seconds

    def _begin(self, end: float) -> None:
        while True:
            self._wait_in_sqlite(min(_ONE_TRY, max(0.0, end - time.monotonic())))
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                is_late = time.monotonic() >= min(end, self._no_waiting_after)
                if is_late or primary_code(error) != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(_BETWEEN)
            else:
                return

    def _wait_in_sqlite(self, seconds: float) -> None:
        if seconds != self._one_try:
            self._one_try = seconds
            self._writer.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")

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
            if self._guard is not None:
                self._guard.close()
            if self._folder is not None:
                self._folder.cleanup()

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
            return connections.connect(self._source, left_out=self.notices.left_out)

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
            if not self._closed and self._guard is not None:
                self._guard.suspect()
            raise
