"""The verbs of a ledger for facts, and for who may write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from octotui.ledger.batch import Batch
    from octotui.ledger.records import Lease


class FactStore(Protocol):
    """Where batches of facts go, and who may write them. May raise `LedgerError`."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while writing; take it to make several steps of this process one."""
        ...

    def write(self, batch: Batch, holder: str | None, now: float) -> int | None:
        """Store a batch, whole or not at all, and with it what of it is news, as of `now` (unix seconds).

        Returns the revision that its tasks have by that; None where there are none, or where that is not known.

        `holder` is who held the lease in this process, None when nobody did. Once another process has taken the lease
        over, what this one still believes about tasks is out of date and dropped; files it saved are saved all the
        same.
        """
        ...

    def wish_of(self, task_id: str) -> int | None:
        """Return how often somebody spoke about the download of a task, None when it is not watched."""
        ...

    def take_lease(self, asker: Lease, *, stale_after: float, monotonic: float) -> bool:
        """Take or renew the lease for `asker`; returns whether it holds it (`Ledger.take_lease`)."""
        ...

    def release_lease(self, owner: str) -> None:
        """Give the lease up, if `owner` holds it."""
        ...
