"""The tasks of one pane in order: filtered, sorted, and kept so while some of many change."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import partial

from octotui.model import Task
from octotui.tui.filters import NO_FILTER, Filter
from octotui.tui.order import DEFAULT_ORDER, ORDERS, SLACK, Order, SortKey, by_slack

_SAME_SPEED = 0.2
"""Share by which a speed may differ from the one the rows were sorted with."""

_PART = 2000
"""Tasks sorted in one step by `fill`: one or two milliseconds."""


class Rows:
    """Task ids in the order they are shown in. Costs follow what changed, not how much there is."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        """Every task of the pane, shown or not."""
        self.ids: list[str] = []
        """Those that are shown, in order."""
        self.filter: Filter = NO_FILTER
        self.order: str = DEFAULT_ORDER
        self.speed: float | None = None
        """Bytes per second of one download, for the order by slack; None while none was measured."""
        self._sorted_at_speed: float | None = None
        self._keys: dict[str, SortKey] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def position(self, task_id: str | None) -> int | None:
        """Where a task stands; None when it is not shown."""
        key = self._keys.get(task_id) if task_id is not None else None
        return None if key is None else bisect_left(self.ids, key, key=self._keys.__getitem__)

    def place_of(self, key: SortKey | None) -> int:
        """Where a task with `key` would stand, as close as there are rows."""
        if key is None or not self.ids:
            return 0
        return min(bisect_left(self.ids, key, key=self._keys.__getitem__), len(self.ids) - 1)

    def update(self, changed: Iterable[Task], removed: Iterable[str], now: float) -> None:
        """Take in what changed, in any number."""
        key_of = self._order()
        touched: set[str] = set()
        keys: dict[str, SortKey] = {}
        for task in changed:
            self.tasks[task.id] = task
            touched.add(task.id)
            if self.filter.matches(task, now):
                keys[task.id] = key_of(task, now)
            else:
                keys.pop(task.id, None)
        for task_id in removed:
            if self.tasks.pop(task_id, None) is not None:
                touched.add(task_id)
                keys.pop(task_id, None)
        moving = {task_id for task_id in touched if self._keys.get(task_id) != keys.get(task_id)}
        if len(moving) > len(self.ids):
            self.arrange(now)
        elif moving:
            self._take_out(moving)
            self._put_in(sorted((keys[task_id], task_id) for task_id in moving if task_id in keys))

    def arrange(self, now: float, *, order: str | None = None, filter_: Filter | None = None) -> None:
        """Sort and filter everything anew."""
        self.order = order or self.order
        self.filter = self.filter if filter_ is None else filter_
        self._sorted_at_speed = self.speed
        key_of = self._order()
        shown = (task for task in self.tasks.values() if self.filter.matches(task, now))
        self._keys = {task.id: key_of(task, now) for task in shown}
        self.ids = sorted(self._keys, key=self._keys.__getitem__)

    def fill(self, tasks: Iterable[Task], now: float) -> None:
        """Take in all tasks there are.

        May be done in a thread while the rows are looked at: they are the old ones or the new ones, and no step of it
        keeps other threads waiting for long, as sorting 100,000 at once would.
        """
        all_tasks: dict[str, Task] = {}
        keys: dict[str, SortKey] = {}
        key_of = self._order()
        for task in tasks:
            all_tasks[task.id] = task
            if self.filter.matches(task, now):
                keys[task.id] = key_of(task, now)
        pairs = [(key, task_id) for task_id, key in keys.items()]
        parts = [sorted(pairs[start : start + _PART]) for start in range(0, len(pairs), _PART)]
        ids = [task_id for _, task_id in heapq.merge(*parts)]
        self.tasks = all_tasks
        self._keys = keys
        self.ids = ids

    def key(self, task_id: str | None) -> SortKey | None:
        """The place of a shown task among others, for `place_of` once it has gone."""
        return self._keys.get(task_id) if task_id is not None else None

    def is_outdated(self, now: float) -> bool:
        """Whether time alone has changed what is shown, or in which order. Costs the same for any number of rows."""
        if self.filter.timed:
            return True
        if self.order != SLACK or not self.ids:
            return False
        before, speed = self._sorted_at_speed or 0.0, self.speed or 0.0
        # The first row is the one that is too late first.
        group, begin_by, _, _ = self._keys[self.ids[0]]
        return (group == 0 and begin_by < now) or abs(speed - before) > _SAME_SPEED * before

    def _order(self) -> Order:
        return partial(by_slack, speed=self._sorted_at_speed) if self.order == SLACK else ORDERS[self.order]

    def _take_out(self, ids: Iterable[str]) -> None:
        places = sorted(place for place in map(self.position, ids) if place is not None)
        for task_id in ids:
            self._keys.pop(task_id, None)
        left: list[str] = []
        start = 0
        for place in places:
            left += self.ids[start:place]
            start = place + 1
        if places:
            self.ids = left + self.ids[start:]

    def _put_in(self, arriving: Sequence[tuple[SortKey, str]]) -> None:
        merged: list[str] = []
        start = 0
        for key, task_id in arriving:
            position = bisect_left(self.ids, key, lo=start, key=self._keys.__getitem__)
            merged += self.ids[start:position]
            merged.append(task_id)
            start = position
        merged += self.ids[start:]
        self._keys.update((task_id, key) for key, task_id in arriving)
        self.ids = merged
