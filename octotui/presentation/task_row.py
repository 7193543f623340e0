"""What a row says about a task: pure functions of the task, the time and the width."""

from __future__ import annotations

from typing import NamedTuple

from octotui import units
from octotui.estimates import Expectation
from octotui.model import EXPIRED, DeadlineSource, DownloadState, Task, TaskState
from octotui.presentation.columns import RIGHT, Layout
from octotui.presentation.styled_text import Role, Span, StyledLine, fit, fit_middle, fit_model, fit_right, width_of

READY = "ready"
SAVING = "saving"
WAITING = "waiting"
"""A result that is wanted, and whose download waits for something besides its turn."""
SAVED = "saved"
DELIVERED = "delivered"
"""A saved result that lies where results are delivered to."""
ON_DISK = frozenset({SAVED, DELIVERED})
"""What needs nobody's care any more."""

WORDS = ("queued", "running", READY, SAVING, WAITING, SAVED, DELIVERED, "failed", "cancelled", EXPIRED, "unknown")
"""Every state a row can show, in the order in which a task goes through them."""

GLYPHS = {
    "queued": "◌",
    "running": "◐",
    READY: "●",
    SAVING: "↓",
    WAITING: "⇣",
    SAVED: "✓",
    DELIVERED: "⇡",
    "failed": "✗",
    "cancelled": "⊘",
    EXPIRED: "▽",
    "unknown": "?",
}
WORD_ROLES = {
    "queued": Role.DIM,
    "running": Role.TEXT,
    READY: Role.STRONG,
    SAVING: Role.STRONG,
    WAITING: Role.WARN,
    SAVED: Role.DIM,
    DELIVERED: Role.DIM,
    "failed": Role.BAD,
    "cancelled": Role.DIM,
    EXPIRED: Role.BAD,
    "unknown": Role.WARN,
}
GLYPH_ROLES = WORD_ROLES | {
    "running": Role.WORK,
    READY: Role.GOOD,
    SAVING: Role.WORK,
    SAVED: Role.GOOD,
    DELIVERED: Role.GOOD,
}

STALE_AFTER = 60.0
"""Seconds without a good answer after which a failing task's row is dimmed."""
OLD_AFTER = 300.0
"""The same where nothing failed but nobody asked either: offline, paused, or too many tasks for the budget."""


class View(NamedTuple):
    """Everything besides the task that a row depends on."""

    now: float
    layout: Layout
    expected: Expectation | None = None
    """When it should be done, where anything is known that tells."""
    marked: bool = False
    coarse: bool = False
    """Whether the line is slow: clocks to the minute, bars of text."""
    short_id: str = ""
    """As much of the id as tells it apart; empty: cut where it must be."""
    label: str = ""
    """What its provider is called."""
    more: tuple[str, ...] = ()
    """Texts of the further columns of `layout.more`."""


def shown_word(task: Task, now: float) -> str:
    """The one word for where a task stands, the download included."""
    download = task.download
    if download.state is DownloadState.SAVED:
        return SAVED if task.delivered is None else DELIVERED
    if task.state is not TaskState.COMPLETED:
        return task.state.value
    if download.state is DownloadState.RUNNING:
        return SAVING
    if task.is_expired(now):
        return EXPIRED
    if download.state is not DownloadState.WANTED:
        return READY
    return WAITING if download.is_waiting else SAVING


def waiting_words(task: Task, now: float, *, coarse: bool = False) -> str:
    """What a download waits for, and how long until it is tried again: `again in 4m: content: HTTP 502`."""
    download = task.download
    left = 0.0 if download.next_at is None else download.next_at - now
    until = f"again in {units.span(left, coarse=coarse)}: " if left > 0 else ""
    return f"{until}{download.error or ''}"


def is_stale(task: Task, now: float) -> bool:
    """Whether the last good answer is too old to be believed."""
    if task.state.is_final:
        return False
    if task.failure is None:
        return task.last_answer_at is not None and now - task.last_answer_at >= OLD_AFTER
    return now - (task.last_answer_at or task.added_at) >= STALE_AFTER


def is_unanswered(task: Task, now: float) -> bool:
    """Whether asking about it fails, and has done so for longer than a moment: it does not just wait."""
    return task.failure is not None and not task.state.is_final and (task.failures > 1 or is_stale(task, now))


def unanswered_words(task: Task, now: float, *, coarse: bool = False) -> str:
    """How old what is known is, why there is nothing newer, and how often that was tried: `42% 5m old: HTTP 502`."""
    if task.failure is None:
        return ""
    tries = f", {task.failures} tries" if task.failures > 1 else ""
    if task.last_answer_at is None:
        return f"{task.failure.message}{tries}"
    done = f"{task.progress}% " if task.progress is not None else ""
    return f"{done}{units.span(now - task.last_answer_at, coarse=coarse)} old: {task.failure.message}{tries}"


def row(task: Task, view: View) -> StyledLine:
    """One row of the table, exactly `view.layout.width` cells wide."""
    layout = view.layout
    word = shown_word(task, view.now)
    spans: list[Span] = [("▌" if view.marked else " ", Role.MARK)]
    if layout.clock:
        text, role = clock(task, view.now, coarse=view.coarse)
        spans.append((fit(text, layout.clock + 1), role))
    if layout.state:
        spans += _state(task, word, layout.state + 1, view.now)
    if layout.provider:
        spans.append((fit(view.label or task.provider, layout.provider) + " ", Role.DIM))
    spans += _name(task, view, _name_role(word))
    if layout.percent:
        spans.append((" " + fit_right(_percent(task, word), layout.percent), Role.TEXT))
    beside = _beside(task, view)
    if layout.note:
        spans.append((" ", Role.TEXT))
        spans += _note_and_tail(task, word, view, beside)
    spans += beside
    if is_stale(task, view.now):
        spans = [(text, Role.DIM if role in _FADES else role) for text, role in spans]
    return _trimmed(spans, layout.width)


def _name(task: Task, view: View, role: Role) -> list[Span]:
    """The title and what tells the id apart; a task without a title shows its id in the room of both."""
    layout = view.layout
    if layout.titled and task.title:
        spans = [(fit(task.title, layout.main), role)]
        return [*spans, (" " + fit_middle(view.short_id or task.id, layout.id), Role.DIM)] if layout.id else spans
    return [(fit_middle(task.id, layout.main + (layout.id + 1 if layout.id else 0)), role)]


def _beside(task: Task, view: View) -> list[Span]:
    """The columns at the right end of a row, each with the blank before it."""
    layout = view.layout
    spans: list[Span] = []
    if layout.took:
        spans.append((" " + fit_right(_took(task, view.now), layout.took), Role.DIM))
    if layout.model:
        spans.append((" " + fit_model(task.model or "", layout.model, task.provider), Role.DIM))
    for (name, cells), text in zip(layout.more, view.more, strict=False):
        shown = fit_right(text, cells) if name in RIGHT else fit(text, cells)
        spans.append((" " + shown, Role.DIM))
    if layout.tags:
        spans.append((" " + fit(" ".join(task.tags), layout.tags), Role.DIM))
    return spans


_FADES = frozenset({Role.TEXT, Role.STRONG, Role.WORK})


def _trimmed(spans: list[Span], width: int) -> StyledLine:
    """The row cut to its width: only below 12 cells is there ever too much of it."""
    if width >= 12:
        return tuple(span for span in spans if span[0])
    text = "".join(text for text, _ in spans)
    return ((fit(text, width), Role.TEXT),) if width > 0 else ()


def time_left(task: Task, now: float, *, coarse: bool = False) -> str:
    """How long the result can still be saved: nothing while there is none, `gone` when it is lost."""
    deadline = task.deadline
    if task.state is not TaskState.COMPLETED:
        return ""
    if deadline is None:
        return "" if task.is_saved else "?"
    left = int(deadline.at) - int(now)
    if left <= 0:
        return "" if task.is_saved else "gone"
    words = units.countdown(left, coarse=coarse)
    return f"~{words}" if deadline.source is DeadlineSource.RULE else words


def clock(task: Task, now: float, *, coarse: bool = False) -> Span:
    """What `time_left` says, as it looks."""
    text = time_left(task, now, coarse=coarse)
    if task.state is not TaskState.COMPLETED:
        return text, Role.TEXT
    if task.is_saved or task.deadline is None:
        return text, Role.DIM
    left = int(task.deadline.at) - int(now)
    return text, urgency(left) if left > 0 else Role.BAD


def urgency(seconds: float) -> Role:
    """How a countdown looks: over an hour, under an hour, under fifteen minutes."""
    if seconds < units.SECONDS_SHOWN_BELOW:
        return Role.ALARM
    return Role.WARN if seconds < units.HOUR else Role.TEXT


def _state(task: Task, word: str, width: int, now: float) -> list[Span]:
    role = Role.WARN if is_unanswered(task, now) else GLYPH_ROLES[word]
    if width < 4:
        return [(fit(GLYPHS[word], width), role)]
    wanted = task.state is not TaskState.COMPLETED and task.download.state is DownloadState.WANTED
    wish = "‖" if task.download.paused else "↓"
    text = f"{word} {wish}" if wanted and not task.state.is_final else word
    return [(GLYPHS[word] + " ", role), (fit(text, width - 2), WORD_ROLES[word])]


def _name_role(word: str) -> Role:
    return Role.DIM if word in {SAVED, DELIVERED, "cancelled", "queued"} else Role.TEXT


def share(task: Task, word: str) -> int | None:
    """How much is done, 0 to 100: of the download while saving, of the video while running."""
    download = task.download
    if word in {SAVING, WAITING}:
        return min(100, 100 * download.bytes_done // download.bytes_total) if download.bytes_total else None
    return task.progress if word == "running" else None


def _percent(task: Task, word: str) -> str:
    done = share(task, word)
    return "" if done is None else f"{done}%"


def bar(done: int, width: int) -> tuple[Span, ...]:
    """A bar `width` cells wide, `done` of 100 filled, in half cells."""
    halves = done * width * 2 // 100
    filled = "━" * (halves // 2) + ("╸" if halves % 2 else "")
    return (filled, Role.WORK), ("─" * (width - len(filled)), Role.TROUGH)


def text_bar(done: int, width: int) -> tuple[Span, ...]:
    """The same in characters that every terminal has, one colour and whole cells."""
    filled = done * width // 100
    return (("#" * filled + "." * (width - filled), Role.TEXT),)


def _note_and_tail(task: Task, word: str, view: View, beside: list[Span]) -> list[Span]:
    """The middle of the row: a bar and what is left to do, or words that take the room of both.

    Words that are longer take the columns of `beside` that are empty, too, up to the first one that is not.
    """
    layout = view.layout
    words = _words(task, word, view)
    if words is not None:
        room = layout.note + 1 + layout.tail
        needed = width_of((words,))
        while beside and needed > room and not beside[0][0].strip():
            room += width_of((beside.pop(0),))
        return [(fit(words[0], room), words[1])]
    done = share(task, word)
    if done is None:
        note, role = _note(task, word)
        spans: list[Span] = [(fit(note, layout.note), role)]
    else:
        drawn = text_bar(done, layout.bar) if view.coarse else bar(done, layout.bar)
        spans = [*drawn, (fit(fit_right(f"{done}%", 5), layout.note - layout.bar), Role.TEXT)]
    tail, role = _tail(task, word, view)
    return [*spans, (" " + fit(tail, layout.tail), role)]


def _words(task: Task, word: str, view: View) -> Span | None:
    """What must be said in words: why it failed, why nothing is known, why nothing moves."""
    if word in {"failed", "cancelled"}:
        return task.error_message or task.error_code or "", Role.BAD if word == "failed" else Role.DIM
    if word == EXPIRED:
        lost_at = task.deadline.at if task.deadline else view.now
        return f"lost {units.ago(view.now - lost_at, coarse=view.coarse)}", Role.BAD
    if is_unanswered(task, view.now) or (task.last_answer_at is None and task.failure is not None):
        return unanswered_words(task, view.now, coarse=view.coarse), Role.WARN
    error = task.download.error
    if error and word == READY and task.download.state is DownloadState.FAILED:
        return f"not saved: {error}", Role.BAD
    if word == WAITING:
        return waiting_words(task, view.now, coarse=view.coarse), Role.WARN
    return None


def _note(task: Task, word: str) -> Span:
    """A few words where a bar would be."""
    if word in ON_DISK:
        return units.size(task.download.bytes_total or task.download.bytes_done), Role.DIM
    if word == SAVING:
        return units.size(task.download.bytes_done) if task.download.bytes_done else "", Role.TEXT
    if word == READY:
        seconds = f"{task.seconds}s" if task.seconds else ""
        return f"{seconds} {task.size or ''}".strip(), Role.DIM
    if word == "unknown" and task.status:
        return f"“{task.status}”", Role.WARN
    if word == "running":
        return task.status or "", Role.DIM
    return "", Role.DIM


def _tail(task: Task, word: str, view: View) -> Span:
    """Time to go, speed or age, at most eight cells."""
    now = view.now
    if word == SAVING:
        return _saving_tail(task)
    if word in ON_DISK:
        return units.ago(now - (task.download.saved_at or now), coarse=view.coarse), Role.DIM
    if word == READY:
        finished = task.completed_at or task.final_seen_at
        return ("", Role.DIM) if finished is None else (units.ago(now - finished, coarse=view.coarse), Role.DIM)
    if is_stale(task, now):
        return f"{units.span(now - (task.last_answer_at or task.added_at), coarse=view.coarse)} old", Role.WARN
    if word == "running":
        return _running_tail(task, view)
    return "", Role.DIM


def _saving_tail(task: Task) -> Span:
    if task.download.paused:
        return "paused", Role.WARN
    if task.download.state is DownloadState.WANTED:
        return "waiting", Role.DIM
    return units.speed(task.download.speed) if task.download.speed else "", Role.TEXT


def _took(task: Task, now: float) -> str:
    """How long ago a task was submitted, or how long it took once it has ended."""
    if task.created_at is None:
        return ""
    ended = (task.completed_at or task.final_seen_at) if task.state.is_final else None
    return units.span((ended or now) - task.created_at)


def _running_tail(task: Task, view: View) -> Span:
    expected = view.expected
    if expected is None:
        # A task met in the middle of its run was seen running only just now: when it was submitted tells more.
        started = task.created_at or task.running_since
        elapsed = 0.0 if started is None else view.now - started
        shown = elapsed >= 10 and not view.layout.took
        return units.span(elapsed, coarse=view.coarse) if shown else "", Role.DIM
    pace = expected.pace(view.now)
    if pace:
        return pace, Role.WARN
    return units.estimate(expected.remaining(view.now)[0], coarse=view.coarse), Role.DIM
