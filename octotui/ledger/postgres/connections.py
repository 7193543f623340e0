"""The connections to one server: made when they are needed, kept while they are whole, made again when they broke."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg

from octotui.ledger.errors import LedgerAway, LedgerClosed, LedgerError
from octotui.ledger.notices import Notices
from octotui.ledger.patience import patience
from octotui.ledger.postgres import schema
from octotui.ledger.postgres.connection import Bounds, LedgerConnection, Lives, is_hung_up
from octotui.ledger.postgres.errors import explained

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.ledger.postgres.location import Location

BOUND = 45.0
"""Seconds that one transaction may take, with all waiting; after that its connection is cut."""
_IMPATIENT_CONNECTING = "2"
"""Seconds that a thread which has little patience waits for a new connection: the least that libpq takes."""
_MOST_IDLE = 4
"""Connections that are kept for the next reader."""
_FIRST_RETRY, _LAST_RETRY = 0.1, 2.0
"""Seconds between two tries to reach a server that is away."""


class Connections:
    """Hands out connections to a schema of the newest version, each to one at a time.

    While the server is away one thread tries to reach it, and whoever asks is refused at once: a screen must not stand
    still at each of its looks for as long as a network takes to say nothing.
    """

    def __init__(self, location: Location, password: Callable[[], str] | None, *, read_only: bool) -> None:
        self._location = location
        self._password = password
        self._said_password: str | None = None
        self._is_read_only = read_only
        self.notices = Notices(why_read_only="this role, or this server, can only read the ledger")
        self.bounds = Bounds()
        self._lives = Lives()
        self._lock = threading.Lock()
        self._prepare_lock = threading.Lock()
        self._is_prepared = False
        self._idle: list[LedgerConnection] = []
        self._away: LedgerError | None = None
        self._closing = threading.Event()

    @property
    def is_away(self) -> bool:
        """Whether the server could not be reached when that was last tried, or never was tried."""
        return self._away is not None or not self._is_prepared

    def refuse_closed(self) -> None:
        """Raise `LedgerClosed` once `close` was called."""
        if self._closing.is_set():
            raise LedgerClosed(f"The ledger {self._location.words} was closed.")

    def acquire(self) -> LedgerConnection:
        """Return a connection that nobody else uses: one that is idle, or a new one. Raises as `connect` does."""
        while True:
            self.refuse_closed()
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if not is_hung_up(connection):
                return connection
            connection.close()
        if self._away is not None:
            raise self._away
        try:
            return self._connected()
        except psycopg.OperationalError as error:
            reason = self._explained(error)
            if isinstance(reason, LedgerAway):
                self._note_away(reason)
            raise reason from error

    def release(self, connection: LedgerConnection) -> None:
        """Keep a connection for the next one who asks, where it is whole and outside of any transaction."""
        with self._lock:
            is_idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            if self._closing.is_set() or connection.closed or not is_idle or len(self._idle) >= _MOST_IDLE:
                connection.close()
            else:
                self._idle.append(connection)

    def connect(self) -> LedgerConnection:
        """Return a new connection, whatever it finds there. Raises `psycopg.Error`, `LedgerError`."""
        parameters: dict[str, Any] = dict(self._location.parameters)
        if patience() is not None:
            parameters["connect_timeout"] = _IMPATIENT_CONNECTING
        if self._password is not None:
            self._said_password = self._said_password or self._password()
            parameters["password"] = self._said_password
        try:
            # No statement is prepared: a pooler may have the next transaction on another session.
            connection = LedgerConnection.connect(**parameters, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError:
            self._said_password = None  # the next one may be another, as that of a service that changes them
            raise
        connection.left_out = self.notices.left_out
        connection.lives = self._lives
        return connection

    def close(self) -> None:
        """Close those that nobody uses; the others are closed as they are released."""
        self._closing.set()
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()
        self.bounds.close()

    def _connected(self) -> LedgerConnection:
        connection = self.connect()
        try:
            with self.bounds.within(BOUND, connection):
                connection.ask_origin()
                with self._prepare_lock:
                    if not self._is_prepared:
                        self._prepare(connection)
                        self._is_prepared = True
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: LedgerConnection) -> None:
        only_reads = self._is_read_only or connection.is_replica
        schema.prepare(connection, self._location, read_only=only_reads)
        allowed = connection.execute(
            "SELECT has_column_privilege(%s, 'writes', 'UPDATE')", (f'"{self._location.schema}".counter',)
        ).fetchone()
        self.notices.is_read_only = only_reads or allowed != (True,)

    def _explained(self, error: psycopg.Error) -> LedgerError:
        """Turn an error of connecting into one of ours: a server that has let us in before will do so again.

        What it says meanwhile comes without a code, and in the server's own language.
        """
        reason = explained(error, self._location)
        return LedgerAway(str(reason)) if self._is_prepared else reason

    def _note_away(self, reason: LedgerError) -> None:
        with self._lock:
            if self._away is None and not self._closing.is_set():
                self._away = reason
                threading.Thread(target=self._retry, name="octotui-ledger-retry", daemon=True).start()

    def _retry(self) -> None:
        """Try until the server is back, or says why not: then whoever asks next is told that."""
        pause = _FIRST_RETRY
        while not self._closing.wait(pause):
            pause = min(_LAST_RETRY, pause * 2)
            try:
                connection = self._connected()
            except psycopg.Error as error:
                reason = self._explained(error)
                if isinstance(reason, LedgerAway):
                    self._away = reason
                    continue
                self._away = None
            except LedgerError:
                self._away = None
            else:
                self._away = None
                self.release(connection)
            return
