"""Errors that nobody foresaw: each is the failure of the one thing in which it came up, and its traceback is logged."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from octotui.gateway.errors import GatewayError, RequestError
from octotui.ledger import LedgerError
from octotui.redaction import mask_secrets
from octotui.sanitize import clean

_LOG = logging.getLogger(__name__)
_MOST = 1000
"""Faults remembered as logged; then all of them may be logged once more."""


class Faults:
    """The faults of octotui's own that were met; each is logged once."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, str]] = set()

    def note(self, what: str, error: Exception) -> str:
        """Return `error` in words; log its traceback, secrets masked, unless the same was logged of `what` before."""
        words = mask_secrets(f"a fault of octotui's own: {type(error).__name__}: {clean(str(error), 300)}")
        if (what, words) not in self._logged:
            if len(self._logged) >= _MOST:
                self._logged.clear()
            self._logged.add((what, words))
            _LOG.error("%s: %s\n%s", what, words, mask_secrets("".join(traceback.format_exception(error))))
        return words


_FAULTS = Faults()


@contextmanager
def contained(what: str) -> Iterator[None]:
    """Raise an unexpected exception of the block as `GatewayError`, its traceback logged once for each `what`.

    `RequestError` and `LedgerError` pass as they are, and so does whatever is no `Exception`: cancellation, the end of
    the process.
    """
    try:
        yield
    except (RequestError, LedgerError):
        raise
    except Exception as error:
        raise GatewayError(_FAULTS.note(what, error)) from error
