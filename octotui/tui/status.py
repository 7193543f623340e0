"""The lines around the panes: what is alive, what is lost next, what has just happened."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from octotui import units
from octotui.ledger import Unwritten
from octotui.model import EXPIRED, EngineStatus, Event, Task, TaskState
from octotui.tui.cells import GLYPH_ROLES, GLYPHS, READY, SAVED, SAVING, clock
from octotui.tui.ink import is_coarse
from octotui.tui.lines import OneLine
from octotui.tui.pieces import Line, Piece, Role, fit, fit_middle, width_of

if TYPE_CHECKING:
    from octotui.tui.app import Works

SILENT_AFTER = 10.0
"""Seconds without a word from the engine after which nobody works."""
QUIET_AFTER = 20.0
"""Seconds without an answer after which the header says how long."""

_WORDS = {
    "offline": ("OFFLINE", Role.BAD),
    "key_refused": ("KEY REFUSED", Role.BAD),
    "out_of_quota": ("OUT OF QUOTA", Role.BAD),
}


class Fact(NamedTuple):
    """One thing the header says, in full and in short."""

    importance: int
    """0 stays to the last."""
    full: Line
    short: Line


def gateway_fact(
    status: EngineStatus | None,
    now: float,
    *,
    works_here: bool,
    is_waiting: bool,
    paused_since: float | None = None,
    unwritten_since: float | None = None,
    stopped_since: float | None = None,
    has_key: bool = True,
) -> Fact:
    """Whether everything is alive, and since when it is not.

    `is_waiting` says that there are tasks whose answers one waits for, `has_key` that this process could ask.
    """
    # In this order: what has stopped does nothing of the rest; what is not written stands still with the ledger.
    for standing, role, began in (
        ("✗ STOPPED", Role.BAD, stopped_since),
        ("✗ NOT WRITTEN", Role.BAD, unwritten_since),
        ("‖ PAUSED", Role.WARN, paused_since),
    ):
        if began is not None:
            return _fact(0, (f"{standing}{_lasting(now - began)}", role))
    if status is None or now - status.at > SILENT_AFTER:
        if not has_key:
            return _fact(0, ("◌ NO KEY", Role.WARN))
        if works_here:
            return _fact(0, ("◌ starting", Role.DIM))
        since = _lasting(now - status.at) if status is not None else ""
        return _fact(0, (f"⊘ NOBODY ASKS{since}", Role.WARN))
    if status.gateway == "no_key":
        return _fact(0, ("◌ NO KEY", Role.WARN))
    word = _WORDS.get(status.gateway)
    if word is not None:
        return _trouble(status, word, now)
    if status.gateway == "starting":
        return _fact(0, ("◌ starting", Role.DIM))
    pieces: list[Piece] = [("●", Role.GOOD), (" live", Role.TEXT)]
    short = tuple(pieces)
    quiet = now - status.last_answer_at if status.last_answer_at else 0.0
    if is_waiting and quiet >= QUIET_AFTER:
        pieces.append((f", last answer {units.ago(quiet)}", Role.WARN))
        short = (*short, (f" {units.ago(quiet)}", Role.WARN))
    return Fact(0, tuple(pieces), short)


def _lasting(seconds: float) -> str:
    """For how long something has been so, a blank before it; nothing while it has only just begun."""
    return f" {units.span(seconds)}" if seconds >= 10 else ""


def _trouble(status: EngineStatus, word: Piece, now: float) -> Fact:
    since = _lasting(now - status.since) if status.since else ""
    short: Line = ((f"✗ {word[0]}{since}", word[1]),)
    full: list[Piece] = [*short]
    if status.next_try_at is not None:
        left = max(0.0, status.next_try_at - now)
        full.append((f", next try in {units.countdown(left)}", Role.DIM))
    return Fact(0, tuple(full), short)


def following_facts(status: EngineStatus | None, now: float) -> list[Fact]:
    """That another process works, which one, and for how long it has."""
    if status is None or now - status.at > SILENT_AFTER or status.pid == os.getpid() or status.gateway == "no_key":
        return []
    since = _lasting(now - status.working_since) if status.working_since else ""
    who = f"{status.host}:{status.pid}" if status.host else f"process {status.pid}"
    return [_fact(1, (f"FOLLOWING {who}{since}", Role.WARN), (f"FOLLOWING{since}", Role.WARN))]


def _fact(importance: int, full: Piece, short: Piece | None = None) -> Fact:
    return Fact(importance, (full,), (short or full,))


def work_facts(status: EngineStatus | None, now: float) -> list[Fact]:
    """Speed, budget, disk and quota, those that are known."""
    if status is None or now - status.at > SILENT_AFTER:
        return []
    facts = []
    if status.downloads_running:
        files = units.plural(status.downloads_running, "file")
        rate = units.speed(status.download_speed)
        facts.append(
            Fact(2, (("↓ ", Role.ACCENT), (f"{files} {rate}", Role.TEXT)), (("↓ ", Role.ACCENT), (rate, Role.TEXT)))
        )
    if status.budget_per_minute:
        asks = f"{status.asks_last_minute:,}/{status.budget_per_minute:,}"
        facts.append(_fact(3, (f"asks {asks} a minute", Role.DIM), (f"asks {asks}", Role.DIM)))
    if status.quota_left is not None:
        role = Role.WARN if status.quota_left < 0.1 else Role.DIM
        facts.append(_fact(4, (f"quota {status.quota_left:.0%}", role)))
    if status.disk_free is not None:
        role = Role.WARN if status.disk_free < 5e9 else Role.DIM
        facts.append(_fact(5, (f"disk {units.size(status.disk_free)}", role)))
    return facts


def arrange(facts: list[Fact], width: int) -> Line:
    """As many facts as fit, the important ones first and in full; drawn in the order given."""
    chosen: dict[int, Line] = {}

    def used() -> int:
        return sum(width_of(line) for line in chosen.values())

    ranked = sorted(range(len(facts)), key=lambda index: facts[index].importance)
    for index in ranked:
        short = facts[index].short
        if chosen and 1 + used() + width_of(short) + 3 * len(chosen) > width:
            break
        chosen[index] = short
    for index in ranked:
        more = width_of(facts[index].full) - width_of(facts[index].short)
        if index in chosen and 1 + used() + more + 3 * len(chosen) <= width:
            chosen[index] = facts[index].full
    gap = min(5, max(2, (width - 1 - used()) // max(1, len(chosen))))
    pieces: list[Piece] = [(" ", Role.TEXT)]
    for place, index in enumerate(sorted(chosen)):
        pieces += [*([(" " * gap, Role.TEXT)] if place else []), *chosen[index]]
    return tuple(pieces)


class Header(OneLine):
    """The first line: name, gateway and how the work goes."""

    def __init__(self, base_url: str, profile: str, clock: Callable[[], float], *, has_key: bool = True) -> None:
        super().__init__(id="header")
        self._has_key = has_key
        self._base_url = base_url
        self._profile = profile
        self._clock = clock
        self.status: EngineStatus | None = None
        self.works_here = False
        """Whether this process has an engine, started already or as soon as the first frame stands."""
        self.is_waiting = False
        """Whether some task is not final."""
        self.paused_since: float | None = None
        """Since when everything is paused."""
        self.unwritten: Unwritten | None = None
        """That this process cannot write the ledger."""
        self.engine: Works | None = None
        """The engine of this process, if it has one; None is no word about whether it is to have one."""

    @property
    def error(self) -> BaseException | None:
        """What has ended the engine of this process against its will."""
        return None if self.engine is None else self.engine.error

    @property
    def least_width(self) -> int:
        """Cells without which the header could not say how things stand."""
        return width_of(self._gateway().short) + 2

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

    def line(self, width: int) -> Line:
        """What fits of what is known."""
        now = self._clock()
        host = urlsplit(self._base_url).netloc
        place = host if self._profile == "default" else f"{host} {self._profile}"
        facts = [
            _fact(6, ("octotui", Role.TITLE)),
            _fact(7, (place, Role.DIM)),
            self._gateway(),
            *following_facts(self.status, now),
            *work_facts(self.status, now),
        ]
        return arrange(facts, width)


class NextLoss(OneLine):
    """Right of the header: the result that is lost first. Its countdown stands left, where a tick costs least."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(id="next-loss")
        self._clock = clock
        self.loss: Task | None = None
        self.label = ""
        self.key = "D"

    def line(self, width: int) -> Line:
        """What can be lost, or that nothing can."""
        if self.loss is None:
            return (("nothing can be lost".rjust(width - 1), Role.DIM),) if width > 24 else ()
        left = clock(self.loss, self._clock(), coarse=is_coarse(self))
        return loss_line(self.loss.id, left, width, label=self.label, key=self.key)


def loss_line(task_id: str, left: Piece, width: int, *, label: str, key: str) -> Line:
    """`next loss 4m 10s  Sora video_9f2c…  D`; `left` is the countdown."""
    text, role = left
    head: list[Piece] = [("next loss " if width >= 28 else "", Role.DIM), (fit(text, 8), role), (" ", Role.TEXT)]
    tail: list[Piece] = [("  ", Role.TEXT), (key, Role.KEY), (" ", Role.TEXT)] if width >= 36 else []
    name = f"{label} " if width >= 36 else ""
    room = width - width_of((*head, *tail)) - len(name)
    return *head, (name, Role.TEXT), (fit_middle(task_id, max(0, room)), Role.TEXT), *tail


_EVENT_MARKS = {
    "saved": (GLYPHS[SAVED], Role.GOOD),
    "lost": (GLYPHS[EXPIRED], Role.BAD),
    "failure": ("!", Role.WARN),
    "recovered": ("·", Role.DIM),
    "gateway": ("!", Role.WARN),
    "pause": ("‖", Role.WARN),
    "download": (GLYPHS[SAVING], Role.ACCENT),
    "added": ("+", Role.DIM),
}
_MARKS_OF_WORDS = (
    ("gateway", "gateway live", ("·", Role.DIM)),
    ("failure", "answers again", _EVENT_MARKS["recovered"]),
    ("download", "download failed", (GLYPHS["failed"], Role.BAD)),
    ("state", "completed", (GLYPHS[READY], Role.GOOD)),
    *(
        ("state", state.value, (GLYPHS[state.value], GLYPH_ROLES[state.value]))
        for state in TaskState
        if state.value in GLYPHS
    ),
)
"""Where the kind alone does not tell: kind, how the words begin, and the mark."""


def event_mark(event: Event) -> Piece:
    """The mark of what happened, the same as that of the state a task is then in."""
    for kind, words, mark in _MARKS_OF_WORDS:
        if event.kind == kind and event.text.startswith(words):
            return mark
    return _EVENT_MARKS.get(event.kind, ("·", Role.DIM))


def event_line(event: Event, label: str = "") -> Line:
    """An event as one line: `14:02:07 ✓ Sora video_abc123 24.0 MB in 2.7 s`."""
    glyph, role = event_mark(event)
    subject = " ".join(part for part in (label, event.task_id) if part)
    shown = "" if event.task_id is None or event.task_id in event.text else f"{fit_middle(subject, 34).rstrip()} "
    return (
        (f"{units.clock_time(event.at)} ", Role.DIM),
        (f"{glyph} ", role),
        (shown, Role.TEXT),
        (event.text, Role.TEXT),
    )


class News(OneLine):
    """The line above the footer: what has just been done, or else the latest event."""

    def __init__(self) -> None:
        super().__init__(id="news")
        self.latest: Event | None = None
        self.label = ""
        self.trouble: str | None = None
        self.advice: str | None = None
        """What to do about something that the header says, while nothing else is to be said."""
        self.said: str | None = None
        """The answer to the last key, for a few seconds."""

    def line(self, width: int) -> Line:  # noqa: ARG002 - it is cut to the width anyway
        """Trouble first, then the answer to a key, then advice, then the news."""
        if self.trouble:
            return (" ✗ ", Role.BAD), (self.trouble, Role.BAD)
        if self.said:
            return (" ", Role.TEXT), (self.said, Role.STRONG)
        if self.advice:
            return (" ✗ ", Role.BAD), (self.advice, Role.BAD)
        return ((" ", Role.TEXT), *event_line(self.latest, self.label)) if self.latest else ()
