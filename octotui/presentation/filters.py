"""The filter language, the same on the screen and in commands: text, fields, times and sizes.

Text and `"two words"` are looked for in ids, titles, models, errors, files, tags and states. Fields:
`state:failed,ready`, `provider:veo`, `model:sora`, `tag:x`, `title:cat`, `error:policy`, `file:night/`, `box:name`;
`created:today`, `done:2d`; `left<30m`, `age>2d`, `size>50MB`, `done>2026-11-29`. A comma means *or*, every term
must hold, and `!` before one turns it round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from octotui.model import Task
from octotui.presentation.task_row import WORDS, shown_word

Test = Callable[[Task, float], bool]
"""Whether a task, at a time in unix seconds, is wanted."""
Span = tuple[float, float]
"""From when to when, unix seconds; the end is no part of it."""

# Compiled when first used: the first frame has no filter.
_MEASURE = r"(age|created|done|left|size)\s*:?\s*(<=|>=|<|>)\s*"
_TERM = rf'!?{_MEASURE}(?:"[^"]*"?|[^\s"])*|(?:"[^"]*"?|[^\s"])+'
"""Blanks end a term, unless they are quoted. An open quote, as while typing, holds all that follows."""
_COMMA = r'(?:"[^"]*"?|[^,"])+'
_SPAN = r"(?:\d{1,15}(?:\.\d{1,9})?[smhdw])+|\d{1,15}(?:\.\d{1,9})?"
_SPAN_PART = r"([\d.]+)([smhdw]?)"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "": 60.0}
_DATE = r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2})(?::(\d{2}))?)?)?)?"

FIELDS = {
    "state": f"{', '.join(WORDS[:7])}, completed, {', '.join(WORDS[7:])}",
    "provider": "its provider's name begins so",
    "model": "its model's name holds this",
    "tag": "one of its tags begins so",
    "title": "its title holds this",
    "error": "why it failed, was not saved or not answered holds this",
    "file": "the path of its file, or its object's URL, holds this",
    "box": "the machine that has its file, or saves it, begins so",
    "age": "time since it was submitted: age>2d",
    "created": "when it was submitted: created:today, created>2026-11-29",
    "done": "when it became final: done:yesterday, done:2d (since then)",
    "left": "time until its result is lost: left<30m",
    "size": "bytes of its file: size>50MB",
}
"""Every field a term can name, and what it says."""


class Filter(NamedTuple):
    """What is shown: tasks for which every term holds."""

    text: str = ""
    """As typed."""
    tests: tuple[Test, ...] = ()
    timed: bool = False
    """Whether the answer can change while the task does not."""
    problem: str | None = None
    """What could not be understood, and what to write instead; that term is left out."""

    def matches(self, task: Task, now: float) -> bool:
        """Whether `task` is shown at `now`."""
        return all(test(task, now) for test in self.tests)


NO_FILTER = Filter()


def parse(text: str) -> Filter:
    """Read a filter as typed. Never fails: a term that makes no sense becomes the filter's `problem`."""
    tests: list[Test] = []
    problems: list[str] = []
    timed = False
    for match in re.finditer(_TERM, text, re.IGNORECASE):
        term = match.group()
        inverted = term.startswith("!") and len(term) > 1
        try:
            test, term_is_timed = _test(term[1:] if inverted else term)
        except ValueError as error:
            problems.append(str(error))
            continue
        timed = timed or term_is_timed
        tests.append(_inverted(test) if inverted else test)
    return Filter(text.strip(), tuple(tests), timed, problems[0] if problems else None)


def _inverted(test: Test) -> Test:
    return lambda task, now: not test(task, now)


def _test(term: str) -> tuple[Test, bool]:
    """The test a term stands for, and whether it depends on the time. Raises `ValueError`."""
    measure = re.match(_MEASURE, term, re.IGNORECASE)
    if measure:
        return _compared(measure[1].lower(), measure[2], term[measure.end() :].replace('"', ""))
    name, colon, value = term.partition(":")
    field = name.lower() if colon else ""
    if field in _MOMENTS:
        return _at_moments(field, _values(value))
    if field in MEASURES:
        raise ValueError(f"{_short(term)}: write {field} with < or >, as in {FIELDS[field].rpartition(': ')[2]}")
    if field not in _WORD_TESTS:
        if colon:
            check_text(name, value, FIELDS)
        return _text_test(term.replace('"', "")), False
    words = tuple(word.casefold() for word in _values(value))
    # Half a term, as while typing, wants everything.
    return (_WORD_TESTS[field](words) if words else _anything), field == "state"


def _values(value: str) -> list[str]:
    """What stands between commas, those in quotes left as they are."""
    return [part for each in re.findall(_COMMA, value) if (part := each.replace('"', ""))]


def _short(term: str) -> str:
    return term if len(term) <= 40 else f"{term[:39]}…"


def check_text(name: str, value: str, fields: Iterable[str]) -> None:
    """Raise `ValueError` where a text with a colon was meant to name a field.

    Ids and links have colons too. A name that is no field is taken for text where it holds more than letters
    (`sora-2:…`, `veo3.1:…`), where ids are known to begin so (`grok:…`), where `//` follows, and where a digit follows
    and no field is called nearly so (`other:4711`).
    """
    if not name.isascii() or not name.isalpha() or value.startswith("//"):
        return
    from octotui.gateway.providers import BUILTIN  # noqa: PLC0415 - only where a colon follows no field

    prefixes = {prefix.rstrip("-") for provider in BUILTIN for prefix in (provider.name, *provider.id_prefixes)}
    if name.lower() in prefixes:
        return
    import difflib  # noqa: PLC0415 - as above

    known = list(fields)
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.7)
    if not near and any(map(str.isdigit, value)):
        return
    guess = f" (did you mean {near[0]}?)" if near else ""
    raise ValueError(f'no field {name[:16]}{guess}: {", ".join(known)}; for text write "{_short(f"{name}:{value}")}"')


def _anything(task: Task, now: float) -> bool:  # noqa: ARG001 - every test takes both
    return True


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
            task.delivered,
            shown_word(task, now),
            *task.tags,
        )
        return any(wanted in text.casefold() for text in texts if text)

    return test


def _state_test(words: tuple[str, ...]) -> Test:
    known = FIELDS["state"].split(", ")
    for word in words:
        if not any(each.startswith(word) for each in known):
            raise ValueError(f"no state {_short(word)}: {FIELDS['state']}")
    return lambda task, now: any(
        shown.startswith(words)  # what is delivered is saved as well
        for shown in (shown_word(task, now), task.shown_state(now), "saved" if task.is_saved else "")
    )


def _tag_test(words: tuple[str, ...]) -> Test:
    return lambda task, now: any(tag.casefold().startswith(words) for tag in task.tags)  # noqa: ARG005


def _provider_test(words: tuple[str, ...]) -> Test:
    return lambda task, now: task.provider.casefold().startswith(words)  # noqa: ARG005


def _held_by(text_of: Callable[[Task], str | None]) -> Callable[[tuple[str, ...]], Test]:
    def made(words: tuple[str, ...]) -> Test:
        def test(task: Task, now: float) -> bool:  # noqa: ARG001 - every test takes both
            text = text_of(task)
            if not text:
                return False
            folded = text.casefold()
            return any(word in folded for word in words)

        return test

    return made


def _errors(task: Task) -> str:
    failure = task.failure.message if task.failure else None
    return "\n".join(each for each in (task.error_code, task.error_message, task.download.error, failure) if each)


def _box_test(words: tuple[str, ...]) -> Test:
    """A file that no other machine has can only be on this one."""
    from octotui.presentation.boxes.whereabouts import box_of  # noqa: PLC0415 - no filter at the first frame

    return lambda task, now: box_of(task).casefold().startswith(words)  # noqa: ARG005


_WORD_TESTS: dict[str, Callable[[tuple[str, ...]], Test]] = {
    "state": _state_test,
    "provider": _provider_test,
    "model": _held_by(lambda task: task.model),
    "tag": _tag_test,
    "title": _held_by(lambda task: task.title),
    "error": _held_by(_errors),
    "file": _held_by(lambda task: "\n".join(each for each in (task.download.file, task.delivered) if each)),
    "box": _box_test,
}
"""Fields of words; `grok:05c8…` names none of them and is an id."""


def _started(task: Task) -> float | None:
    return task.created_at or task.added_at


def _ended(task: Task) -> float | None:
    return (task.completed_at or task.final_seen_at) if task.state.is_final else None


_MOMENTS: dict[str, Callable[[Task], float | None]] = {"created": _started, "done": _ended}
"""Fields that are a moment: unix seconds."""


def _age(task: Task, now: float) -> float | None:
    return now - (task.created_at or task.added_at)


def _left(task: Task, now: float) -> float | None:
    left = task.deadline.at - now if task.is_ready and task.deadline else 0.0
    return left if left > 0 else None


def _size(task: Task, now: float) -> float | None:  # noqa: ARG001 - every measure takes both
    return task.download.bytes_total or task.download.bytes_done or None


MEASURES: dict[str, Callable[[Task, float], float | None]] = {"age": _age, "left": _left, "size": _size}
"""Fields that are a number: seconds or bytes. A task that has none is neither below nor above anything."""


def _compared(field: str, sign: str, value: str) -> tuple[Test, bool]:
    """`left<30m`, `size>=2GB`, `done>yesterday`."""
    if not value:
        return _anything, False
    try:
        if field in _MOMENTS:
            span_at, is_timed = _day_or_date(value)
            return _compared_moment(_MOMENTS[field], sign, span_at), is_timed
        limit = _bytes(value) if field == "size" else _seconds(value)
    except (ValueError, OverflowError):
        what, example = ("size", "50MB") if field == "size" else ("time", "30m")
        if field in _MOMENTS:
            what, example = "day", f"2026-11-29, today, yesterday; for a span {field}:2d"
        raise ValueError(f"{_short(field + sign + value)}: write a {what}, as in {field}{sign}{example}") from None
    return _compared_number(MEASURES[field], sign, limit), field != "size"


def _compared_number(measure: Callable[[Task, float], float | None], sign: str, limit: float) -> Test:
    def test(task: Task, now: float) -> bool:
        number = measure(task, now)
        if number is None:
            return False
        if number == limit:
            return len(sign) > 1
        return number < limit if sign[0] == "<" else number > limit

    return test


def _compared_moment(moment_of: Callable[[Task], float | None], sign: str, span_at: Callable[[float], Span]) -> Test:
    """After a day is after its end, before it is before its beginning; with `=` the day itself is a part."""
    is_before, takes_day = sign[0] == "<", len(sign) > 1

    def test(task: Task, now: float) -> bool:
        at = moment_of(task)
        if at is None:
            return False
        begin, end = span_at(now)
        if is_before:
            return at < (end if takes_day else begin)
        return at >= (begin if takes_day else end)

    return test


def _at_moments(field: str, values: Sequence[str]) -> tuple[Test, bool]:
    """`created:today`, `done:2026-11-28,2026-11-29`, `created:2d`: within the last two days."""
    if not values:
        return _anything, False
    spans: list[Callable[[float], Span]] = []
    timed = False
    for value in values:
        try:
            span_at, is_timed = _moment(value)
        except (ValueError, OverflowError):
            said = f"{field}:{value}"
            raise ValueError(f"{_short(said)}: write a time, as in {field}:2d, 2026-11-29, today, yesterday") from None
        spans.append(span_at)
        timed = timed or is_timed
    moment_of = _MOMENTS[field]

    def test(task: Task, now: float) -> bool:
        at = moment_of(task)
        return at is not None and any(begin <= at < end for begin, end in [span_at(now) for span_at in spans])

    return test, timed


def _moment(value: str) -> tuple[Callable[[float], Span], bool]:
    """What a day, a date or a span (all since then) stands for, and whether that depends on the time.

    Raises `ValueError` for anything else.
    """
    if value.isdigit() or re.fullmatch(_SPAN, value, re.IGNORECASE) is None:
        # Digits alone are a year: minutes are written with their unit here.
        return _day_or_date(value)
    ago = _seconds(value)
    return (lambda now: (now - ago, float("inf"))), True


def _day_or_date(value: str) -> tuple[Callable[[float], Span], bool]:
    """The same of a day or a date: all of it, local time. A span is none: `done<2d` could mean either."""
    word = value.lower()
    if word in {"today", "yesterday"}:
        return _remembered(lambda now: _day(now, 0 if word == "today" else -1)), True
    date = re.fullmatch(_DATE, value, re.IGNORECASE)
    if date is None:
        raise ValueError
    fixed = _dates(*(None if part is None else int(part) for part in date.groups()))
    return lambda now: fixed, False  # noqa: ARG005 - every moment takes the time


def _remembered(span_at: Callable[[float], Span]) -> Callable[[float], Span]:
    """The same, worked out once for all tasks that are looked at in one second."""
    last: tuple[int, Span] | None = None

    def remembered(now: float) -> Span:
        nonlocal last
        if last is None or last[0] != int(now):
            last = int(now), span_at(now)
        return last[1]

    return remembered


def _day(now: float, days: int) -> Span:
    import time  # noqa: PLC0415 - no filter at the first frame

    local = time.localtime(now)
    begin, end = (
        time.mktime((local.tm_year, local.tm_mon, local.tm_mday + days + more, 0, 0, 0, 0, 0, -1)) for more in (0, 1)
    )
    return begin, end


def _dates(year: int | None, month: int | None, day: int | None, hour: int | None, minute: int | None) -> Span:
    """A year, a month, a day, an hour or a minute, local time. Raises `ValueError`, `OverflowError`."""
    import datetime  # noqa: PLC0415 - as above
    import time  # noqa: PLC0415 - as above

    assert year is not None  # noqa: S101 - the pattern says so
    whole = (year, month or 1, day or 1, hour or 0, minute or 0)
    datetime.datetime(*whole)  # noqa: DTZ001 - only asked whether it exists
    written = sum(part is not None for part in (year, month, day, hour, minute))

    def mark(more: int) -> float:
        parts = [*whole]
        parts[written - 1] += more
        return time.mktime((parts[0], parts[1], parts[2], parts[3], parts[4], 0, 0, 0, -1))

    return mark(0), mark(1)


def _seconds(value: str) -> float:
    if re.fullmatch(_SPAN, value, re.IGNORECASE) is None:
        raise ValueError
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in re.findall(_SPAN_PART, value, re.IGNORECASE))


def _bytes(value: str) -> int:
    from octotui.config.value_readers import read_size  # noqa: PLC0415 - no filter at the first frame

    return read_size(value if value[-1:] in "bB" else f"{value}B")
