"""Automatic downloads: results that are fetched without being asked for, and losses that are logged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from octotui.ledger import Ledger
from octotui.model import DownloadState, EventKind, LogEntry, Task
from octotui.task_events import LOST_WORDS, DeadlineWatch, is_our_loss


class AutoDownloader:
    """Watches the completed, unsaved results: wants them in time, and logs each one that is lost, once."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        save_all: bool,
        rescue_before: float | None,
        save_which: Callable[[Task, float], bool] | None = None,
    ) -> None:
        """`save_all` wants whatever completes; `rescue_before` (seconds) wants what is that close to its deadline.

        `save_which` has `save_all` want only what it holds for at a time (unix seconds).
        """
        self._ledger = ledger
        self._save_all = save_all
        self._save_which = save_which
        self._deadlines = DeadlineWatch(early=rescue_before or 0.0)
        self._lock = threading.Lock()
        self._changed: dict[str, Task] = {}
        """Not yet looked at; guarded by the lock."""
        self._wanted: set[str] = set()
        self._lost: set[str] = set()

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in tasks as they are now. May be called while `request_due` runs in another thread."""
        with self._lock:
            self._changed.update((task.id, task) for task in tasks)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            with self._lock:
                self._changed.pop(task_id, None)
            self._deadlines.forget_tasks([task_id])
            self._wanted.discard(task_id)
            self._lost.discard(task_id)

    def request_due(self, now: float) -> bool:
        """Write the wishes and the losses that are due at `now`; tells whether there were wishes."""
        with self._lock:
            changed = list(self._changed.values())
            self._changed.clear()
        self._deadlines.observe(changed, now)
        due = self._deadlines.due(now)
        near = [task for kind, task in due if kind is EventKind.EXPIRING]
        all_of_them = [task for task in changed if self._save_which is None or self._save_which(task, now)]
        wishes = [task.id for task in [*near, *(all_of_them if self._save_all else ())] if self._is_to_be_wanted(task)]
        if wishes:
            self._wanted.update(wishes)
            self._ledger.request_download(dict.fromkeys(wishes), automatic=True)
        for kind, task in due:
            if kind is EventKind.LOST and task.id not in self._lost:
                self._lost.add(task.id)
                if not self._is_known_loss(task):
                    self._ledger.log(LogEntry(now, EventKind.LOST, task.id, LOST_WORDS))
        return bool(wishes)

    def _is_to_be_wanted(self, task: Task) -> bool:
        return task.is_ready and task.download.state is DownloadState.NONE and task.id not in self._wanted

    def _is_known_loss(self, task: Task) -> bool:
        """Whether it was lost before anybody watched it, or an engine before this one has said so."""
        if not is_our_loss(task):
            return True
        return any(event.kind == EventKind.LOST for event in self._ledger.events(task_id=task.id))
