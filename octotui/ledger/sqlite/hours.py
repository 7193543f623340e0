"""The rollup by hour, kept for 400 days: counted in the transaction that stores what it counts.

`hours` holds what the work came to, `hour_outcomes` what became of tasks by provider and model, `hour_failures` why
they failed, `hour_renderings` how long they took, as a histogram. Tasks may be removed and answers pushed back: these
stay. Hour `TOTAL` of three of them holds the sums over all time, which no old hour that goes takes back. Nothing here
is written for an answer that ends no task, so a poll costs no more than the look at its state.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

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
from octotui.ledger.records import FailureCount, History, Minute, Outcome, Rendering
from octotui.ledger.rows import plain, whole
from octotui.ledger.sqlite import bulk
from octotui.ledger.sqlite.task_statements import id_list
from octotui.model import TaskState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from octotui.ledger.records import Duration
    from octotui.model import Download, LogEntry, Task

_SUMS = "SUM(completed), SUM(failed), SUM(cancelled), SUM(saved), SUM(bytes), SUM(lost), SUM(regained)"
TOTALS = (
    f"""
    INSERT INTO hours SELECT {TOTAL}, SUM(asks), SUM(answers), SUM(failures), SUM(done), SUM(lags), SUM(lag_sum),
        MAX(lag_max), SUM(bytes)
    FROM hours GROUP BY 1
    """,  # noqa: S608 - constants, as below
    f"""
    INSERT INTO hour_outcomes (hour, provider, model, completed, failed, cancelled, saved, bytes, lost, regained)
    SELECT {TOTAL}, provider, model, {_SUMS} FROM hour_outcomes GROUP BY provider, model ORDER BY MIN(hour)
    """,  # noqa: S608
    f"""
    INSERT INTO hour_renderings
    SELECT {TOTAL}, provider, model, bucket, SUM(count) FROM hour_renderings GROUP BY provider, model, bucket
    """,  # noqa: S608
    "ALTER TABLE hour_outcomes ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0",
)
"""The migration to a ledger that has these sums: it begins them with the hours there are."""
_TABLES = ("hours", "hour_outcomes", "hour_failures", "hour_renderings")
_FINAL = tuple(state.value for state in TaskState if state.is_final)


class _Place(NamedTuple):
    """Whose hour it is."""

    hour: int
    provider: str
    model: str


def count_ends(connection: sqlite3.Connection, tasks: Iterable[Task]) -> None:
    """Count the tasks that end with this write. Call before it: what is final in the ledger was counted then."""
    ends = {plain(task.id): task for task in tasks if task.state.is_final}
    if not ends:
        return
    query = f"""
        SELECT json_group_array(json_array(id, model, title, prompt)) FROM tasks
        WHERE id IN (SELECT value FROM json_each(?)) AND state NOT IN {_FINAL}
    """  # noqa: S608 - our own words
    for task_id, model, title, prompt in bulk.fetch(connection, query, (id_list(ends),)):
        task = ends[task_id]
        at = ended_at(task)
        if at is None or at < 0:
            continue
        place = _count(connection, at, task.provider, task.model or model, **{task.state.value: 1})
        if task.state is TaskState.FAILED:
            _add_failure(connection, place, reason_of(task.error_code, task.error_message, title, prompt, task.prompt))


def count_saved(connection: sqlite3.Connection, downloads: Iterable[tuple[str, Download]]) -> None:
    """Count the files that are saved with this write. Call before it."""
    saved = {plain(task_id): download for task_id, download in downloads if download.saved_at is not None}
    if not saved:
        return
    query = """
        SELECT json_group_array(json_array(id, provider, model)) FROM tasks
        WHERE id IN (SELECT value FROM json_each(?)) AND download_state <> 'saved'
    """
    for task_id, provider, model in bulk.fetch(connection, query, (id_list(saved),)):
        download = saved[task_id]
        at = download.saved_at
        if at is not None and math.isfinite(at) and at >= 0:
            size = whole(download.bytes_total or download.bytes_done)
            _count(connection, at, provider, model, saved=1, bytes=size or 0)


def count_losses(connection: sqlite3.Connection, events: Iterable[LogEntry]) -> None:
    """Count the results that were lost, or turned out not to be, and downloads given up, by these lines of the log."""
    told = [(event, word) for event in events if (word := column_of(event)) is not None and event.at >= 0]
    for event, word in told:
        query = "SELECT provider, model FROM tasks WHERE id = ?"
        row = connection.execute(query, (plain(event.task_id or ""),)).fetchone()
        if row is not None:
            provider, model = row
            _count(connection, event.at, provider, model, **{word: 1})


def count_renderings(connection: sqlite3.Connection, durations: Iterable[Duration]) -> None:
    """Count how long tasks took from start to end."""
    found = Counter(
        (hour_of(each.at), each.provider, each.model, bucket_of(each.duration))
        for each in durations
        if math.isfinite(each.duration) and math.isfinite(each.at) and each.at >= 0
    )
    for (hour, provider, model, bucket), count in found.items():
        connection.executemany(
            """
            INSERT INTO hour_renderings VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (hour, provider, model, bucket) DO UPDATE SET count = count + excluded.count
            """,
            [(*_placed(connection, each, provider, model), bucket, count) for each in (hour, TOTAL)],
        )


def count_work(connection: sqlite3.Connection, minutes: Collection[Minute]) -> None:
    """Add what was done in these minutes to their hours; once an hour, drop what is too old.

    What lies ahead of the newest minute was written before somebody set the clock back, and goes too. A clock that is
    wrong for a while (a machine that starts in 1970) must not cost a year: what lies further ahead than `SET_BACK`
    stays, and no more than `AT_ONCE` of the oldest goes at a time.
    """
    newest = hour_of(max(minute.at for minute in minutes))
    ahead = newest + SET_BACK
    if connection.execute("SELECT MAX(hour) FROM hours WHERE hour <= ?", (ahead,)).fetchone()[0] != newest:
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table} WHERE hour > ? AND hour <= ?", (newest, ahead))  # noqa: S608
            connection.execute(
                f"""
                DELETE FROM {table} WHERE hour > ? AND hour < ?
                    AND hour < (SELECT MIN(hour) FROM {table} WHERE hour > ?) + ?
                """,  # noqa: S608 - names of ours
                (TOTAL, newest - HOUR * (KEPT - 1), TOTAL, AT_ONCE),
            )
    for at in (hour_of, lambda _: TOTAL):
        add_up(connection, "hours", "hour", (minute._replace(at=at(minute.at)) for minute in minutes))


def add_up(connection: sqlite3.Connection, table: str, column: str, minutes: Iterable[Minute]) -> None:
    """Add work to what a table has of the same time; `column` says when that began."""
    connection.executemany(
        f"""
        INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT ({column}) DO UPDATE SET asks = asks + excluded.asks, answers = answers + excluded.answers,
            failures = failures + excluded.failures, done = done + excluded.done, lags = lags + excluded.lags,
            lag_sum = lag_sum + excluded.lag_sum, lag_max = MAX(lag_max, excluded.lag_max),
            bytes = bytes + excluded.bytes
        """,  # noqa: S608 - names of ours
        minutes,
    )


def _count(connection: sqlite3.Connection, at: float, provider: str, model: str | None, **counts: int) -> _Place:
    """Count something in its hour and over all time; returns its place in its hour."""
    _add(connection, _placed(connection, TOTAL, provider, model), **counts)
    place = _placed(connection, hour_of(at), provider, model)
    _add(connection, place, **counts)
    return place


def _placed(connection: sqlite3.Connection, hour: int, provider: str, model: str | None) -> _Place:
    """Return where something of an hour is counted; there is a row for it in `hour_outcomes` afterwards."""
    place = _Place(hour, plain(provider), plain(model or "")[:LONGEST_MODEL])
    known = "SELECT 1 FROM hour_outcomes WHERE hour = ? AND provider = ? AND model = ?"
    if connection.execute(known, place).fetchone() is None:
        count = connection.execute("SELECT COUNT(*) FROM hour_outcomes WHERE hour = ?", (place.hour,)).fetchone()[0]
        if count >= MOST_MODELS:
            place = place._replace(model=OTHER)
        connection.execute("INSERT OR IGNORE INTO hour_outcomes (hour, provider, model) VALUES (?, ?, ?)", place)
    return place


def _add(connection: sqlite3.Connection, place: _Place, **counts: int) -> None:
    changes = ", ".join(f"{column} = {column} + ?" for column in counts)
    connection.execute(
        f"UPDATE hour_outcomes SET {changes} WHERE hour = ? AND provider = ? AND model = ?",  # noqa: S608 - columns
        (*counts.values(), *place),
    )


def _add_failure(connection: sqlite3.Connection, place: _Place, reason: str) -> None:
    known = "SELECT 1 FROM hour_failures WHERE hour = ? AND reason = ? LIMIT 1"
    if connection.execute(known, (place.hour, reason)).fetchone() is None:
        count = "SELECT COUNT(DISTINCT reason) FROM hour_failures WHERE hour = ?"
        if connection.execute(count, (place.hour,)).fetchone()[0] >= MOST_REASONS:
            reason = OTHER
    connection.execute(
        """
        INSERT INTO hour_failures VALUES (?, ?, ?, ?, 1)
        ON CONFLICT (hour, provider, model, reason) DO UPDATE SET count = count + 1
        """,
        (*place, reason),
    )


def history(connection: sqlite3.Connection, since: float) -> History:
    """Return the hours from the one of `since` (unix seconds) on, oldest first."""
    return _rows(connection, "hour >= ? ORDER BY hour", max(0, hour_of(since)))


def totals(connection: sqlite3.Connection) -> History:
    """Return the sums over all time, models in the order in which they came; no failures."""
    return _rows(connection, "hour = ? ORDER BY rowid", TOTAL)


def _rows(connection: sqlite3.Connection, where: str, hour: int) -> History:
    def rows(columns: str, table: str) -> sqlite3.Cursor:
        return connection.execute(f"SELECT {columns} FROM {table} WHERE {where}", (hour,))  # noqa: S608

    return History(
        [Minute(*row) for row in rows("hour, asks, answers, failures, done, lags, lag_sum, lag_max, bytes", "hours")],
        [
            Outcome(row[0], row[1], row[2] or None, *row[3:])
            for row in rows(
                "hour, provider, model, completed, failed, cancelled, saved, bytes, lost, regained, given_up",
                "hour_outcomes",
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
