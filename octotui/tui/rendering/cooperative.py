"""Long work on the screen's own loop, in turns between which keys have theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable

from octotui import garbage

TURN = 0.001
"""Seconds of work between two looks at what has happened; a key needs some six of those to its frame."""
_LET_GO = 0.00005
"""Seconds in which another thread can take the interpreter.

A loop that always has something to do lets go of it at every look for events, and has it back before a thread that
waits for it is awake: the one that reads the keys waited up to 230 ms, with this it waits two.
"""
MOMENT = 0.3
"""Seconds from which on it is said that something takes a while."""
_REST = 4.0
"""Times as long as it took, before it is done again unasked: on its own it takes a fifth of the processor at most."""


async def in_turns(steps: Iterable[None]) -> AsyncIterator[None]:
    """Go through `steps`, each of half a millisecond or so; yields after every turn."""
    until = time.monotonic() + TURN
    for _ in steps:
        if time.monotonic() >= until:
            _let_go()
            await asyncio.sleep(0)
            yield
            until = time.monotonic() + TURN


def _let_go() -> None:
    garbage.collect_youngest()
    time.sleep(_LET_GO)


class Patience:
    """A watch for one such work: when to speak of it, and when to do it again."""

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
