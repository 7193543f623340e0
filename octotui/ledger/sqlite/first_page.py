"""What can be lost first of each provider, and how many tasks are how far: enough for a screen before all are read.

Of 100,000 tasks SQLite counts in 80 milliseconds, without the interpreter's lock, and finds the first in 25.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from octotui.ledger.sqlite import bulk
from octotui.model import DownloadState, TaskState

if TYPE_CHECKING:
    import sqlite3


def _texts(*words: str) -> str:
    return ", ".join(f"'{word}'" for word in words)


_REPORTED = _texts(DownloadState.WANTED, DownloadState.RUNNING, DownloadState.FAILED)
_DOWNLOAD = f"""
    CASE
        WHEN NOT wanted AND (wish OR download_state NOT IN ({_REPORTED})) THEN 'none'
        WHEN wanted AND (download_state NOT IN ({_REPORTED}) OR download_wish < wish) THEN 'asked'
        ELSE download_state
    END
"""
"""What `rows` makes of what was asked for and what was reported; `asked` of what nobody has reported on yet."""
_STATE = f"CASE WHEN state IN ({_texts(*TaskState)}) THEN state ELSE 'unknown' END"
_WORD = f"""
    CASE
        WHEN download_state = 'saved' THEN iif(delivered IS NULL, 'saved', 'delivered')
        WHEN state <> 'completed' THEN {_STATE}
        WHEN download_state = 'none' AND NOT wanted THEN iif(deadline_at <= :now, 'expired', 'ready')
        WHEN {_DOWNLOAD} = 'running' THEN 'saving'
        WHEN deadline_at <= :now THEN 'expired'
        WHEN {_DOWNLOAD} = 'none' OR {_DOWNLOAD} = 'failed' THEN 'ready'
        WHEN {_DOWNLOAD} = 'wanted' AND download_error IS NOT NULL AND NOT paused THEN 'waiting'
        ELSE 'saving'
    END
"""
"""What the screen calls it; most tasks are told by the first three, and no word is worked out twice."""
_COUNTS = bulk.json_rows(
    ["provider", "word", "many"],
    f"""
    SELECT provider, {_WORD} AS word, COUNT(*) AS many FROM tasks WHERE typeof(provider) = 'text'
    GROUP BY provider, word
    """,  # noqa: S608  words of ours
)

_STARTED = "COALESCE(NULLIF(created_at, 0), added_at)"
_ENDED = "COALESCE(NULLIF(saved_at, 0), NULLIF(completed_at, 0), NULLIF(final_seen_at, 0), added_at)"
_LOST = f"(deadline_at <= :now AND {_DOWNLOAD} <> 'running')"
_MOVES = f"download_state = 'running' AND {_DOWNLOAD} = 'running' AND NOT paused"
_GROUPS = (
    (
        f"state = 'completed' AND download_state <> 'saved' AND {_LOST} IS NOT TRUE",
        f"{_MOVES}, deadline_at NULLS LAST, {_STARTED}, id",
    ),
    ("state = 'running' AND download_state <> 'saved'", f"-COALESCE(progress, 0), {_STARTED}, id"),
    ("state = 'queued' AND download_state <> 'saved'", f"-COALESCE(progress, 0), {_STARTED}, id"),
    (
        f"state NOT IN ({_texts(*set(TaskState) - {TaskState.UNKNOWN})}) AND download_state <> 'saved'",
        f"-COALESCE(progress, 0), {_STARTED}, id",
    ),
    (
        f"state IN ('failed', 'cancelled') OR download_state = 'saved' OR (state = 'completed' AND {_LOST})",
        f"-{_ENDED}, id",
    ),
)
"""What stands above what, and how each stands among its like."""
_FIRST = """
    SELECT json_group_array(number) FROM (
        SELECT number FROM tasks WHERE provider = :provider AND ({}) ORDER BY {} LIMIT :limit
    )
"""


def counts(connection: sqlite3.Connection, now: float) -> dict[str, dict[str, int]]:
    """Return how many tasks of each provider show which word at `now` (unix seconds)."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for provider, word, many in bulk.fetch(connection, _COUNTS, {"now": now}):
        found[provider][word] = many
    return found


def numbers(connection: sqlite3.Connection, provider: str, now: float, limit: int) -> list[int]:
    """Return the numbers of the rows of a provider that can be lost first, and after those as the screen has them."""
    found: list[int] = []
    for wanted, order in _GROUPS:
        if len(found) < limit:
            asked = {"provider": provider, "now": now, "limit": limit - len(found)}
            found += bulk.fetch(connection, _FIRST.format(wanted, order), asked)
    return found
