"""What the ledger hands out besides tasks: plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octotui.model import Task


@dataclass(slots=True, frozen=True)
class Changes:
    """What is different since an earlier look."""

    revision: int
    """Give this to the next `Ledger.changes`."""
    tasks: list[Task]
    """Added or changed, whole, as they are now."""
    removed: list[str]
    """Ids that are no longer watched."""


@dataclass(slots=True, frozen=True)
class Attempt:
    """One rung of the ladder that was tried for a download."""

    at: float
    """Unix seconds."""
    rung: str
    """link, fresh link or content."""
    outcome: str
    """What came of it, in words."""


@dataclass(slots=True, frozen=True)
class Duration:
    """How long one task took from start to end; estimates are made of these."""

    provider: str
    model: str | None
    seconds: str | None
    """Length of the video, as `Task.seconds`."""
    size: str | None
    """Frame size, as `Task.size`."""
    duration: float
    """Seconds of work."""
    at: float
    """When it ended, unix seconds."""


@dataclass(slots=True, frozen=True)
class Lease:
    """Who does the work on this ledger."""

    owner: str
    """Unique to one engine."""
    host: str
    pid: int
    heartbeat: float
    """When the owner last said that it works, unix seconds."""
