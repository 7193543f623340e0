"""Long work on the screen's own loop, in turns between which keys have theirs."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager

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
    if not gc.isenabled():
        gc.collect(0)
    time.sleep(_LET_GO)


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector away from work that makes many objects and no litter.

    It would look through all of them, and through every task they are about, several times: up to 0.1 s each.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
