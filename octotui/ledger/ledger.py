"""The ledger: every verb, whichever kind of ledger it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from octotui.ledger.errors import LedgerError
from octotui.ledger.fact_writer import FactWriter
from octotui.ledger.listeners import Listeners
from octotui.ledger.process_place import process_place
from octotui.ledger.records import Lease, Removal, Unwritten
from octotui.ledger.url import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from octotui.ledger.backend import Backend
    from octotui.ledger.postgres.backend import PostgresBackend
    from octotui.ledger.records import Changes
    from octotui.ledger.verbs.intents import Intents
    from octotui.ledger.verbs.questions import Questions


class Ledger:
    """Everything octotui remembers; any number of threads and processes share it.

    Intents (`add`, `remove`, `want`, `unwant`, `pause…`, `ask_now`) are on stable storage when the call returns. Facts
    (`record`, `record_download`, `log`, `note_…`, `set_status`) are collected and written together every 250 ms, the
    latest of each task; a download reported as saved is written at once, and so are copies. What is read is what has
    been written.
    Intents and facts never overwrite one another (each has columns of its own), so no caller need hold a lock or read
    before it writes.

    What each verb does is said where it is: facts in `FactWriter`, the others in `verbs/`.

    A write waits up to ten seconds for another process that writes, less in an `impatient` thread.
    Every method may raise `LedgerError`; facts only `LedgerClosed`, and `record_download` what reading raises.
    """

    def __init__(self, backend: Backend, listeners: Listeners) -> None:
        self.place = backend.place
        """Where it is, in words: the path of its file, or the URL without a password."""
        self.notices = backend.notices
        self.room = backend.room
        self.hurry = backend.hurry
        self._backend = backend
        self.subscribe = listeners.subscribe
        self._writer = facts = FactWriter(backend.facts, backend.place, listeners.call_all)
        self.record = facts.record
        self.record_download = facts.record_download
        self.log = facts.log
        self.note_attempt = facts.note_attempt
        self.note_duration = facts.note_duration
        self.note_minute = facts.note_minute
        self.set_status = facts.set_status
        self.flush = facts.flush
        self._bind_intents(backend.intents)
        self._bind_questions(backend.questions)
        self._bind_others(backend)

    def _bind_intents(self, intents: Intents) -> None:
        self.add = intents.add
        self.request_download = intents.request_download
        self.cancel_download = intents.cancel_download
        self.pause = intents.pause
        self.pause_all = intents.pause_all
        self.ask_now = intents.ask_now
        self.take_asks = intents.take_asks
        self.set_title = intents.set_title
        self.change_tags = intents.change_tags
        self.set_tags = intents.set_tags
        self.save_view, self.drop_view = intents.save_view, intents.drop_view
        self.keep_columns = intents.keep_columns

    def _bind_questions(self, questions: Questions) -> None:
        self.tasks = questions.tasks
        self.pages = questions.pages
        self.first_page = questions.first_page
        self.count = questions.count
        self.task = questions.task
        self.changes = questions.changes
        self.changed_outside = questions.changed_outside
        self.request_version = questions.request_version
        self.raw_answer = questions.raw_answer
        self.previous_answer = questions.previous_answer
        self.attempts = questions.attempts
        self.events = questions.events
        self.durations = questions.durations
        self.status = questions.status
        self.paused_since = questions.paused_since
        self.minutes, self.history, self.totals = questions.minutes, questions.history, questions.totals
        self.saved_views, self.columns = questions.saved_views, questions.columns
        self.download_folder = questions.download_folder
        self.check = questions.check
        self.lease, self.server_facts = questions.lease, questions.server_facts

    def _bind_others(self, backend: Backend) -> None:
        outbox = backend.outbox
        self.queued_notices = outbox.queued_notices
        self.begin_notices = outbox.begin_notices
        self.note_deadlines = outbox.note_deadlines
        boxes = backend.boxes
        self.is_shared = boxes.is_shared
        """Whether engines on several machines work on it at once; then it may be far away, too."""
        self.boxes, self.claim, self.free_claims = boxes.boxes, boxes.claim, boxes.free_claims
        self.interchange = backend.interchange
        """All rows of it, for another ledger."""
        self.last_word = boxes.last_word
        copies = backend.copies
        self.record_copy, self.drop_copy, self.copies = copies.record_copy, copies.drop_copy, copies.copies
        pictures = backend.pictures
        self.ask_poster = pictures.ask_poster
        self.take_poster_asks = pictures.take_poster_asks
        self.record_poster = pictures.record_poster
        self.poster, self.posters = pictures.poster, pictures.posters

    @classmethod
    def open(
        cls,
        where: Path | str,
        *,
        is_reader: bool = False,
        read_only: bool = False,
        late: bool = False,
        password: Callable[[], str] | None = None,
    ) -> Self:
        """Open the ledger in an SQLite file, or in a schema of a PostgreSQL server; make it where there is none.

        A file is made 0600 in a folder 0700. Of a damaged one, what can be read comes into a new one; `notices` says
        so, and where the old one is.

        Args:
            where: The path of the file, or a URL (`postgresql://user@host/database?schema=name`).
            is_reader: Whoever opens it will only read: then nobody who writes is waited for, and a ledger whose folder
                cannot be written is opened all the same.
            read_only: Nothing is made, mended or written there, whoever may; a missing file is an empty ledger.
            late: A server is reached when the ledger is first used, which then raises what is wrong with it.
            password: Says the password of a server, each time one is needed; None: libpq's own ways.

        Raises:
            LedgerAway: the server cannot be reached.
            LedgerCorrupt: it was damaged, no task could be read, and it is now beside its old place; opening again
                starts a new one.
            LedgerDamaged: it is damaged, and another octotui has it open.
            LedgerTooNew: a newer octotui wrote it; it is left as it is.
            LedgerUnwritable: folder or file cannot be written, or hosts share the file system; the server, or the role
                of whoever asks, can only be read.
            LedgerError: the packages for PostgreSQL are not installed, or the server refuses.

        """
        listeners = Listeners()
        if is_url(where):
            server = _postgres_backend()(
                str(where),
                password=password,
                is_reader=is_reader,
                read_only=read_only,
                late=late,
                committed=listeners.call_all,
            )
            listeners.begin = server.listen
            return cls(server, listeners)
        from octotui.ledger.sqlite.backend import SqliteBackend  # noqa: PLC0415 - each kind of ledger is loaded when it is used

        file = SqliteBackend(Path(where), is_reader=is_reader, read_only=read_only, committed=listeners.call_all)
        return cls(file, listeners)

    def close(self) -> None:
        """Write the facts that wait and close the file.

        Raises:
            LedgerError: when the facts could not be written; the file is closed all the same.

        """
        try:
            self._writer.close()
        finally:
            self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def unwritten(self) -> Unwritten | None:
        """Why facts or the lease could not be written, and since when; None once they are."""
        return self._writer.unwritten

    def changes_but_own(self, since: int, *, with_requests: bool = False) -> Changes:
        """Return what is different since a revision, as `changes`; nothing where that is no more than our own looks.

        For whoever records the facts: a task looked at, and of which nothing else is new, need not be read back.
        """
        until = self._writer.looked_until(since) if since > 0 else since
        return self.changes(until, with_requests=with_requests)

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Stop watching tasks; returns the ids of those that were watched. Files stay; late facts are ignored."""
        gone = self._backend.intents.remove(ids)
        self._writer.forget_tasks(gone)
        return gone

    def take_out(self, ids: Iterable[str]) -> Removal:
        """Stop watching tasks as `remove` does, and keep what is known of them for `restore`, until this ledger closes.

        The newest 20 removals are kept.
        """
        removal = self._backend.intents.take_out(ids)
        self._writer.forget_tasks(removal.ids)
        return removal

    def restore(self, removal: Removal) -> list[str]:
        """Watch tasks again that were taken out, with all that was known of them; returns their ids.

        One that is watched again already stays as it is.
        """
        return self._backend.intents.restore(removal)

    def set_titles(
        self, titles: Mapping[str, str | None], *, if_now: Mapping[str, str | None] | None = None
    ) -> list[str]:
        """Give each task its own title, or none; returns the ids for which that changed anything.

        With `if_now` only those that are called so now: what another window has changed meanwhile stays.
        """
        return self._backend.intents.set_titles(titles, if_now=if_now)

    # Who works

    def take_lease(
        self,
        owner: str,
        host: str,
        pid: int,
        now: float,
        *,
        stale_after: float = 8.0,
        monotonic: float | None = None,
        place: tuple[str, str] | None = None,
    ) -> bool:
        """Take or renew the lease; returns whether `owner` holds it now.

        It is taken over from a holder of which this ledger has seen no new word for `stale_after` seconds, or whose
        process is dead (same boot, same namespace). From then on the facts of an engine that lost it are dropped,
        except for files it saved.

        Args:
            owner: Unique to one engine.
            host: Name of the machine.
            pid: Process that works.
            now: Unix seconds; the heartbeat, which people are shown.
            stale_after: Seconds of silence after which a holder is gone.
            monotonic: Now, by the clock that silence is measured with; None: `time.monotonic`.
            place: Boot and namespace of process ids in which `pid` is one; None: this process's.

        """
        asker = Lease(owner, host, pid, now, *(place or process_place()))
        mark = time.monotonic() if monotonic is None else monotonic
        return self._writer.take_lease(asker, stale_after=stale_after, monotonic=mark)

    def release_lease(self, owner: str) -> None:
        """Write what waits and give the lease up, if `owner` holds it."""
        self._writer.flush()
        self._backend.facts.release_lease(owner)


def _postgres_backend() -> type[PostgresBackend]:
    """Import what is needed for a server. Raises `LedgerError` where the packages are not there."""
    try:
        from octotui.ledger.postgres.backend import PostgresBackend  # noqa: PLC0415 - 0.2 s that a file does not need
    except ImportError as error:
        from octotui.extras import install_command  # noqa: PLC0415 - only on the way out

        raise LedgerError(
            f"A PostgreSQL ledger needs the Python package psycopg ({error}): {install_command('postgres')}"
        ) from error
    return PostgresBackend
