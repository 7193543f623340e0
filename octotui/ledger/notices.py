"""Notices: what people should know about the ledger itself, in words that header, `watch`, `ls` and `doctor` share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octotui.ledger.records import Salvage

_URGENT_FOR = 3600.0
"""Seconds for which a screen says that tasks came over from a damaged ledger."""


@dataclass(slots=True)
class Notices:
    """What was found out about a ledger when it was opened and while it was read."""

    doubt: str | None = None
    """What is doubtful about the file system it lies on."""
    salvage: Salvage | None = None
    """What was brought over into it; None once the damaged file is no longer there."""
    is_read_only: bool = False
    """Whether it can only be read here."""
    why_read_only: str = "the state folder cannot be written"
    """Why that is."""
    left_out: dict[int, str] = field(default_factory=dict)
    """Ids of tasks that were left out, each for a value no task can have, by number."""

    @property
    def lines(self) -> list[str]:
        """All of them, the worst first."""
        salvaged = None if self.salvage is None else self.salvage.words
        read_only = f"{self.why_read_only}: this is what stands there" if self.is_read_only else None
        return [line for line in (self._left_out(), salvaged, self.doubt, read_only) if line is not None]

    def urgent(self, now: float) -> str | None:
        """Return what a screen says without being asked, None for nothing; `now` in unix seconds."""
        is_new = self.salvage is not None and 0 <= now - self.salvage.at < _URGENT_FOR
        return self._left_out() or (self.salvage.words if self.salvage is not None and is_new else None)

    def _left_out(self) -> str | None:
        if not self.left_out:
            return None
        ids = [self.left_out[number] for number in sorted(self.left_out)]
        shown = " ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
        return f"{len(ids):,} {'task' if len(ids) == 1 else 'tasks'} left out, impossible values in the ledger: {shown}"


def still_kept(salvage: Salvage | None) -> Salvage | None:
    """Return a salvage whose damaged file is still there: whoever deletes it has seen enough of it."""
    return salvage if salvage is not None and Path(salvage.moved_to).exists() else None
