"""The request budget: how many questions may go to the gateway in a minute, shared by all providers."""

from __future__ import annotations

from collections import deque


class Budget:
    """Grants at most `per_minute` requests in any 60 seconds, spread out after a short burst.

    A generic cell rate algorithm: a burst of a tenth of the budget, the rest evenly spaced, chosen so that burst and
    flow together never pass the limit in any window of a minute. Pure: time comes in, nothing is slept or read.
    """

    def __init__(self, per_minute: int) -> None:
        if per_minute < 1:
            raise ValueError("a budget needs at least 1 request a minute")
        self.per_minute = per_minute
        burst = max(1, per_minute // 10)
        flow = per_minute - burst
        self._spacing = 60.0 / flow if flow > 0 else 60.0
        self._tolerance = (burst - 1) * self._spacing if flow > 0 else 0.0
        self._theoretical = float("-inf")
        self._not_before = float("-inf")
        self._granted: deque[float] = deque()

    def next_at(self, now: float) -> float:
        """The earliest moment (unix seconds, `now` or later) at which `take` will grant a request."""
        return max(now, self._not_before, self._theoretical - self._tolerance)

    def take(self, now: float) -> bool:
        """Spend one request at `now` if the budget allows it."""
        # A billionth of a second of slack: the sum of many spacings must not deny what `next_at` promised.
        if self.next_at(now) > now + 1e-6:
            return False
        self._theoretical = max(now, self._theoretical) + self._spacing
        self._granted.append(now)
        self._forget(now)
        return True

    def hold(self, until: float) -> None:
        """Grant nothing before `until`: the gateway said 429."""
        self._not_before = max(self._not_before, until)

    def spent(self, count: int, now: float) -> None:
        """Count requests that another process sent in the last minute, when its lease is taken over."""
        if count > 0:
            self._theoretical = max(now, self._theoretical) + min(count, self.per_minute) * self._spacing

    def asked_last_minute(self, now: float) -> int:
        """Requests granted in the 60 seconds before `now`."""
        self._forget(now)
        return len(self._granted)

    def _forget(self, now: float) -> None:
        while self._granted and self._granted[0] <= now - 60.0:
            self._granted.popleft()
