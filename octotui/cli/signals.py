"""Signals that end a command cleanly: systemd's SIGTERM, and the SIGHUP of a terminal that was closed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stopping_signals(stopped: threading.Event) -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into `stopped` while the block runs."""
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
