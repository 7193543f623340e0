"""The filter language: text, `"two words"`, `state:failed,ready`, `tag:x`, `model:sora`, `provider:grok`, `left<30m`.

Every term must hold; `!` before one turns it round.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from octotui.model import Task
from octotui.presentation.task_row import shown_word

Test = Callable[[Task, float], bool]
"""Whether a task, at a time in unix seconds, is wanted."""

# Compiled when first used: the first frame has no filter.
_TERM = r'!?left\s*[<>]\s*\S*|(?:"[^"]*"?|[^\s"])+'
"""Blanks end a term, unless they are quoted. An open quote, as while typing, holds all that follows."""
_LEFT = r"left\s*(<|>)\s*(.*)"
_SPAN = r"(\d+(?:\.\d+)?)([smhd]?)"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Filter(NamedTuple):
    """What is shown: tasks for which every term holds."""

    text: str = ""
    """As typed."""
    tests: tuple[Test, ...] = ()
    timed: bool = False
    """Whether the answer can change while the task does not."""
    problem: str | None = None
    """What could not be understood; that term is left out."""
    unknown: str | None = None
    """That a term looks like a field and is none; it is looked for as text, for ids have colons too."""

    def matches(self, task: Task, now: float) -> bool:
        """Whether `task` is shown at `now`."""
        return all(test(task, now) for test in self.tests)


NO_FILTER = Filter()


def parse(text: str) -> Filter:
    """Read a filter as typed. Never fails: a term that makes no sense becomes the filter's `problem`."""
    tests: list[Test] = []
    problems: list[str] = []
    unknown: str | None = None
    timed = False
    for match in re.finditer(_TERM, text, re.IGNORECASE):
        term = match.group()
        inverted = term.startswith("!") and len(term) > 1
        unknown = unknown or _unknown_field(term[1:] if inverted else term)
        try:
            test, term_is_timed = _test(term[1:] if inverted else term)
        except ValueError as error:
            problems.append(str(error))
            continue
        timed = timed or term_is_timed
        tests.append(_inverted(test) if inverted else test)
    return Filter(text.strip(), tuple(tests), timed, problems[0] if problems else None, unknown)


def _unknown_field(term: str) -> str | None:
    name, colon, _ = term.partition(":")
    if not colon or not name.isalpha() or name.lower() in _FIELDS:
        return None
    return f"no field {name[:16]}: {', '.join(_FIELDS)}, left"


def _inverted(test: Test) -> Test:
    return lambda task, now: not test(task, now)


def _test(term: str) -> tuple[Test, bool]:
    """The test a term stands for, and whether it depends on the time."""
    left = re.fullmatch(_LEFT, term, re.IGNORECASE)
    if left:
        return _left_test(left.group(1), left.group(2)), True
    name, colon, value = term.partition(":")
    term, value = term.replace('"', ""), value.replace('"', "")
    field = _FIELDS.get(name.lower()) if colon else None
    if field is None:
        return _text_test(term), False
    words = tuple(word.casefold() for word in value.split(",") if word)
    # Half a term, as while typing, wants everything.
    return (field(words) if words else _anything), name.lower() == "state"


def _anything(task: Task, now: float) -> bool:  # noqa: ARG001 - every test takes both
    return True


def _left_test(sign: str, value: str) -> Test:
    if not value:
        return _anything
    span = re.fullmatch(_SPAN, value, re.IGNORECASE)
    if span is None:
        raise ValueError(f"left{sign}{value}: write a time, as in left<30m")
    limit = float(span.group(1)) * _UNITS[span.group(2).lower() or "m"]

    def test(task: Task, now: float) -> bool:
        if not task.is_ready or task.deadline is None:
            return False
        left = task.deadline.at - now
        return 0 < left < limit if sign == "<" else left > limit

    return test


def _text_test(term: str) -> Test:
    wanted = term.casefold()

    def test(task: Task, now: float) -> bool:
        if wanted in task.id.casefold():
            return True
        texts = (
            task.title,
            task.model,
            task.status,
            task.error_message,
            task.download.file,
            shown_word(task, now),
            *task.tags,
        )
        return any(wanted in text.casefold() for text in texts if text)

    return test


def _state_test(words: tuple[str, ...]) -> Test:
    return lambda task, now: any(
        shown.startswith(words) for shown in (shown_word(task, now), task.shown_state(now)) if shown
    )


def _tag_test(words: tuple[str, ...]) -> Test:
    return lambda task, now: any(tag.casefold().startswith(words) for tag in task.tags)  # noqa: ARG005


def _model_test(words: tuple[str, ...]) -> Test:
    return lambda task, now: any(word in (task.model or "").casefold() for word in words)  # noqa: ARG005


def _provider_test(words: tuple[str, ...]) -> Test:
    return lambda task, now: task.provider.casefold().startswith(words)  # noqa: ARG005


def _error_test(words: tuple[str, ...]) -> Test:
    def test(task: Task, now: float) -> bool:  # noqa: ARG001 - every test takes both
        failure = task.failure.message if task.failure is not None else None
        texts = (task.error_code, task.error_message, task.download.error, failure)
        return any(word in text.casefold() for text in texts if text for word in words)

    return test


_FIELDS: dict[str, Callable[[tuple[str, ...]], Test]] = {
    "state": _state_test,
    "tag": _tag_test,
    "model": _model_test,
    "provider": _provider_test,
    "error": _error_test,
}
"""Fields a term can name; `grok:05c8…` names none of them and is an id."""
