"""What the header says: whether the gateway answers, how the work goes, what is lost next."""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

from octotui import units
from octotui.model import EngineStatus, GatewayState
from octotui.presentation.styled_text import Role, Span, StyledLine, fit, fit_middle, width_of

SILENT_AFTER = 10.0
"""Seconds without a word from the engine after which nobody works."""
QUIET_AFTER = 20.0
"""Seconds without an answer after which the header says how long."""
UNHEARD_AFTER = 120.0
"""Seconds without an answer after which a result may have been there for long."""

_WORDS = {
    GatewayState.OFFLINE: ("OFFLINE", Role.BAD),
    GatewayState.KEY_REFUSED: ("KEY REFUSED", Role.BAD),
    GatewayState.OUT_OF_QUOTA: ("OUT OF QUOTA", Role.BAD),
}


class Fact(NamedTuple):
    """One thing the header says, in full and in short."""

    importance: int
    """0 stays to the last."""
    full: StyledLine
    short: StyledLine


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
            return fact(0, (f"{standing}{_lasting(now - began)}", role))
    if status is None or now - status.at > SILENT_AFTER:
        if not has_key:
            return fact(0, ("◌ NO KEY", Role.WARN))
        if works_here:
            return fact(0, ("◌ starting", Role.DIM))
        since = _lasting(now - status.at) if status is not None else ""
        return fact(0, (f"⊘ NOBODY ASKS{since}", Role.WARN))
    if status.gateway == GatewayState.NO_KEY:
        return fact(0, ("◌ NO KEY", Role.WARN))
    word = _WORDS.get(status.gateway)
    if word is not None:
        return _trouble(status, word, now)
    if status.gateway == GatewayState.STARTING:
        return fact(0, ("◌ starting", Role.DIM))
    spans: list[Span] = [("●", Role.GOOD), (" live", Role.TEXT)]
    short = tuple(spans)
    quiet = now - status.last_answer_at if status.last_answer_at else 0.0
    if is_waiting and quiet >= QUIET_AFTER:
        spans.append((f", last answer {units.ago(quiet)}", Role.WARN))
        short = (*short, (f" {units.ago(quiet)}", Role.WARN))
    return Fact(0, tuple(spans), short)


def _lasting(seconds: float) -> str:
    """For how long something has been so, a blank before it; nothing while it has only just begun."""
    return f" {units.span(seconds)}" if seconds >= 10 else ""


def _trouble(status: EngineStatus, word: Span, now: float) -> Fact:
    since = _lasting(now - status.since) if status.since else ""
    short: StyledLine = ((f"✗ {word[0]}{since}", word[1]),)
    full: list[Span] = [*short]
    if status.next_try_at is not None:
        left = max(0.0, status.next_try_at - now)
        full.append((f", next try in {units.countdown(left)}", Role.DIM))
    return Fact(0, tuple(full), short)


def following_facts(status: EngineStatus | None, now: float) -> list[Fact]:
    """That another process works, which one, and for how long it has."""
    if (
        status is None
        or now - status.at > SILENT_AFTER
        or (status.pid == os.getpid() and (not status.box or status.host == socket.gethostname()))
        or status.gateway == GatewayState.NO_KEY
    ):
        return []
    since = _lasting(now - status.working_since) if status.working_since else ""
    who = f"{status.host}:{status.pid}" if status.host else f"process {status.pid}"
    return [fact(1, (f"FOLLOWING {who}{since}", Role.WARN), (f"FOLLOWING{since}", Role.WARN))]


def lost_ledger_facts(since: float | None, now: float) -> list[Fact]:
    """That the ledger cannot be read, and for how long: what is shown is the last that was."""
    return [] if since is None else [fact(0, (f"NO LEDGER{_lasting(now - since)}", Role.BAD))]


def fact(importance: int, full: Span, short: Span | None = None) -> Fact:
    """Return a fact of one piece, with a shorter one for narrow screens."""
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
            Fact(2, (("↓ ", Role.WORK), (f"{files} {rate}", Role.TEXT)), (("↓ ", Role.WORK), (rate, Role.TEXT)))
        )
    if status.deliveries_left:
        facts.append(_delivery_fact(status))
    if status.budget_per_minute:
        asks = f"{status.asks_last_minute:,}/{status.budget_per_minute:,}"
        facts.append(fact(3, (f"asks {asks} a minute", Role.DIM), (f"asks {asks}", Role.DIM)))
    if status.quota_left is not None:
        role = Role.WARN if status.quota_left < 0.1 else Role.DIM
        facts.append(fact(4, (f"quota {status.quota_left:.0%}", role)))
    if status.disk_free is not None:
        role = Role.WARN if status.disk_free < 5e9 else Role.DIM
        facts.append(fact(5, (f"disk {units.size(status.disk_free)}", role)))
    return facts


def _delivery_fact(status: EngineStatus) -> Fact:
    """How many results are still to be delivered, and that they cannot be now."""
    count = f"{status.deliveries_left:,}"
    if status.delivery_trouble:
        return fact(2, (f"⇡ {count} NOT DELIVERED", Role.WARN), (f"⇡ {count}!", Role.WARN))
    arrow: Span = ("⇡ ", Role.WORK)
    return Fact(3, (arrow, (f"{count} to deliver", Role.TEXT)), (arrow, (count, Role.TEXT)))


def arrange(facts: list[Fact], width: int) -> StyledLine:
    """As many facts as fit, the important ones first and in full; drawn in the order given."""
    chosen: dict[int, StyledLine] = {}

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
    spans: list[Span] = [(" ", Role.TEXT)]
    for place, index in enumerate(sorted(chosen)):
        spans += [*([(" " * gap, Role.TEXT)] if place else []), *chosen[index]]
    return tuple(spans)


def is_asking(status: EngineStatus | None, now: float, *, works_here: bool, paused_since: float | None) -> bool:
    """Whether somebody asks and is answered, so that a result is seen soon after it is there."""
    if paused_since is not None:
        return False
    if status is None or now - status.at > SILENT_AFTER:
        return works_here and status is None
    is_heard = status.last_answer_at is None or now - status.last_answer_at < UNHEARD_AFTER
    return status.gateway == GatewayState.STARTING or (status.gateway == GatewayState.LIVE and is_heard)


def no_loss_line(width: int, *, is_unknown: bool) -> StyledLine:
    """Say that nothing can be lost; where links may run out unseen, that nobody knows what is lost next."""
    words, role = ("next loss unknown", Role.WARN) if is_unknown else ("nothing can be lost", Role.DIM)
    return ((words.rjust(width - 1), role),) if width > 24 else ()


def loss_line(name: str, left: Span, width: int, *, label: str, key: str, is_id: bool = True) -> StyledLine:
    """`next loss 4m 10s  Sora video_9f2c…  D`; `name` is its title or id, `left` the countdown."""
    text, role = left
    head: list[Span] = [("next loss " if width >= 28 else "", Role.DIM), (fit(text, 8), role), (" ", Role.TEXT)]
    tail: list[Span] = [("  ", Role.TEXT), (key, Role.KEY), (" ", Role.TEXT)] if key and width >= 36 else []
    whose = f"{label} " if width >= 36 else ""
    room = width - width_of((*head, *tail)) - len(whose)
    return *head, (whose, Role.TEXT), ((fit_middle if is_id else fit)(name, max(0, room)), Role.TEXT), *tail
