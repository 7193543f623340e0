"""One kind of ledger (SQLite, and what others there are), open: its verbs, by what they are about.

`Ledger` binds them all; nobody outside of `ledger/` sees which kind it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from octotui.ledger.notices import Notices
    from octotui.ledger.verbs.boxes import Boxes
    from octotui.ledger.verbs.copies import Copies
    from octotui.ledger.verbs.facts import FactStore
    from octotui.ledger.verbs.intents import Intents
    from octotui.ledger.verbs.interchange import Interchange
    from octotui.ledger.verbs.outbox import Outbox
    from octotui.ledger.verbs.pictures import Pictures
    from octotui.ledger.verbs.questions import Questions


class Backend(Protocol):
    """One kind of ledger, open."""

    @property
    def place(self) -> str:
        """Where it is, in words."""
        ...

    @property
    def notices(self) -> Notices:
        """What people should know about it."""
        ...

    @property
    def intents(self) -> Intents:
        """What people ask for."""
        ...

    @property
    def questions(self) -> Questions:
        """What it knows."""
        ...

    @property
    def pictures(self) -> Pictures:
        """Frames of saved videos."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What is to be told."""
        ...

    @property
    def boxes(self) -> Boxes:
        """Who works on it."""
        ...

    @property
    def interchange(self) -> Interchange:
        """All rows of it."""
        ...

    @property
    def copies(self) -> Copies:
        """Where results lie."""
        ...

    @property
    def facts(self) -> FactStore:
        """Where facts go."""
        ...

    def room(self) -> int | None:
        """Return the bytes free where it lies, None where that is not known. Raises `OSError`."""
        ...

    def hurry(self, seconds: float) -> None:
        """Have no write wait for another process any more in `seconds` from now (`Ledger.hurry`)."""
        ...

    def close(self) -> None:
        """Close every connection; calling it again does nothing."""
        ...
