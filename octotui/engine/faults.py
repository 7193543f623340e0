"""Errors that nobody foresaw: words for the ledger, and the traceback for the log."""

from __future__ import annotations

import logging
import traceback

from octotui.gateway.masks import mask_secrets
from octotui.gateway.text import clean

_LOG = logging.getLogger(__name__)


class Faults:
    """The faults of octotui's own that were met at one task; each is logged once."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def note(self, task_id: str, error: Exception) -> str:
        """Return `error` in words; log its traceback, secrets masked, unless the same words were logged before."""
        words = mask_secrets(f"a fault of octotui's own: {type(error).__name__}: {clean(str(error), 300)}")
        if words not in self._logged:
            self._logged.add(words)
            _LOG.error("%s: %s\n%s", task_id, words, mask_secrets("".join(traceback.format_exception(error))))
        return words
