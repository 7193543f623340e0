"""What an entry of the activity log looks like: its mark, and the entry as one line."""

from __future__ import annotations

from octotui import units
from octotui.model import EXPIRED, LogEntry, TaskState
from octotui.presentation.styled_text import Role, Span, StyledLine, fit_middle
from octotui.presentation.task_row import GLYPH_ROLES, GLYPHS, READY, SAVED, SAVING

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


def event_mark(event: LogEntry) -> Span:
    """The mark of what happened, the same as that of the state a task is then in."""
    for kind, words, mark in _MARKS_OF_WORDS:
        if event.kind == kind and event.text.startswith(words):
            return mark
    return _EVENT_MARKS.get(event.kind, ("·", Role.DIM))


def event_line(event: LogEntry, label: str = "") -> StyledLine:
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
