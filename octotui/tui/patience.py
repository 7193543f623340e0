"""How long a work may take that is done a little at a time between keys: when to speak of it, when to do it again."""

from __future__ import annotations

import time
from collections.abc import Callable

MOMENT = 0.3
"""Seconds from which on it is said that something takes a while."""
_REST = 4.0
"""Times as long as it took, before it is done again unasked: on its own it takes a fifth of the processor at most."""


class Patience:
    """A watch for one such work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only ever pass."""
        self._clock = clock
        self._began = 0.0
        self._rests_until = 0.0
        self._is_told = False

    def begin(self) -> None:
        """The work begins."""
        self._began = self._clock()
        self._is_told = False

    def runs_out(self) -> bool:
        """Whether it takes a while by now; True once only."""
        if self._is_told or self._clock() - self._began < MOMENT:
            return False
        self._is_told = True
        return True

    def end(self) -> None:
        """The work is done."""
        now = self._clock()
        self._rests_until = now + _REST * (now - self._began)

    @property
    def is_resting(self) -> bool:
        """Whether it is too early to do it again unasked."""
        return self._clock() < self._rests_until
