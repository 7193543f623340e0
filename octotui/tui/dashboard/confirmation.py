"""Confirmation: a question before something is done, and what is done on yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from octotui.presentation.remedies import BUSY

if TYPE_CHECKING:
    from octotui.tui.dashboard.context import Context


class Other(NamedTuple):
    """Something else that can be done instead of what a question asks about."""

    key: str
    """As the configuration writes it."""
    deed: str
    """In a word or two."""
    do: Callable[[], None]


class Confirmation:
    """Confirmation by a dialog; what a busy ledger did not take is kept and asked about again."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def confirm(self, question: str, deed: str, do: Callable[[], None], other: Other | None = None) -> None:
        """Ask, and do it on yes, or the `other`; `deed` is what yes does, in a word or two."""
        from octotui.tui.dialogs.confirm import Confirm  # noqa: PLC0415 - the first frame does not wait for it

        def answered(yes: bool | None) -> None:
            if yes:
                self.attempt(do)
            elif yes is False and other is not None:
                self.attempt(other.do)

        keys = None if other is None else (other.key, other.deed)
        self._context.show_dialog(Confirm(question, deed, other=keys), answered)

    def attempt(self, do: Callable[[], None]) -> None:
        """Do what a dialog has brought; where the ledger is busy it is kept: no key would bring it again."""
        if self._context.attempt(do) == BUSY:
            self.confirm("The ledger is busy: nothing was done yet. Try again?", "Try again", do)
