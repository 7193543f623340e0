"""A clock that stands still until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass

NOW = 1_790_000_000.0
"""Monday, 21 September 2026, 14:13:20 UTC."""


@dataclass(slots=True)
class Clock:
    """Seconds: unix time, or a monotonic clock that starts at any figure."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
