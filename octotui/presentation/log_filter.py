"""What a filter of the activity log lets through: text, `kind:saved`, `provider:veo`, `task:video_1`; `!` inverts."""

from __future__ import annotations

from collections.abc import Callable

from octotui.model import LogEntry

Wanted = Callable[[LogEntry, str, str], bool]
"""Whether an event is wanted, by the event, the label of its provider, and its line as it is shown."""


FIELDS = ("kind", "provider", "task")
"""Fields a term can name."""


def log_problem(text: str) -> str | None:
    """Return what cannot be understood in `text`, None where all can."""
    from octotui.presentation.filters import check_text  # noqa: PLC0415 - the screen's log asks for nothing of it

    for term in text.split():
        name, colon, value = term.removeprefix("!").partition(":")
        if colon and name.lower() not in FIELDS:
            try:
                check_text(name, value, FIELDS)
            except ValueError as error:
                return str(error)
    return None


def log_filter(text: str) -> Wanted:
    """Return what `text` asks for: every term of it must hold; upper and lower case are the same."""
    terms = [_term(term) for term in text.casefold().split()]
    return lambda event, label, line: all(term(event, label, line) for term in terms)


def _term(term: str) -> Wanted:
    if term.startswith("!") and len(term) > 1:
        inner = _term(term[1:])
        return lambda event, label, line: not inner(event, label, line)
    name, colon, value = term.partition(":")
    if colon and name == "kind":
        return lambda event, _label, _line: event.kind.casefold().startswith(value)
    if colon and name == "provider":
        return lambda _event, label, _line: label.casefold().startswith(value)
    if colon and name == "task":
        return lambda event, _label, _line: value in (event.task_id or "").casefold()
    return lambda _event, _label, line: term in line.casefold()
