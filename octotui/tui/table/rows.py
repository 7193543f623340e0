"""The tasks of one pane in order: filtered, sorted, and kept so while some of many change."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from octotui.model import Task
from octotui.presentation.counts import Counts
from octotui.presentation.filters import NO_FILTER, Filter
from octotui.presentation.sorting import DEFAULT_ORDER, SLACK, SortKey, plain_order
from octotui.tui.table.short_ids import ShortIds
from octotui.tui.table.sorted_view import Arrangement

_SAME_SPEED = 0.2
"""Share by which a speed may differ from the one the rows were sorted with."""
_STEP = 25
"""Changed tasks taken in in one step of `arranging`: half a millisecond."""


class Rows:
    """Task ids in the order they are shown in. Costs follow what changed, not how much there is."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        """Every task of the pane, shown or not."""
        self.short_ids = ShortIds(self.tasks)
        self.titled = 0
        """How many of the tasks have a title."""
        self.speed: float | None = None
        """Bytes per second of one download, for the order by slack; None while none was measured."""
        self._shown = Arrangement(DEFAULT_ORDER, NO_FILTER)
        self._coming: Arrangement | None = None
        """The one that is being made, in whose place."""
        self._missed: dict[str, float] = {}
        """Ids of what has changed since that was begun, and when (unix seconds)."""

    def __len__(self) -> int:
        return len(self._shown.ids)

    @property
    def ids(self) -> Sequence[str]:
        """Of the tasks that are shown, in order."""
        return self._shown.shown

    @property
    def counts(self) -> Counts | None:
        """How many of the tasks that a filter lets through show each word; None while there is no filter."""
        return self._shown.counts if self.filter.tests else None

    def shown_tasks(self) -> list[Task]:
        """The tasks that are shown, in order."""
        return [self.tasks[task_id] for task_id in self.ids if task_id in self.tasks]

    @property
    def filter(self) -> Filter:
        """Which tasks are shown."""
        return self._shown.filter

    @property
    def order(self) -> str:
        """The name of the order they are in."""
        return self._shown.order

    @property
    def is_arranging(self) -> bool:
        """Whether another order or filter is on its way."""
        return self._coming is not None

    def position(self, task_id: str | None) -> int | None:
        """Where a task stands; None when it is not shown."""
        key = self.key(task_id)
        return None if key is None else self._shown.find(key)

    def place_of(self, key: SortKey | None) -> int:
        """Where a task with `key` would stand, as close as there are rows."""
        return 0 if key is None else max(0, min(self._shown.find(key), len(self) - 1))

    def key(self, task_id: str | None) -> SortKey | None:
        """The place of a shown task among others, for `place_of` once it has gone."""
        return self._shown.keys.get(task_id) if task_id is not None else None

    def update(self, changed: Iterable[Task], removed: Iterable[str], now: float) -> None:
        """Take in what changed, in any number."""
        touched = self._put_in(changed)
        touched.update(self._pull_out(removed))
        if self._coming is not None:
            self._missed.update(dict.fromkeys(touched, now))
        elif 2 * len(touched) > len(self.tasks):
            self.arrange(now)
            return
        for task_id in touched:
            self._shown.place(task_id, self.tasks.get(task_id), now)

    def _put_in(self, changed: Iterable[Task]) -> set[str]:
        touched = set()
        added = []
        for task in changed:
            before = self.tasks.get(task.id)
            if before is None:
                added.append(task.id)
            self.titled += _is_titled(task) - (before is not None and _is_titled(before))
            self.tasks[task.id] = task
            touched.add(task.id)
        self.short_ids.add(added)
        return touched

    def _pull_out(self, removed: Iterable[str]) -> list[str]:
        gone = []
        for task_id in removed:
            task = self.tasks.pop(task_id, None)
            if task is not None:
                gone.append(task_id)
                self.titled -= _is_titled(task)
        self.short_ids.remove(gone)
        return gone

    def arrange(self, now: float, *, order: str | None = None, filter_: Filter | None = None) -> None:
        """Sort and filter everything anew."""
        run(self.arranging(now, order=order, filter_=filter_))

    def arranging(self, now: float, *, order: str | None = None, filter_: Filter | None = None) -> Iterator[None]:
        """Sort and filter everything anew in steps of about a millisecond, between which the rows are used as ever.

        They show what they did until the last step, and nothing is lost that changes meanwhile. Another one that is
        begun before takes this one's place, and what this one was to show holds for it too.
        """
        latest = self._coming or self._shown
        wanted = latest.filter if filter_ is None else filter_
        self._coming = Arrangement(order or latest.order, wanted, self.speed)
        self._missed.clear()
        return self._make(self._coming, list(self.tasks.values()), now)

    def replace(self, tasks: Iterable[Task], now: float, *, order: str, filter_: Filter) -> Iterator[None]:
        """Have these tasks alone, in steps as `arranging`; nothing is shown until the last of them."""
        self._shown, self._coming = Arrangement(order, filter_, self.speed), None
        self.tasks.clear()
        self.titled = 0
        self.short_ids = ShortIds(self.tasks)
        self._put_in(tasks)
        return self.arranging(now)

    def fill(self, tasks: Iterable[Task], now: float) -> None:
        """Take in all tasks there are.

        May be done in a thread while the rows are looked at: they are the old ones or the new ones, and no step of it
        keeps other threads waiting for long, as sorting 100,000 at once would.
        """
        all_tasks = {task.id: task for task in tasks}
        filled = Arrangement(self.order, self.filter, self._shown.speed)
        run(filled.build(list(all_tasks.values()), now))
        titled = sum(map(_is_titled, all_tasks.values()))
        short_ids = ShortIds(all_tasks)
        if titled:
            short_ids.examine()
        self.tasks, self.titled, self.short_ids = all_tasks, titled, short_ids
        self._shown = filled

    def is_outdated(self, now: float) -> bool:
        """Whether time alone has changed what is shown, or in which order. Costs the same for any number of rows.

        What is being sorted anew is not: it would never come to an end.
        """
        if self._coming is not None:
            return False
        if self.filter.timed:
            return True
        if plain_order(self.order) != SLACK or not self._shown.ids:
            return False
        before, speed = self._shown.speed or 0.0, self.speed or 0.0
        # The first of the order is the one that is too late first.
        group, begin_by, _, _ = self._shown.keys[self._shown.ids[0]]
        return (group == 0 and begin_by < now) or abs(speed - before) > _SAME_SPEED * before

    def _make(self, coming: Arrangement, tasks: Sequence[Task], now: float) -> Iterator[None]:
        for _ in coming.build(tasks, now):
            yield
            if self._coming is not coming:
                return
        while self._missed:
            for _ in range(min(_STEP, len(self._missed))):
                task_id, changed_at = self._missed.popitem()
                coming.place(task_id, self.tasks.get(task_id), changed_at)
            yield
            if self._coming is not coming:
                return
        self._shown, self._coming = coming, None


def _is_titled(task: Task) -> bool:
    return task.title is not None


def run(steps: Iterator[None]) -> None:
    """Go through all steps at once."""
    deque(steps, maxlen=0)
