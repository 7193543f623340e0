"""Header, next loss and news: the widgets that say what is alive, what is lost next, what has just happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from octotui.ledger import Unwritten
from octotui.model import EngineStatus, LogEntry, Task
from octotui.presentation.header import (
    Fact,
    arrange,
    fact,
    following_facts,
    gateway_fact,
    is_asking,
    loss_line,
    lost_ledger_facts,
    no_loss_line,
    work_facts,
)
from octotui.presentation.log_lines import event_line
from octotui.presentation.styled_text import Role, Span, StyledLine, width_of
from octotui.presentation.task_row import clock
from octotui.tui.rendering.styles import is_coarse
from octotui.tui.rendering.text_widgets import OneLine

if TYPE_CHECKING:
    from octotui.tui.dashboard.context import EngineHandle


_READ_ONLY: Span = ("READ-ONLY", Role.WARN)


def reading_words(count: int) -> str:
    """Say that so many tasks are being read."""
    return f"Reading {count:,} tasks …"


class Header(OneLine):
    """Header, the first line: name, gateway and how the work goes."""

    def __init__(self, base_url: str, profile: str, clock: Callable[[], float], *, has_key: bool = True) -> None:
        super().__init__(id="header")
        self._has_key = has_key
        self._base_url = base_url
        self._profile = profile
        self._clock = clock
        self.status: EngineStatus | None = None
        self.read_only = False
        """Whether this window was opened to look only."""
        self.works_here = False
        """Whether this process has an engine, started already or as soon as the first frame stands."""
        self.is_waiting = False
        """Whether some task is not final."""
        self.paused_since: float | None = None
        """Since when everything is paused."""
        self.unread_since: float | None = None
        """Since when the ledger cannot be read."""
        self.unwritten: Unwritten | None = None
        """That this process cannot write the ledger."""
        self.engine: EngineHandle | None = None
        """The engine of this process, if it has one; None is no word about whether it is to have one."""

    @property
    def error(self) -> BaseException | None:
        """What has ended the engine of this process against its will."""
        return None if self.engine is None else self.engine.error

    @property
    def least_width(self) -> int:
        """Cells without which the header could not say how things stand."""
        own = width_of((_READ_ONLY,)) + 2 if self.read_only else 0
        return width_of(self._gateway().short) + 2 + own

    def _gateway(self) -> Fact:
        return gateway_fact(
            self.status,
            self._clock(),
            works_here=self.works_here,
            is_waiting=self.is_waiting,
            paused_since=self.paused_since,
            unwritten_since=None if self.unwritten is None else self.unwritten.since,
            stopped_since=None if self.engine is None else self.engine.ended_at,
            has_key=self._has_key,
        )

    @property
    def may_miss_results(self) -> bool:
        """Whether tasks are waited for that nobody asks about, or nobody is answered about."""
        is_asked = is_asking(self.status, self._clock(), works_here=self.works_here, paused_since=self.paused_since)
        return self.is_waiting and not is_asked

    def other_worker(self) -> str:
        """Which other process does the work (`host:pid`); empty where this one does, or none."""
        status = self.status
        return f"{status.host}:{status.pid}" if status and following_facts(status, self._clock()) else ""

    def line(self, width: int) -> StyledLine:
        """What fits of what is known."""
        now = self._clock()
        host = urlsplit(self._base_url).netloc
        place = host if self._profile == "default" else f"{host} {self._profile}"
        facts = [
            fact(6, ("octotui", Role.TITLE)),
            fact(7, (place, Role.DIM)),
            *lost_ledger_facts(self.unread_since, now),
            self._gateway(),
            *([fact(1, _READ_ONLY)] if self.read_only else []),
            *following_facts(self.status, now),
            *work_facts(self.status, now),
        ]
        return arrange(facts, width)


class NextLoss(OneLine):
    """Result that is lost first, right of the header. Its countdown stands left, where a tick costs least."""

    def __init__(self, clock: Callable[[], float], key: str) -> None:
        """`key` goes there; empty where there is no such key."""
        super().__init__(id="next-loss")
        self._clock = clock
        self.loss: Task | None = None
        self.is_unknown = False
        """Whether something may be lost unseen: a result without a deadline, or tasks that nobody can ask about."""
        self.label = ""
        self.key = key

    def line(self, width: int) -> StyledLine:
        """What is lost first, or that nothing can be lost, or that nobody knows."""
        if self.loss is None:
            return no_loss_line(width, is_unknown=self.is_unknown)
        left = clock(self.loss, self._clock(), coarse=is_coarse(self))
        title = self.loss.title
        return loss_line(title or self.loss.id, left, width, label=self.label, key=self.key, is_id=title is None)


class NewsLine(OneLine):
    """News above the footer: what has just been done, or else the latest event."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(id="news")
        self._clock = clock
        self.latest: LogEntry | None = None
        self.label = ""
        self.trouble: str | None = None
        self.advice: str | None = None
        """What to do about something that the header says, while nothing else is to be said."""
        self.said: str | None = None
        """The answer to the last key, for a few seconds."""
        self.unread = 0
        """How many tasks are being read, of which no more than the first can be shown yet."""

    def line(self, width: int) -> StyledLine:  # noqa: ARG002 - it is cut to the width anyway
        """Trouble first, then the answer to a key, then what is being read, then advice, then the news."""
        if self.trouble:
            return (" ✗ ", Role.BAD), (self.trouble, Role.BAD)
        if self.said:
            return (" ", Role.TEXT), (self.said, Role.STRONG)
        if self.unread:
            return (" ", Role.TEXT), (reading_words(self.unread), Role.DIM)
        if self.advice:
            return (" ✗ ", Role.BAD), (self.advice, Role.BAD)
        return ((" ", Role.TEXT), *event_line(self.latest, self._clock(), self.label)) if self.latest else ()
