"""Tasks as rows and rows as tasks, in every kind of ledger; how what was asked and what is known make a `Download`."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    download_error speed# download_trouble download_next_at#
"""
"""Names of the columns a task is made of, in the order `task_of` reads; `#` marks a real number."""

ANYWAY = 2
"""The `wanted` of a result that is to be had although no answer calls the task completed; 1 of every other wish."""
_DOWNLOAD = slice(31, None)
"""Where in a row the columns of the download are."""

_TEXTS = """
    id provider route model state status deadline_source result_url error_code error_message seconds size tags
    failure_kind failure_message title prompt download_state download_error download_trouble file sha256
"""
_REQUIRED = """
    id provider route added_at state tags route_confirmed failures wanted wish paused download_state download_wish
    bytes_done
"""


def _types_of(column: str) -> frozenset[type]:
    name = column.rstrip("#")
    kind = float if column.endswith("#") else str if name in _TEXTS.split() else int
    return frozenset({kind} if name in _REQUIRED.split() else {kind, type(None)})


_TYPES = [_types_of(column) for column in COLUMNS.split()]
"""What each value of a row may be."""


@lru_cache(maxsize=4096)
def are_possible(types: tuple[type, ...]) -> bool:
    """Tell whether values of these types can be a row of `COLUMNS`; damage and other programs write others."""
    return len(types) == len(_TYPES) and all(kind in allowed for kind, allowed in zip(types, _TYPES, strict=True))


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
    }


def task_of(row: Row) -> Task:
    """Return the task of a row of `COLUMNS`; words that many tasks share are kept once in memory.

    Raises:
        ValueError: the row holds what no task can have; `LookupError` where it is a word that is not known.

    """
    if not are_possible(tuple(map(type, row))):
        raise ValueError(f"task {row[0]!r} has a value that is none of its column's")
    return Task(
        row[0],
        intern(row[1]),
        intern(row[2]),
        row[3],
        _interned(row[4]),
        _TASK_STATES.get(row[5], TaskState.UNKNOWN),
        _interned(row[6]),
        row[7],
        row[8],
        row[9],
        row[10],
        row[11],
        None if row[12] is None else Deadline(row[12], _SOURCES[row[13]]),
        row[14],
        row[15],
        _interned(row[16]),
        row[17],
        _interned(row[18]),
        _interned(row[19]),
        tags_of(row[20]),
        bool(row[21]),
        row[22],
        row[23],
        _failure_of(row),
        row[28],
        _download_of(row[_DOWNLOAD]),
        row[29],
        row[30],
    )


def _interned(word: str | None) -> str | None:
    return None if word is None else intern(word)


def _failure_of(row: Row) -> RequestFailure | None:
    if row[24] is None:
        return None
    if row[26] is None or row[27] is None:
        raise ValueError(f"task {row[0]!r} failed without a word or a time")
    return RequestFailure(_KINDS[row[24]], row[25], row[26], row[27])


@lru_cache(maxsize=4096)
def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a row. Raises `ValueError` where it has none that could be."""
    tags = json.loads(text)
    if not isinstance(tags, list) or not all(type(tag) is str for tag in tags):
        raise ValueError("tags are a list of texts")
    return tuple(map(intern, tags))


def tags_text(tags: Iterable[str]) -> str:
    """Return tags as a row keeps them: each once, in the order given."""
    return json.dumps(list(dict.fromkeys(plain(tag) for tag in tags)), ensure_ascii=False)


def _download_of(row: Row) -> Download:
    """Make one download of what was asked for and what was reported.

    Saved is saved, whoever asked. Wanted, and nothing reported since: WANTED (with the bytes an earlier try left).
    Cancelled: NONE, whatever was reported. Nobody ever said anything: the report as it is.
    """
    wanted, wish, paused, word, reported_wish, done, total, file, sha256, saved_at, error, speed, name, next_at = row
    state = _DOWNLOAD_STATES.get(word, DownloadState.NONE)
    trouble = _TROUBLES.get(name)
    if state is DownloadState.SAVED:
        return Download(state, done, total, file, sha256, saved_at, error, paused=False, speed=speed, trouble=trouble)
    if not wanted and (wish or state is DownloadState.NONE):
        return NO_DOWNLOAD
    anyway = wanted == ANYWAY
    if wanted and (state is DownloadState.NONE or reported_wish < wish):
        return Download(DownloadState.WANTED, done, total, paused=bool(paused), anyway=anyway)
    return Download(
        state, done, total, file, sha256, saved_at, error, bool(paused), speed, trouble, moment(next_at), anyway
    )
