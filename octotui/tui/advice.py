"""What to do about a fault that the header has only a word for."""

from __future__ import annotations

from octotui.gateway.text import clean
from octotui.ledger import LedgerBusy, LedgerError, LedgerUnwritable, Unwritten

_LONGEST = 500
"""Characters of an error that is none of ours."""


def advice(error: BaseException | None, unwritten: Unwritten | None) -> str | None:
    """What helps when `error` has ended the engine here, or else when the ledger is `unwritten`; None: all is well."""
    if error is not None:
        return f"Leave and start octotui again: this one asks and saves nothing any more. {cause(error)}"
    return None if unwritten is None else _unwritten_words(unwritten)


def cause(error: BaseException) -> str:
    """What went wrong, in one line; of several errors that came together, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    words = str(error) if isinstance(error, LedgerError) else f"{type(error).__name__}: {error}"
    return clean(words, _LONGEST)


def _unwritten_words(unwritten: Unwritten) -> str:
    """What to do about a ledger that cannot be written, before how that came about."""
    if isinstance(unwritten.error, LedgerUnwritable):
        deed = "Make room on the ledger's disk, or see whose its folder is"
    elif isinstance(unwritten.error, LedgerBusy):
        deed = "Another process keeps the ledger locked: let it go on, or end it"
    else:
        return str(unwritten.error)
    return f"{deed}; what came in waits in memory." if unwritten.are_facts_waiting else f"{deed}."
