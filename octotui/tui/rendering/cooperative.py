"""Long work on the screen's own loop, in turns between which keys have theirs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

from octotui import garbage

TURN = 0.001
"""Seconds of work between two looks at what has happened; a key needs some six of those to its frame."""
_LET_GO = 0.00005
"""Seconds in which another thread can take the interpreter.

A loop that always has something to do lets go of it at every look for events, and has it back before a thread that
waits for it is awake: the one that reads the keys waited up to 230 ms, with this it waits two.
"""


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
