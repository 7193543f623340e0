"""What happened to tasks between two looks at the ledger: one happening for each thing worth a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octotui import units
from octotui.model import DownloadState, EngineStatus, GatewayState, Task
from octotui.sanitize import clean
from octotui.task_json import task_json

if TYPE_CHECKING:
    from octotui.ledger import Ledger, Unwritten


@dataclass(slots=True, frozen=True)
class TaskChange:
    """One thing that happened to one task, or to the gateway when `task` is None."""

    event: str
    """added, state, progress, failure, recovered, download, saved, expired, removed, gateway or pause."""
    at: float
    """Unix seconds."""
    task: Task | None
    words: str

    def line(self, labels: dict[str, str]) -> str:
        """Return it as a line of text: time, provider, id, words."""
        parts = [units.clock_time(self.at)]
        if self.task is not None:
            parts += [labels.get(self.task.provider, self.task.provider), clean(self.task.id, 600)]
        return " ".join([*parts, self.words])

    def json(self) -> dict[str, Any]:
        """Return it as `watch --jsonl` prints it (`INTERFACE.md`)."""
        task = None if self.task is None else task_json(self.task, self.at)
        line: dict[str, Any] = {"event": self.event, "at": round(self.at, 3), "task": task}
        if task is None:
            line["message"] = self.words
        return line


def between(before: Task | None, after: Task, now: float) -> Iterator[TaskChange]:
    """Yield what happened to a task from one look to the next; `before` is None for a new one."""
    if before is None:
        yield TaskChange("added", now, after, f"added, {_state_words(after, now)}")
        return
    if after.state is not before.state or after.is_expired(now) != before.is_expired(now):
        yield TaskChange("expired" if after.is_expired(now) else "state", now, after, _state_words(after, now))
    elif after.progress != before.progress and after.progress is not None and not after.state.is_final:
        yield TaskChange("progress", now, after, _state_words(after, now))
    if after.failure is not None and (before.failure is None or before.failure.kind is not after.failure.kind):
        yield TaskChange("failure", now, after, f"asking failed: {after.failure.message}")
    elif before.failure is not None and after.failure is None:
        yield TaskChange("recovered", now, after, "answers again")
    if after.download.state is not before.download.state:
        event = "saved" if after.is_saved else "download"
        yield TaskChange(event, now, after, _download_words(after))


def _state_words(task: Task, now: float) -> str:
    word = task.shown_state(now)
    if task.progress is not None and not task.state.is_final:
        return f"{word} {task.progress}%"
    reason = task.error_message or task.error_code
    return f"{word}: {reason}" if reason else word


def _download_words(task: Task) -> str:
    download = task.download
    if task.is_saved:
        return f"saved {units.size(download.bytes_total or download.bytes_done)}: {download.file}"
    return {
        DownloadState.WANTED: "download wanted",
        DownloadState.RUNNING: "saving",
        DownloadState.FAILED: f"not saved: {download.error or 'no reason given'}",
    }.get(download.state, "download cancelled")


class ChangeFeed:
    """Looks at the ledger again and again, whichever process writes it, and tells what happened since the last look."""

    def __init__(self, ledger: Ledger, now: float) -> None:
        """What is there at `now` is the start, and no news."""
        self._ledger = ledger
        changes = ledger.changes(0)
        self._revision = changes.revision
        self._started_at = self._looked_at = now
        self._gateway = GatewayState.LIVE
        self.is_paused = ledger.paused_since() is not None
        """Whether everything was paused at the last look."""
        self._unsaved: dict[str, float] = {}
        self.tasks: dict[str, Task] = {}
        """All watched tasks as they were at the last look."""
        for task in changes.tasks:
            self._keep(task)

    def changes_since_last(self, now: float) -> list[TaskChange]:
        """Return what happened since the last look, in the order of the ledger."""
        changes = self._ledger.changes(self._revision)
        self._revision = changes.revision
        found: list[TaskChange] = []
        for task in changes.tasks:
            found += between(self.tasks.get(task.id), task, now)
            self._keep(task)
        for task_id in changes.removed:
            if (gone := self.tasks.pop(task_id, None)) is not None:
                self._unsaved.pop(task_id, None)
                found.append(TaskChange("removed", now, gone, "no longer watched"))
        found += self._expired(now)
        found += self._pause_news(now)
        found += self._gateway_news(now)
        self._looked_at = now
        return found

    def status(self) -> EngineStatus | None:
        """Return what an engine has said about itself since this follower began; None before it did."""
        status = self._ledger.status()
        return status if status is not None and status.at >= self._started_at else None

    @property
    def unwritten(self) -> Unwritten | None:
        """Why and since when this process cannot write the ledger; None while it can."""
        return self._ledger.unwritten

    def _keep(self, task: Task) -> None:
        self.tasks[task.id] = task
        if task.is_ready and task.deadline is not None and task.deadline.at > self._looked_at:
            self._unsaved[task.id] = task.deadline.at
        else:
            self._unsaved.pop(task.id, None)

    def _expired(self, now: float) -> Iterator[TaskChange]:
        """Yield the results whose time ran out while nothing else happened to them."""
        for task_id in [task_id for task_id, deadline in self._unsaved.items() if deadline <= now]:
            del self._unsaved[task_id]
            yield TaskChange("expired", now, self.tasks[task_id], "expired before it was saved")

    def _pause_news(self, now: float) -> Iterator[TaskChange]:
        is_paused = self._ledger.paused_since() is not None
        if is_paused is not self.is_paused:
            self.is_paused = is_paused
            yield TaskChange("pause", now, None, "everything is paused" if is_paused else "going on")

    def _gateway_news(self, now: float) -> Iterator[TaskChange]:
        status = self.status()
        if status is None or status.gateway in {self._gateway, GatewayState.STARTING}:
            return
        self._gateway = status.gateway
        words = f"gateway {status.gateway.replace('_', ' ')}"
        yield TaskChange("gateway", now, None, f"{words}: {status.message}" if status.message else words)
