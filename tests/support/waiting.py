"""Waiting for a condition, never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], object], what: str = "the condition", seconds: float = 15.0) -> None:
    """Return as soon as `condition()` holds; fail, naming `what` was awaited, when it does not within `seconds`."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for {what}"
        pause.wait(0.01)
