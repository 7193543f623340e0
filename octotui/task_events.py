"""Events of tasks: what happened between two states of a task, whose time has run out, and who is told of it. Pure.

The log, the change feed of `watch`, hooks, notifications and the terminal's alerts all ask here; each of them tells
its own part of it. The kinds are `octotui.model.EventKind`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from octotui import prose
from octotui.model import NO_DOWNLOAD, DownloadState, EventKind, GatewayState, Task, TaskState


def happened(before: Task | None, after: Task, now: float) -> list[EventKind]:
    """Return what happened to a task from one look to the next, in a fixed order; `before` is None for a new one.

    Both looks are judged by the same clock (`now`, unix seconds): that time alone has run out is what `DeadlineWatch`
    is for.
    """
    if before is None:
        return [EventKind.ADDED]
    found = []
    if after.state is not before.state:
        found.append(EventKind.STATE)
    elif after.progress != before.progress and after.progress is not None and not after.state.is_final:
        found.append(EventKind.PROGRESS)
    if after.is_expired(now):
        found += [] if before.is_expired(now) else [EventKind.LOST]
    elif before.is_expired(now) and after.state is before.state:
        found.append(EventKind.REGAINED)
    if after.failure is not None and (before.failure is None or before.failure.kind is not after.failure.kind):
        found.append(EventKind.FAILURE)
    elif before.failure is not None and after.failure is None:
        found.append(EventKind.RECOVERED)
    if after.download.state is not before.download.state:
        found.append(EventKind.SAVED if after.is_saved else EventKind.DOWNLOAD)
    if after.delivered is not None and after.delivered != before.delivered:
        found.append(EventKind.DELIVERED)
    return found


def detail_of(kind: EventKind, task: Task) -> str:
    """Return which of its kind an event of `task` is, as `LogEntry.detail` keeps it; empty where the kind says all."""
    match kind:
        case EventKind.STATE:
            return task.state.value
        case EventKind.DOWNLOAD:
            return task.download.state.value
        case EventKind.FAILURE if task.failure is not None:
            return task.failure.kind.value
        case _:
            return ""


def nearness(task: Task, now: float, early: float) -> EventKind | None:
    """Return how near an unsaved result is to its loss: EXPIRING within `early` seconds, LOST, or None."""
    if task.is_expired(now):
        return EventKind.LOST
    is_near = task.is_ready and task.deadline is not None and task.deadline.at - now <= early
    return EventKind.EXPIRING if is_near else None


def is_our_loss(task: Task) -> bool:
    """Whether the time of a result ran out while it was watched: what was lost before that is nobody's loss now."""
    return task.deadline is not None and task.deadline.at > task.added_at


OUTDATED = 1000
"""Moments that may be kept besides those that hold: of results saved, removed, or with another deadline by now."""


class DeadlineWatch:
    """Watches the deadlines of unsaved results: names each once when it is near, and once when it is past.

    One that gets a later deadline is named again. Costs nothing until a result is due, however many there are.
    """

    def __init__(self, *, early: float = 0.0) -> None:
        """`early` (seconds before its deadline) is when a result is near; with 0 only losses are named."""
        self._early = early
        self._ready: dict[str, Task] = {}
        self._named: dict[str, EventKind] = {}
        self._due: list[tuple[float, str]] = []
        self._due_at: dict[str, float] = {}
        """The moment that holds for each; other moments in the heap are out of date."""

    @property
    def waiting(self) -> int:
        """How many moments are kept."""
        return len(self._due)

    def observe(self, tasks: Iterable[Task], now: float) -> None:
        """Take in tasks as they are at `now` (unix seconds), whichever may have changed."""
        for task in tasks:
            if not task.is_ready or task.deadline is None:
                self.forget_tasks([task.id])
                continue
            self._ready[task.id] = task
            near, named = nearness(task, now, self._early), self._named.get(task.id)
            if near is None:
                self._named.pop(task.id, None)
            if near is None or near is not named:
                self._schedule(task.id, task.deadline.at - self._early)
            elif near is EventKind.EXPIRING:
                self._schedule(task.id, task.deadline.at)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            self._ready.pop(task_id, None)
            self._named.pop(task_id, None)
            self._due_at.pop(task_id, None)

    def due(self, now: float) -> list[tuple[EventKind, Task]]:
        """Return the results that are near their deadline (EXPIRING) or past it (LOST) since the last call."""
        found = []
        while self._due and self._due[0][0] <= now:
            at, task_id = heapq.heappop(self._due)
            task = self._ready.get(task_id)
            if task is None or task.deadline is None or self._due_at.get(task_id) != at:
                continue
            del self._due_at[task_id]
            near = EventKind.LOST if task.is_expired(now) else EventKind.EXPIRING
            if near is EventKind.EXPIRING:
                self._schedule(task_id, task.deadline.at)
            if near is not self._named.get(task_id):
                self._named[task_id] = near
                found.append((near, task))
        return found

    def _schedule(self, task_id: str, at: float) -> None:
        if self._due_at.get(task_id) != at:
            self._due_at[task_id] = at
            heapq.heappush(self._due, (at, task_id))
            if len(self._due) > 2 * len(self._due_at) + OUTDATED:
                self._due = [(moment, each) for each, moment in self._due_at.items()]
                heapq.heapify(self._due)


def state_words(task: Task, state: str) -> str:
    """Return a task's `state` and, where the gateway gave one, the reason: `failed: content policy`."""
    reason = task.error_message or task.error_code
    return f"{state}: {reason}" if reason and task.state.is_final else state


def not_saved_words(task: Task) -> str:
    """Return that a download was given up, and why."""
    return f"not saved: {task.download.error or 'no reason given'}"


def failure_words(task: Task) -> str:
    """Return what is said of a FAILURE or RECOVERED."""
    return "answers again" if task.failure is None else f"asking failed: {task.failure.message}"


def gateway_words(state: GatewayState, message: str | None = None) -> str:
    """Return how the gateway stands for all tasks alike: `gateway key refused: no such key`."""
    words = f"gateway {state.replace('_', ' ')}"
    return f"{words}: {message}" if message else words


class NoticeKind(StrEnum):
    """What hooks, notifications and the terminal's bell can be set to speak of."""

    COMPLETED = "completed"
    FAILED = "failed"
    """The task failed or was cancelled, or its download was given up."""
    SAVED = "saved"
    EXPIRING = "expiring"
    LOST = "lost"


def notice_kind(kind: EventKind, task: Task) -> NoticeKind | None:
    """Return as what somebody is told of an event of `task`; None for what nobody need be told."""
    match kind:
        case EventKind.STATE if task.state.is_final:
            return NoticeKind.COMPLETED if task.state is TaskState.COMPLETED else NoticeKind.FAILED
        case EventKind.DOWNLOAD if task.download.state is DownloadState.FAILED:
            return NoticeKind.FAILED
        case EventKind.SAVED:
            return NoticeKind.SAVED
        case EventKind.EXPIRING:
            return NoticeKind.EXPIRING
        case EventKind.LOST:
            return NoticeKind.LOST
        case _:
            return None


class TaskNotice(NamedTuple):
    """One thing to tell somebody who does not look, and the task as it was then."""

    event: NoticeKind
    task: Task
    at: float
    """When it was noticed, unix seconds."""
    number: int = 0
    """Its row in the ledger's outbox; 0 for none."""

    @property
    def words(self) -> str:
        """What happened, in one short line without the task's name."""
        task = self.task
        match self.event:
            case NoticeKind.SAVED:
                return f"saved: {task.download.file}"
            case NoticeKind.EXPIRING:
                left = (task.deadline.at if task.deadline else self.at) - self.at
                return f"not saved, lost in {prose.time_left(left)}"
            case NoticeKind.LOST:
                return LOST_WORDS
            case NoticeKind.FAILED if task.state is TaskState.COMPLETED:
                return not_saved_words(task)
            case _:
                return state_words(task, task.state.value)


LOST_WORDS = "past its deadline and not saved"


class NoticeTracker:
    """Follows tasks and says what is to be told, each thing once; what is there at the first look is no news."""

    def __init__(self, *, began: float, expiring_before: float) -> None:
        """`began` (unix seconds) is when whoever asks began to look; `expiring_before` is in seconds."""
        self._began = began
        self._tasks: dict[str, Task] | None = None
        self._deadlines = DeadlineWatch(early=expiring_before)
        self._told: dict[str, EventKind] = {}
        """Of the deadlines: LOST has EXPIRING in it."""

    def observe(self, tasks: Iterable[Task], now: float) -> list[TaskNotice]:
        """Take in tasks as they are now, whichever may have changed, and return what is new, deadlines included."""
        if self._tasks is None:
            self._tasks = {task.id: task for task in tasks}
            self._deadlines.observe(self._tasks.values(), now)
            self._told = {task.id: kind for kind, task in self._deadlines.due(now)}
            return []
        events: list[tuple[EventKind, Task]] = []
        for task in tasks:
            events += [(kind, task) for kind in self._news(self._tasks.get(task.id), task, now)]
            self._tasks[task.id] = task
            self._deadlines.observe([task], now)
        events += [(near, task) for near, task in self._deadlines.due(now) if self._is_first(near, task)]
        notices = ((notice_kind(kind, task), task) for kind, task in events)
        return [TaskNotice(kind, task, now) for kind, task in notices if kind is not None]

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            if self._tasks is not None:
                self._tasks.pop(task_id, None)
            self._told.pop(task_id, None)
            self._deadlines.forget_tasks([task_id])

    def _news(self, before: Task | None, after: Task, now: float) -> list[EventKind]:
        """Return what happened to a task, but for its deadline, which has a memory of its own.

        Of the past of a task that was not there before only what is newer than `began` counts. A file that was saved
        before `began` was imported, and is no news at all.
        """
        if after.is_saved and after.download.saved_at is not None and after.download.saved_at < self._began:
            return []
        if before is None:
            is_news = (after.final_seen_at or 0.0) >= self._began
            before = replace(after, state=TaskState.UNKNOWN if is_news else after.state, download=NO_DOWNLOAD)
        return [kind for kind in happened(before, after, now) if kind is not EventKind.LOST]

    def _is_first(self, near: EventKind, task: Task) -> bool:
        """Whether it is the first time that this result is near its deadline, or lost to those who watched it."""
        told = self._told.get(task.id)
        if told in (near, EventKind.LOST):
            return False
        self._told[task.id] = near
        return near is EventKind.EXPIRING or is_our_loss(task)
