"""The life of one demo task as a pure function of its age: waiting, running, ending, and how its result is handed out.

All lengths are seconds, all sizes bytes. Nothing here looks at a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from octotui.model import TaskState

FOREVER = 10 * 365 * 86_400.0
"""Long enough for a task that never ends."""


class LinkStyle(StrEnum):
    """How a result link carries its deadline (the signature kinds of `GATEWAY.md`, and two without one)."""

    AWS = "aws"
    GOOGLE = "google"
    AZURE = "azure"
    VOLCENGINE = "volcengine"
    ALIYUN = "aliyun"
    TENCENT = "tencent"
    PLAIN = "plain"
    """No deadline in sight: only a retention rule can guess it."""
    CONTENT = "content"
    """The gateway's own `/content` address instead of a link to a file host."""
    NONE = "none"
    """No link at all: the result is to be had from `/content` only."""


class ContentStyle(StrEnum):
    """How `/v1/videos/{id}/content` behaves (`GATEWAY.md`)."""

    MODERN = "modern"
    """Range, If-Range, ETag, 410 when gone."""
    OLDER = "older"
    """Ignores Range, no length, no HEAD, `application/octet-stream`, 502 when gone."""
    REDIRECT = "redirect"
    """302 to a signed link."""
    JSON = "json"
    """200 JSON that names a signed link."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Life:
    """What becomes of one task, and when. `None` leaves it to the provider's habits (`provider_profiles.py`)."""

    age: float = 0.0
    """Seconds since it was submitted, at the moment it is handed to the box."""
    queued: float = 3.0
    """Seconds it waits."""
    running: float = 60.0
    """Seconds it runs after that."""
    ending: TaskState = TaskState.COMPLETED
    """One of the final states."""
    bend: float = 0.0
    """How uneven its progress is: -1 starts slowly, 1 starts fast."""
    stalls_at: int | None = None
    """The percentage its progress never passes while it runs."""
    first_word: str | None = None
    """The word said while it waits, in place of the provider's own."""
    upsamples: bool = False
    """Whether it goes through the upsampling words of a Veo task."""
    error_code: str = ""
    error_message: str = ""
    keeps: float | None = None
    """Seconds the result is kept after it is done; then link and content are gone."""
    link: LinkStyle | None = None
    link_lives: float | None = None
    """Seconds the file host honours a link, less than its signature promises; a fresh one is had by asking again."""
    link_works: bool = True
    """Whether the file host knows the file at all; `/content` does in any case."""
    content: ContentStyle | None = None
    size: int = 0
    """At least so many bytes; the clip itself is a few hundred kilobytes."""
    rate: float | None = None
    """Bytes per second it is sent at, in place of the box's own."""
    cut_at: int | None = None
    """A link asked for from the first byte is cut off after so many; one that resumes is not."""

    def __post_init__(self) -> None:
        if not self.ending.is_final:
            raise ValueError(f"a life cannot end in {self.ending.value!r}")
        if self.queued < 0 or self.running <= 0:
            raise ValueError("a life needs queued >= 0 and running > 0 seconds")

    @property
    def ends_at(self) -> float:
        """The age at which it becomes final."""
        return self.queued + self.running

    def hurried(self, pace: float) -> Life:
        """The same life at `pace` times its speed: as far on as before, with less of it to come.

        Only what is yet to happen is hurried. What a result is kept for stays, or a day that is promised would be
        over after six hours; and so does a life that has ended, for nothing is left of it to hurry.
        """
        if self.age >= self.ends_at:
            return self
        return replace(self, age=self.age / pace, queued=self.queued / pace, running=self.running / pace)

    @classmethod
    def waiting(cls, left: float = FOREVER, running: float = 60.0) -> Life:
        """One that waits `left` more seconds."""
        return cls(age=5.0, queued=left + 5.0, running=running)

    @classmethod
    def underway(cls, percent: int, left: float) -> Life:
        """One that is at `percent` (0 to 99) and completes in `left` seconds."""
        total = left / (1 - percent / 100)
        return cls(age=3.0 + total - left + 1e-6 * total, running=total)

    @classmethod
    def ready(cls, left: float = 3600.0, ago: float = 60.0, took: float = 90.0) -> Life:
        """One that completed `ago` seconds ago and whose result is lost in `left` seconds (negative: lost)."""
        return cls(age=3.0 + took + ago, running=took, keeps=ago + left)

    @classmethod
    def failed(cls, message: str = "generation failed", code: str = "", ago: float = 60.0) -> Life:
        """One that failed `ago` seconds ago."""
        return cls(age=43.0 + ago, running=40.0, ending=TaskState.FAILED, error_code=code, error_message=message)


@dataclass(slots=True, frozen=True)
class Moment:
    """Where a life stands at one age."""

    state: TaskState
    progress: int
    """0..100; 100 for a failure too, as gateways say."""
    share: float
    """How much of its running time has passed, 0..1."""
    since: float
    """The age at which this state began."""


def moment(life: Life, age: float) -> Moment:
    """Where `life` stands `age` seconds after it was submitted."""
    if age < life.queued:
        return Moment(TaskState.QUEUED, 0, 0.0, 0.0)
    share = (age - life.queued) / life.running
    if share < 1:
        return Moment(TaskState.RUNNING, _progress(life, share), share, life.queued)
    if life.ending is TaskState.CANCELLED:
        return Moment(life.ending, min(12, life.stalls_at or 12), 1.0, life.ends_at)
    return Moment(life.ending, 100, 1.0, life.ends_at)


def _progress(life: Life, share: float) -> int:
    # The wave stays flatter than the slope it rides on, so that progress never runs backwards.
    bent = share + 0.14 * life.bend * math.sin(math.tau * share)
    percent = min(99, int(100 * max(0.0, bent)))
    return percent if life.stalls_at is None else min(percent, life.stalls_at)
