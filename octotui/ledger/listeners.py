"""The listeners of a ledger: who is told, in this process, that something was written."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Listeners:
    """Called after each commit of one `Ledger`. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._all: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self.begin: Callable[[], None] = lambda: None
        """Called with each subscription: a ledger that others write, too, then begins to hear of them."""

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after each commit of this ledger, in the thread that committed; returns the undoing.

        On a server it is called, too, soon after others have written, and in whichever thread has heard of that. It
        must be quick, must not raise and must not write to the ledger.
        """
        with self._lock:
            self._all.append(listener)
        self.begin()

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._all:
                    self._all.remove(listener)

        return unsubscribe

    def call_all(self) -> None:
        """Call each of them."""
        with self._lock:
            listeners = list(self._all)
        for listener in listeners:
            listener()
