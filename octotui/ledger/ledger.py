"""The ledger: every verb of it, each one transaction on the `Database` or one entry in the `FactWriter`'s batch."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from octotui.ledger import intents, lease, queries, saved_views
from octotui.ledger.database import Database
from octotui.ledger.facts import Attempted
from octotui.ledger.posters import Posters
from octotui.ledger.records import Duration, Lease, Minute, SavedView, Unwritten
from octotui.ledger.writer import FactWriter
from octotui.model import Download, DownloadState, EngineStatus, LogEntry, NewTask, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class Ledger(Posters):
    """Everything octotui remembers, in one SQLite file that any number of threads and processes share.

    Intents (`add`, `remove`, `want`, `unwant`, `pause…`, `ask_now`) are on stable storage when the call returns. Facts
    (`record`, `record_download`, `log`, `note_…`, `set_status`) are collected and written together every 250 ms, the
    latest of each task; a download reported as saved is written at once. What is read is what has been written.
    Intents and facts never overwrite one another (`schema.py` says which column is which), so no caller need hold a
    lock or read before it writes.

    A write waits up to `connections.BUSY_TIMEOUT` for another process that writes, less in an `impatient` thread.
    Every method may raise `LedgerError`; facts only `LedgerClosed`, and `record_download` what reading raises.
    """

    def __init__(self, store: Database) -> None:
        super().__init__(store)
        self._writer = FactWriter(store, self._notify)
        self._listeners: list[Callable[[], None]] = []
        self._listeners_lock = threading.Lock()

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

    # What people ask for

    def add(self, tasks: Iterable[NewTask], now: float) -> tuple[list[str], list[str]]:
        """Watch tasks from `now` (unix seconds) on; returns (ids added, ids that were known), each once.

        A known task gets the new tags besides its own, and the model when it had none.
        """
        with self._store.writing() as connection:
            result = intents.add(connection, tasks, now)
        self._notify()
        return result

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Stop watching tasks; returns the ids of those that were watched. Files stay; late facts are ignored."""
        asked = list(ids)
        with self._store.writing() as connection:
            gone = intents.remove(connection, asked)
        self._writer.forget_tasks(gone)
        self._notify()
        return gone

    def request_download(
        self, ids: Iterable[str], *, folder: str | None = None, force: bool = False, automatic: bool = False
    ) -> list[str]:
        """Wish for the results of tasks on disk, also after a failure; returns the ids for which that changed anything.

        Args:
            ids: Tasks; unknown ones are passed over.
            folder: Where to, instead of the configured folder; for this wish only.
            force: Also what is saved already: its file was lost, and what was known of it is forgotten.
            automatic: Nobody pressed a key: only where nobody has said anything yet, so that what was cancelled stays
                cancelled and what failed stays failed.

        """
        asked = list(ids)
        with self._store.writing() as connection:
            changed = intents.request_download(connection, asked, folder, force=force, automatic=automatic)
        self._notify()
        return changed

    def cancel_download(self, ids: Iterable[str]) -> list[str]:
        """Cancel downloads; returns the ids for which that changed anything. What is saved stays saved."""
        asked = list(ids)
        with self._store.writing() as connection:
            changed = intents.cancel_download(connection, asked)
        self._notify()
        return changed

    def pause(self, ids: Iterable[str], paused: bool) -> list[str]:
        """Pause (or resume) wanted downloads; returns the ids for which that changed anything."""
        asked = list(ids)
        with self._store.writing() as connection:
            changed = intents.pause(connection, asked, paused=paused)
        self._notify()
        return changed

    def pause_all(self, paused: bool, now: float) -> bool:
        """Pause all asking and downloading from `now` (unix seconds) on, or go on; returns whether that is a change.

        It holds for every process, and until somebody goes on.
        """
        with self._store.writing() as connection:
            changed = intents.pause_all(connection, now if paused else None)
        self._notify()
        return changed

    def ask_now(self, ids: Iterable[str]) -> None:
        """Have the engine ask these tasks at once; whoever calls `take_asks` next gets them."""
        asked = list(ids)
        with self._store.writing() as connection:
            intents.ask_now(connection, asked)
        self._notify()

    def take_asks(self) -> list[str]:
        """Return the tasks somebody wants asked at once, each to one caller only."""
        with self._store.reading() as connection:
            if not queries.has_asks(connection):
                return []
        with self._store.writing() as connection:
            return intents.take_asks(connection)

    def save_view(self, view: SavedView) -> None:
        """Keep a view for every window and every later start; it replaces one of the same name."""
        with self._store.writing() as connection:
            saved_views.save(connection, view)

    def drop_view(self, name: str) -> None:
        """Forget a saved view; one that is not there is forgotten already."""
        with self._store.writing() as connection:
            saved_views.drop(connection, name)

    # What was found out

    def record(self, task: Task, *, raw: str | None = None) -> None:
        """Store the facts of a task: not its tags, not its download, and nothing when it is no longer watched.

        Args:
            task: As it is now; a model of None does not erase one that is known.
            raw: The answer as it came; the first 256 KiB is kept, compressed, and the last one that was different.

        """
        with self._writer.collecting() as batch:
            batch.tasks[task.id] = task
            if raw is not None:
                batch.answers[task.id] = raw

    def record_download(self, task_id: str, download: Download, *, wish: int | None = None) -> None:
        """Store how a download stands: never `paused`, and never over a newer wish of somebody's.

        SAVED is on stable storage when this returns, with whatever else waits for the task; where the disk does not
        allow that it waits and is tried again, and `unwritten` says so.

        Args:
            task_id: The task.
            download: As it is now.
            wish: What `Ledger.wish` returned when this download was begun; a failure reported for an earlier wish
                leaves the newer one standing. None: the wish that holds now.

        """
        if wish is None:
            with self._store.reading() as connection:
                wish = queries.request_version(connection, task_id)
            if wish is None:
                return
        with self._writer.collecting() as batch:
            batch.add_download(task_id, download, wish)
        if download.state is DownloadState.SAVED:
            self._writer.write_now(task_id)

    def log(self, event: LogEntry) -> None:
        """Add a line to the activity log; its number is given when it is written."""
        with self._writer.collecting() as batch:
            batch.events.append(event)

    def note_attempt(self, task_id: str, at: float, rung: str, outcome: str) -> None:
        """Note that a rung (link, fresh link, content) was tried for a download, and what came of it."""
        with self._writer.collecting() as batch:
            batch.attempts.append(Attempted(task_id, at, rung, outcome))

    def note_duration(
        self, *, provider: str, model: str | None, seconds: str | None, size: str | None, duration: float, at: float
    ) -> None:
        """Note how long (seconds) a finished task took."""
        with self._writer.collecting() as batch:
            batch.durations.append(Duration(provider, model, seconds, size, duration, at))

    def note_minute(self, minute: Minute) -> None:
        """Note what was done since the last such note; notes of the same minute add up. Two days are kept."""
        with self._writer.collecting() as batch:
            batch.add_minute(minute)

    def set_status(self, status: EngineStatus) -> None:
        """Store what the engine says about itself."""
        with self._writer.collecting() as batch:
            batch.status = status

    def flush(self) -> None:
        """Write now what waits.

        Raises:
            LedgerError: when that fails; the facts are kept and tried again.

        """
        self._writer.flush()

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
        self.flush()
        with self._store.writing() as connection:
            lease.release(connection, owner)

    # Being told

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after each commit of this ledger, in the thread that committed; returns the undoing.

        It must be quick, must not raise and must not write to the ledger.
        """
        with self._listeners_lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._listeners_lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def _notify(self) -> None:
        with self._listeners_lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
