"""The verbs of a ledger for what hooks and notifications are to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from octotui.ledger.records import QueuedNotice


class Outbox(Protocol):
    """What hooks and notifications are to be told, each of it once. May raise `LedgerError`.

    Rows come from the facts themselves, in the transaction that writes them: completed, failed (also of a download that
    was given up) and saved. What only time brings about (expiring, lost) is written by `note_deadlines`.
    """

    def queued_notices(self, after: int = 0, *, limit: int = 100) -> list[QueuedNotice]:
        """Return what is to be told and has a higher number than `after`, in its order, at most `limit` of it."""
        ...

    def begin_notices(self, numbers: Sequence[int], whom: str) -> list[int]:
        """Mark rows as told to `whom` ("hook" or "notify"); returns the numbers of those that were not before.

        Call it before telling: of all workers, one alone gets each row. What both were told is forgotten.
        """
        ...

    def note_deadlines(self, near: Mapping[str, str], now: float) -> list[str]:
        """Write down results that are near their deadline ("expiring") or past it ("lost"), by id.

        Returns the ids of which that is news: each is told at most once that it is near, and once that it is lost.
        """
        ...
