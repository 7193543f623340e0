"""The listener: learns from a connection of its own that somebody else has written.

A notification is a hint that there is something to look at; what counts is the number of the last write. Where hints
do not arrive (a pooler, a replica) that number is asked for every `_ASKING` seconds, and that is enough.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg

from octotui.ledger.errors import LedgerError
from octotui.ledger.postgres.connection import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.postgres.server import Server

_ASKING = 0.25
"""Seconds between two looks while no hint is known to arrive."""
_HEARING = 2.0
"""Seconds between two looks while hints arrive."""
_SOON = 0.02
"""Seconds until the next look while this process is writing, so that nobody can tell who has written what."""
_LEAVING = 1.0
"""Seconds that closing waits for the thread."""
_MOST_OWN = 5000
"""Own writes that are remembered before anybody has asked what others do."""
_PAUSE = 1.0
"""Seconds after which a server that is away is tried again."""


class Listener:
    """Knows whether others have written; its thread begins with the first question, or with `start`."""

    def __init__(self, server: Server, heard: Callable[[], None]) -> None:
        """`heard` is called whenever others may have written."""
        self._server = server
        self._heard = heard
        self._lock = threading.Lock()
        self._latest: int | None = None
        """The number of the last write that is known of."""
        self._seen: int | None = None
        """The number up to which it is known who has written."""
        self._own: set[int] = set()
        """Numbers of this process's own writes beyond that; each comes in once it is committed."""
        self._has_news = False
        """Whether others have written since `changed_outside` was last asked."""
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: LedgerConnection | None = None

    def note_own(self, number: int) -> None:
        """Take in the number of a write of this process that is committed."""
        with self._lock:
            self._own.add(number)
            if len(self._own) > _MOST_OWN and self._thread is None:
                # Nobody has ever asked what others do: whoever begins to, begins here.
                self._own, self._seen = set(), number

    def changed_outside(self) -> bool:
        """Tell whether anybody else has written since the last call; asks no server.

        While this process is writing the answer is put off (False): its own write may be known before it is noted.
        """
        self.start()
        if not self._attribute_writes():
            return False
        with self._lock:
            news, self._has_news = self._has_news, False
        return news

    def _attribute_writes(self) -> bool:
        """See who has written what is known of, and say so; False while this process is writing and nobody can tell."""
        if not self._server.lock.acquire(blocking=False):
            return False
        try:
            with self._lock:
                by_others = self._is_by_others()
                self._has_news = self._has_news or by_others
        finally:
            self._server.lock.release()
        if by_others:
            self._heard()
        return True

    def _is_by_others(self) -> bool:
        latest = self._latest
        if latest is None:
            return False
        first = self._server.first_number
        since = self._seen if self._seen is not None else latest if first is None else first
        others = latest - since - sum(since < one <= latest for one in self._own)
        self._seen = latest
        self._own = {one for one in self._own if one > latest}
        return others != 0  # fewer than none in another life of the ledger

    def close(self) -> None:
        """End the thread; calling it again does nothing."""
        self._closing.set()
        connection, thread = self._connection, self._thread
        if connection is not None:
            cut(connection)
        if thread is not None:
            # It may be about to reach a server that says nothing; it ends by itself then.
            thread.join(_LEAVING)

    def start(self) -> None:
        """Begin to listen; calling it again does nothing."""
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="octotui-ledger-listener", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                connection = self._connection = self._server.connect()
            except (psycopg.Error, LedgerError):
                self._lose()
                continue
            try:
                self._listen(connection)
            except psycopg.Error:
                self._lose()
            finally:
                self._connection = None
                connection.close()

    def _lose(self) -> None:
        """Have whoever asks look for himself: the server is away, and he should say so."""
        if not self._closing.is_set():
            with self._lock:
                self._has_news = True
            self._heard()
            self._closing.wait(_PAUSE)

    def _listen(self, connection: LedgerConnection) -> None:
        with suppress(psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported):
            connection.execute(f'LISTEN "{self._server.channel}"'.encode())
        self._ask_counter(connection)
        hears = False
        while not self._closing.is_set():
            wait = _SOON if not self._attribute_writes() else _HEARING if hears else _ASKING
            hinted = any(True for _ in connection.notifies(timeout=wait, stop_after=1))
            moved = self._ask_counter(connection)
            # What moved without a hint: from now on that is asked for.
            hears = hinted or (hears and not moved)

    def _ask_counter(self, connection: LedgerConnection) -> bool:
        """Ask for the number of the last write; returns whether that is another one than before."""
        query = f'SELECT writes FROM "{self._server.location.schema}".counter'  # noqa: S608 - a checked name
        row = connection.execute(query.encode()).fetchone()
        with self._lock:
            before, self._latest = self._latest, row[0] if row else 0
        return before != self._latest
