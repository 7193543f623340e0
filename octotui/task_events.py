"""What is worth telling somebody who does not look: pure functions of tasks before and after, and of the time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from octotui import prose
from octotui.model import DownloadState, Task, TaskState


class TaskEvent(StrEnum):
    """What hooks, notifications and the terminal's bell can be set to speak of."""

    COMPLETED = "completed"
    FAILED = "failed"
    """The task failed or was cancelled, or its download was given up."""
    SAVED = "saved"
    EXPIRING = "expiring"
    """A result that nobody has saved comes close to its deadline."""
    LOST = "lost"
    """A result is past its deadline and not saved."""


Stage = tuple[TaskState, DownloadState]
"""All that needs to be remembered of a task to see that something has happened to it."""


class TaskNotice(NamedTuple):
    """One occasion, and the task as it was then."""

    event: TaskEvent
    task: Task
    at: float
    """When it was noticed, unix seconds."""

    @property
    def words(self) -> str:
        """What happened, in one short line without the task's name."""
        task = self.task
        match self.event:
            case TaskEvent.SAVED:
                return f"saved: {task.download.file}"
            case TaskEvent.EXPIRING:
                left = (task.deadline.at if task.deadline else self.at) - self.at
                return f"not saved, lost in {prose.time_left(left)}"
            case TaskEvent.LOST:
                return "past its deadline and not saved"
            case TaskEvent.FAILED if task.state is TaskState.COMPLETED:
                return f"not saved: {task.download.error or 'no reason given'}"
            case _:
                reason = task.error_message or task.error_code
                return f"{task.state.value}: {reason}" if reason else task.state.value


def stage_of(task: Task) -> Stage:
    """Return what `between` compares."""
    return task.state, task.download.state


def between(before: Stage | None, after: Task, began: float) -> list[TaskEvent]:
    """Return what has happened to a task since an earlier look, deadlines aside.

    `before` is None for a task that was not there then: of its past only what is newer than `began` (unix seconds)
    counts. A file that was saved before `began` was imported, and is no news at all.
    """
    download = after.download
    if after.is_saved and download.saved_at is not None and download.saved_at < began:
        return []
    found = []
    is_new_state = (after.final_seen_at or 0.0) >= began if before is None else before[0] is not after.state
    if after.state.is_final and is_new_state:
        found.append(TaskEvent.COMPLETED if after.state is TaskState.COMPLETED else TaskEvent.FAILED)
    if before is None or before[1] is not download.state:
        if after.is_saved:
            found.append(TaskEvent.SAVED)
        elif download.state is DownloadState.FAILED:
            found.append(TaskEvent.FAILED)
    return found


def nearness(task: Task, now: float, expiring_before: float) -> TaskEvent | None:
    """Return how near an unsaved result is to its loss: EXPIRING within `expiring_before` seconds, LOST, or None."""
    if not task.is_ready or task.deadline is None:
        return None
    left = task.deadline.at - now
    if left <= 0:
        return TaskEvent.LOST
    return TaskEvent.EXPIRING if left <= expiring_before else None


class TaskEventTracker:
    """Follows tasks and tells each occasion once; what is there at the first look is the start, and no news."""

    def __init__(self, *, began: float, expiring_before: float) -> None:
        """`began` (unix seconds) is when whoever asks began to look; `expiring_before` is in seconds."""
        self._began = began
        self._expiring_before = expiring_before
        self._stages: dict[str, Stage] | None = None
        self._ready: dict[str, Task] = {}
        self._told: dict[str, TaskEvent] = {}
        """Of the deadlines: LOST has EXPIRING in it."""
        self._due: list[tuple[float, str]] = []
        self._due_at: dict[str, float] = {}

    def observe(self, tasks: Iterable[Task], now: float) -> list[TaskNotice]:
        """Take in tasks as they are now, whichever may have changed, and return what is new, deadlines included."""
        notices: list[TaskNotice] = []
        is_start = self._stages is None
        stages: dict[str, Stage] = {} if self._stages is None else self._stages
        self._stages = stages
        for task in tasks:
            if not is_start:
                notices += [TaskNotice(event, task, now) for event in between(stages.get(task.id), task, self._began)]
            stages[task.id] = stage_of(task)
            self._keep(task)
            if is_start and (near := nearness(task, now, self._expiring_before)) is not None:
                self._told[task.id] = near
        return notices + self._deadlines(now)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            if self._stages is not None:
                self._stages.pop(task_id, None)
            self._ready.pop(task_id, None)
            self._told.pop(task_id, None)
            self._due_at.pop(task_id, None)

    def _keep(self, task: Task) -> None:
        if not task.is_ready or task.deadline is None:
            self._ready.pop(task.id, None)
            self._due_at.pop(task.id, None)
            return
        self._ready[task.id] = task
        self._schedule(task.id, task.deadline.at - self._expiring_before)

    def _schedule(self, task_id: str, at: float) -> None:
        if self._due_at.get(task_id) != at:
            self._due_at[task_id] = at
            heapq.heappush(self._due, (at, task_id))

    def _deadlines(self, now: float) -> list[TaskNotice]:
        """Return the results that have come close to their deadline, or past it, since the last look."""
        notices = []
        while self._due and self._due[0][0] <= now:
            at, task_id = heapq.heappop(self._due)
            task = self._ready.get(task_id)
            if task is None or task.deadline is None or self._due_at.get(task_id) != at:
                continue
            near = nearness(task, now, self._expiring_before)
            if near is TaskEvent.EXPIRING:
                self._schedule(task_id, task.deadline.at)
            told = self._told.get(task_id)
            if near is None or told is near or told is TaskEvent.LOST:
                continue
            self._told[task_id] = near
            # What was lost before anybody asked for it to be watched is nobody's loss now.
            if near is TaskEvent.EXPIRING or task.deadline.at > task.added_at:
                notices.append(TaskNotice(near, task, now))
        return notices
