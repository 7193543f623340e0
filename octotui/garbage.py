"""The garbage collector's switches: where octotui turns it off, and on again. A collection may take up to 0.1 s."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def turn_off() -> None:
    """Collect nothing until `turn_on`: for a start, as the modules that are imported are no garbage."""
    gc.disable()


def turn_on() -> None:
    """Collect again, and never look at what is there by now; nothing where it is on already."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def collect_youngest() -> None:
    """Collect the objects made last, where the collector is off: for somebody who has a moment for it."""
    if not gc.isenabled():
        gc.collect(0)


@contextmanager
def kept_off() -> Iterator[None]:
    """Collect nothing in the block, which makes many objects and no garbage.

    The collector would look through all of them, and through whatever they are about, several times.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def loading(thresholds: tuple[int, int, int]) -> Iterator[None]:
    """Collect nothing in the block, whose objects stay for good; collect by `thresholds` after it.

    `thresholds` are those of `gc.set_threshold`. What is there at the block's end is never looked at again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*thresholds)
        gc.enable()
