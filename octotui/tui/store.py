"""The screen's picture of the ledger: pulled, never pushed, and the same until it is pulled again."""

from __future__ import annotations

import heapq
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from octotui.ledger import LedgerError
from octotui.model import EngineStatus, Event, Task
from octotui.tui.cells import shown_word

if TYPE_CHECKING:
    from octotui.ledger import Ledger

_NEWEST_EVENTS = 200
"""How many events one pull reads at most."""


@dataclass(slots=True)
class Delta:
    """What one pull brought: tasks by provider to draw anew, and ids that are gone."""

    changed: dict[str, list[Task]] = field(default_factory=lambda: defaultdict(list))
    removed: list[str] = field(default_factory=list)
    moved: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By the provider that has lost them: ids that another provider has now."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.moved)


class Store:
    """Tasks, counts and the next loss, kept up to date by what changed alone."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.tasks: dict[str, Task] = {}
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        """By provider, then by the word shown."""
        self.status: EngineStatus | None = None
        self.latest: Event | None = None
        """The last thing that happened."""
        self.paused_since: float | None = None
        """Since when everything is paused."""
        self.trouble: str | None = None
        """Why the ledger could not be read, in words; None while it can."""
        self._revision = 0
        self._words: dict[str, str] = {}
        self._deadlines: list[tuple[float, str]] = []
        self._event_number = 0
        self._typical: dict[tuple[str, str | None], float] = {}
        self._finals = -1

    def pull(self, now: float) -> Delta:
        """Read what changed since the last pull; results whose time ran out count as changed."""
        delta = Delta()
        try:
            changes = self.ledger.changes(self._revision)
            self.status = self.ledger.status()
            self.paused_since = self.ledger.paused_since()
            self._read_news()
        except LedgerError as error:
            self.trouble = str(error)
        else:
            self.trouble = None
            self._revision = changes.revision
            self._take(delta, changes.tasks, now)
            self._forget(delta, changes.removed)
        self._expire(delta, now)
        return delta

    def next_loss(self) -> Task | None:
        """The completed, unsaved result that is lost first, as of the last pull."""
        while self._deadlines:
            at, task_id = self._deadlines[0]
            task = self.tasks.get(task_id)
            if task is not None and _loss_at(task) == at:
                return task
            heapq.heappop(self._deadlines)
        return None

    def ready(self, now: float) -> list[Task]:
        """Every result that can be saved and is not, the nearest deadline first."""
        found = [task for task in self.tasks.values() if shown_word(task, now) == "ready"]
        return sorted(found, key=lambda task: task.deadline.at if task.deadline else float("inf"))

    def typical(self, task: Task) -> float | None:
        """Seconds tasks of this provider and model usually take; None while too few have been seen."""
        return self._typical.get((task.provider, task.model))

    def learn_durations(self) -> None:
        """Read how long tasks took, if any has ended since the last time."""
        finals = sum(1 for task in self.tasks.values() if task.state.is_final)
        if finals == self._finals:
            return
        try:
            durations = self.ledger.durations()
        except LedgerError as error:
            self.trouble = str(error)
            return
        self._finals = finals
        by_model: dict[tuple[str, str | None], list[float]] = defaultdict(list)
        for duration in durations:
            by_model[duration.provider, duration.model].append(duration.duration)
        self._typical = {key: statistics.median(values) for key, values in by_model.items() if len(values) >= 3}

    def _read_news(self) -> None:
        events = self.ledger.events(self._event_number, limit=_NEWEST_EVENTS)
        if events:
            self.latest = events[-1]
            self._event_number = events[-1].number

    def _take(self, delta: Delta, tasks: Iterable[Task], now: float) -> None:
        for task in tasks:
            before = self.tasks.get(task.id)
            if before is not None and before.provider != task.provider:
                delta.moved[before.provider].append(task.id)
            self._count_out(task.id, before)
            self.tasks[task.id] = task
            word = self._words[task.id] = shown_word(task, now)
            self.counts[task.provider][word] += 1
            delta.changed[task.provider].append(task)
            at = _loss_at(task)
            if at is not None and at > now and (before is None or _loss_at(before) != at):
                heapq.heappush(self._deadlines, (at, task.id))

    def _forget(self, delta: Delta, removed: Iterable[str]) -> None:
        for task_id in removed:
            self._count_out(task_id, self.tasks.pop(task_id, None))
            delta.removed.append(task_id)

    def _count_out(self, task_id: str, task: Task | None) -> None:
        word = self._words.pop(task_id, None)
        if task is not None and word is not None:
            self.counts[task.provider][word] -= 1

    def _expire(self, delta: Delta, now: float) -> None:
        """Tasks whose deadline has just passed look different although nothing was written."""
        while self._deadlines and self._deadlines[0][0] <= now:
            at, task_id = heapq.heappop(self._deadlines)
            task = self.tasks.get(task_id)
            if task is not None and _loss_at(task) == at:
                self._count_out(task_id, task)
                word = self._words[task_id] = shown_word(task, now)
                self.counts[task.provider][word] += 1
                delta.changed[task.provider].append(task)


def _loss_at(task: Task) -> float | None:
    """When an unsaved result is lost."""
    return task.deadline.at if task.is_ready and task.deadline is not None else None
