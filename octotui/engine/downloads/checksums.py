"""SHA-256 of saved files: a file that is whole gets its name first, and is read for its checksum after that."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from octotui.engine.downloads.reports import DownloadReports
from octotui.engine.downloads.sidecar import read_sidecar, write_sidecar
from octotui.engine.downloads.throughput import step_back
from octotui.engine.sharing import Share
from octotui.engine.worker_pool import WorkerPool
from octotui.ledger import Ledger, LedgerError
from octotui.model import Task

_BLOCK = 4 * 1024 * 1024
"""Bytes read at once: between two reads Python's one lock is taken, and a thread of low rank should hold it seldom."""
_MOST_WAITING = 1_000_000
_NICENESS = 10
"""Below the downloads: bytes that are still on their way come first."""


class Stopped(Exception):
    """The reading was stopped before its end."""


class FileChanged(Exception):
    """The file is no longer the one that was saved."""


class ChecksumWorker:
    """Completes side-car and ledger of saved files that have no SHA-256 yet, one file at a time, in its own thread.

    A file that cannot be read gets an empty SHA-256, so that nobody waits for it; it is tried again at the next start.
    """

    def __init__(self, ledger: Ledger, reports: DownloadReports, share: Share | None = None) -> None:
        """`share` is what this engine is to others on the ledger, if there are any: their folders are not ours."""
        self._ledger = ledger
        self._reports = reports
        self._place = None if share is None else share.place
        self._stopped = threading.Event()
        self._seen: set[str] = set()
        self._pool: WorkerPool[str] = WorkerPool(
            self._complete, name="octotui-checksums", at_once=1, most=_MOST_WAITING
        )

    @property
    def is_busy(self) -> bool:
        """Whether a file is being read, or waits for it. For any thread."""
        return self._pool.is_busy

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in tasks as they are now: what an earlier process has saved without a checksum gets one, too."""
        for task in tasks:
            if self._lacks_checksum(task) and task.id not in self._seen:
                self.put(task.id)

    def put(self, task_id: str) -> None:
        """Read the saved file of a task, when it is its turn. Returns at once."""
        self._seen.add(task_id)
        self._pool.put(task_id)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer, or anew."""
        self._seen.difference_update(ids)

    def stop(self, timeout: float) -> None:
        """Stop reading, and wait at most `timeout` seconds for it; what is not done is done after the next start."""
        self._stopped.set()
        self._pool.stop(timeout)

    def _complete(self, ids: list[str]) -> None:
        """What the thread does; a ledger that was closed or cannot be written leaves the checksum for the next time."""
        step_back(_NICENESS)
        for task_id in ids:
            with contextlib.suppress(LedgerError, Stopped):
                task = self._ledger.task(task_id)
                if task is not None and self._lacks_checksum(task):
                    self._record(task, self._checksum(task))

    def _checksum(self, task: Task) -> str:
        """The SHA-256 of a saved file, written into its side-car; empty where it cannot be had. Raises `Stopped`."""
        path = Path(task.download.file or "")
        try:
            sha256 = sha256_of_saved(path, task.download.bytes_total, self._stopped)
            beside = read_sidecar(path)
            if beside is not None and (beside.id, beside.provider) == (task.id, task.provider):
                write_sidecar(path, replace(beside, sha256=sha256))
        except (OSError, FileChanged):
            return ""
        return sha256

    def _record(self, task: Task, sha256: str) -> None:
        now = self._ledger.task(task.id)
        # Whoever has asked for it again meanwhile has another file, or none.
        is_same = now is not None and self._lacks_checksum(now) and now.download.file == task.download.file
        if now is not None and is_same and now.download.sha256 != sha256:
            self._reports.checksum(now, sha256)

    def _lacks_checksum(self, task: Task) -> bool:
        """Whether a result is saved in our folder and nobody has read it for its SHA-256 yet, or not with success."""
        download = task.download
        is_ours = self._place is None or download.place == self._place
        return task.is_saved and is_ours and download.file is not None and not download.sha256


def sha256_of_saved(path: Path, size: int | None, stopped: threading.Event) -> str:
    """Return the SHA-256 of a saved file of `size` bytes as hex. Raises `OSError`, `FileChanged` and `Stopped`."""
    digest, block = hashlib.sha256(), memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if size is not None and before.st_size != size:
            raise FileChanged
        while count := file.readinto(block):
            if stopped.is_set():
                raise Stopped
            digest.update(block[:count])
        after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise FileChanged
    return digest.hexdigest()
