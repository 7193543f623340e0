"""Statistics of a minute's work: counted where it happens, taken along with the engine's sign of life."""

from __future__ import annotations

from collections import Counter

from octotui.engine.report import lag_of
from octotui.ledger import Minute
from octotui.model import EngineStatus, Task

ANSWERED = "answered"
"""What is counted in `EngineStatus.requests` beside the kinds of failures."""
_LAG_BOUNDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds."""


class MinuteStats:
    """Counts answers, ends and lags. What is counted elsewhere as a running total is taken as its growth."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        """As `EngineStatus.requests`."""
        self.lags: dict[str, float] = {**dict.fromkeys([*map(str, _LAG_BOUNDS), "+Inf", "sum"], 0)}
        """As `EngineStatus.lags`."""
        self._answers = self._failures = self._done = self._lags = 0
        self._lag_sum = self._lag_max = 0.0
        self._asks = self._fetched = 0

    def continue_sums(self, last: EngineStatus | None) -> None:
        """Add to the sums those of the engine before this one, of which `last` is the last word."""
        for bound, count in ((last and last.lags) or {}).items():
            self.lags[bound] = self.lags.get(bound, 0) + count
        self.requests.update((last and last.requests) or {})

    def record_answer(self, before: Task, after: Task) -> None:
        """Count what one question about a task brought."""
        if after.failure is not None:
            self._failures += 1
            self.requests[after.failure.kind.value] += 1
            return
        self._answers += 1
        self.requests[ANSWERED] += 1
        if after.state.is_final and not before.state.is_final:
            self._done += 1
            lag = lag_of(after)
            if lag is not None:
                self._lags += 1
                self._lag_sum += lag
                self._lag_max = max(self._lag_max, lag)
                self.lags[next((str(bound) for bound in _LAG_BOUNDS if lag <= bound), "+Inf")] += 1
                self.lags["sum"] += lag

    def finish_minute(self, now: float, *, asks: int, fetched: int) -> Minute | None:
        """Return what has come together since the last time, and begin anew; None when that is nothing.

        Args:
            now: Unix seconds; all of it counts for the minute they are in.
            asks: Requests sent so far.
            fetched: Bytes of results fetched so far.

        """
        minute = Minute(
            int(now // 60) * 60,
            asks - self._asks,
            self._answers,
            self._failures,
            self._done,
            self._lags,
            self._lag_sum,
            self._lag_max,
            fetched - self._fetched,
        )
        self._asks, self._fetched = asks, fetched
        self._answers = self._failures = self._done = self._lags = 0
        self._lag_sum = self._lag_max = 0.0
        return None if minute == Minute(minute.at) else minute
