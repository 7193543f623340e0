"""The queue of deliveries: what is saved and not delivered yet, a few at a time, for as long as it takes.

Nothing is kept here alone: what is to be done follows from the tasks in the ledger, so that the next process goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from octotui import units
from octotui.config import Config
from octotui.engine.delivery.backoff import Backoff
from octotui.engine.delivery.deliverer import Deliverer, FileGone
from octotui.engine.delivery.local_files import LocalFiles
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.storage import Refused, Stopped, Storage, StorageTrouble
from octotui.engine.downloads.file_names import FileTrouble
from octotui.engine.faults import Faults
from octotui.engine.sharing import Share
from octotui.engine.worker_pool import WorkerPool
from octotui.ledger import Ledger, LedgerError
from octotui.model import EventKind, LogEntry, Task

LAST_PIECE = 2.0
"""Seconds that deliveries get to break off: an upload in parts is aborted within them."""
_AT_ONCE = 4
"""Results on their way at once, at most; never more than are saved at once."""


class _Job(NamedTuple):
    """What a worker is to do about one task."""

    task: Task
    is_delivered: bool
    """Whether it is about the local file of what lies in the storage already."""


class DeliveryQueue:
    """Delivers what is saved, and deletes local files whose time is over (`keep_local`)."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        opened: Callable[[str, Config], Storage] = open_storage,
        share: Share | None = None,
    ) -> None:
        """Nothing is opened, imported or sent before there is something to deliver.

        `share` is what this engine is to others: each delivers what is in its own folder.
        """
        self._config = config
        self._ledger = ledger
        self._clock = clock
        self._monotonic = monotonic
        self._opened = opened
        self._share = share
        self._storage: Storage | None = None
        self._lock = threading.RLock()
        self._waiting: dict[str, Task] = {}
        """What is saved and not delivered, longest known first."""
        self._local = LocalFiles(config, ledger)
        self._set_aside: dict[str, tuple[str | None, float | None]] = {}
        """Results whose file is not what was saved, with the file that was; tried again once that is another one."""
        self._at_work: set[str] = set()
        self._gone = 0
        """Files that were not there and that nobody has been told of."""
        self._backoff = Backoff()
        self._faults = Faults()
        self._is_paused = False
        self._is_stopping = False
        self._at_once = min(_AT_ONCE, config.parallel_downloads)
        self._pool: WorkerPool[_Job] = WorkerPool(self._work, name="octotui-delivery", at_once=self._at_once)

    @property
    def is_on(self) -> bool:
        """Whether anything is to be delivered at all."""
        return self._config.deliver_to is not None

    @property
    def can_work(self) -> bool:
        """Whether anything is to be delivered, and nothing keeps it from that."""
        return self.is_on and not self._backoff.words

    def bytes_waiting(self) -> int:
        """Return the bytes of the files that are still to be delivered."""
        with self._lock:
            waiting = list(self._waiting.values())
        return sum(task.download.bytes_total or task.download.bytes_done for task in waiting)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be delivered now, in words."""
        return self._backoff.words or None

    @property
    def left(self) -> int:
        """How many results are still to be delivered."""
        with self._lock:
            return len(self._waiting)

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in tasks as they are now, whichever may have changed."""
        if not self.is_on:
            return
        with self._lock:
            for task in tasks:
                if self._share is not None and task.download.place != self._share.place:
                    self.forget_tasks([task.id])
                    continue
                self._local.watch(task)
                self._waiting.pop(task.id, None)
                is_meant = task.is_saved and task.download.file is not None and task.delivered is None
                if is_meant and self._set_aside.get(task.id) != _file_of(task):
                    self._waiting[task.id] = task

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        with self._lock:
            for task_id in ids:
                self._waiting.pop(task_id, None)
                self._set_aside.pop(task_id, None)
                self._local.forget_tasks([task_id])

    def pause(self, paused: bool) -> None:
        """Begin with nothing new, or go on; what is under way ends."""
        self._is_paused = paused

    def tick(self, now: float, *, are_files_in_use: Callable[[], bool] = lambda: False) -> None:
        """Hand out what can be done now (unix seconds). Returns at once.

        Local files stay while `are_files_in_use`: a hook, or whoever makes a picture, may still need one.
        """
        if self.is_on and not self._is_paused and self._backoff.is_over(self._monotonic()):
            for job in self._next(now, are_files_in_use):
                self._pool.put(job)

    def stop(self, timeout: float) -> None:
        """Begin with nothing new; what is under way is broken off at its next piece, and its upload aborted."""
        self._is_stopping = True
        self._pool.stop(timeout)

    def _next(self, now: float, are_files_in_use: Callable[[], bool]) -> list[_Job]:
        """Take as many jobs as there is room for; what is to be delivered goes before what is to be deleted."""
        with self._lock:
            room = (1 if self._backoff.is_trying else self._at_once) - len(self._at_work)
            if room <= 0:
                return []
            due = chain(
                (_Job(task, is_delivered=False) for task in self._waiting.values()),
                (_Job(task, is_delivered=True) for task in self._deletable(now, are_files_in_use)),
            )
            found = list(islice((job for job in due if job.task.id not in self._at_work), room))
            self._at_work.update(job.task.id for job in found)
        return found

    def _deletable(self, now: float, are_files_in_use: Callable[[], bool]) -> Iterator[Task]:
        for number, task in enumerate(self._local.over(now)):
            if number == 0 and are_files_in_use():
                return
            yield task

    def _work(self, jobs: list[_Job]) -> None:
        for job in jobs:
            try:
                self._do(job)
            finally:
                with self._lock:
                    self._at_work.discard(job.task.id)

    def _do(self, job: _Job) -> None:
        """Do one job in a worker's thread; whatever goes wrong with it is this job's, or the storage's, trouble."""
        task = job.task
        try:
            if job.is_delivered:
                words = self._local.clear(task, self._clock(), self._open, lambda: self._is_stopping)
                if words:
                    self._say(words, task.id)
            else:
                self._deliver(task)
        except Stopped:
            return
        except StorageTrouble as error:
            self._hold(job, str(error), is_refused=isinstance(error, Refused))
        except LedgerError as error:
            # The object is there: it is found there when it is put again, and told then.
            self._hold(job, f"the ledger cannot be written: {error}")
        except FileGone:
            with self._lock:
                self._put_aside(task)
                self._gone += 1
            self._say_gone()
        except FileTrouble as error:
            self._put_aside(task)
            self._say(f"not delivered: {error}", task.id)
        except Exception as error:  # noqa: BLE001 - one result's failure, whatever it is
            if not self._is_stopping:
                self._hold(job, self._faults.note(task.id, error))

    def _deliver(self, task: Task) -> None:
        deliverer = Deliverer(
            self._open(), folder=self._config.download_dir, template=self._config.file_template, clock=self._clock
        )
        began = self._monotonic()
        copy = deliverer.deliver(task, lambda: self._is_stopping)
        self._ledger.record_copy(copy)
        with self._lock:
            self._waiting.pop(task.id, None)
            is_news = self._backoff.end()
        if is_news:
            self._say("delivers again", None)
        took = self._monotonic() - began
        words = f"delivered {units.size(copy.size)} in {took:.1f} s: {copy.location}"
        self._ledger.log(LogEntry(self._clock(), EventKind.DELIVERED, task.id, words))
        self._say_gone()

    def _open(self) -> Storage:
        """Return the storage, opened by the first who needs it; it is for all threads."""
        with self._lock:
            if self._storage is None:
                self._storage = self._opened(self._config.deliver_to or "", self._config)
            return self._storage

    def _put_aside(self, task: Task) -> None:
        with self._lock:
            self._waiting.pop(task.id, None)
            self._local.forget_tasks([task.id])
            self._set_aside[task.id] = _file_of(task)

    def _hold(self, job: _Job, words: str, *, is_refused: bool = False) -> None:
        """Wait before the storage is tried again, with another job first."""
        with self._lock:
            is_news = self._backoff.hold(words, self._monotonic(), is_refused=is_refused)
            # What a changed profile says is read anew.
            self._storage = None
            self._local.put_back(job.task.id)
            if (task := self._waiting.pop(job.task.id, None)) is not None:
                self._waiting[job.task.id] = task
        if is_news and not self._is_stopping:
            self._say(f"cannot deliver, tried again for ever: {words}", None)

    def _say_gone(self) -> None:
        """Tell of files that are gone when nothing is left to be done: a thousand that were moved are one line."""
        with self._lock:
            if self._waiting or not self._gone:
                return
            gone, self._gone = self._gone, 0
        self._say(f"not delivered, no longer there: {units.plural(gone, 'saved file')}", None)

    def _say(self, words: str, task_id: str | None) -> None:
        self._ledger.log(LogEntry(self._clock(), EventKind.DELIVERY, task_id, words))


def _file_of(task: Task) -> tuple[str | None, float | None]:
    return task.download.file, task.download.saved_at
