"""The ledger: every verb, from the class that has it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from octotui.ledger import lease
from octotui.ledger.database import Database
from octotui.ledger.intent_writer import IntentWriter
from octotui.ledger.listeners import Listeners
from octotui.ledger.posters import Posters
from octotui.ledger.reader import LedgerReader
from octotui.ledger.records import Lease, Unwritten
from octotui.ledger.writer import FactWriter

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class Ledger:
    """Everything octotui remembers, in one SQLite file that any number of threads and processes share.

    Intents (`add`, `remove`, `want`, `unwant`, `pause…`, `ask_now`) are on stable storage when the call returns. Facts
    (`record`, `record_download`, `log`, `note_…`, `set_status`) are collected and written together every 250 ms, the
    latest of each task; a download reported as saved is written at once. What is read is what has been written.
    Intents and facts never overwrite one another (`schema.py` says which column is which), so no caller need hold a
    lock or read before it writes.

    Intents are `IntentWriter`'s, facts `FactWriter`'s, questions `LedgerReader`'s and pictures `Posters`'; they are
    verbs of the ledger all the same.

    A write waits up to `connections.BUSY_TIMEOUT` for another process that writes, less in an `impatient` thread.
    Every method may raise `LedgerError`; facts only `LedgerClosed`, and `record_download` what reading raises.
    """

    def __init__(self, store: Database) -> None:
        self.path = store.path
        """Where the file is."""
        self._store = store
        self.notices = store.notices
        self._listeners = Listeners()
        self.subscribe = self._listeners.subscribe
        self._writer = facts = FactWriter(store, self._listeners.call_all)
        self.record = facts.record
        self.record_download = facts.record_download
        self.log = facts.log
        self.note_attempt = facts.note_attempt
        self.note_duration = facts.note_duration
        self.note_minute = facts.note_minute
        self.set_status = facts.set_status
        self.flush = facts.flush
        asking = IntentWriter(store, self._listeners.call_all, facts.forget_tasks)
        self.add = asking.add
        self.remove = asking.remove
        self.request_download = asking.request_download
        self.cancel_download = asking.cancel_download
        self.pause = asking.pause
        self.pause_all = asking.pause_all
        self.ask_now = asking.ask_now
        self.take_asks = asking.take_asks
        self.set_title = asking.set_title
        self.change_tags = asking.change_tags
        self.set_tags = asking.set_tags
        self.save_view = asking.save_view
        self.drop_view = asking.drop_view
        reader = LedgerReader(store)
        self.tasks = reader.tasks
        self.pages = reader.pages
        self.count = reader.count
        self.task = reader.task
        self.changes = reader.changes
        self.changed_outside = reader.changed_outside
        self.request_version = reader.request_version
        self.raw_answer = reader.raw_answer
        self.previous_answer = reader.previous_answer
        self.attempts = reader.attempts
        self.events = reader.events
        self.durations = reader.durations
        self.status = reader.status
        self.paused_since = reader.paused_since
        self.minutes = reader.minutes
        self.saved_views = reader.saved_views
        self.download_folder = reader.download_folder
        self.check = reader.check
        self.lease = reader.lease
        posters = Posters(store)
        self.ask_poster = posters.ask_poster
        self.take_poster_asks = posters.take_poster_asks
        self.record_poster = posters.record_poster
        self.poster = posters.poster
        self.posters = posters.posters

    @classmethod
    def open(cls, path: Path, *, is_reader: bool = False) -> Ledger:
        """Open the ledger at `path`, make it (file 0600 in a folder 0700) where there is none.

        Of a damaged one, what can be read comes into a new one; `notices` says so, and where the old one is.

        Args:
            path: The file.
            is_reader: Whoever opens it will only read: then nobody who writes is waited for, and a ledger whose folder
                cannot be written is opened all the same.

        Raises:
            LedgerCorrupt: it was damaged, no task could be read, and it is now beside its old place; opening again
                starts a new one.
            LedgerDamaged: it is damaged, and another octotui has it open.
            LedgerTooNew: a newer octotui wrote it; it is left as it is.
            LedgerUnwritable: folder or file cannot be written, or hosts share the file system.

        """
        return cls(Database(path, is_reader=is_reader))

    def close(self) -> None:
        """Write the facts that wait and close the file.

        Raises:
            LedgerError: when the facts could not be written; the file is closed all the same.

        """
        try:
            self._writer.close()
        finally:
            self._store.close()

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

    def hurry(self, seconds: float) -> None:
        """Have no write wait for another process any more in `seconds` from now: whoever leaves wants to leave.

        It holds for all threads, those too that wait already, and until the ledger is closed.
        """
        self._store.hurry(seconds)

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
        asker = Lease(owner, host, pid, now, *(place or lease.place()))
        mark = time.monotonic() if monotonic is None else monotonic
        return self._writer.take_lease(asker, stale_after=stale_after, monotonic=mark)

    def release_lease(self, owner: str) -> None:
        """Write what waits and give the lease up, if `owner` holds it."""
        self._writer.flush()
        with self._store.writing() as connection:
            lease.release(connection, owner)
