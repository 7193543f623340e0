"""Who is fetched first: the one with the least time to spare that can still make it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from octotui import units


class QueuedDownload(NamedTuple):
    """What is known of a download that waits."""

    id: str
    deadline_at: float | None
    """Unix seconds; None when nobody knows."""
    still_to_come: int | None
    """Bytes, None when the size is not known."""
    since: float
    """When it was first seen as wanted: the older goes first among equals."""


def seconds_needed(still_to_come: int | None, speed: float | None) -> float:
    """Return the seconds that `still_to_come` bytes take at `speed` bytes per second; 0 where either is unknown."""
    return 0.0 if not still_to_come or not speed else still_to_come / speed


def rank(
    candidate: QueuedDownload, *, now: float, speed: float | None, typical_size: int | None = None
) -> tuple[int, float, float]:
    """Return where a download stands among others, the lowest first.

    Group 0 can make it: the second number is the last moment (unix seconds) at which it can begin, so that a place
    found earlier still holds, until that moment has passed. Group 1 cannot, by this estimate. Of group 2 nobody knows
    the deadline.
    """
    if candidate.deadline_at is None:
        return 2, candidate.since, 0.0
    size = candidate.still_to_come if candidate.still_to_come is not None else typical_size
    begin_by = candidate.deadline_at - seconds_needed(size, speed)
    return (0, begin_by, candidate.since) if begin_by >= now else (1, -begin_by, candidate.since)


def in_order(
    candidates: list[QueuedDownload], *, now: float, speed: float | None, typical_size: int | None
) -> list[str]:
    """Return the ids in the order of slack: the deadline minus now minus the time the rest takes at `speed`.

    First those that can make it, least slack first; then those that by this estimate cannot, the nearest to it first;
    last those whose deadline nobody knows, in the order they were wanted.
    """
    return [
        candidate.id
        for candidate in sorted(candidates, key=lambda one: rank(one, now=now, speed=speed, typical_size=typical_size))
    ]


def too_late(candidate: QueuedDownload, *, now: float, speed: float | None, typical_size: int | None) -> str | None:
    """Say in words that a download cannot make it any more ("needs 4m, 3m left"); None when it can, or is over."""
    if candidate.deadline_at is None or candidate.deadline_at <= now:
        return None
    size = candidate.still_to_come if candidate.still_to_come is not None else typical_size
    needed, left = seconds_needed(size, speed), candidate.deadline_at - now
    return units.too_little_time(needed, left) if needed > left else None
