"""The download queue: who is fetched next, how many at once, and what the ledger is told of it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from octotui import units
from octotui.config import Config
from octotui.download_order import QueuedDownload, in_order, too_late
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.fetch import Limits
from octotui.engine.downloads.throughput import Speed
from octotui.engine.downloads.transfer import Failed, Later, Outcome, Parked, Saved, Transfer
from octotui.engine.downloads.transfer_factory import TransferFactory
from octotui.ledger import Ledger, LedgerError
from octotui.model import Download, DownloadState, DownloadTrouble, EventKind, LogEntry, Task, TaskState

_UNDER_WAY = frozenset({DownloadState.WANTED, DownloadState.RUNNING})
_FLUSH_EVERY = 5.0
"""Seconds between two flushes of running downloads to the disk."""
_ORDER_EVERY = 1.0
"""Seconds between two looks at who waits, while no place is free."""
_NICENESS = 5
_REMEMBERED_SIZES = 50


@dataclass(slots=True)
class _Job:
    """One wanted download. Everything in it is guarded by the queue's lock, but what is said to be the worker's."""

    task: Task
    wish: int | None
    """The ledger's count of wishes when this one was taken up: how it ended must not undo a newer wish."""
    since: float
    transfer: Transfer
    """The worker's, while there is one; its byte counts may be read at any time."""
    paused: bool = False
    not_before: float = 0.0
    words: str | None = None
    """Why it waits."""
    trouble: DownloadTrouble | None = None
    """What kind of trouble `words` tell of."""
    stop_handle: StopHandle | None = None
    """Of the worker that is at it; None while it waits."""
    speed: Speed = field(default_factory=Speed)
    counted: int = 0
    """Bytes that are in the queue's own speed already."""
    told: Download | None = None
    """What the ledger was told last."""


class DownloadQueue:
    """A queue that fetches what is wanted, some at once, the one with the least slack first. The ledger is told."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        fresh_link: Callable[[str], str | None],
        patience: float | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`fresh_link` asks the gateway again, in a worker's thread.

        `patience` (seconds without a new byte) bounds every download, whatever its deadline; None leaves it to that.
        """
        self._config = config
        self._ledger = ledger
        self._clock = clock
        self._transfers = TransferFactory(
            config, ledger, clock=clock, fresh_link=fresh_link, patience=patience, limits=limits
        )
        self._lock = threading.RLock()
        self._jobs: dict[str, _Job] = {}
        self._threads: set[threading.Thread] = set()
        self._sizes: list[int] = []
        self._speed = Speed()
        self._fetched = 0
        self._bytes_per_second = 0.0
        self._flushed_at = time.monotonic()
        self._ordered_at = float("-inf")
        self._is_stopping = False
        self._is_paused = False

    @property
    def running(self) -> int:
        """How many downloads are being fetched now."""
        with self._lock:
            return sum(job.stop_handle is not None for job in self._jobs.values())

    @property
    def speed(self) -> float:
        """Bytes per second over all downloads, in the last few seconds."""
        return self._bytes_per_second

    @property
    def fetched(self) -> int:
        """Bytes fetched so far, over all downloads."""
        return self._fetched

    def pause(self, paused: bool) -> None:
        """Park whatever runs and start nothing, or go on; what single downloads were told stays as it is."""
        with self._lock:
            self._is_paused = paused
            for job in self._jobs.values() if paused else ():
                if job.stop_handle is not None:
                    job.stop_handle.stop()

    def update(self, tasks: Iterable[Task]) -> None:
        """Take in tasks as they are now, whichever have changed: starts, pauses and cancels to match."""
        for task in tasks:
            with self._lock:
                self._apply(task)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer: stop. What there is of them on the disk stays."""
        with self._lock:
            for task_id in ids:
                self._drop(task_id)

    def tick(self, now: float) -> None:
        """Sample the progress, tell the ledger, start what is next. Called about four times a second."""
        with self._lock:
            mark = time.monotonic()
            for job in self._jobs.values():
                if job.stop_handle is not None:
                    job.stop_handle.check_stall()
                    self._tell_progress(job, mark)
            self._bytes_per_second = self._speed.sample(self._fetched, mark)
            self._start_next(now)
            if mark - self._flushed_at >= _FLUSH_EVERY:
                self._flushed_at = mark
                self._flush()

    def stop(self, timeout: float) -> None:
        """Park everything and wait at most `timeout` seconds for it. The parts stay, to be gone on with."""
        with self._lock:
            self._is_stopping = True
            for job in self._jobs.values():
                if job.stop_handle is not None:
                    job.stop_handle.stop()
                elif job.told is not None and job.told.next_at is not None:
                    # Nobody tries it then.
                    with contextlib.suppress(LedgerError):
                        self._report(job, job.told._replace(next_at=None))
            threads = list(self._threads)
        end = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._transfers.close()

    def _apply(self, task: Task) -> None:
        job = self._jobs.get(task.id)
        if job is not None and (self._is_wanted_anew(job) or _is_completed_meanwhile(job, task)):
            del self._jobs[task.id]
            job = None
        is_due = _is_due(task)
        if job is None and not is_due:
            return
        if job is not None and is_due and job.paused is task.download.paused:
            job.task = job.transfer.task = task
            return
        # What the engine carries in memory may be older than what a worker has just reported; the ledger decides.
        current = self._ledger.task(task.id)
        if current is None or not _is_due(current):
            self._drop(task.id)
            return
        if job is None:
            wish = self._ledger.request_version(task.id)
            self._jobs[task.id] = job = _Job(current, wish, self._clock(), self._transfers.make(current))
        job.paused = current.download.paused
        if job.paused and job.stop_handle is not None:
            job.stop_handle.stop()

    def _is_wanted_anew(self, job: _Job) -> bool:
        """Whether somebody has asked again while it waits: then it is tried at once, and in the folder of that wish."""
        is_waiting = job.stop_handle is None and job.not_before > self._clock()
        return is_waiting and self._ledger.request_version(job.task.id) != job.wish

    def _drop(self, task_id: str) -> None:
        job = self._jobs.pop(task_id, None)
        if job is not None and job.stop_handle is not None:
            job.stop_handle.stop()

    def _start_next(self, now: float) -> None:
        """Start as many as there are places for, and say of the others why they wait."""
        mark = time.monotonic()
        running = self.running
        is_full = running >= self._config.parallel_downloads
        if self._is_stopping or self._is_paused or (is_full and mark - self._ordered_at < _ORDER_EVERY):
            return
        self._ordered_at = mark
        waiting = {job.task.id: job for job in self._jobs.values() if job.stop_handle is None and not job.paused}
        if not waiting:
            return
        typical = int(median(self._sizes)) if self._sizes else None
        each = self._bytes_per_second / running if running else None
        candidates = {task_id: _candidate(job) for task_id, job in waiting.items()}
        for task_id in in_order(list(candidates.values()), now=now, speed=each, typical_size=typical):
            job = waiting[task_id]
            if running < self._config.parallel_downloads and job.not_before <= now:
                running += 1
                self._start(job)
            else:
                late = too_late(candidates[task_id], now=now, speed=each, typical_size=typical)
                trouble = DownloadTrouble.LATE if late else job.trouble
                words = late or job.words
                self._report(job, _waiting(job, words, trouble, now))

    def _start(self, job: _Job) -> None:
        job.stop_handle = StopHandle()
        job.speed = Speed()
        self._report(job, Download(DownloadState.RUNNING, *_bytes(job)))
        thread = threading.Thread(target=self._work, args=(job, job.stop_handle), name="octotui-download", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self, job: _Job, stop_handle: StopHandle) -> None:
        """What a worker's thread does."""
        outcome: Outcome = Parked()
        _step_back()
        try:
            outcome = job.transfer.run(stop_handle)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
                job.stop_handle = None
                self._count(job)
                # A ledger that was closed while this thread was on its way out has nobody left to tell.
                with contextlib.suppress(LedgerError):
                    self._ended(job, outcome)
                    self._start_next(self._clock())

    def _ended(self, job: _Job, outcome: Outcome) -> None:
        task_id, now = job.task.id, self._clock()
        if isinstance(outcome, Saved):
            self._saved(job, outcome, now)
        elif self._jobs.get(task_id) is not job:
            # Cancelled or forgotten meanwhile: there is nobody to tell.
            return
        elif isinstance(outcome, Failed):
            del self._jobs[task_id]
            failed = Download(DownloadState.FAILED, *_bytes(job), error=outcome.words, trouble=outcome.trouble)
            self._report(job, failed)
            self._log(now, failed.state, task_id, f"not saved: {outcome.words}")
            self._ledger.flush()
        else:
            if isinstance(outcome, Later):
                job.not_before = outcome.at
                if outcome.words != job.words:
                    self._log(now, DownloadState.WANTED, task_id, f"saving waits: {outcome.words}")
                job.words, job.trouble = outcome.words, outcome.trouble
            self._report(job, _waiting(job, job.words, job.trouble, now))

    def _log(self, now: float, state: DownloadState, task_id: str, words: str) -> None:
        self._ledger.log(LogEntry(now, EventKind.DOWNLOAD, task_id, words, detail=state.value))

    def _saved(self, job: _Job, saved: Saved, now: float) -> None:
        task_id = job.task.id
        download = Download(
            DownloadState.SAVED, saved.size, saved.size, file=str(saved.file), sha256=saved.sha256, saved_at=now
        )
        try:
            self._ledger.record_download(task_id, download)
        except LedgerError as error:
            # The file tells of itself by its side-car: the next run finds it there and reports again.
            job.not_before, job.words = now + _FLUSH_EVERY, f"saved, but not in the ledger: {error}"
            job.trouble = DownloadTrouble.LEDGER
            return
        if self._jobs.get(task_id) is job:
            del self._jobs[task_id]
        self._sizes = [*self._sizes[1 - _REMEMBERED_SIZES :], saved.size]
        self._ledger.log(LogEntry(now, EventKind.SAVED, task_id, _saved_words(saved)))

    def _tell_progress(self, job: _Job, mark: float) -> None:
        self._count(job)
        done, total = _bytes(job)
        speed = job.speed.sample(max(0, done - job.transfer.bytes_found), mark)
        late = too_late(_candidate(job), now=self._clock(), speed=speed, typical_size=None)
        trouble = DownloadTrouble.LATE if late else None
        self._report(job, Download(DownloadState.RUNNING, done, total, error=late, speed=speed, trouble=trouble))

    def _count(self, job: _Job) -> None:
        done, _ = _bytes(job)
        self._fetched += max(0, done - max(job.counted, job.transfer.bytes_found))
        job.counted = done

    def _report(self, job: _Job, download: Download) -> None:
        if download != job.told:
            job.told = download
            is_end = download.state is DownloadState.FAILED or download.lacks_folder
            wish = job.wish if is_end else None
            self._ledger.record_download(job.task.id, download, wish=wish)

    def _flush(self) -> None:
        """Have the running parts reach the disk, in a thread of its own: a disk may take seconds."""
        transfers = [job.transfer for job in self._jobs.values() if job.stop_handle is not None]
        if transfers:
            threading.Thread(target=_flush_all, args=(transfers,), name="octotui-flush", daemon=True).start()


def _step_back() -> None:
    """Let this thread come after the screen's where they share too few cores; on Linux each thread has its own rank.

    Measured with 8 downloads flat out on 2 busy cores: 99th percentile from key to frame 107 to 64 ms, same throughput.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _flush_all(transfers: list[Transfer]) -> None:
    for transfer in transfers:
        transfer.flush()


def _bytes(job: _Job) -> tuple[int, int | None]:
    return job.transfer.bytes_done, job.transfer.bytes_total


def _is_due(task: Task) -> bool:
    is_there = task.state is TaskState.COMPLETED or (task.download.anyway and not task.has_failed)
    return is_there and task.download.state in _UNDER_WAY


def _is_completed_meanwhile(job: _Job, task: Task) -> bool:
    """Whether what was tried before any answer called the task completed waits, and now one does."""
    is_news = task.state is TaskState.COMPLETED and job.task.state is not TaskState.COMPLETED
    return is_news and job.stop_handle is None


def _waiting(job: _Job, words: str | None, trouble: DownloadTrouble | None, now: float) -> Download:
    next_at = job.not_before if job.not_before > now else None
    return Download(DownloadState.WANTED, *_bytes(job), error=words, trouble=trouble, next_at=next_at)


def _saved_words(saved: Saved) -> str:
    took = f" in {saved.seconds:.1f} s" if saved.seconds else ""
    return f"saved {units.size(saved.size)}{took}, {saved.words}, sha {saved.sha256[:4]}…"


def _candidate(job: _Job) -> QueuedDownload:
    done, total = _bytes(job)
    deadline = job.task.deadline
    return QueuedDownload(
        job.task.id, None if deadline is None else deadline.at, None if total is None else total - done, job.since
    )
