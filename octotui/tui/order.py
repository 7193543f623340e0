"""The orders tasks can stand in, each as a key: what comes first sorts lowest."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from octotui.model import EXPIRED, Task
from octotui.tui.cells import READY, SAVED, SAVING, WORDS, shown_word

SortKey = tuple[float, float, float, str]
Order = Callable[[Task, float], SortKey]
"""A task and the time in unix seconds give a key."""

_LOSS_GROUPS = {READY: 0, SAVING: 1, "running": 2, "queued": 3, "unknown": 4}
_FINISHED = {SAVED, "failed", "cancelled", EXPIRED}
_STATE_RANKS = {word: rank for rank, word in enumerate(WORDS)}


def _started(task: Task) -> float:
    return task.created_at or task.added_at


def _ended(task: Task) -> float:
    return task.download.saved_at or task.completed_at or task.final_seen_at or task.added_at


def by_deadline(task: Task, now: float) -> SortKey:
    """What can be lost first, then saving, running by nearest to done, queued, and finished newest first."""
    word = shown_word(task, now)
    if word in _FINISHED:
        return 5, -_ended(task), 0, task.id
    if word in {READY, SAVING}:
        return _LOSS_GROUPS[word], task.deadline.at if task.deadline else inf, _started(task), task.id
    return _LOSS_GROUPS[word], -(task.progress or 0), _started(task), task.id


def by_progress(task: Task, now: float) -> SortKey:  # noqa: ARG001 - every order takes the time
    """Nearest to done first; among those that are done, newest first."""
    done = 100 if task.state.is_final else task.progress or 0
    return float(task.state.is_final), -done, -_started(task), task.id


def by_age(task: Task, now: float) -> SortKey:  # noqa: ARG001 - every order takes the time
    """Newest first."""
    return -_started(task), 0, 0, task.id


def by_state(task: Task, now: float) -> SortKey:
    """By the word shown, in the order in which a task goes through them."""
    return _STATE_RANKS[shown_word(task, now)], *by_deadline(task, now)[1:]


ORDERS: dict[str, Order] = {"deadline": by_deadline, "progress": by_progress, "age": by_age, "state": by_state}
"""Every order by its name; the first one is the default."""

DEFAULT_ORDER = "deadline"


def next_order(name: str) -> str:
    """The order after `name`, round and round."""
    names = list(ORDERS)
    return names[(names.index(name) + 1) % len(names)]
