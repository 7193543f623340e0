"""When a task is asked next: pure functions of time and history."""

from __future__ import annotations

from dataclasses import dataclass

from octotui.model import Task, TaskState

_QUEUED_FACTOR = 1.5
"""Queued tasks are asked more slowly: nothing can be lost yet, and the gateway itself looks every 15 s."""
_LONGEST_BACKOFF = 300.0
"""Seconds: a task whose requests keep failing is still asked every five minutes."""
_JITTER = 0.15
"""Share of an interval by which tasks are spread, so that those added together do not stay together."""


@dataclass(slots=True, frozen=True)
class Rhythm:
    """How often tasks are asked."""

    poll_seconds: float = 10.0
    """Seconds between two questions about a running task (the documents recommend 5 to 10)."""


def next_ask_at(task: Task, rhythm: Rhythm, luck: float, now: float) -> float | None:
    """When `task` is asked next (unix seconds), or None when it is final.

    `luck` is uniform in 0..1 and moves the moment within its jitter; a task never asked is due at once.
    """
    if task.state.is_final:
        return None
    if task.last_asked_at is None:
        return now
    interval = rhythm.poll_seconds
    if task.state in (TaskState.QUEUED, TaskState.UNKNOWN):
        interval *= _QUEUED_FACTOR
    if task.failures:
        interval = min(max(_LONGEST_BACKOFF, interval), interval * 2.0 ** min(task.failures, 16))
    # A wall clock that was set back must not put a task off for as long as it was set back.
    asked = min(task.last_asked_at, now)
    return asked + interval * (1.0 + _JITTER * (2.0 * luck - 1.0))
