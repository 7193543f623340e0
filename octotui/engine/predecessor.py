"""The predecessor: how much of the budget it may have spent in the last minute, which is one for all of them."""

from __future__ import annotations

import math

from octotui.ledger import LastWord

_MINUTE = 60.0
_UNTOLD = 5.5
"""Seconds for which an engine may have gone on asking after its last word: that is written every second or so, and
without a ledger it asks for as long as nobody can have taken over (`lease_keeper.py`)."""
_UNSPENT = 30.0
"""Seconds over which an engine spends what the last minute has left of the budget (`scheduler.py`)."""


def asks_of_predecessor(word: LastWord | None, per_minute: int) -> int:
    """Return how many requests to count as sent within the last minute by whoever had the lease before.

    Of one that was killed, frozen or cut off, the last word does not tell all. What it may have asked since is counted
    as if it had: rather some questions come later than the budget is passed.
    """
    if word is None or not 0.0 <= word.silent < _MINUTE:
        return 0
    told = word.status.asks_last_minute
    if word.status.is_last:
        return told
    left = max(0, per_minute - told)
    a_second = per_minute / _MINUTE + left / _UNSPENT
    return told + min(left, math.ceil(min(word.silent, _UNTOLD) * a_second))
