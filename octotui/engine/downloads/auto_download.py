"""Automatic downloads of results that must not be lost: fetched without being asked for; losses are said aloud."""

from __future__ import annotations

from collections.abc import Iterable

from octotui.ledger import Ledger
from octotui.model import DownloadState, LogEntry, Task


class AutoDownloader:
    """Watches the completed, unsaved results: wants them in time, and logs each one that is lost, once."""

    def __init__(self, ledger: Ledger, *, save_all: bool, rescue_before: float | None) -> None:
        """`save_all` wants whatever completes; `rescue_before` (seconds) wants what is that close to its deadline."""
        self._ledger = ledger
        self._save_all = save_all
        self._rescue_before = rescue_before
        self._ready: dict[str, Task] = {}
        self._wanted: set[str] = set()
        self._lost: set[str] = set()

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in tasks as they are now."""
        for task in tasks:
            if task.is_ready:
                self._ready[task.id] = task
            else:
                self._ready.pop(task.id, None)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            self._ready.pop(task_id, None)
            self._wanted.discard(task_id)
            self._lost.discard(task_id)

    def request_due(self, now: float) -> bool:
        """Write the wishes and the losses that are due at `now`; tells whether there were wishes."""
        wishes = [task.id for task in self._ready.values() if self._is_due(task, now)]
        if wishes:
            self._wanted.update(wishes)
            self._ledger.request_download(wishes, automatic=True)
        for task in self._ready.values():
            if task.is_expired(now) and task.id not in self._lost:
                self._lost.add(task.id)
                if not self._is_known_loss(task):
                    self._ledger.log(LogEntry(now, "lost", task.id, "past its deadline and not saved"))
        return bool(wishes)

    def _is_known_loss(self, task: Task) -> bool:
        """Whether it was lost before anybody watched it, or an engine before this one has said so."""
        if task.deadline is None or task.deadline.at <= task.added_at:
            return True
        return any(event.kind == "lost" for event in self._ledger.events(task_id=task.id))

    def _is_due(self, task: Task, now: float) -> bool:
        if task.download.state is not DownloadState.NONE or task.id in self._wanted:
            return False
        if self._save_all:
            return True
        deadline = task.deadline
        return (
            self._rescue_before is not None and deadline is not None and now < deadline.at <= now + self._rescue_before
        )
