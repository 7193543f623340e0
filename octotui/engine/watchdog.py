"""The watchdog over the asking: notices that it stands still although there is somebody to ask."""

from __future__ import annotations

from collections.abc import Callable

STALLED_AFTER = 60.0
"""Seconds without a request after which it is looked whether somebody waits for one."""


class AskingStalled(Exception):
    """Nothing was asked for a while although there was somebody to ask: the work is to begin anew."""

    def __init__(self) -> None:
        super().__init__(f"nothing was asked for {STALLED_AFTER:.0f} s although tasks were due: the work begins anew")


class Watchdog:
    """Watches how many requests have been sent. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._sent = 0
        self._since = now

    def check(self, now: float, *, sent: int, may_ask: bool, is_overdue: Callable[[], bool]) -> None:
        """Raise `AskingStalled` where nothing was sent for `STALLED_AFTER` seconds and somebody waits for it.

        Args:
            now: This moment.
            sent: How many requests were sent so far.
            may_ask: Whether requests go at all: not while everything is paused, or the gateway is down.
            is_overdue: Whether some task should have been asked meanwhile; called only where nothing was sent.

        """
        if sent != self._sent or not may_ask:
            self._sent, self._since = sent, now
        elif now - self._since >= STALLED_AFTER:
            self._since = now
            if is_overdue():
                raise AskingStalled
