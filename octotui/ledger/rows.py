"""Tasks as rows and rows as tasks, in every kind of ledger; how what was asked and what is known make a `Download`."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, fields, make_dataclass
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter
from sys import intern
from typing import Any

from octotui.model import (
    NO_DOWNLOAD,
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    DownloadTrouble,
    FailureKind,
    RequestFailure,
    Task,
    TaskState,
)

Row = Sequence[Any]

_LARGEST = 2**63 - 1
_TASK_STATES = {state.value: state for state in TaskState}
_SOURCES = {source.value: source for source in DeadlineSource}
_KINDS = {kind.value: kind for kind in FailureKind}
_DOWNLOAD_STATES = {state.value: state for state in DownloadState}
_TROUBLES = {trouble.value: trouble for trouble in DownloadTrouble}

COLUMNS = """
    id provider route added_at# model state status progress created_at# running_since# completed_at# final_seen_at#
    deadline_at# deadline_source gateway_expires_at# result_url error_code error_message seconds size tags
    route_confirmed last_asked_at# last_answer_at# failure_kind failure_status failure_message failure_at# failures
    title prompt wanted wish paused download_state download_wish bytes_done bytes_total file sha256 saved_at#
    download_error speed# download_trouble download_next_at# delivered download_box download_place
"""
"""Names of the columns a task is made of, in the order of their rows; `#` marks a real number."""

ANYWAY = 2
"""The `wanted` of a result that is to be had although no answer calls the task completed; 1 of every other wish."""

_TEXTS = """
    id provider route model state status deadline_source result_url error_code error_message seconds size tags
    failure_kind failure_message title prompt download_state download_error download_trouble file sha256
    delivered download_box download_place
"""
_FILLED = """
    id provider route added_at state tags route_confirmed failures wanted wish paused download_state download_wish
    bytes_done
"""
REQUIRED = frozenset(_FILLED.split())
"""Columns that have a value in every row."""


def _types_of(column: str) -> frozenset[type]:
    name = column.rstrip("#")
    kind = float if column.endswith("#") else str if name in _TEXTS.split() else int
    return frozenset({kind} if name in REQUIRED else {kind, type(None)})


TYPES = {column.rstrip("#"): _types_of(column) for column in COLUMNS.split()}
"""What each value of a row may be, by the name of its column; damage and other programs write others."""


def plain(text: str) -> str:
    """Return a text that SQLite can hold: lone surrogates become `?`, NUL becomes U+FFFD.

    One such character would stop every later commit.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def unpacked(kept: bytes | str | None) -> str | None:
    """Return a raw answer that the ledger keeps (`facts.packed`); None where there is none, or none that is whole."""
    if isinstance(kept, bytes):
        try:
            return zlib.decompress(kept).decode("utf-8", "ignore")
        except zlib.error:
            return None
    return kept  # 0.1.0 kept them as they were


def maybe_plain(text: str | None) -> str | None:
    """Return `plain(text)`, None for None."""
    return None if text is None else plain(text)


def whole(number: int | None) -> int | None:
    """Return a number SQLite can hold in 64 bits; a larger one becomes the largest."""
    return None if number is None else max(-_LARGEST, min(number, _LARGEST))


def moment(value: float | None) -> float | None:
    """Return a float that SQLite and JSON can hold; NaN and the infinities become None."""
    return value if value is not None and math.isfinite(value) else None


def task_parameters(task: Task, revision: int) -> Row:
    """Return a row for an update: the facts of a task, and none of its intents."""
    deadline = task.deadline if task.deadline is not None and math.isfinite(task.deadline.at) else None
    failure = task.failure
    return (
        plain(task.id),
        revision,
        plain(task.provider),
        plain(task.route),
        maybe_plain(task.model),
        task.state.value,
        maybe_plain(task.status),
        whole(task.progress),
        moment(task.created_at),
        moment(task.running_since),
        moment(task.completed_at),
        moment(task.final_seen_at),
        None if deadline is None else deadline.at,
        None if deadline is None else deadline.source.value,
        moment(task.gateway_expires_at),
        maybe_plain(task.result_url),
        maybe_plain(task.error_code),
        maybe_plain(task.error_message),
        maybe_plain(task.seconds),
        maybe_plain(task.size),
        task.route_confirmed,
        moment(task.last_asked_at),
        moment(task.last_answer_at),
        None if failure is None else failure.kind.value,
        None if failure is None else whole(failure.status),
        None if failure is None else plain(failure.message),
        None if failure is None else moment(failure.at),
        whole(task.failures),
        maybe_plain(task.prompt),
    )


def download_parameters(task_id: str, download: Download, wish: int, revision: int) -> dict[str, Any]:
    """Return a download as named values: never `paused`, which is an intent."""
    return {
        "id": plain(task_id),
        "revision": revision,
        "wish": wish,
        "state": download.state.value,
        "bytes_done": whole(download.bytes_done),
        "bytes_total": whole(download.bytes_total),
        "file": maybe_plain(download.file),
        "sha256": maybe_plain(download.sha256),
        "saved_at": moment(download.saved_at),
        "error": maybe_plain(download.error),
        "speed": moment(download.speed),
        "trouble": None if download.trouble is None else download.trouble.value,
        "next_at": moment(download.next_at),
        "box": maybe_plain(download.box),
        "place": maybe_plain(download.place),
    }


def tags_text(tags: Iterable[str]) -> str:
    """Return tags as a row keeps them: each once, in the order given."""
    return json.dumps(list(dict.fromkeys(plain(tag) for tag in tags)), ensure_ascii=False)


def _types_in(values: Sequence[Any]) -> set[type]:
    """Return which types there are; where nothing is known of any task, as in half of the columns, at one look."""
    nothing = values[0] is None and values.count(None) == len(values)
    return {type(None)} if nothing else set(map(type, values))


class TaskRows:
    """How rows become tasks: many at a time, column by column, and no more of each task than is asked for.

    A column at a time takes half of the time of a row at a time, and a column that nobody needs is the cheapest: the
    table of `octotui ls` reads 30 of 48. A task that was read so has the fields asked for and no others: reading
    another one raises `AttributeError`, so that nobody takes for empty what was not read.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Read the fields `names` of `Task`; raises `ValueError` for a name that is none."""
        wanted = set(names)
        every = [each.name for each in fields(Task)]
        if unknown := wanted.difference(every):
            raise ValueError(f"a task has no field {', '.join(sorted(unknown))}")
        self._fields = [name for name in every if name in wanted]
        needed = {column for name in self._fields for column in _sources(name)}
        self.columns = [column for column in TYPES if column in needed]
        """The columns of a row, in their order."""
        self._make = _maker(wanted)

    def tasks(self, rows: Sequence[Row]) -> list[Task]:
        """Return the tasks of rows of these columns; words that many tasks share are kept once in memory.

        Raises:
            ValueError: a row holds what no task can have; `LookupError` where it is a word that is not known.

        """
        if not rows:
            return []
        return self.of_columns(dict(zip(self.columns, zip(*rows, strict=True), strict=True)), {}, len(rows))

    def of_columns(self, columns: Mapping[str, Sequence[Any]], constants: Mapping[str, Any], count: int) -> list[Task]:
        """Return `count` tasks of the values of columns, and of those that are the same in all rows.

        Raises:
            ValueError: a row holds what no task can have; `LookupError` where it is a word that is not known.

        """
        for name, values in (*columns.items(), *((name, (value,)) for name, value in constants.items())):
            if not TYPES[name].issuperset(_types_in(values)):
                raise ValueError(f"a value of the column {name} is none that it can have")
        return self._make(*(self._decoded(name, columns, constants, count) for name in self._fields))

    @staticmethod
    def _decoded(
        name: str, columns: Mapping[str, Sequence[Any]], constants: Mapping[str, Any], count: int
    ) -> Iterable[Any]:
        sources, decode = _DECODERS.get(name, (name, None))
        names = sources.split()
        if constants.keys() >= set(names):
            once: list[Sequence[Any]] = [(constants[source],) for source in names]
            return chain.from_iterable(repeat(tuple(once[0] if decode is None else decode(*once)), count))
        given = [columns[source] if source in columns else [constants[source]] * count for source in names]
        return given[0] if decode is None else decode(*given)


@lru_cache(maxsize=64)
def task_rows(names: frozenset[str] | None = None) -> TaskRows:
    """Return how tasks with these fields are read; None: with all."""
    return TaskRows(map(attrgetter("name"), fields(Task)) if names is None else names)


def _maker(names: set[str]) -> Callable[..., list[Task]]:
    """Return what makes tasks of the values of these fields, in a quarter of the time that calling `Task` takes.

    `__init__` of a frozen dataclass sets every field by `object.__setattr__` (26 of them: 2.5 µs). Here a dataclass of
    the same slots that is not frozen is filled, and becomes a `Task` after that: 0.6 µs.
    """
    slots = [(each.name, each.type, field(init=each.name in names)) for each in fields(Task)]
    draft: Any = make_dataclass("_Draft", slots, slots=True, repr=False, eq=False)

    def make(*values: Iterable[Any]) -> list[Task]:
        made: list[Any] = list(map(draft, *values))
        for task in made:
            task.__class__ = Task
        return made

    return make


def _sources(name: str) -> list[str]:
    """Return the columns that a field of a task is made of."""
    return _DECODERS[name][0].split() if name in _DECODERS else [name]


def _words(words: Sequence[str | None]) -> list[str | None]:
    return [None if word is None else intern(word) for word in words]


def _states(words: Sequence[str]) -> list[TaskState]:
    return [_TASK_STATES.get(word, TaskState.UNKNOWN) for word in words]


def _deadlines(times: Sequence[float | None], sources: Sequence[str]) -> list[Deadline | None]:
    return [None if at is None else Deadline(at, _SOURCES[source]) for at, source in zip(times, sources, strict=True)]


def _failures(
    kinds: Sequence[str | None], statuses: Sequence[int | None], messages: Sequence[str], times: Sequence[float]
) -> list[RequestFailure | None]:
    told = zip(kinds, statuses, messages, times, strict=True)
    return [None if kind is None else _failure(kind, status, message, at) for kind, status, message, at in told]


def _failure(kind: str, status: int | None, message: str | None, at: float | None) -> RequestFailure:
    if message is None or at is None:
        raise ValueError("a request failed without a word or a time")
    return RequestFailure(_KINDS[kind], status, message, at)


@lru_cache(maxsize=4096)
def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a row. Raises `ValueError` where it has none that could be."""
    tags = json.loads(text)
    if not isinstance(tags, list) or not all(type(tag) is str for tag in tags):
        raise ValueError("tags are a list of texts")
    return tuple(map(intern, tags))


def _downloads(*columns: Sequence[Any]) -> list[Download]:
    wanted, state = 0, 3
    rows = zip(*columns, strict=True)
    return [NO_DOWNLOAD if row[state] == "none" and not row[wanted] else _download(row) for row in rows]


def _download(row: Row) -> Download:
    """Make one download of what was asked for and what was reported.

    Saved is saved, whoever asked. Wanted, and nothing reported since: WANTED (with the bytes an earlier try left).
    Cancelled: NONE, whatever was reported. Nobody ever said anything: the report as it is.
    """
    wanted, wish, paused, word, reported_wish, done, total, file, sha256, saved_at, error, speed, name, *last = row
    next_at, box, place = last
    state = _DOWNLOAD_STATES.get(word, DownloadState.NONE)
    if not wanted and state is not DownloadState.SAVED and (wish or state is DownloadState.NONE):
        return NO_DOWNLOAD
    trouble = None if name is None else _TROUBLES.get(name)
    if state is DownloadState.SAVED:
        return Download(
            state, done, total, file, sha256, saved_at, error, speed=speed, trouble=trouble, box=box, place=place
        )
    anyway = wanted == ANYWAY
    if wanted and (state is DownloadState.NONE or reported_wish < wish):
        return Download(DownloadState.WANTED, done, total, paused=bool(paused), anyway=anyway)
    return Download(
        state,
        done,
        total,
        file,
        sha256,
        saved_at,
        error,
        bool(paused),
        speed,
        trouble,
        moment(next_at),
        anyway,
        box,
        place,
    )


_DECODERS: dict[str, tuple[str, Callable[..., Iterable[Any]]]] = {
    "provider": ("provider", _words),
    "route": ("route", _words),
    "model": ("model", _words),
    "state": ("state", _states),
    "status": ("status", _words),
    "deadline": ("deadline_at deadline_source", _deadlines),
    "error_code": ("error_code", _words),
    "seconds": ("seconds", _words),
    "size": ("size", _words),
    "tags": ("tags", lambda texts: map(tags_of, texts)),
    "route_confirmed": ("route_confirmed", lambda flags: map(bool, flags)),
    "failure": ("failure_kind failure_status failure_message failure_at", _failures),
    "given_title": ("title", lambda titles: titles),
    "download": (
        """
        wanted wish paused download_state download_wish bytes_done bytes_total file sha256 saved_at download_error
        speed download_trouble download_next_at download_box download_place
        """,
        _downloads,
    ),
}
"""Fields that are more than the column of their name: the columns they are made of, and how."""
