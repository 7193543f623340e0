"""The lease keeper: whether the work is still ours, looked at before each request, so that nothing is asked twice."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

from octotui.gateway.errors import NetworkError
from octotui.ledger import Ledger, LedgerAway, LedgerBusy, LedgerUnwritable

STALE_AFTER = 6.0
"""Seconds of silence after which a holder is gone: with one look a second, others take over well within ten."""
_SURE_FOR = 4.0
"""Seconds for which nobody can have taken over what was renewed: less than `STALE_AFTER`, with room for a request."""


class LeaseKeeper:
    """One engine's claim on the work of one ledger."""

    def __init__(
        self,
        ledger: Ledger,
        owner: str,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._clock = clock
        self._monotonic = monotonic
        self._renewed_at = float("-inf")

    def acquire(self) -> bool:
        """Take or renew the lease; returns whether it is ours. A ledger that is busy or full gives it to nobody now."""
        began = self._monotonic()
        try:
            held = self._ledger.take_lease(
                self._owner,
                socket.gethostname(),
                os.getpid(),
                self._clock(),
                stale_after=STALE_AFTER,
                monotonic=began,
            )
        except (LedgerAway, LedgerBusy, LedgerUnwritable):
            return False
        self._renewed_at = began if held else float("-inf")
        return held

    def check(self) -> None:
        """Raise `NetworkError` when another has taken over: a stopped process or a sleeping host is not told of it.

        A ledger on another machine is not asked for that, since the loop would wait for it.
        """
        if self._monotonic() - self._renewed_at > _SURE_FOR and (self._ledger.is_shared or not self.acquire()):
            raise NetworkError("another octotui has taken over")
