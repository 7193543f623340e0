"""The server: transactions on one schema, bounded in time.

Every transaction says for itself which schema it is about and how long it may take, in the round trip that begins it.
So nothing depends on the session, and a pooler that gives each transaction another one (PgBouncer) serves as well.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

from octotui.ledger.errors import LedgerError, LedgerTooNew, LedgerUnwritable
from octotui.ledger.patience import Turns
from octotui.ledger.postgres import schema
from octotui.ledger.postgres.connection import is_hung_up
from octotui.ledger.postgres.connections import BOUND, Connections
from octotui.ledger.postgres.errors import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.location import Location

PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""
_ONE_TRY = 1.0
"""Seconds of that after which it is seen whether there is still time."""
_LONGEST = 30.0
"""Seconds that one statement may take."""
_IMPATIENT_BOUND = 0.5
"""Seconds that a transaction may take beyond the patience of a thread that has little."""
_HURRIED_BOUND = 2.0
"""Seconds that a transaction may take beyond the time of whoever is in a hurry."""
_ROLLBACK_BOUND = 5.0
"""Seconds for the server to say that nothing has happened."""
FROZEN = 5.0
"""Seconds between two statements of a writer after which the server gives it up: a process that was stopped in the
middle of a write must not hold up the others."""


class Server:
    """Transactions on one schema of one server, from any thread.

    Writers of this process wait for each other on a lock of Python's, those of others on the row of `counter`: each
    sees what the one before has committed. Readers wait for nobody.
    """

    def __init__(self, location: Location, password: Callable[[], str] | None, *, read_only: bool = False) -> None:
        self.location = location
        self._is_read_only = read_only
        self._connections = connections = Connections(location, password, read_only=read_only)
        self._bounds = connections.bounds
        self.notices = connections.notices
        self.connect = connections.connect
        self._turns = Turns(location.words, PATIENCE)
        self.lock = self._turns.lock
        """Held while writing; take it to make several steps of this process one."""
        self._writer: LedgerConnection | None = None
        self._no_waiting_after = float("inf")
        self.first_number: int | None = None
        """The number of the last write before this process first looked."""
        self.committed: Callable[[int], None] = lambda _number: None
        """Told the number of each transaction of this process once it is committed, before the lock is let go."""

    # Transactions

    @contextmanager
    def writing(self) -> Iterator[LedgerConnection]:
        """Run the block in one transaction; it is on stable storage when the block is left, or did not happen.

        Raises:
            LedgerAway: the connection broke; where that was at its end it may have happened all the same.
            LedgerError: as `errors.py` says.

        """
        with self._turns.turn() as (end, is_patient):
            self._connections.refuse_closed()
            bound = self._bound(end, is_patient=is_patient)
            with translated(self.location):
                connection, number = self._begun_writing(end, bound)
                try:
                    with self._bounds.within(bound, connection):
                        yield connection
                        connection.execute(f'NOTIFY "{self.channel}"; COMMIT'.encode())
                except BaseException:
                    self._roll_back(connection)
                    raise
                self.committed(number)

    @contextmanager
    def reading(self, *, is_bounded: bool = True) -> Iterator[LedgerConnection]:
        """Run the block on one unchanging view of the ledger.

        Raises:
            LedgerError: as `errors.py` says.

        """
        self._connections.refuse_closed()
        bound = BOUND if is_bounded else float("inf")
        with translated(self.location):
            connection = self._begun_reading(bound)
            try:
                with self._bounds.within(bound, connection):
                    yield connection
                    connection.execute(b"COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise
            finally:
                self._connections.release(connection)

    @property
    def channel(self) -> str:
        """The channel on which each transaction says that there was one."""
        return f"octotui_{self.location.schema}"[:63]

    def hurry(self, seconds: float) -> None:
        """Have no write wait for others any more in `seconds` from now, in any thread, begun already or not."""
        self._no_waiting_after = time.monotonic() + seconds
        self._bounds.shorten(seconds + _HURRIED_BOUND)

    def open_now(self) -> None:
        """Reach the server and see that there is a ledger. Raises `LedgerError`."""
        with self.reading():
            """Whatever is wrong is said by now."""

    def refuse_unwritable(self) -> None:
        """Raise `LedgerUnwritable` where this server, or this user, can only read."""
        if self.notices.is_read_only:
            raise LedgerUnwritable(
                f"The ledger {self.location.words} can only be read here: name the server that is no replica, or ask "
                f"its owner to GRANT {schema.WORK} TO {self.location.user}."
            )

    @property
    def is_away(self) -> bool:
        """Whether the server could not be reached when that was last tried."""
        return self._connections.is_away

    def close(self) -> None:
        """Close every connection; calling it again does nothing."""
        with self.lock:
            if self._writer is not None:
                self._writer.close()
            self._connections.close()

    # Beginning

    def _bound(self, end: float, *, is_patient: bool) -> float:
        """Return the seconds that a transaction that writes may take."""
        now = time.monotonic()
        bound = BOUND if is_patient else max(0.0, end - now) + _IMPATIENT_BOUND
        return min(bound, max(0.0, self._no_waiting_after - now) + _HURRIED_BOUND)

    def _begin_statement(self, kind: str, last: str, lock_wait: float | None = None) -> bytes:
        settings = [
            f'SET LOCAL search_path TO "{self.location.schema}", pg_catalog',
            f"SET LOCAL statement_timeout TO {_LONGEST * 1000:.0f}",
            # Each statement has an index to go by. Of a table that is just being filled there are no statistics yet,
            # and without this all tasks would be read for the one that has changed.
            "SET LOCAL enable_seqscan TO off",
            # What has no index (one row) seems expensive then, and compiling it would take longer than reading it.
            "SET LOCAL jit TO off",
        ]
        if lock_wait is not None:
            settings += [
                f"SET LOCAL lock_timeout TO {max(1.0, lock_wait * 1000):.0f}",
                f"SET LOCAL idle_in_transaction_session_timeout TO {FROZEN * 1000:.0f}",
            ]
        return "; ".join([f"BEGIN {kind}", *settings, last]).encode()

    def _begun_writing(self, end: float, bound: float) -> tuple[LedgerConnection, int]:
        if self._is_read_only:
            raise LedgerUnwritable(f"The ledger {self.location.words} was opened for reading alone.")
        lock = "UPDATE counter SET writes = writes + 1 RETURNING version, writes"
        while True:
            wait = min(_ONE_TRY, max(0.0, end - time.monotonic()))
            statement = self._begin_statement("READ WRITE", lock, wait)
            try:
                self._writer, number = self._begun(self._writing_connection(), statement, bound)
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() >= min(end, self._no_waiting_after):
                    raise
            else:
                return self._writer, number

    def _begun_reading(self, bound: float) -> LedgerConnection:
        statement = self._begin_statement(
            "ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT version, writes FROM counter"
        )
        return self._begun(self._connections.acquire(), statement, bound)[0]

    def _begun(self, connection: LedgerConnection, statement: bytes, bound: float) -> tuple[LedgerConnection, int]:
        """Begin a transaction in one round trip; where the connection turns out to be broken, on a new one."""
        try:
            version, number = self._first_answer(connection, statement, bound)
        except psycopg.OperationalError:
            if not connection.closed:
                self._abandon(connection)
                raise
            connection = self._connections.acquire()
            try:
                version, number = self._first_answer(connection, statement, bound)
            except BaseException:
                self._abandon(connection)
                raise
        except BaseException:
            self._abandon(connection)
            raise
        if version != len(schema.MIGRATIONS):
            self._abandon(connection)
            raise LedgerTooNew(self.location.words, version, len(schema.MIGRATIONS))
        if self.first_number is None:
            self.first_number = number - (b"UPDATE counter" in statement)
        return connection, number

    def _first_answer(self, connection: LedgerConnection, statement: bytes, bound: float) -> tuple[int, int]:
        with self._bounds.within(bound, connection):
            cursor = connection.execute(statement)
            while cursor.nextset():
                """Past the answers of the settings."""
            row: tuple[int, int] | None = cursor.fetchone()
        if row is None:
            raise LedgerError(f"The ledger {self.location.words} has lost the row that counts its changes.")
        return row

    def _abandon(self, connection: LedgerConnection) -> None:
        """End a transaction that came to nothing, and keep the connection where it is whole."""
        self._roll_back(connection)
        if connection is not self._writer:
            self._connections.release(connection)

    def _roll_back(self, connection: LedgerConnection) -> None:
        with suppress(psycopg.Error):
            if not connection.closed:
                with self._bounds.within(_ROLLBACK_BOUND, connection):
                    connection.rollback()

    def _writing_connection(self) -> LedgerConnection:
        """Return the connection that writes, alive as far as can be known without asking."""
        if self._writer is None or is_hung_up(self._writer):
            self._writer = self._connections.acquire()
        return self._writer
