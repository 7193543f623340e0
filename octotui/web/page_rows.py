"""The words of the page's rows: plain text, cut and with control characters visible; the template escapes it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from octotui import units
from octotui.model import DeadlineSource, DownloadState, TaskState
from octotui.presentation.bulk.failure_groups import filter_of, tally_words
from octotui.presentation.filters import parse
from octotui.presentation.header import SILENT_AFTER
from octotui.presentation.styled_text import Role
from octotui.presentation.task_row import (
    GLYPH_ROLES,
    GLYPHS,
    READY,
    SAVED,
    SAVING,
    WAITING,
    clock,
    is_unanswered,
    share,
    shown_word,
    unanswered_words,
    waiting_words,
)
from octotui.redaction import mask_for_others
from octotui.sanitize import clean
from octotui.task_events import gateway_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octotui.ledger import Box
    from octotui.model import Task
    from octotui.presentation.bulk.failure_groups import FailureGroup

_LONGEST_NAME = 90
"""Characters of a title; this and the two below keep the page small whatever somebody puts there."""
_LONGEST_ID = 44
_LONGEST_NOTE = 140
_LONGEST_LINK = 200
_TONES = {
    Role.GOOD: "good",
    Role.WORK: "work",
    Role.WARN: "warn",
    Role.ALARM: "alarm",
    Role.BAD: "bad",
    Role.DIM: "dim",
}
"""Classes of the style sheet; what is in none of them is plain text."""


class Moment(NamedTuple):
    """A time that the page counts down to, or says in words."""

    words: str
    at: float | None = None
    """Unix seconds; None: there is nothing to count."""
    tone: str = ""
    is_estimate: bool = False

    @property
    def iso(self) -> str:
        """The moment as HTML's `time` wants it, in UTC."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.at)) if self.at is not None else ""


class Row(NamedTuple):
    """One task."""

    name: str
    """Its title, or its id where it has none."""
    id: str
    """The id beside a title; empty where the name is the id."""
    whose: str
    """Provider and model."""
    word: str
    glyph: str
    tone: str
    left: Moment
    done: int | None
    """Per cent, 0 to 100; None where nobody knows."""
    note: str
    note_tone: str = ""


class Group(NamedTuple):
    """Tasks that failed alike."""

    tasks: str
    kind: str
    reason: str
    whose: str
    when: str
    link: str


class Machine(NamedTuple):
    """One machine that works, or has worked, on the ledger."""

    name: str
    word: str
    glyph: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    """Names and values."""


def tone(role: Role) -> str:
    """Return the style sheet's class for a role."""
    return _TONES.get(role, "")


def shown(text: str | None, limit: int) -> str:
    """Return a text from outside for the page: secrets masked, control characters visible, at most so long."""
    return clean(mask_for_others(text[: 4 * limit]), limit) if text else ""


def row(task: Task, label: str, now: float) -> Row:
    """Return a task in words; `label` is what its provider is called."""
    word = shown_word(task, now)
    title, task_id = shown(task.title, _LONGEST_NAME), _short_id(task.id)
    note, note_role = _note(task, word, now)
    return Row(
        name=title or task_id,
        id=task_id if title else "",
        whose=" · ".join(part for part in (shown(label, 30), shown(task.model, 40)) if part),
        word=word,
        glyph=GLYPHS[word],
        tone=tone(GLYPH_ROLES[word]),
        left=moment_left(task, now),
        done=share(task, word),
        note=shown(note, _LONGEST_NOTE),
        note_tone=tone(note_role),
    )


def moment_left(task: Task, now: float) -> Moment:
    """Return how long the result can still be saved."""
    words, role = clock(task, now)
    deadline = task.deadline
    is_ahead = task.is_ready and deadline is not None and deadline.at > now
    return Moment(
        words,
        deadline.at if is_ahead and deadline is not None else None,
        tone(role),
        deadline is not None and deadline.source is DeadlineSource.RULE,
    )


def _short_id(task_id: str) -> str:
    """The id, cut in its middle: its end often tells more."""
    whole = clean(task_id, 600)
    if len(whole) <= _LONGEST_ID:
        return whole
    return f"{whole[: _LONGEST_ID - 13]}…{whole[-12:]}"


def _note(task: Task, word: str, now: float) -> tuple[str, Role]:
    """What else there is to say of a task, in a few words."""
    download = task.download
    if word in {"failed", "cancelled"}:
        return task.error_message or task.error_code or "", Role.TEXT
    if is_unanswered(task, now):
        return unanswered_words(task, now), Role.WARN
    if word == WAITING:
        return waiting_words(task, now), Role.WARN
    if word == READY and download.state is DownloadState.FAILED:
        return f"not saved: {download.error}", Role.WARN
    if word == SAVING:
        return _saving(task), Role.TEXT
    if word == SAVED:
        return f"{units.size(download.bytes_total or download.bytes_done)}, {_ago(download.saved_at, now)}", Role.DIM
    if task.state is TaskState.COMPLETED:
        return f"done {_ago(task.completed_at or task.final_seen_at, now)}", Role.DIM
    started = task.created_at or task.running_since
    return (f"for {units.span(now - started)}" if started and now - started >= 10 else ""), Role.DIM


def _saving(task: Task) -> str:
    download = task.download
    of = f" of {units.size(download.bytes_total)}" if download.bytes_total else ""
    if download.paused:
        return f"paused at {units.size(download.bytes_done)}{of}"
    if not download.bytes_done:
        return "waits for its turn"
    at = f", {units.speed(download.speed)}" if download.speed else ""
    return f"{units.size(download.bytes_done)}{of}{at}"


def _ago(at: float | None, now: float) -> str:
    return "" if at is None else units.ago(max(0.0, now - at))


def lost_row(task: Task, label: str, now: float) -> Row:
    """Return a task whose result is lost: its time says when that was."""
    at = task.deadline.at if task.deadline else now
    return row(task, label, now)._replace(left=Moment(units.ago(now - at), None, "bad"))


def group_row(group: FailureGroup, labels: Mapping[str, str], now: float) -> Group:
    """Return tasks that failed alike, and the address of their list."""
    providers = group.providers
    named = type(providers)({labels.get(name, name): count for name, count in providers.items()})
    return Group(
        f"{len(group.tasks):,}",
        group.kind.value,
        shown(group.reason, _LONGEST_NOTE),
        shown(tally_words(named, 60), 80),
        units.ago(now - group.newest),
        _link_to(filter_of(group)),
    )


def _link_to(text: str) -> str:
    """The address of the tasks that match a filter; where that cannot be one, or tells a secret, of all that failed."""
    is_usable = len(text) <= _LONGEST_LINK and text.isprintable() and parse(text).problem is None
    is_usable = is_usable and mask_for_others(text) == text
    return "/?" + urlencode({"filter": text if is_usable else "state:failed"})


def box_row(box: Box, silence: float, now: float) -> Machine:
    """Return an engine and its machine in words; `silence` is for how many seconds it has said nothing."""
    status = box.status
    name = shown(status.host, 60) or f"process {status.pid}"
    facts = [("process", str(status.pid))] if status.pid else []
    if silence > SILENT_AFTER:
        facts += [("last word", units.ago(silence)), ("saved", f"{box.saved:,}")]
        return Machine(name, "silent", "⊘", "warn", tuple(facts))
    if status.working_since is not None:
        facts.append(("works for", units.exact(max(0.0, now - status.working_since))))
    facts.append(("asks", f"{status.asks_last_minute:,} of {status.budget_per_minute:,} a minute"))
    facts.append(("saved", f"{box.saved:,}, {units.size(box.bytes_last_hour)} this hour"))
    if status.downloads_running:
        saving = f"{units.plural(status.downloads_running, 'file')}, {units.speed(status.download_speed)}"
        facts.append(("saving", saving))
    if status.disk_free is not None:
        facts.append(("disk free", units.size(status.disk_free)))
    if status.quota_left is not None:
        facts.append(("quota left", f"{status.quota_left:.0%}"))
    if status.message:
        facts.append(("gateway says", shown(status.message, _LONGEST_NOTE)))
    is_live = status.gateway.value in {"live", "starting"}
    glyph, how = ("●", "good") if is_live else ("✗", "bad")
    return Machine(name, gateway_words(status.gateway), glyph, how, tuple(facts))
