"""The rollup by hour, kept for 400 days: what is told apart in it, and how far. Pure rules."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from octotui.ledger.rows import plain
from octotui.model import DownloadState, EventKind

if TYPE_CHECKING:
    from octotui.model import LogEntry, Task

HOUR = 3600
"""Seconds."""
TOTAL = -1
"""The hour under which the sums over all time are kept; failures by reason have none, for reasons have no end."""
KEPT = 400 * 24
"""Hours that are remembered."""
MOST_MODELS = 64
"""Models that are told apart within one hour; further ones are counted together as `OTHER`, by provider."""
MOST_REASONS = 24
"""Reasons that are told apart within one hour; further ones are counted together as `OTHER`."""
OTHER = "(others)"
"""What stands for models and reasons beyond those."""
LONGEST_MODEL = 100
"""Characters."""
_LONGEST_REASON = 160
SET_BACK = 60 * 24 * HOUR
"""Seconds by which somebody may have set the clock back; what lies further ahead stays, for this clock may be wrong."""
AT_ONCE = 48 * HOUR
"""Seconds of the oldest hours that go at a time."""
_STEPS = 8
"""Buckets of rendering times per doubling."""
_SHORTEST, _LONGEST = -3 * _STEPS, 24 * _STEPS
"""The first and the last bucket: an eighth of a second, and 194 days."""

_COLUMNS: dict[str, str] = {EventKind.LOST: "lost", EventKind.REGAINED: "regained"}
"""In which column a kind of event counts."""
_QUOTED = re.compile(r"[\"“„«「][^\"”“»」]{24,}[\"”“»」]?")
"""A long quotation: what was asked for, most likely, cut off or not."""
_SHORTEST_PRIVATE = 4
"""Characters; a shorter text is in everything."""


def bucket_of(seconds: float) -> int:
    """Return the bucket of a rendering time: eight to a doubling, so that its middle is at most 4.5 % off."""
    if not seconds > 0:
        return _SHORTEST
    return math.floor(max(_SHORTEST, min(_LONGEST, _STEPS * math.log2(seconds))))


def seconds_of(bucket: int) -> float:
    """Return the geometric middle of a bucket, in seconds."""
    return math.exp2((bucket + 0.5) / _STEPS)


def hour_of(at: float) -> int:
    """Return when the hour of a time began, both unix seconds."""
    return int(at // HOUR) * HOUR


def reason_of(code: str | None, message: str | None, *private: str | None) -> str:
    """Return why a task failed as it is counted: links, secrets, long quotations and what only one task has are `…`.

    Message and code are what the gateway said; the message says more where both are there. `private` are texts of the
    task that stand nowhere but in it: its title and its prompt.
    """
    from octotui.failure_reason import normalized  # noqa: PLC0415 - expressions that only failures need
    from octotui.redaction import mask_for_others  # noqa: PLC0415 - as above

    words = message or code or ""
    for text in private:
        if text is not None and len(text) >= _SHORTEST_PRIVATE:
            words = words.replace(text, "…")
    words = _QUOTED.sub("“…”", mask_for_others(plain(words)))
    return normalized(words)[:_LONGEST_REASON]


def column_of(event: LogEntry) -> str | None:
    """Return in which column of the outcomes a line of the log counts, None for most."""
    if event.task_id is None:
        return None
    if event.kind == EventKind.DOWNLOAD:
        return "given_up" if event.detail == DownloadState.FAILED else None
    return _COLUMNS.get(event.kind)


def ended_at(task: Task) -> float | None:
    """Return when a final task ended: by the gateway's word, but never later than that was seen."""
    times = [at for at in (task.completed_at, task.final_seen_at) if at is not None and math.isfinite(at)]
    return min(times, default=None)
