"""What a ledger is made of, whichever kind it is: tables with their columns, and what each of these may hold.

For taking a ledger into one of another kind. What only helps the work along is not named: revisions, numbers, the
lease, claims, engines, what nobody has taken up yet of asks and posters.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from octotui.ledger.rows import COLUMNS, TYPES

Rows = list[tuple[Any, ...]]


class Kind(StrEnum):
    """What a column holds."""

    INT = "int"
    """A whole number of 64 bits."""
    REAL = "real"
    TEXT = "text"
    BLOB = "blob"
    FLAG = "flag"


_KINDS = {int: Kind.INT, float: Kind.REAL, str: Kind.TEXT}
_WORK = "asks:int answers:int failures:int done:int lags:int lag_sum:real lag_max:real bytes:int"
_HOUR = "hour:int provider:text model:text"


class Column(NamedTuple):
    """One column."""

    name: str
    kind: Kind
    may_be_null: bool = False


def _columns(text: str) -> tuple[Column, ...]:
    found = []
    for word in text.split():
        name, _, kind = word.partition(":")
        found.append(Column(name, Kind(kind.rstrip("?")), kind.endswith("?")))
    return tuple(found)


def _task_columns() -> tuple[Column, ...]:
    found = []
    for name in (word.rstrip("#") for word in COLUMNS.split()):
        (kind,) = TYPES[name] - {type(None)}
        found.append(Column(name, _KINDS[kind], type(None) in TYPES[name]))
    return (*found, Column("folder", Kind.TEXT, may_be_null=True))


OF_TASKS: dict[str, tuple[Column, ...]] = {
    "tasks": _task_columns(),
    "answers": _columns("id:text latest:text previous:text?"),
    "attempts": _columns("task_id:text at:real? rung:text outcome:text"),
    "posters": _columns("task_id:text at:real picture:blob? reason:text?"),
    "copies": _columns("task_id:text place:text location:text size:int sha256:text saved_at:real box:text"),
    "outbox": _columns("at:real kind:text task_id:text hook:flag notify:flag"),
    "deadlines_told": _columns("id:text kind:text"),
}
"""Tables of tasks and of what hangs on them; `tasks` first."""

HISTORY: dict[str, tuple[Column, ...]] = {
    "events": _columns("at:real kind:text task_id:text? text:text detail:text"),
    "durations": _columns("provider:text model:text? seconds:text? size:text? duration:real at:real"),
    "minutes": _columns(f"minute:int {_WORK}"),
    "hours": _columns(f"hour:int {_WORK}"),
    "hour_outcomes": _columns(
        f"{_HOUR} completed:int failed:int cancelled:int saved:int bytes:int lost:int regained:int given_up:int"
    ),
    "hour_failures": _columns(f"{_HOUR} reason:text count:int"),
    "hour_renderings": _columns(f"{_HOUR} bucket:int count:int"),
    "saved_views": _columns("name:text filter:text sort:text provider:text? columns:text"),
    "pause": _columns("since:real"),
}
"""Tables that are about no single task."""

ALL = OF_TASKS | HISTORY


def key_of(table: str) -> str:
    """Return the column that names the task in a table of `OF_TASKS`."""
    return "task_id" if any(column.name == "task_id" for column in OF_TASKS[table]) else "id"


def names(columns: Sequence[Column]) -> str:
    """Return the columns' names for a statement."""
    return ", ".join(column.name for column in columns)


def fitting(columns: Sequence[Column], rows: Rows) -> Rows:
    """Return those of the rows that these columns can hold: damage and other programs write others."""
    return [row for row in rows if all(_fits(column, value) for column, value in zip(columns, row, strict=True))]


def _fits(column: Column, value: object) -> bool:
    if value is None:
        return column.may_be_null
    match column.kind:
        case Kind.INT:
            return type(value) is int
        case Kind.REAL:
            return type(value) is float
        case Kind.FLAG:
            return value in {0, 1}
        case Kind.BLOB:
            return isinstance(value, bytes)
        case _:
            return type(value) is str
