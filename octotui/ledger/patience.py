"""How long a thread waits for others that write to the ledger."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_thread = threading.local()


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
