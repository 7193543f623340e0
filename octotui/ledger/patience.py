"""How long a thread waits for others that write to the ledger."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from octotui.ledger.errors import LedgerBusy

if TYPE_CHECKING:
    from collections.abc import Iterator

_thread = threading.local()

_STILL_BUSY = 1.0
"""Seconds after a refusal in which whoever is impatient is not kept waiting again: a key that is held down comes thirty
times a second."""


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """Have the writes of this thread inside the block wait for others at most `seconds`, then raise `LedgerBusy`.

    It is for a thread that has something else to do: a screen whose keys must not wait.
    """
    before = patience()
    _thread.patience = seconds
    try:
        yield
    finally:
        _thread.patience = before


def patience() -> float | None:
    """How long this thread waits; None for as long as anybody does."""
    seconds: float | None = getattr(_thread, "patience", None)
    return seconds


class Turns:
    """The turns in which the threads of one process write to a ledger, one after the other."""

    def __init__(self, place: str, patience: float) -> None:
        self._place = place
        self.patience = patience
        """Seconds that whoever is patient waits for other processes."""
        self.lock = threading.RLock()
        """Held while writing."""
        self._refused_at = float("-inf")

    @contextmanager
    def turn(self) -> Iterator[tuple[float, bool]]:
        """Hold the lock; yields until when (monotonic) other processes are waited for, and whether that is patient.

        Raises `LedgerBusy` in an `impatient` thread whose time runs out.
        """
        patience_now = patience()
        if patience_now is None:
            with self.lock:
                yield time.monotonic() + self.patience, True
            return
        now = time.monotonic()
        if now - self._refused_at < _STILL_BUSY:
            patience_now = 0.0
        try:
            with self._locked_within(patience_now):
                yield now + patience_now, False
        except LedgerBusy:
            self._refused_at = time.monotonic()
            raise

    @contextmanager
    def _locked_within(self, seconds: float) -> Iterator[None]:
        if not self.lock.acquire(timeout=seconds):
            raise LedgerBusy(f"The ledger {self._place} is just being written by this process; try again.")
        try:
            yield
        finally:
            self.lock.release()
