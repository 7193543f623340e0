"""What happened to tasks between two looks at the ledger: one change for each thing worth a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octotui import units
from octotui.model import DownloadState, EngineStatus, EventKind, GatewayState, Task
from octotui.sanitize import clean
from octotui.task_events import (
    DeadlineWatch,
    failure_words,
    gateway_words,
    happened,
    not_saved_words,
    state_words,
)
from octotui.task_json import masked_task_json, task_json

if TYPE_CHECKING:
    from octotui.ledger import Ledger, Unwritten


_PUBLIC_WORDS = {EventKind.LOST: "expired", EventKind.REGAINED: "state"}
"""Where `watch --jsonl` has another word than the kind's own."""
_DOWNLOAD_WORDS = {
    DownloadState.NONE: "download cancelled",
    DownloadState.WANTED: "download wanted",
    DownloadState.RUNNING: "saving",
}


@dataclass(slots=True, frozen=True)
class TaskChange:
    """One thing that happened to one task, or to the gateway when `task` is None."""

    kind: EventKind
    at: float
    """Unix seconds."""
    task: Task | None
    words: str

    @property
    def event(self) -> str:
        """The public word: the kind's own, but `expired` for a loss and `state` where that is taken back."""
        return _PUBLIC_WORDS.get(self.kind, self.kind.value)

    def line(self, labels: dict[str, str]) -> str:
        """Return it as a line of text: time, provider, id, words."""
        parts = [units.clock_time(self.at)]
        if self.task is not None:
            parts += [labels.get(self.task.provider, self.task.provider), clean(self.task.id, 600)]
        return " ".join([*parts, self.words])

    def json(self, *, links: bool = True) -> dict[str, Any]:
        """Return it as `watch --jsonl` prints it (`INTERFACE.md`); without `links` those are masked."""
        shown = task_json if links else masked_task_json
        task = None if self.task is None else shown(self.task, self.at)
        line: dict[str, Any] = {"event": self.event, "at": round(self.at, 3), "task": task}
        if task is None:
            line["message"] = self.words
        return line


def between(before: Task | None, after: Task, now: float) -> Iterator[TaskChange]:
    """Yield what happened to a task from one look to the next; `before` is None for a new one."""
    for kind in happened(before, after, now):
        # Of a result that is lost as soon as it is seen, the loss says all.
        if kind is not EventKind.STATE or not after.is_expired(now):
            yield TaskChange(kind, now, after, _words(kind, after, now))


def _words(kind: EventKind, task: Task, now: float) -> str:
    match kind:
        case EventKind.ADDED:
            return f"added, {_shown(task, now)}"
        case EventKind.FAILURE | EventKind.RECOVERED:
            return failure_words(task)
        case EventKind.SAVED:
            where = f" on {task.download.box}" if task.download.box else ""
            size = units.size(task.download.bytes_total or task.download.bytes_done)
            return f"saved {size}{where}: {task.download.file}"
        case EventKind.DELIVERED:
            return f"delivered: {task.delivered}"
        case EventKind.DOWNLOAD:
            if task.download.is_waiting:
                return _waiting_words(task)
            return _DOWNLOAD_WORDS.get(task.download.state) or not_saved_words(task)
        case _:
            return _shown(task, now)


def _waiting_words(task: Task) -> str:
    next_at = task.download.next_at
    until = "" if next_at is None else f", next try at {units.clock_time(next_at)}"
    return f"download waits{until}: {task.download.error}"


def _shown(task: Task, now: float) -> str:
    word = task.shown_state(now)
    if task.progress is not None and not task.state.is_final:
        return f"{word} {task.progress}%"
    return state_words(task, word)


class ChangeFeed:
    """Looks at the ledger again and again, whichever process writes it, and tells what happened since the last look."""

    def __init__(self, ledger: Ledger, now: float) -> None:
        """What is there at `now` is the start, and no news."""
        self._ledger = ledger
        changes = ledger.changes(0)
        self._revision = changes.revision
        self._started_at = now
        self._gateway = GatewayState.LIVE
        self.is_paused = ledger.paused_since() is not None
        """Whether everything was paused at the last look."""
        self._deadlines = DeadlineWatch()
        self._deadlines.observe(changes.tasks, now)
        self._deadlines.due(now)
        self.tasks: dict[str, Task] = {task.id: task for task in changes.tasks}
        """All watched tasks as they were at the last look."""

    @property
    def revision(self) -> int:
        """The ledger's revision at the last look: another one after the next look means that something was written."""
        return self._revision

    def changes_since_last(self, now: float) -> list[TaskChange]:
        """Return what happened since the last look, in the order of the ledger; where it raises, nothing is lost."""
        changes = self._ledger.changes(self._revision)
        is_paused, status = self._ledger.paused_since() is not None, self.status()
        self._revision = changes.revision
        found: list[TaskChange] = []
        for task in changes.tasks:
            found += between(self.tasks.get(task.id), task, now)
            self.tasks[task.id] = task
        self._deadlines.observe(changes.tasks, now)
        gone = changes.gone(list(self.tasks))
        self._deadlines.forget_tasks(gone)
        for task_id in gone:
            if (before := self.tasks.pop(task_id, None)) is not None:
                found.append(TaskChange(EventKind.REMOVED, now, before, "no longer watched"))
        found += self._losses(now, found)
        found += self._pause_news(now, is_paused=is_paused)
        found += self._gateway_news(now, status)
        return found

    def status(self) -> EngineStatus | None:
        """Return what an engine has said about itself since this follower began; None before it did."""
        status = self._ledger.status()
        return status if status is not None and status.at >= self._started_at else None

    @property
    def unwritten(self) -> Unwritten | None:
        """Why and since when this process cannot write the ledger; None while it can."""
        return self._ledger.unwritten

    def _losses(self, now: float, found: Iterable[TaskChange]) -> list[TaskChange]:
        """Return the results whose time ran out, but for those of which `found` says so already."""
        said = {change.task.id for change in found if change.task and change.kind in {EventKind.ADDED, EventKind.LOST}}
        return [
            TaskChange(kind, now, task, "expired before it was saved")
            for kind, task in self._deadlines.due(now)
            if task.id not in said
        ]

    def _pause_news(self, now: float, *, is_paused: bool) -> Iterator[TaskChange]:
        if is_paused is not self.is_paused:
            self.is_paused = is_paused
            yield TaskChange(EventKind.PAUSE, now, None, "everything is paused" if is_paused else "going on")

    def _gateway_news(self, now: float, status: EngineStatus | None) -> Iterator[TaskChange]:
        if status is None or status.gateway in {self._gateway, GatewayState.STARTING}:
            return
        self._gateway = status.gateway
        yield TaskChange(EventKind.GATEWAY, now, None, gateway_words(status.gateway, status.message))
