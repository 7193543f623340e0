"""What an entry of the activity log looks like: its mark, and the entry as one line."""

from __future__ import annotations

from octotui import units
from octotui.model import EXPIRED, DownloadState, EventKind, GatewayState, LogEntry, TaskState
from octotui.presentation.styled_text import Role, Span, StyledLine, fit_middle
from octotui.presentation.task_row import DELIVERED, GLYPH_ROLES, GLYPHS, READY, SAVED, SAVING

_NO_MARK = ("·", Role.DIM)
MARKS: dict[str, Span] = {
    EventKind.ADDED: ("+", Role.DIM),
    EventKind.STATE: _NO_MARK,
    EventKind.PROGRESS: _NO_MARK,
    EventKind.FAILURE: ("!", Role.WARN),
    EventKind.RECOVERED: _NO_MARK,
    EventKind.DOWNLOAD: (GLYPHS[SAVING], GLYPH_ROLES[SAVING]),
    EventKind.SAVED: (GLYPHS[SAVED], Role.GOOD),
    EventKind.DELIVERED: (GLYPHS[DELIVERED], Role.GOOD),
    EventKind.DELIVERY: ("!", Role.WARN),
    EventKind.EXPIRING: ("!", Role.WARN),
    EventKind.LOST: (GLYPHS[EXPIRED], Role.BAD),
    EventKind.REGAINED: _NO_MARK,
    EventKind.REMOVED: _NO_MARK,
    EventKind.GATEWAY: ("!", Role.WARN),
    EventKind.ENGINE: ("!", Role.WARN),
    EventKind.PAUSE: ("‖", Role.WARN),
    EventKind.HOOK: _NO_MARK,
    EventKind.NOTIFY: _NO_MARK,
    EventKind.INBOX: _NO_MARK,
}
"""The mark of each kind of event."""
MARKS_OF_DETAIL: dict[tuple[str, str], Span] = {
    (EventKind.STATE, TaskState.COMPLETED): (GLYPHS[READY], Role.GOOD),
    **{
        (EventKind.STATE, state): (GLYPHS[state], GLYPH_ROLES[state])
        for state in TaskState
        if state is not TaskState.COMPLETED
    },
    (EventKind.DOWNLOAD, DownloadState.FAILED): (GLYPHS[TaskState.FAILED], Role.BAD),
    (EventKind.GATEWAY, GatewayState.LIVE): _NO_MARK,
}
"""The mark where `LogEntry.detail` makes a difference."""


def event_mark(event: LogEntry) -> Span:
    """The mark of what happened, the same as that of the state a task is then in."""
    return MARKS_OF_DETAIL.get((event.kind, event.detail)) or MARKS.get(event.kind, _NO_MARK)


def event_line(event: LogEntry, now: float, label: str = "") -> StyledLine:
    """An event as one line: `14:02:07 ✓ Sora video_abc123 24.0 MB in 2.7 s`; with its date where that is not today."""
    glyph, role = event_mark(event)
    subject = " ".join(part for part in (label, event.task_id) if part)
    shown = "" if event.task_id is None or event.task_id in event.text else f"{fit_middle(subject, 34).rstrip()} "
    return (
        (f"{units.moment(event.at, now)} ", Role.DIM),
        (f"{glyph} ", role),
        (shown, Role.TEXT),
        (event.text, Role.TEXT),
    )
