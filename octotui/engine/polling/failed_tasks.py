"""The tasks whose last question failed: each is asked again by a clock of its own, beside the rounds of the others."""

from __future__ import annotations

import heapq

from octotui.engine.polling.failure_scope import task_pause
from octotui.engine.polling.poll_value import OWN_REFUSALS, PollEstimate


class FailedTasks:
    """Names the failed task whose time has come. Pure: times come in (unix seconds)."""

    def __init__(self, poll_seconds: float, per_minute: int, *, at_once: int) -> None:
        """At most `at_once` of them are asked at a time."""
        self._poll_seconds = poll_seconds
        self._per_minute = per_minute
        self._at_once = at_once
        self._tasks: dict[str, PollEstimate] = {}
        self._queue: list[tuple[float, str]] = []
        self._asking: set[str] = set()
        self._room = 1

    def __len__(self) -> int:
        """How many there are."""
        return len(self._tasks)

    def begin_round(self, room: int) -> None:
        """Allow `room` questions in the round that begins."""
        self._room = room

    def add(self, task: PollEstimate, now: float, retry_after: float | None = None) -> None:
        """Take in that a question about `task` has failed."""
        self._tasks[task.task.id] = task
        pause = task_pause(
            task.failures,
            retry_after,
            is_refusal=_is_refusal(task),
            sick=len(self._tasks),
            poll_seconds=self._poll_seconds,
            per_minute=self._per_minute,
        )
        self._set(task, now + pause)

    def drop(self, task: PollEstimate) -> None:
        """It is asked no more, or in its turn again."""
        task.retry_at = None
        self._tasks.pop(task.task.id, None)
        self._asking.discard(task.task.id)

    def goes_out(self, task: PollEstimate) -> None:
        """A question about `task` goes out, whoever named it."""
        if task.task.id in self._tasks:
            self._asking.add(task.task.id)

    def came_back(self, task_id: str) -> None:
        """What came of a question is known."""
        self._asking.discard(task_id)

    def recovered(self, task: PollEstimate, now: float) -> None:
        """`task` is answered again: its provider's others may be, too, and none waits longer than a usual turn."""
        was_refused = _is_refusal(task)
        self.drop(task)
        for other in () if was_refused else self._tasks.values():
            if other.task.provider == task.task.provider and other.retry_at is not None and not _is_refusal(other):
                self._set(other, min(other.retry_at, now + self._poll_seconds))

    def release_all(self) -> list[PollEstimate]:
        """Let all take part in the rounds again but those whose failures are their own; returns them."""
        released = [task for task in self._tasks.values() if not _is_refusal(task)]
        for task in released:
            self.drop(task)
        return released

    def due(self, now: float) -> str | None:
        """The id of the task to ask again now; None when none is due, or enough of them are being asked."""
        while self._queue and self._room > 0 and len(self._asking) < self._at_once and self._queue[0][0] <= now:
            at, task_id = heapq.heappop(self._queue)
            task = self._tasks.get(task_id)
            if task is not None and task.retry_at == at and task_id not in self._asking:
                self._room -= 1
                return task_id
        return None

    @property
    def due_at(self) -> float:
        """When `due` has somebody (unix seconds), as far as that is known; infinite where no time brings it."""
        is_open = self._queue and self._room > 0 and len(self._asking) < self._at_once
        return self._queue[0][0] if is_open else float("inf")

    def _set(self, task: PollEstimate, at: float) -> None:
        if task.retry_at != at:
            task.retry_at = at
            heapq.heappush(self._queue, (at, task.task.id))


def _is_refusal(task: PollEstimate) -> bool:
    return task.task.failure is not None and task.task.failure.kind in OWN_REFUSALS
