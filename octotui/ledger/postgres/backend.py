"""A ledger on a PostgreSQL server, as `octotui.ledger.backend` wants it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from octotui.ledger.errors import LedgerError
from octotui.ledger.intent_writer import IntentWriter
from octotui.ledger.patience import impatient
from octotui.ledger.postgres import facts, hours, lease, queries
from octotui.ledger.postgres.boxes import Boxes
from octotui.ledger.postgres.copies import Copies
from octotui.ledger.postgres.intents import saved_views
from octotui.ledger.postgres.intents import statements as intents
from octotui.ledger.postgres.intents.removals import Removals
from octotui.ledger.postgres.interchange import Interchange
from octotui.ledger.postgres.listener import Listener
from octotui.ledger.postgres.location import located
from octotui.ledger.postgres.outbox import Outbox
from octotui.ledger.postgres.posters import Posters
from octotui.ledger.postgres.server import Server
from octotui.ledger.reader import LedgerReader
from octotui.ledger.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from octotui.ledger.batch import Batch
    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.records import Lease, ServerFacts
    from octotui.model import Task

_LEAVING = 0.5
"""Seconds that closing waits for others that write."""


class PostgresBackend:
    """An open schema of a server and its verbs."""

    def __init__(
        self,
        url: str,
        *,
        password: Callable[[], str] | None,
        is_reader: bool,
        read_only: bool,
        late: bool,
        committed: Callable[[], None],
    ) -> None:
        """Open the schema at `url` as `Ledger.open` says; `committed` is called after each intent.

        With `late` the server is not asked before something is asked of the ledger.
        """
        location = located(url)
        self._server = server = Server(location, password, read_only=read_only)
        self._listener = listener = Listener(server, committed)
        server.committed = listener.note_own
        self.place = location.words
        self.notices = server.notices
        self._removals = Removals()
        statements: Statements[LedgerConnection] = Statements(
            intents, self._removals, saved_views, queries, hours, lease
        )
        self.intents = IntentWriter(server, statements, committed)
        self.questions = _Reader(server, statements, listener.changed_outside)
        self.pictures = Posters(server)
        self.outbox = Outbox(server, committed)
        self.copies = Copies(server, committed)
        self.boxes = boxes = Boxes(server, committed)
        self.interchange = Interchange(server, committed)
        self.facts = PostgresFacts(server, boxes)
        self.hurry = server.hurry
        self.listen = listener.start
        if not late:
            try:
                server.open_now()
                if not (is_reader or read_only):
                    server.refuse_unwritable()
            except BaseException:
                self.close()
                raise

    def room(self) -> int | None:
        """Nobody but the server's owner knows."""
        return None

    def close(self) -> None:
        """Close every connection; calling it again does nothing."""
        self._listener.close()
        # What is left of a process goes by its age where the server is not there to forget it now.
        with suppress(LedgerError):
            self._forget_process()
        self._server.close()

    def _forget_process(self) -> None:
        if not (self._removals.has_any or self.facts.has_written) or self._server.is_away:
            return
        # Nobody who leaves waits for another machine on account of what is forgotten later all the same.
        with impatient(_LEAVING), self._server.writing() as connection:
            self._removals.forget_all(connection)
            facts.forget_process(connection, self.facts.process)


class PostgresFacts:
    """Writes batches of facts, each in one transaction and each once."""

    def __init__(self, server: Server, boxes: Boxes) -> None:
        self._server = server
        self._boxes = boxes
        self._box: str | None = None
        """Whose minutes these are: who last said something about himself."""
        self._epoch: int | None = None
        """In which this process last held the lease."""
        self.process = uuid4()
        """Under which the numbers of its batches are kept."""
        self.has_written = False
        self.lock = server.lock

    def write(self, batch: Batch, holder: str | None, now: float) -> None:
        """Store a batch, whole or not at all; one that is there already, by its number, is passed over."""
        with self._server.writing() as connection:
            if facts.is_written(connection, self.process, batch.number):
                return
            fenced = holder is not None and lease.is_lost(connection, holder, self._epoch)
            if batch.status is not None and batch.status.box:
                self._box = batch.status.box
            facts.write(connection, batch, now, fenced=fenced, claimer=self._boxes.claimer, box=self._box)
        self.has_written = True

    def wish_of(self, task_id: str) -> int | None:
        """Return how often somebody spoke about the download of a task, None when it is not watched."""
        with self._server.reading() as connection:
            return queries.request_version(connection, task_id)

    def take_lease(self, asker: Lease, *, stale_after: float, monotonic: float) -> bool:  # noqa: ARG002 - the server's clock counts
        """Take or renew the lease for `asker`; returns whether it holds it."""
        # Each machine of many asks every second, and every write has all the others look.
        with self._server.reading() as connection:
            if lease.is_taken(connection, asker, stale_after=stale_after):
                return False
        with self._server.writing() as connection:
            epoch = lease.acquire(connection, asker, stale_after=stale_after)
        if epoch is not None:
            self._epoch = epoch
        return epoch is not None

    def release_lease(self, owner: str) -> None:
        """Give the lease up, if `owner` holds it."""
        with self._server.writing() as connection:
            lease.release(connection, owner)


class _Reader(LedgerReader["LedgerConnection"]):
    """What the ledger knows, with as long as whoever reads may take for each page."""

    def __init__(
        self, server: Server, statements: Statements[LedgerConnection], changed_outside: Callable[[], bool]
    ) -> None:
        super().__init__(server, statements, changed_outside)
        self._server = server

    def pages(self, fields: Iterable[str] | None = None) -> Iterator[list[Task]]:
        """Yield all watched tasks in the order they were added, a page at a time, from one view of it."""
        with self._server.reading(is_bounded=False) as connection:
            yield from queries.pages(connection, None if fields is None else frozenset(fields))

    def server_facts(self) -> ServerFacts:
        """Return what the server says about itself; takes up to two seconds."""
        from octotui.ledger.postgres.diagnostics.server_facts import server_facts  # noqa: PLC0415 - for doctor alone

        return server_facts(self._server)
