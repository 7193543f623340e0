"""Sorted view of the tasks of a pane: one filter, one order, and what comes of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from octotui.model import Task
from octotui.presentation.filters import Filter
from octotui.presentation.sorting import ORDERS, SLACK, Order, SortKey, by_slack, is_turned, plain_order
from octotui.presentation.task_row import shown_word
from octotui.tui.table.sorted_ids import SIZE, Blocks, Turned

_STEP = 100
"""Tasks filtered, or ids told apart, in one step of `build`: half a millisecond."""
_SAMPLES = 8
"""Keys looked at for each block to come: enough that no part becomes a few times as long as the others."""

Item = TypeVar("Item")


class Arrangement:
    """Ids of the tasks that a filter lets through, in an order. A change costs the same among any number of them."""

    def __init__(self, order: str, filter_: Filter, speed: float | None = None) -> None:
        """`speed` is what the order by slack goes by: bytes per second of one download, None while not known."""
        self.order = order
        self.filter = filter_
        self.speed = speed
        self.keys: dict[str, SortKey] = {}
        """The key of every id that is shown."""
        self.ids = Blocks()
        """By their keys, whether the order is turned round or not."""
        name = plain_order(order)
        self._key_of: Order = partial(by_slack, speed=speed) if name == SLACK else ORDERS[name]
        self.is_turned = is_turned(order)
        self.counts: Counter[str] = Counter()
        """How many of them show each word; only where there is a filter, for else all tasks are counted elsewhere."""
        self._words: dict[str, str] = {}
        self.shown: Sequence[str] = Turned(self.ids) if self.is_turned else self.ids
        """The ids as they stand below each other."""

    def find(self, key: SortKey) -> int:
        """Where an id with this key stands, or would stand."""
        before = self.ids.place(key)
        if not self.is_turned:
            return before
        return len(self.ids) - before - (self.has(key) if before < len(self.ids) else 0)

    def has(self, key: SortKey) -> bool:
        """Whether an id with this key is there."""
        return self.keys.get(self.ids[self.ids.place(key)]) == key

    def place(self, task_id: str, task: Task | None, now: float) -> None:
        """Put a task where it belongs at `now` (unix seconds); None takes it out."""
        before = self.keys.get(task_id)
        after = self._key_of(task, now) if task is not None and self.filter.matches(task, now) else None
        if self.filter.tests:
            self._count(task_id, shown_word(task, now) if task is not None and after is not None else None)
        if before == after:
            return
        if before is not None:
            self.ids.remove(before)
            del self.keys[task_id]
        if after is not None:
            self.keys[task_id] = after
            self.ids.add(after, task_id)

    def _count(self, task_id: str, word: str | None) -> None:
        before = self._words.pop(task_id, None)
        if before is not None:
            self.counts[before] -= 1
        if word is not None:
            self._words[task_id] = word
            self.counts[word] += 1

    def _let_through(self, tasks: Iterable[Task], now: float) -> list[Task]:
        found = [task for task in tasks if self.filter.matches(task, now)]
        for task in found:
            self._count(task.id, shown_word(task, now))
        return found

    def build(self, tasks: Sequence[Task], now: float) -> Iterator[None]:
        """Filter and sort tasks, in steps of about a millisecond; the ids are there after the last.

        A few of the keys divide them into parts, each of which is sorted for itself: to sort 100,000 in one go takes a
        tenth of a second in which no other thread gets a turn, and to merge as `heapq` does takes longer.
        """
        key_of = self._key_of
        for some in _parts(tasks, _STEP):
            found = self._let_through(some, now) if self.filter.tests else some
            self.keys.update([(task.id, key_of(task, now)) for task in found])
            yield
        key = self.keys.__getitem__
        ids = list(self.keys)
        borders = sorted(map(key, ids[:: SIZE // _SAMPLES]))[_SAMPLES::_SAMPLES]
        parts: list[list[str]] = [[] for _ in range(len(borders) + 1)]
        for some_ids in _parts(ids, _STEP):
            for task_id in some_ids:
                parts[bisect_left(borders, key(task_id))].append(task_id)
            yield
        for part in parts:
            part.sort(key=key)
            self.ids.extend(part, list(map(key, part)))
            yield


def _parts(items: Sequence[Item], length: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + length] for start in range(0, len(items), length))
