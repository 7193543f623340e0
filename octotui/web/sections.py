"""What the page shows of a picture of the ledger: worked out once a picture, for every client alike. Pure."""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from octotui.model import EXPIRED
from octotui.presentation.bulk.failure_groups import failure_groups
from octotui.presentation.filters import NO_FILTER
from octotui.presentation.sorting import by_deadline
from octotui.presentation.task_row import READY, SAVED, SAVING, WAITING, shown_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.model import Task
    from octotui.presentation.bulk.failure_groups import FailureGroup
    from octotui.presentation.filters import Filter
    from octotui.web.live_ledger import Picture

READY_SHOWN = 10
RUNNING_SHOWN = 12
LOST_SHOWN = 6
GROUPS_SHOWN = 6
BOXES_SHOWN = 6
SAVED_SHOWN = 12
PAGE = 40
"""Tasks on one page of the list."""
_KEPT_LISTS = 8
"""Filters whose tasks are remembered until the picture changes."""


@dataclass(slots=True)
class Sections:
    """The tasks of each section, those that show, and how many there are."""

    counts: Counter[str] = field(default_factory=Counter)
    """By the word shown."""
    next_loss: Task | None = None
    ready: Sequence[Task] = ()
    """What can be lost, being saved or not, the nearest deadline first."""
    running: Sequence[Task] = ()
    """Nearest to done first."""
    lost: Sequence[Task] = ()
    """The latest first."""
    groups: Sequence[FailureGroup] = ()
    """Failures by reason, the newest first; those that show."""
    group_count: int = 0
    saved: Sequence[Task] = ()
    """The latest first."""

    @property
    def ready_count(self) -> int:
        """How many results can be lost."""
        return self.counts[READY] + self.counts[SAVING] + self.counts[WAITING]


def sections_of(tasks: Sequence[Task], now: float) -> Sections:
    """Return the sections for tasks as they are at `now` (unix seconds); some 5 microseconds a task."""
    by_word: dict[str, list[Task]] = {}
    for task in tasks:
        by_word.setdefault(shown_word(task, now), []).append(task)
    ready = [*by_word.get(READY, ()), *by_word.get(SAVING, ()), *by_word.get(WAITING, ())]
    groups = failure_groups(tasks, newest_first=True)
    return Sections(
        counts=Counter({word: len(found) for word, found in by_word.items()}),
        next_loss=min((task for task in ready if _loss_at(task) > now), key=_loss_at, default=None),
        ready=heapq.nsmallest(READY_SHOWN, ready, key=_loss_at),
        running=heapq.nsmallest(
            RUNNING_SHOWN, by_word.get("running", ()), key=lambda task: (-(task.progress or 0), task.id)
        ),
        lost=heapq.nlargest(LOST_SHOWN, by_word.get(EXPIRED, ()), key=_loss_at),
        groups=groups[:GROUPS_SHOWN],
        group_count=len(groups),
        saved=heapq.nlargest(SAVED_SHOWN, by_word.get(SAVED, ()), key=lambda task: task.download.saved_at or 0.0),
    )


def _loss_at(task: Task) -> float:
    return task.deadline.at if task.deadline else float("inf")


class SectionCache:
    """The sections and lists of the newest picture, worked out when somebody first asks. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._sections: Sections | None = None
        self._lists: dict[str, list[Task]] = {}

    def sections(self, picture: Picture, now: float) -> Sections:
        """Return the sections of a picture."""
        with self._lock:
            self._turn_to(picture)
            if self._sections is None:
                self._sections = sections_of(picture.tasks, now)
            return self._sections

    def matching(self, picture: Picture, wanted: Filter, now: float) -> list[Task]:
        """Return all tasks that match, what can be lost first."""
        with self._lock:
            self._turn_to(picture)
            known = self._lists.get(wanted.text)
            # What a filter on times lets through changes although nothing was written.
            if known is not None and not wanted.timed:
                return known
            matches = wanted.matches if wanted is not NO_FILTER else None
            found = [task for task in picture.tasks if matches is None or matches(task, now)]
            found.sort(key=lambda task: by_deadline(task, now))
            if len(self._lists) >= _KEPT_LISTS:
                self._lists.clear()
            self._lists[wanted.text] = found
            return found

    def _turn_to(self, picture: Picture) -> None:
        if picture.version != self._version:
            self._version = picture.version
            self._sections = None
            self._lists.clear()
