"""The thread that writes facts: four times a second, everything collected since, in one transaction."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from octotui.ledger.batch import Attempted, Batch
from octotui.ledger.errors import LedgerAway, LedgerClosed, LedgerError
from octotui.ledger.records import Duration, Unwritten
from octotui.model import DownloadState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from octotui.ledger.records import Lease, Minute
    from octotui.ledger.verbs.facts import FactStore
    from octotui.model import Download, EngineStatus, LogEntry, Task

INTERVAL = 0.25
"""Seconds between two writes of facts."""
_REMEMBERED = 32
"""Writes whose revisions are remembered: eight seconds' worth."""


class FactWriter:
    """Collects facts from any thread and writes them from one.

    What cannot be written (a full disk) waits, is tried again every `INTERVAL`, and `unwritten` says so.
    """

    def __init__(
        self, store: FactStore, place: str, committed: Callable[[], None], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._place = place
        self._committed = committed
        self._clock = clock
        self._batch = Batch()
        self._batch_lock = threading.Lock()
        self._doubtful: Batch | None = None
        """What was sent to a server that went away: it may be there, so it goes again, first and under its number."""
        self._last_number = 0
        self._waiting = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.holder: str | None = None
        """Who took the lease through this ledger, None before anybody did."""
        self._looks: deque[int] = deque(maxlen=_REMEMBERED)
        """The last revisions that were nothing but looks of ours (`Batch.looks`)."""
        self.unwritten: Unwritten | None = None
        """Why the last write failed, and since when they do; None once one succeeds."""

    @contextmanager
    def collecting(self) -> Iterator[Batch]:
        """Add to the facts that will be written next.

        Raises:
            LedgerClosed: after `close`.

        """
        with self._batch_lock:
            if self._closing.is_set():
                raise LedgerClosed(f"The ledger {self._place} was closed.")
            yield self._batch
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="octotui-ledger", daemon=True)
                self._thread.start()
        self._waiting.set()

    def record(self, task: Task, *, raw: str | None = None, is_news: bool = True, before: Task | None = None) -> None:
        """Store the facts of a task: not its tags, not its download, and nothing when it is no longer watched.

        Args:
            task: As it is now; a model of None does not erase one that is known.
            raw: The answer as it came, or `failed_answer`; the first 1 MiB is kept, and the last good one that was
                different.
            is_news: Whether hooks and notifications are to be told of what it, and its download, have come to.
            before: The task as it was last read or recorded; where little is different, little is written.

        """
        with self.collecting() as batch:
            if not is_news:
                batch.old.add(task.id)
            batch.add_task(task, before)
            if raw is not None:
                batch.answers[task.id] = raw

    def record_download(self, task_id: str, download: Download, *, wish: int | None = None) -> bool:
        """Store how a download stands: never `paused`, and never over a newer wish of somebody's.

        SAVED is on stable storage when this returns, with whatever else waits for the task; where the disk does not
        allow that it waits and is tried again, and `unwritten` says so. On a ledger that is shared it is a copy, too
        (`Ledger.copies`). Returns whether it is on stable storage.

        Args:
            task_id: The task.
            download: As it is now.
            wish: What `Ledger.request_version` returned when this download was begun; a failure reported for an earlier
                wish leaves the newer one standing. None: the wish that holds now.

        """
        if wish is None:
            wish = self._store.wish_of(task_id)
            if wish is None:
                return False
        with self.collecting() as batch:
            batch.add_download(task_id, download, wish)
        return download.state is DownloadState.SAVED and self.write_now(task_id)

    def log(self, event: LogEntry) -> None:
        """Add a line to the activity log; its number is given when it is written."""
        with self.collecting() as batch:
            batch.events.append(event)

    def note_attempt(self, task_id: str, at: float, rung: str, outcome: str) -> None:
        """Note that a rung (link, fresh link, content) was tried for a download, and what came of it."""
        with self.collecting() as batch:
            batch.attempts.append(Attempted(task_id, at, rung, outcome))

    def note_duration(
        self, *, provider: str, model: str | None, seconds: str | None, size: str | None, duration: float, at: float
    ) -> None:
        """Note how long (seconds) a finished task took."""
        with self.collecting() as batch:
            batch.durations.append(Duration(provider, model, seconds, size, duration, at))

    def note_minute(self, minute: Minute) -> None:
        """Note what was done since the last such note; notes of the same minute add up. Two days are kept."""
        with self.collecting() as batch:
            batch.add_minute(minute)

    def set_status(self, status: EngineStatus) -> None:
        """Store what the engine says about itself."""
        with self.collecting() as batch:
            batch.status = status

    def flush(self) -> None:
        """Write everything collected so far.

        Raises:
            LedgerError: when that fails; the facts are kept and tried again.

        """
        self._commit(self._take_all)

    def write_now(self, task_id: str) -> bool:
        """Write what waits for one task; when that fails (False) it goes on waiting, and `unwritten` says why."""
        with suppress(LedgerError):
            self._commit(lambda: self._facts_of(task_id))
            return True
        return False

    def take_lease(self, asker: Lease, *, stale_after: float, monotonic: float) -> bool:
        """Take or renew the lease; the facts are those of `asker` from then on.

        Raises:
            LedgerError: when that fails; `unwritten` says so, too, since without a lease no fact may ever wait.

        """
        with self._store.lock:
            with self._noting_failure():
                held = self._store.take_lease(asker, stale_after=stale_after, monotonic=monotonic)
            if not self._batch and self._doubtful is None:
                # On a full disk there may be room for a heartbeat, and none for the facts that wait.
                self.unwritten = None
        if held:
            self.holder = asker.owner
        return held

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """Drop what waits for tasks that are no longer watched."""
        with self._batch_lock:
            for task_id in ids:
                self._batch.take_task(task_id)
                if self._doubtful is not None:
                    self._doubtful.take_task(task_id)

    def close(self) -> None:
        """Stop the thread and write what is left.

        Raises:
            LedgerError: when that fails; what is left is lost.

        """
        with self._batch_lock:
            self._closing.set()
        self._waiting.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _run(self) -> None:
        while True:
            self._waiting.wait()
            if self._closing.wait(INTERVAL):
                return
            self._waiting.clear()
            if self._closing.is_set():
                # `close` may have come between the two lines above, and then it has just been cleared away.
                return
            try:
                self.flush()
            except LedgerError:
                self._waiting.set()

    def _commit(self, take: Callable[[], Batch]) -> None:
        # The lock is held from taking the facts to having written them (or having put them back), so that facts
        # reported later can neither be overtaken nor be overwritten by these.
        with self._store.lock:
            doubtful = self._doubtful
            if doubtful is not None:
                self._send(doubtful)
            batch = take()
            if batch:
                self._last_number += 1
                batch.number = self._last_number
                self._send(batch)
        if batch or doubtful is not None:
            self._committed()

    def _send(self, batch: Batch) -> None:
        """Write a batch; where that fails it waits: as it is where it is in doubt, else with what is reported since."""
        written, in_doubt = False, batch is self._doubtful
        try:
            with self._noting_failure(facts_wait=True):
                revision = self._store.write(batch, self.holder, self._clock())
            written = True
            self.unwritten = None
            self._note_written(revision, batch)
        except LedgerAway:
            in_doubt = True
            raise
        finally:
            with self._batch_lock:
                self._doubtful = batch if in_doubt and not written else None
                if not (written or in_doubt):
                    self._batch.put_back(batch)

    @contextmanager
    def _noting_failure(self, *, facts_wait: bool = False) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        except LedgerError as error:
            since = began if self.unwritten is None else self.unwritten.since
            self.unwritten = Unwritten(since, error, facts_wait or bool(self._batch) or self._doubtful is not None)
            raise

    def _note_written(self, revision: int | None, batch: Batch) -> None:
        if revision is not None and not batch.downloads and batch.tasks.keys() <= batch.looks:
            with self._batch_lock:
                self._looks.append(revision)

    def looked_until(self, revision: int) -> int:
        """Return up to which revision nothing has changed a task from `revision` on but this ledger's own looks."""
        with self._batch_lock:
            for own in self._looks:
                if own == revision + 1:
                    revision = own
        return revision

    def _take_all(self) -> Batch:
        with self._batch_lock:
            batch, self._batch = self._batch, Batch()
        return batch

    def _facts_of(self, task_id: str) -> Batch:
        with self._batch_lock:
            return self._batch.take_task(task_id)
