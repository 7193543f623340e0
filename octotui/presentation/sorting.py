"""The orders tasks can stand in, each as a key: what comes first sorts lowest."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from octotui.download_order import QueuedDownload, rank
from octotui.model import EXPIRED, DownloadState, Task
from octotui.presentation.task_row import ON_DISK, READY, SAVING, WAITING, WORDS, shown_word

SortKey = tuple[float, float, float, str]
Order = Callable[[Task, float], SortKey]
"""A task and the time in unix seconds give a key."""

_LOSS_GROUPS = {READY: 0, SAVING: 1, "running": 2, "queued": 3, "unknown": 4}
_RESULTS = {READY, SAVING, WAITING}
_FINISHED = {*ON_DISK, "failed", "cancelled", EXPIRED}
_STATE_RANKS = {word: number for number, word in enumerate(WORDS)}
_SLACK_GROUPS = 3
"""Those of `slack.rank` come before everything that has no result to fetch."""
_FAR = 1e11
"""More than any number in a key, so that none is negative."""
_LAST = "\U0010ffff"
"""Sorts after every name."""


def _started(task: Task) -> float:
    return task.created_at or task.added_at


def _ended(task: Task) -> float:
    return task.download.saved_at or task.completed_at or task.final_seen_at or task.added_at


def by_deadline(task: Task, now: float) -> SortKey:
    """What can be lost first, then what is being saved, running by nearest to done, queued; finished newest first."""
    word = shown_word(task, now)
    if word in _FINISHED:
        return 5, -_ended(task), 0, task.id
    if word in _RESULTS:
        # What only waits, or is paused, can be lost as what nobody wants.
        moves = task.download.state is DownloadState.RUNNING and not task.download.paused
        return (
            _LOSS_GROUPS[SAVING if moves else READY],
            task.deadline.at if task.deadline else inf,
            _started(task),
            task.id,
        )
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


def by_slack(task: Task, now: float, speed: float | None = None) -> SortKey:
    """As downloads are fetched: the least time to spare first; what cannot make it comes after all that can.

    What is still to come takes as long as the task's own speed says, or else `speed` (bytes per second).
    """
    if shown_word(task, now) not in _RESULTS:
        group, first, second, _ = by_deadline(task, now)
        return _SLACK_GROUPS + group, first, second, task.id
    done, total = task.download.bytes_done, task.download.bytes_total
    candidate = QueuedDownload(
        task.id, task.deadline.at if task.deadline else None, None if total is None else total - done, _started(task)
    )
    return *rank(candidate, now=now, speed=task.download.speed or speed), task.id


def _by_text(text: str | None, task: Task, now: float) -> SortKey:
    """By a text, those without one last; those of one text by what can be lost first."""
    group, first, second, _ = by_deadline(task, now)
    # All in one text: the cursor looks for its old place among the keys of a new order, so all have one shape.
    return 0, 0, 0, f"{text or _LAST}\0{group:.0f}{first + _FAR:020.3f}{second + _FAR:020.3f}\0{task.id}"


def by_model(task: Task, now: float) -> SortKey:
    """By the model's name."""
    return _by_text(task.model.casefold() if task.model else None, task, now)


def by_title(task: Task, now: float) -> SortKey:
    """By the title; a task without one by its id, as its row shows it."""
    return _by_text((task.title or task.id).casefold(), task, now)


def by_provider(task: Task, now: float) -> SortKey:
    """By the provider's name."""
    return _by_text(task.provider, task, now)


def by_size(task: Task, now: float) -> SortKey:  # noqa: ARG001 - every order takes the time
    """The largest file first, those that have none last, newest first."""
    size = task.download.bytes_total or task.download.bytes_done
    return float(not size), -size, -_started(task), task.id


SLACK = "slack"
ORDERS: dict[str, Order] = {
    "deadline": by_deadline,
    SLACK: by_slack,
    "progress": by_progress,
    "age": by_age,
    "state": by_state,
    "model": by_model,
    "title": by_title,
    "provider": by_provider,
    "size": by_size,
}
"""Every order by its name; the first one is the default. With a minus before it the last comes first: `-age`."""
HELP = {
    "deadline": "what can be lost first",
    SLACK: "the least time to spare first",
    "progress": "nearest to done first",
    "age": "newest first",
    "state": "from queued to saved",
    "model": "by name",
    "title": "by name, else by id",
    "provider": "by name",
    "size": "the largest file first",
}
"""What each order is, in a few words."""

DEFAULT_ORDER = "deadline"
_MINUS = "-"


def is_order(name: str) -> bool:
    """Whether there is an order of this name, turned round or not."""
    return name.removeprefix(_MINUS) in ORDERS


def is_turned(name: str) -> bool:
    """Whether what is last in an order comes first."""
    return name.startswith(_MINUS)


def plain_order(name: str) -> str:
    """The name of an order as it is when it is not turned round."""
    return name.removeprefix(_MINUS)


def turned(name: str) -> str:
    """The same order the other way round."""
    return plain_order(name) if is_turned(name) else f"{_MINUS}{name}"


def order_words(name: str) -> str:
    """An order in words: `age`, `age, reversed`."""
    return f"{plain_order(name)}, reversed" if is_turned(name) else name
