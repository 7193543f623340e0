"""What the ledger says since the last look, read in one go and not on the loop where it may be far away."""

from __future__ import annotations

from typing import NamedTuple

from octotui.engine.sharing import beside
from octotui.ledger import Changes, Ledger, LedgerAway


class Reading(NamedTuple):
    """One look at the ledger."""

    is_paused: bool
    """Whether everything is."""
    changes: Changes
    asks: list[str]
    """Tasks that somebody wants asked at once; nobody else is told of them."""


class LedgerFeed:
    """Follows a ledger from its first task on."""

    def __init__(self, ledger: Ledger, *, takes_asks: bool) -> None:
        """`takes_asks` for the one engine that asks the gateway."""
        self._ledger = ledger
        self._takes_asks = takes_asks
        self._revision = 0

    @property
    def is_behind(self) -> bool:
        """Whether tasks have changed since the last look. For any thread; reads the ledger."""
        return bool(self._ledger.changes(self._revision).tasks)

    async def has_news(self) -> bool:
        """Tell whether anybody else has written since the last call."""
        return await beside(self._ledger, self._ledger.changed_outside)

    async def read(self) -> Reading:
        """Return what changed since the last call; everything at the first.

        Raises `LedgerAway` where the ledger was restored from a backup meanwhile: whoever follows it begins anew.
        """
        reading = await beside(self._ledger, self._read)
        if reading.changes.is_whole:
            raise LedgerAway(f"The ledger {self._ledger.place} was restored from a backup: the work begins anew.")
        self._revision = reading.changes.revision
        return reading

    def _read(self) -> Reading:
        ledger = self._ledger
        is_paused = ledger.paused_since() is not None
        # Whoever asks knows what came of it.
        changes_of = ledger.changes_but_own if self._takes_asks else ledger.changes
        changes = changes_of(self._revision, with_requests=True)
        return Reading(is_paused, changes, ledger.take_asks() if self._takes_asks else [])
