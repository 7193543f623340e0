"""One connection: what it is connected to, whether it still is, and how long it may take.

`statement_timeout` is the server's, and a server behind a broken line can say nothing of it; TCP gives up after its
own, longer time. So the socket is shut from here, and whoever waits on it is told at once.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

_REVISIONS = 48
"""Bits of a revision as it is handed out that count changes; those above count the lives of the ledger."""


class Lives:
    """Tells one life of a ledger from the next: a ledger that was restored from a backup counts on from an old number.

    It is told by what a restoring changes: the server's own number and timeline, and the number of the table `counter`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[str, int] | None = None
        self._number = 0

    def number(self, origin: str, table: int) -> int:
        """Return which life this is, of those that this process has seen."""
        with self._lock:
            if self._last is not None and self._last != (origin, table):
                self._number += 1
            self._last = (origin, table)
            return self._number


class LedgerConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that knows which life of which server it is connected to, and the rows it left out."""

    left_out: dict[int, str]
    """Ids of tasks with a value no task can have, by number; all connections of a `Server` share them."""
    lives: Lives
    origin: str = ""
    is_replica: bool = False
    """Whether the server takes no writes now."""

    def ask_origin(self) -> None:
        """Ask for the server's number and timeline, and whether it can be written. Raises `psycopg.Error`."""
        query = b"""
            SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on',
                system_identifier || CASE WHEN pg_is_in_recovery() THEN ''
                    ELSE ' ' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END
            FROM pg_control_system()
        """
        row = self.execute(query).fetchone()
        if row is not None:
            self.is_replica, self.origin = row

    def look_at_counter(self) -> tuple[int, int]:
        """Return the revision of the ledger and which of its lives this is, inside a transaction."""
        row = self.execute(b"SELECT revision, tableoid::bigint FROM counter").fetchone()
        revision, table = row or (0, 0)
        return revision, self.lives.number(self.origin, table)


def handed_out(revision: int, life: int) -> int:
    """Return a revision as whoever reads keeps it: with the life it is one of."""
    return life << _REVISIONS | revision


def taken_in(since: int) -> tuple[int, int]:
    """Return the revision and the life that `handed_out` was told."""
    return since & ((1 << _REVISIONS) - 1), since >> _REVISIONS


def is_hung_up(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether the other side has closed a connection on which nothing is under way; asks nobody."""
    if connection.closed:
        return True
    try:
        line = select.poll()
        line.register(connection.fileno(), select.POLLIN)
        if line.poll(0):
            connection.pgconn.consume_input()
    except (psycopg.Error, OSError):
        return True
    return connection.pgconn.status != psycopg.pq.ConnStatus.OK


class Bounds:
    """Watches over connections from one thread, which is there while anything is watched."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[object, tuple[float, psycopg.Connection[Any]]] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def within(self, seconds: float, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Cut the connection where the block takes longer."""
        key, end = object(), time.monotonic() + seconds
        with self._changed:
            earliest = min((each[0] for each in self._ends.values()), default=float("inf"))
            self._ends[key] = (end, connection)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="octotui-ledger-bounds", daemon=True)
                self._thread.start()
            elif end < earliest:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                del self._ends[key]

    def shorten(self, seconds: float) -> None:
        """Cut whatever is not over in `seconds` from now."""
        end = time.monotonic() + seconds
        with self._changed:
            self._ends = {key: (min(end, each), connection) for key, (each, connection) in self._ends.items()}
            self._changed.notify()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for key, (end, connection) in list(self._ends.items()):
                    if end <= now:
                        self._ends[key] = (float("inf"), connection)
                        cut(connection)
                earliest = min((end for end, _ in self._ends.values()), default=float("inf"))
                self._changed.wait(None if earliest == float("inf") else max(0.0, earliest - now))


def cut(connection: psycopg.Connection[Any]) -> None:
    """Shut the socket of a connection: whoever waits for it, in whichever thread, is told that it is gone."""
    with (
        suppress(OSError, ValueError, psycopg.Error),
        # A copy of the number: the connection itself stays libpq's to close.
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
