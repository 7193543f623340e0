"""What to do about faults: those that the header has only a word for, and a ledger that cannot be written just now."""

from __future__ import annotations

from collections.abc import Callable

from octotui.ledger import LedgerBusy, LedgerError, LedgerUnwritable, Unwritten, impatient
from octotui.sanitize import clean

KEY_PATIENCE = 0.4
"""Seconds a key waits for somebody else who is writing: the whole screen waits with it."""
BUSY = "Ledger busy, nothing done: press again."
"""Fits into 40 cells."""
_LONGEST = 500
"""Characters of an error that is none of ours."""


def advice(
    error: BaseException | None, unwritten: Unwritten | None, withheld_key: str | None = None, notice: str | None = None
) -> str | None:
    """What helps when `error` has ended the engine here, or else when the ledger is `unwritten`; None: all is well.

    Then comes a key that is not sent anywhere (`withheld_key` is its variable), and last a `notice` about the ledger.
    """
    if error is not None:
        return f"Leave and start octotui again: this one asks and saves nothing any more. {cause(error)}"
    if unwritten is not None:
        return _unwritten_words(unwritten)
    return notice if withheld_key is None else withheld_words(withheld_key)


def withheld_words(variable: str) -> str:
    """What to do about a key that is not sent, in one line of 80 cells or two of 40."""
    return f"Set OCTOTUI_BASE_URL: {variable} goes only to a gateway that was named."


def refusal(do: Callable[[], object]) -> str | None:
    """Do something that may write to the ledger; returns in words why it could not be done, None when it was.

    It waits for others as long as a key may, and is then wholly undone: what people ask for stays in their order.
    """
    try:
        with impatient(KEY_PATIENCE):
            do()
    except LedgerBusy:
        return BUSY
    except LedgerError as error:
        return str(error)
    return None


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
