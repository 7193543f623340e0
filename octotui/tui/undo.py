"""Undo: what the last keys did to the ledger, and how it is taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

KEPT = 20
"""Changes that can be taken back, the newest."""

TakeBack = Callable[[], str]
"""Takes a change back and returns in words what was done; may raise `LedgerError`, and is then tried again."""


class UndoHistory:
    """Changes of this session that can be taken back, the last one first."""

    def __init__(self) -> None:
        self._changes: deque[TakeBack] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return len(self._changes)

    def note(self, take_back: TakeBack) -> None:
        """Remember a change."""
        self._changes.append(take_back)

    def undo(self) -> str:
        """Take the last change back; returns in words what was done. One that fails stays the last one.

        Raises:
            LedgerError: when the ledger cannot be written.

        """
        if not self._changes:
            return "There is nothing to undo."
        said = self._changes[-1]()
        self._changes.pop()
        return said
