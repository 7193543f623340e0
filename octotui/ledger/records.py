"""What the ledger hands out besides tasks: plain frozen data."""

from __future__ import annotations

import shlex
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from octotui.ledger.errors import LedgerError
    from octotui.model import EngineStatus, Task

GONE_AFTER = 6.0
"""Seconds of silence after which an engine counts as gone: others lead, and save what it was about to."""


class FirstPage(NamedTuple):
    """What is looked at first of many tasks."""

    counts: Mapping[str, Mapping[str, int]]
    """How many tasks of each provider show which word (`octotui ls`: ready, saving, saved …)."""
    tasks: list[Task]
    """Of each provider those that can be lost first, and after those as the screen has them."""


class DownloadRequest(NamedTuple):
    """What somebody asked for with the download of a task."""

    version: int = 0
    """How often somebody spoke about it; for `Ledger.record_download`."""
    folder: str | None = None
    """Where to, instead of the configured folder."""
    place: str | None = None
    """Whose folder it is to come to (`EngineStatus.place`), where machines share the ledger; None: anybody's."""


class Changes(NamedTuple):
    """What is different since an earlier look."""

    revision: int
    """Give this to the next `Ledger.changes`."""
    tasks: list[Task]
    """Added or changed, whole, as they are now."""
    removed: list[str]
    """Ids that are no longer watched."""
    anew: Sequence[str] = ()
    """Ids that were removed and are watched again: of these only what the ledger has now holds."""
    requests: Mapping[str, DownloadRequest] = MappingProxyType({})
    """What was asked for with the downloads of these tasks, where that was asked of `Ledger.changes`."""
    is_whole: bool = False
    """Whether `tasks` are all there are although an earlier look was named: the ledger was restored from a backup."""

    def gone(self, known: Iterable[str]) -> list[str]:
        """Which of the ids that somebody knows of are no longer watched."""
        if not self.is_whole:
            return self.removed
        there = {task.id for task in self.tasks}
        return [task_id for task_id in known if task_id not in there]


class Removal(NamedTuple):
    """Tasks that somebody stopped watching, for `Ledger.restore`."""

    number: int
    ids: list[str]
    """Those that were watched."""


class Unwritten(NamedTuple):
    """That the ledger cannot be written by this process now; only this process knows."""

    since: float
    """When the first write began that failed, unix seconds."""
    error: LedgerError
    """Why the last one did."""
    are_facts_waiting: bool
    """Whether anything is in memory alone, and lost with this process."""


class Attempt(NamedTuple):
    """One source that was tried for a download."""

    at: float
    """Unix seconds."""
    rung: str
    """link, fresh link or content."""
    outcome: str
    """What came of it, in words."""


class Duration(NamedTuple):
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
    number: int = 0
    """Order in the ledger; 0 before it is stored."""


class Lease(NamedTuple):
    """Who does the work on this ledger."""

    owner: str
    """Unique to one engine."""
    host: str
    pid: int
    heartbeat: float
    """When the owner last said that it works, unix seconds; for people, its clock may be wrong."""
    boot: str = ""
    """Which start of which kernel that was; empty where the system does not say. Containers on one host share it."""
    namespace: str = ""
    """In which namespace of process ids `pid` is one; empty where the system does not say."""
    beats: int = 0
    """How often the owner has said that it works."""


class Box(NamedTuple):
    """An engine on some machine that works on the ledger, or did so last."""

    status: EngineStatus
    """What it last said."""
    silent: float
    """Seconds since then, by the clock of the ledger's own."""
    saved: int
    """Results that lie in its folder."""
    bytes_last_hour: int
    """Bytes it has fetched within the last hour."""

    @property
    def is_gone(self) -> bool:
        """Whether nobody waits for a word of it any more."""
        return self.silent > GONE_AFTER


class Right(StrEnum):
    """What somebody may do with a ledger on a server."""

    WORK = "work"
    """Everything."""
    ASK = "ask"
    """Add, save, pause and remove, but not do the work."""
    LOOK = "look"


class ServerFacts(NamedTuple):
    """What a ledger's server says about itself."""

    version: str
    schema: str
    schema_version: int
    encryption: str | None
    """Version of TLS; None where the line is not encrypted."""
    is_local: bool
    """Whether it is reached by a socket on this machine."""
    user: str
    right: Right
    is_replica: bool
    clock_offset: float
    """Seconds by which its clock is ahead of this machine's."""
    notified_after: float | None = None
    """Seconds that a notification takes; None where none arrives, as behind some poolers."""


class LastWord(NamedTuple):
    """What the engine that asked the gateway last has said last."""

    status: EngineStatus
    silent: float
    """Seconds since then, by the clock of the ledger's own."""


class Salvage(NamedTuple):
    """What was brought over from a damaged ledger into this one."""

    at: float
    """Unix seconds."""
    reason: str
    """What was wrong with it."""
    moved_to: str
    """Where the damaged file is now."""
    tasks: int
    """How many tasks came."""
    ids: int
    """How many tasks came as an id only; they are in a file beside the damaged one."""

    @property
    def ids_file(self) -> str:
        """Where those ids are, one a line, for `octotui add`."""
        return f"{self.moved_to}.ids"

    @property
    def words(self) -> str:
        """What people are told: how many came, where the old one is, what to do about the rest."""
        came = f"{self.tasks:,} {'task' if self.tasks == 1 else 'tasks'}"
        words = f"{came} came over from a damaged ledger ({self.reason}), kept as {self.moved_to}"
        if self.ids:
            command = f"octotui add - --provider unified < {shlex.quote(self.ids_file)}"
            words += f"; of {self.ids:,} more only the ids could be read: {command}"
        return words


class Minute(NamedTuple):
    """What was done within one minute, or some part of it; parts of the same minute add up."""

    at: int
    """Unix seconds, a multiple of 60: when the minute began."""
    asks: int = 0
    """Requests sent to the gateway."""
    answers: int = 0
    failures: int = 0
    """Questions about tasks that brought no answer."""
    done: int = 0
    """Tasks that were seen final for the first time."""
    lags: int = 0
    """How many of those it is known of when they were final."""
    lag_sum: float = 0.0
    """Seconds from being final to being seen, over those `lags`."""
    lag_max: float = 0.0
    """The longest of them."""
    bytes: int = 0
    """Bytes of results fetched."""

    @property
    def lag(self) -> float | None:
        """The mean lag in seconds; None where none is known."""
        return self.lag_sum / self.lags if self.lags else None

    def plus(self, other: Minute) -> Minute:
        """Both together, under this one's time."""
        return Minute(
            self.at,
            self.asks + other.asks,
            self.answers + other.answers,
            self.failures + other.failures,
            self.done + other.done,
            self.lags + other.lags,
            self.lag_sum + other.lag_sum,
            max(self.lag_max, other.lag_max),
            self.bytes + other.bytes,
        )


class QueuedNotice(NamedTuple):
    """Something that hooks and notifications are to be told: one row of the outbox."""

    number: int
    """Order in the ledger."""
    at: float
    """When it was written down, unix seconds."""
    kind: str
    """completed, failed, saved, expiring or lost."""
    task: Task
    """As it is now."""


class Outcome(NamedTuple):
    """What became of the tasks of a provider and model within one hour."""

    at: int
    """Unix seconds, a multiple of 3600: when the hour began."""
    provider: str
    model: str | None
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    saved: int = 0
    """Files saved."""
    bytes: int = 0
    """Their size."""
    lost: int = 0
    """Results whose time ran out before anybody had saved them."""
    regained: int = 0
    """Results that had counted as lost and did not any more."""
    given_up: int = 0
    """Downloads that no source gave the bytes for."""


class FailureCount(NamedTuple):
    """How many tasks of a provider and model failed for one reason within one hour."""

    at: int
    """As `Outcome.at`."""
    provider: str
    model: str | None
    reason: str
    """The gateway's words without what only one task has; at most 160 characters."""
    tasks: int


class Rendering(NamedTuple):
    """How many tasks of a provider and model took about as long from start to end, and ended within one hour."""

    at: int
    """As `Outcome.at`."""
    provider: str
    model: str | None
    bucket: int
    """How long that was: `hours.seconds_of` says it in seconds, at most 4.5 % off."""
    tasks: int


class History(NamedTuple):
    """The rollup by hour over some time, oldest first; hours in which nothing happened are left out."""

    hours: list[Minute]
    """What the work came to; each is a whole hour."""
    outcomes: list[Outcome]
    failures: list[FailureCount]
    renderings: list[Rendering]


class SavedView(NamedTuple):
    """A way to look at the tasks that somebody gave a name."""

    name: str
    filter: str
    """As typed."""
    order: str
    """What the rows are sorted by, in the screen's word."""
    provider: str | None = None
    """The one whose pane is shown alone; None: all of them."""
    columns: tuple[str, ...] = ()
    """Names of the columns to show; none: whatever there is room for."""


class Copy(NamedTuple):
    """One place where a saved result lies, whole."""

    task_id: str
    place: str
    """Which folder or storage: the `deliver_to` URL it was delivered to, or the name a folder goes by."""
    location: str
    """The object's URL, or the file's absolute path; of each task there is one copy at a location of a place."""
    size: int
    """Bytes."""
    sha256: str
    saved_at: float
    """When it was proved to be there, unix seconds."""
    box: str
    """Host name of the machine that put it there."""

    @property
    def is_delivered(self) -> bool:
        """Whether it lies where results are delivered to, and not in a folder of some machine's."""
        return "://" in self.place


class Poster(NamedTuple):
    """A frame of a saved video, or why there is none."""

    at: float
    """When it was made or tried, unix seconds."""
    picture: bytes | None
    """A small JPEG."""
    reason: str | None = None
    """Why there is no picture, in words."""
