"""Time that runs faster: an event loop and a wall clock on which minutes pass in seconds, sockets staying real."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

_Ready = list[tuple[selectors.SelectorKey, int]]


class FastSelector(selectors.DefaultSelector):
    """Waits for sockets as they are, and for time only a `speed`th of what is asked."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> _Ready:
        return super().select(timeout if timeout is None or timeout <= 0 else timeout / self._speed)


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop on which `speed` seconds pass in one."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(FastSelector(speed))

    def time(self) -> float:
        return time.monotonic() * self._speed


@contextmanager
def running_fast(monkeypatch: pytest.MonkeyPatch, speed: float) -> Iterator[Callable[[], float]]:
    """Have each event loop made in the block run `speed` times as fast; gives a wall clock that does, too."""
    began_at, began = time.time(), time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(asyncio.events, "new_event_loop", lambda: FastLoop(speed))
        yield lambda: began_at + (time.monotonic() - began) * speed
