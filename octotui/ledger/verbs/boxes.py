"""The verbs of a ledger for the engines that share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octotui.ledger.records import Box, LastWord


class Boxes(Protocol):
    """Who works on the ledger, and who saves what. May raise `LedgerError`.

    An engine's word about itself (`Ledger.set_status`) is its sign of life. On a ledger that is not shared the holder
    of the lease does all the work, and may claim whatever it wants.
    """

    @property
    def is_shared(self) -> bool:
        """Whether engines on several machines work on it at once: one asks the gateway, all of them save results."""
        ...

    def boxes(self) -> list[Box]:
        """Return the engines that work on it, and those that did last, by machine and folder."""
        ...

    def last_word(self, now: float) -> LastWord | None:
        """Return what the engine that asks the gateway, or did so last, has said last; None before there was one.

        `now` (unix seconds) is the time for a ledger that has no clock of its own.
        """
        ...

    def claim(self, ids: Iterable[str], box: str) -> list[str]:
        """Have this engine (`EngineStatus.box`) alone save results; returns the ids of those it is to save.

        Those are the ones that nobody else who is there has claimed. A claim ends with a report that the download is
        saved, given up or waits. A report of an engine that has lost its claim is dropped, except for a saved file.
        """
        ...

    def free_claims(self) -> list[str]:
        """End the claims of engines that are gone, so that others save those results; returns their ids.

        What is lost within the hour and waits for such an engine's folder may come to anybody's.
        """
        ...
