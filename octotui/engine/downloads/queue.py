"""The download queue: who is fetched next, how many at once, and what the ledger is told of it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median

from octotui.config import Config
from octotui.download_order import in_order
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.checksums import ChecksumWorker
from octotui.engine.downloads.fetch import Limits
from octotui.engine.downloads.job import Job
from octotui.engine.downloads.reports import DownloadReports
from octotui.engine.downloads.requests import RequestBook
from octotui.engine.downloads.throughput import Speed, step_back
from octotui.engine.downloads.transfer import Failed, Later, Outcome, Parked, Saved, Transfer
from octotui.engine.downloads.transfer_factory import TransferFactory
from octotui.engine.sharing import Share
from octotui.ledger import DownloadRequest, Ledger, LedgerError
from octotui.model import Download, DownloadState, DownloadTrouble, Task

_FLUSH_EVERY = 5.0
"""Seconds between two flushes of running downloads to the disk."""
_ORDER_EVERY = 1.0
"""Seconds between two looks at who waits, while no place is free."""
_CLAIM_EVERY = 5.0
"""Seconds between two tries to claim a download that another octotui has claimed."""
_NICENESS = 5
_REMEMBERED_SIZES = 50
_NO_REQUESTS: Mapping[str, DownloadRequest] = {}


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
        share: Share | None = None,
        undelivered: Callable[[], int] = lambda: 0,
    ) -> None:
        """`fresh_link` asks the gateway again, in a worker's thread; `share` is what this engine is to others.

        `patience` (seconds without a new byte) bounds every download, whatever its deadline; None leaves it to that.
        """
        self._config = config
        self._ledger = ledger
        self._clock = clock
        self._transfers = TransferFactory(
            config, ledger, undelivered, share, clock=clock, fresh_link=fresh_link, patience=patience, limits=limits
        )
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._requests = RequestBook(share)
        self._reports = DownloadReports(ledger, self._requests, share, self._transfers.notes)
        self.checksums = ChecksumWorker(ledger, self._reports, share)
        """Reads what was saved for its SHA-256; whether it `is_busy` any thread may ask."""
        self._threads: set[threading.Thread] = set()
        self._sizes: list[int] = []
        self._speed = Speed()
        self._fetched = 0
        self._bytes_per_second = 0.0
        self._flushed_at = time.monotonic()
        self._ordered_at = float("-inf")
        self._is_stopping = self._is_paused = False

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

    def update(self, tasks: Iterable[Task], requests: Mapping[str, DownloadRequest] = _NO_REQUESTS) -> None:
        """Take in tasks as they are now, whichever have changed: starts, pauses and cancels to match.

        `requests` are what the ledger says was asked for with their downloads (`Changes.requests`).
        """
        with self._lock:
            self._requests.learn(requests)
        known = list(tasks)
        for task in known:
            with self._lock:
                self._apply(task)
        self.checksums.watch(known)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer: stop. What there is of them on the disk stays."""
        with self._lock:
            self._requests.forget_tasks(ids)
            self.checksums.forget_tasks(ids)
            for task_id in ids:
                self._drop(task_id)

    def begin_anew(self, ids: Iterable[str]) -> None:
        """These were watched no longer and are again: what is fetched goes on, what ended may be asked for again."""
        with self._lock:
            self._requests.forget_tasks(ids)

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
                        self._reports.report(job, job.told._replace(next_at=None))
            threads = list(self._threads)
        end = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.checksums.stop(max(0.0, end - time.monotonic()))
        self._transfers.close()

    def _apply(self, task: Task) -> None:
        job = self._jobs.get(task.id)
        if job is not None and (self._is_wanted_anew(job) or job.is_completed_meanwhile(task)):
            del self._jobs[task.id]
            job = None
        if not self._requests.is_due(task):
            self._drop(task.id)
            return
        if job is None:
            request = self._requests.of(task.id)
            transfer = self._transfers.make(task, request.folder)
            self._jobs[task.id] = job = Job(task, request.version, self._clock(), transfer)
        job.task = job.transfer.task = task
        job.paused = task.download.paused
        if job.paused and job.stop_handle is not None:
            job.stop_handle.stop()

    def _is_wanted_anew(self, job: Job) -> bool:
        """Whether somebody has asked again while it waits: then it is tried at once, and in the folder of that wish."""
        is_waiting = job.stop_handle is None and job.not_before > self._clock()
        return is_waiting and self._requests.version(job.task.id) != job.wish

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
        candidates = {task_id: job.candidate for task_id, job in waiting.items()}
        for task_id in in_order(list(candidates.values()), now=now, speed=each, typical_size=typical):
            job = waiting[task_id]
            if running < self._config.parallel_downloads and job.not_before <= now:
                running += 1
                self._start(job)
            else:
                self._reports.report(job, job.queued(now, speed=each, typical_size=typical))

    def _start(self, job: Job) -> None:
        job.stop_handle = StopHandle()
        job.speed = Speed()
        self._reports.report(job, Download(DownloadState.RUNNING, *job.bytes))
        thread = threading.Thread(target=self._work, args=(job, job.stop_handle), name="octotui-download", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self, job: Job, stop_handle: StopHandle) -> None:
        """What a worker's thread does."""
        outcome: Outcome = Parked()
        step_back(_NICENESS)
        try:
            outcome = self._run(job, stop_handle)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
                job.stop_handle = None
                self._fetched += job.count_bytes()
                # A ledger that was closed while this thread was on its way out has nobody left to tell.
                with contextlib.suppress(LedgerError):
                    self._ended(job, outcome)
                    job.is_claimed = False
                    self._start_next(self._clock())

    def _run(self, job: Job, stop_handle: StopHandle) -> Outcome:
        """Fetch it, where it is ours to fetch: a ledger that others share says so."""
        try:
            is_ours = self._reports.claim(job)
        except LedgerError:
            return Parked()
        later = Later(self._clock() + _CLAIM_EVERY, "another octotui saves it", DownloadTrouble.BUSY)
        return job.transfer.run(stop_handle) if is_ours else later

    def _ended(self, job: Job, outcome: Outcome) -> None:
        task_id, now = job.task.id, self._clock()
        if isinstance(outcome, Saved):
            self._saved(job, outcome, now)
        elif self._jobs.get(task_id) is not job:
            # Cancelled or forgotten meanwhile: there is nobody to tell.
            return
        elif isinstance(outcome, Failed):
            del self._jobs[task_id]
            self._requests.settle(task_id, job.wish)
            self._reports.gave_up(job, outcome, now)
        else:
            if isinstance(outcome, Later):
                job.not_before = outcome.at
                if outcome.words != job.words:
                    self._reports.log(job, now, DownloadState.WANTED, f"saving waits: {outcome.words}")
                job.words, job.trouble = outcome.words, outcome.trouble
            self._reports.report(job, job.waiting(job.words, job.trouble, now))

    def _saved(self, job: Job, saved: Saved, now: float) -> None:
        task_id = job.task.id
        try:
            self._reports.saved(job, saved, now)
        except LedgerError as error:
            # The file tells of itself by its side-car: the next run finds it there and reports again.
            job.not_before, job.words = now + _FLUSH_EVERY, f"saved, but not in the ledger: {error}"
            job.trouble = DownloadTrouble.LEDGER
            return
        if self._jobs.get(task_id) is job:
            del self._jobs[task_id]
            self._requests.settle(task_id, self._requests.version(task_id))
        self._sizes = [*self._sizes[1 - _REMEMBERED_SIZES :], saved.size]
        if saved.sha256 is None:
            self.checksums.put(task_id)

    def _tell_progress(self, job: Job, mark: float) -> None:
        self._fetched += job.count_bytes()
        self._reports.report(job, job.running(mark, self._clock()))

    def _flush(self) -> None:
        """Have the running parts reach the disk, in a thread of its own: a disk may take seconds."""
        transfers = [job.transfer for job in self._jobs.values() if job.stop_handle is not None]
        if transfers:
            threading.Thread(target=_flush_all, args=(transfers,), name="octotui-flush", daemon=True).start()


def _flush_all(transfers: list[Transfer]) -> None:
    for transfer in transfers:
        transfer.flush()
