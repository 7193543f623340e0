"""A worker pool for what nobody waits for: a bounded queue and a few threads, so that polling never stands still."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class WorkerPool(Generic[Item]):
    """Hands what is put in to `work`, some at once, in threads that are started when there is something to do."""

    def __init__(
        self, work: Callable[[list[Item]], None], *, name: str, at_once: int, together: int = 1, most: int = 1000
    ) -> None:
        """`work` gets up to `together` items at a time and must see to its own errors; `most` may wait."""
        self._work = work
        self._name = name
        self._at_once = at_once
        self._together = together
        self._most = most
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()
        self._at_work = 0
        self._threads = 0
        self._is_stopping = False

    @property
    def is_busy(self) -> bool:
        """Whether anything waits or is at work."""
        with self._changed:
            return bool(self._waiting or self._at_work)

    @property
    def room(self) -> int:
        """How many more items may be put in."""
        with self._changed:
            return max(0, self._most - len(self._waiting))

    def put(self, item: Item) -> bool:
        """Put in an item; False when too many wait already, or all is over. Returns at once."""
        with self._changed:
            if self._is_stopping or len(self._waiting) >= self._most:
                return False
            self._waiting.append(item)
            if self._threads < min(self._at_once, self._at_work + len(self._waiting)):
                self._threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
            self._changed.notify()
            return True

    def stop(self, timeout: float) -> list[Item]:
        """Take no more, wait at most `timeout` seconds for the rest, and return what was not begun by then."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._at_work), timeout)
            self._is_stopping = True
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        return left

    def _run(self) -> None:
        try:
            while items := self._next():
                try:
                    self._work(items)
                finally:
                    with self._changed:
                        self._at_work -= 1
                        self._changed.notify_all()
        finally:
            with self._changed:
                self._threads -= 1

    def _next(self) -> list[Item]:
        """Wait for items and return them; none once all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_stopping)
            items = [self._waiting.popleft() for _ in range(min(self._together, len(self._waiting)))]
            self._at_work += bool(items)
            return items
