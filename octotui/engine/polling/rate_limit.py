"""The rate limit: how many questions may go to the gateway in a minute, shared by all providers."""

from __future__ import annotations

from collections import deque

WINDOW = 60.0
"""Seconds."""


class RateLimiter:
    """Grants at most `per_minute` requests in any 60 seconds, exactly: each waits for the one `per_minute` before it.

    Nothing is spread out: the questions of a round are worth most right after the gateway's sweep (`scheduler.py`),
    and each round's room is its share of the minute. Pure: time comes in, nothing is slept or read.
    """

    def __init__(self, per_minute: int) -> None:
        if per_minute < 1:
            raise ValueError("a budget needs at least 1 request a minute")
        self.per_minute = per_minute
        self._granted: deque[float] = deque()
        self._not_before = float("-inf")
        self.taken = 0
        """Requests granted so far."""

    def next_at(self, now: float) -> float:
        """The earliest moment (unix seconds, `now` or later) at which `try_acquire` will grant a request."""
        self._drop_old(now)
        free = now if len(self._granted) < self.per_minute else self._granted[-self.per_minute] + WINDOW
        return max(now, self._not_before, free)

    def try_acquire(self, now: float) -> bool:
        """Spend one request at `now` if the budget allows it."""
        if self.next_at(now) > now:
            return False
        self._granted.append(now)
        self.taken += 1
        return True

    def hold_until(self, until: float) -> None:
        """Grant nothing before `until`: the gateway said 429."""
        self._not_before = max(self._not_before, until)

    def count_foreign(self, count: int, now: float) -> None:
        """Count requests that another process sent in the last minute, when its lease is taken over."""
        self._granted.extend([now] * min(count, self.per_minute))

    def asked_last_minute(self, now: float) -> int:
        """Requests granted in the 60 seconds before `now`."""
        self._drop_old(now)
        return len(self._granted)

    def _drop_old(self, now: float) -> None:
        while self._granted and self._granted[0] + WINDOW <= now:
            self._granted.popleft()
