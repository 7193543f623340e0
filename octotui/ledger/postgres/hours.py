"""The rollup by hour, kept for 400 days: counted in the transaction that stores what it counts.

The same numbers as in `octotui/ledger/sqlite/hours.py`. Here what belongs to one place is added up first, so that a
batch costs as many statements as it has hours and models, and not as many as it has tasks.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from octotui.ledger.hours import (
    AT_ONCE,
    HOUR,
    KEPT,
    LONGEST_MODEL,
    MOST_MODELS,
    MOST_REASONS,
    OTHER,
    SET_BACK,
    TOTAL,
    bucket_of,
    column_of,
    ended_at,
    hour_of,
    reason_of,
)
from octotui.ledger.postgres import bulk
from octotui.ledger.records import FailureCount, History, Minute, Outcome, Rendering
from octotui.ledger.rows import plain, whole
from octotui.model import TaskState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.records import Duration
    from octotui.model import Download, LogEntry, Task

_TABLES = ("hours", "hour_outcomes", "hour_failures", "hour_renderings")
_FINAL = [state.value for state in TaskState if state.is_final]
_LARGEST = 2**63 - 1
_WORK = {
    "asks": "bigint",
    "answers": "bigint",
    "failures": "bigint",
    "done": "bigint",
    "lags": "bigint",
    "lag_sum": "double precision",
    "lag_max": "double precision",
    "bytes": "bigint",
}


class _Place(NamedTuple):
    """Whose hour it is."""

    hour: int
    provider: str
    model: str


def _place(at: float, provider: str, model: str | None) -> _Place:
    return _Place(min(hour_of(at), _LARGEST), plain(provider), plain(model or "")[:LONGEST_MODEL])


def count_ends(connection: LedgerConnection, tasks: Iterable[Task]) -> None:
    """Count the tasks that end with this write. Call before it: what is final in the ledger was counted then."""
    ends = {plain(task.id): task for task in tasks if task.state.is_final}
    if not ends:
        return
    query = "SELECT id, model, title, prompt FROM tasks WHERE id = ANY(%s) AND NOT state = ANY(%s) ORDER BY number"
    counts: defaultdict[_Place, Counter[str]] = defaultdict(Counter)
    failures: Counter[tuple[_Place, str]] = Counter()
    for task_id, model, title, prompt in connection.execute(query, (list(ends), _FINAL)):
        task = ends[task_id]
        at = ended_at(task)
        if at is None or at < 0:
            continue
        place = _place(at, task.provider, task.model or model)
        counts[place][task.state.value] += 1
        if task.state is TaskState.FAILED:
            failures[place, reason_of(task.error_code, task.error_message, title, prompt, task.prompt)] += 1
    told_apart = _add(connection, counts)
    for (place, reason), count in failures.items():
        _add_failures(connection, told_apart[place], reason, count)


def count_saved(connection: LedgerConnection, downloads: Iterable[tuple[str, Download]]) -> None:
    """Count the files that are saved with this write. Call before it."""
    saved = {plain(task_id): download for task_id, download in downloads if download.saved_at is not None}
    if not saved:
        return
    query = "SELECT id, provider, model FROM tasks WHERE id = ANY(%s) AND download_state <> 'saved' ORDER BY number"
    counts: defaultdict[_Place, Counter[str]] = defaultdict(Counter)
    for task_id, provider, model in connection.execute(query, (list(saved),)):
        download = saved[task_id]
        at = download.saved_at
        if at is not None and math.isfinite(at) and at >= 0:
            place = _place(at, provider, model)
            counts[place].update(saved=1, bytes=whole(download.bytes_total or download.bytes_done) or 0)
    _add(connection, counts)


def count_losses(connection: LedgerConnection, events: Iterable[LogEntry]) -> None:
    """Count the results that were lost, or turned out not to be, and downloads given up, by these lines of the log."""
    told = [(event, word) for event in events if (word := column_of(event)) is not None and event.at >= 0]
    if not told:
        return
    ids = [plain(event.task_id or "") for event, _ in told]
    query = "SELECT id, provider, model FROM tasks WHERE id = ANY(%s)"
    known = {row[0]: row[1:] for row in connection.execute(query, (ids,))}
    counts: defaultdict[_Place, Counter[str]] = defaultdict(Counter)
    for task_id, (event, word) in zip(ids, told, strict=True):
        if task_id in known:
            counts[_place(event.at, *known[task_id])][word] += 1
    _add(connection, counts)


def count_renderings(connection: LedgerConnection, durations: Iterable[Duration]) -> None:
    """Count how long tasks took from start to end."""
    found = Counter(
        (_place(each.at, each.provider, each.model), bucket_of(each.duration))
        for each in durations
        if math.isfinite(each.duration) and math.isfinite(each.at) and each.at >= 0
    )
    for (hour_place, bucket), count in found.items():
        for place in (hour_place._replace(hour=TOTAL), hour_place):
            connection.execute(
                """
                INSERT INTO hour_renderings VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (hour, provider, model, bucket) DO UPDATE SET count = hour_renderings.count + excluded.count
                """,
                (*_told_apart(connection, place), bucket, count),
            )


def count_work(connection: LedgerConnection, minutes: Collection[Minute]) -> None:
    """Add what was done in these minutes to their hours; once an hour, drop what is too old.

    What lies ahead of the newest minute was written before somebody set the clock back, and goes too. A clock that is
    wrong for a while (a machine that starts in 1970) must not cost a year: what lies further ahead than `SET_BACK`
    stays, and no more than `AT_ONCE` of the oldest goes at a time.
    """
    newest = hour_of(max(minute.at for minute in minutes))
    ahead = newest + SET_BACK
    if connection.execute("SELECT max(hour) FROM hours WHERE hour <= %s", (ahead,)).fetchone() != (newest,):
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table} WHERE hour > %s AND hour <= %s".encode(), (newest, ahead))  # noqa: S608
            connection.execute(
                f"""
                DELETE FROM {table} WHERE hour > %s AND hour < %s
                    AND hour < (SELECT min(hour) FROM {table} WHERE hour > %s) + %s
                """.encode(),  # noqa: S608 - names of ours
                (TOTAL, newest - HOUR * (KEPT - 1), TOTAL, AT_ONCE),
            )
    at_hours = [minute._replace(at=hour_of(minute.at)) for minute in minutes]
    add_up(connection, "hours", "hour", [*at_hours, *(minute._replace(at=TOTAL) for minute in minutes)])


def add_up(connection: LedgerConnection, table: str, column: str, minutes: Iterable[Minute]) -> None:
    """Add work to what a table has of the same time; `column` says when that began."""
    together: dict[int, Minute] = {}
    for minute in minutes:
        together[minute.at] = together[minute.at].plus(minute) if minute.at in together else minute
    added = ", ".join(
        f"{name} = GREATEST({table}.{name}, excluded.{name})"
        if name == "lag_max"
        else f"{name} = {_sum(kind, f'{table}.{name}', f'excluded.{name}')}"
        for name, kind in _WORK.items()
    )
    bulk.execute(
        connection,
        f"""
        INSERT INTO {table} SELECT at, {", ".join(_WORK)} FROM :rows ON CONFLICT ({column}) DO UPDATE SET {added}
        """,  # noqa: S608 - names of ours
        {"at": "bigint", **_WORK},
        [
            (each.at, *(whole(value) if isinstance(value, int) else value for value in each[1:]))
            for each in together.values()
        ],
    )


def _sum(kind: str, one: str, other: str) -> str:
    """Return SQL for a sum that stays within 64 bits: one number too large would stop every later write."""
    return f"{one} + {other}" if kind != "bigint" else f"LEAST({one}::numeric + {other}, {_LARGEST})::bigint"


def _add(connection: LedgerConnection, counts: dict[_Place, Counter[str]]) -> dict[_Place, _Place]:
    """Count things in their hours and over all time; returns where each of the hours' places is counted."""
    found: dict[_Place, _Place] = {}
    for place, added in counts.items():
        changes = ", ".join(f"{column} = {_sum('bigint', column, '%s')}" for column in added)
        for counted in (place._replace(hour=TOTAL), place):
            found[place] = _told_apart(connection, counted)
            connection.execute(
                f"UPDATE hour_outcomes SET {changes} WHERE hour = %s AND provider = %s AND model = %s".encode(),  # noqa: S608 - columns
                (*map(whole, added.values()), *found[place]),
            )
    return found


def _told_apart(connection: LedgerConnection, place: _Place) -> _Place:
    """Return where something of this place is counted, models too many as `OTHER`.

    There is a row for it in `hour_outcomes` afterwards.
    """
    known = "SELECT 1 FROM hour_outcomes WHERE hour = %s AND provider = %s AND model = %s"
    if connection.execute(known, place).fetchone() is None:
        row = connection.execute("SELECT count(*) FROM hour_outcomes WHERE hour = %s", (place.hour,)).fetchone()
        if row is not None and row[0] >= MOST_MODELS:
            place = place._replace(model=OTHER)
        connection.execute(
            "INSERT INTO hour_outcomes (hour, provider, model) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", place
        )
    return place


def _add_failures(connection: LedgerConnection, place: _Place, reason: str, count: int) -> None:
    query = "SELECT count(DISTINCT reason), count(*) FILTER (WHERE reason = %s) FROM hour_failures WHERE hour = %s"
    row = connection.execute(query, (reason, place.hour)).fetchone()
    if row is not None and row[0] >= MOST_REASONS and not row[1]:
        reason = OTHER
    connection.execute(
        """
        INSERT INTO hour_failures VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (hour, provider, model, reason) DO UPDATE SET count = hour_failures.count + excluded.count
        """,
        (*place, reason, count),
    )


def history(connection: LedgerConnection, since: float) -> History:
    """Return the hours from the one of `since` (unix seconds) on, oldest first."""
    return _rows(connection, "hour >= %s", min(max(0, hour_of(since)), _LARGEST), "hour, provider, model")


def totals(connection: LedgerConnection) -> History:
    """Return the sums over all time, models in the order in which they came; no failures."""
    return _rows(connection, "hour = %s", TOTAL, "nth")


def _rows(connection: LedgerConnection, where: str, hour: int, order: str) -> History:
    def rows(columns: str, table: str, order: str = "1, 2, 3, 4") -> list[tuple[Any, ...]]:
        query = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608 - names of ours
        return connection.execute(query.encode(), (hour,)).fetchall()

    return History(
        [Minute(*row) for row in rows("hour, asks, answers, failures, done, lags, lag_sum, lag_max, bytes", "hours")],
        [
            Outcome(row[0], row[1], row[2] or None, *row[3:])
            for row in rows(
                "hour, provider, model, completed, failed, cancelled, saved, bytes, lost, regained, given_up",
                "hour_outcomes",
                order,
            )
        ],
        [
            FailureCount(row[0], row[1], row[2] or None, *row[3:])
            for row in rows("hour, provider, model, reason, count", "hour_failures")
        ],
        [
            Rendering(row[0], row[1], row[2] or None, *row[3:])
            for row in rows("hour, provider, model, bucket, count", "hour_renderings")
        ],
    )
