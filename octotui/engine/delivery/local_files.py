"""Local files of delivered results: deleted when their time is over, and only what was read back whole."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from octotui.config import Config
from octotui.engine.delivery.storage import Stopped, Storage, split_url
from octotui.engine.downloads.file_names import beside, trouble
from octotui.engine.downloads.sidecar import ENDING, read_sidecar
from octotui.ledger import Copy, Ledger
from octotui.model import Task


class LocalFiles:
    """The files that `keep_local` is about, and when the time of each is over. For one thread at a time, but `clear`.

    Nothing is kept here alone: it follows from the tasks and their copies in the ledger.
    """

    def __init__(self, config: Config, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger
        self._kept: dict[str, Task] = {}
        self._not_before: dict[str, float] = {}
        """When the time of a file is over, unix seconds; of those that are not in it nobody has looked yet."""
        self._next_over = 0.0
        """The least of them."""

    def watch(self, task: Task) -> None:
        """Take in a task as it is now."""
        self._kept.pop(task.id, None)
        is_meant = task.is_saved and task.download.file is not None and task.delivered is not None
        if is_meant and self._config.keep_local != math.inf:
            self._kept[task.id] = task
            self._next_over = 0.0

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            self._kept.pop(task_id, None)
            self._not_before.pop(task_id, None)

    def put_back(self, task_id: str) -> None:
        """Have another one come first, next time."""
        if (task := self._kept.pop(task_id, None)) is not None:
            self._kept[task_id] = task

    def over(self, now: float) -> Iterator[Task]:
        """Yield the tasks whose file's time is over, or not known; looks at all of them only where one may be."""
        if now < self._next_over:
            return
        for task_id, task in self._kept.items():
            if self._not_before.get(task_id, 0.0) <= now:
                yield task
        self._next_over = min((self._not_before.get(each, 0.0) for each in self._kept), default=math.inf)

    def clear(self, task: Task, now: float, opened: Callable[[], Storage], is_stopped: Callable[[], bool]) -> str:
        """Delete the file of a task if its time is over and its object was read back; returns what to say of it.

        Where the object is gone, or is not what was put there, the result counts as not delivered. Raises
        `StorageTrouble`, `FileTrouble`, `Stopped`, `LedgerError`.
        """
        copies = self._ledger.copies([task.id]).get(task.id, [])
        copy = next((each for each in copies if each.location == task.delivered), None)
        until = math.inf if copy is None else self._kept_until(task, copy)
        self._not_before[task.id] = until
        if copy is None or now < until:
            return ""
        file = task.download.file or ""
        words = ""
        if Path(file).exists():
            if not is_read_back(opened(), copy, is_stopped):
                self._ledger.drop_copy(task.id, copy.location)
                return f"delivered again: {copy.location} is gone, or is not what was put there"
            if not _deleted(task, copy):
                self._not_before[task.id] = math.inf
                return f"local file kept, it is not the one that was delivered: {file}"
            words = f"local file deleted, read back whole from {copy.location}"
        self._ledger.drop_copy(task.id, file)
        return words

    def _kept_until(self, task: Task, copy: Copy) -> float:
        """Until when (unix seconds) a local file stays.

        For ever where it is newer than the delivery (somebody has had it brought back), or where it lies in another
        storage than the present one.
        """
        is_older = (task.download.saved_at or 0.0) <= copy.saved_at
        is_here = copy.location.startswith(f"{self._config.deliver_to}/")
        return copy.saved_at + self._config.keep_local if is_older and is_here else math.inf


def is_read_back(storage: Storage, copy: Copy, is_stopped: Callable[[], bool] = lambda: False) -> bool:
    """Read an object whole and tell whether it is what was delivered; False, too, where it is gone.

    Raises `StorageTrouble` where it cannot be read now, `Stopped` once `is_stopped` says so.
    """
    found = split_url(copy.location, [storage.url])
    if found is None:
        return False
    there = storage.head(found[1])
    if there is None or there.size != copy.size:
        return False
    seen = hashlib.sha256()
    try:
        for piece in storage.read(found[1], copy.size):
            if is_stopped():
                raise Stopped
            seen.update(piece)
    except FileNotFoundError:
        return False
    return seen.hexdigest() == copy.sha256


def _deleted(task: Task, copy: Copy) -> bool:
    """Delete the local file of a result that was read back, and its side-car; False where it is another file by now.

    Raises `FileTrouble`.
    """
    path = Path(task.download.file or "")
    try:
        if not path.is_file() or path.is_symlink() or os.stat(path).st_size != copy.size:  # noqa: PTH116 - as in `deliverer`
            return False
        own = read_sidecar(path)
        path.unlink()
        if own is not None and own.id == task.id:
            beside(path, ENDING).unlink(missing_ok=True)
    except OSError as error:
        raise trouble(error, path) from error
    return True
