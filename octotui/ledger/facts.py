"""What was found out, collected by id until it is written: the batch, and the statements that store it."""

from __future__ import annotations

import json
import math
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from octotui.failed_answer import HEAD, is_failed
from octotui.ledger import bulk
from octotui.ledger.intents import next_revision
from octotui.ledger.rows import (
    UPDATE_DOWNLOAD,
    UPDATE_TASKS,
    download_parameters,
    maybe_plain,
    moment,
    plain,
    task_parameters,
)
from octotui.model import DownloadState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from octotui.ledger.records import Duration, Minute
    from octotui.model import Download, EngineStatus, LogEntry, Task

_SMALL = 4096
"""Characters of an answer that is not worth compressing."""
MAX_ANSWER = 256 * 1024
"""Bytes kept of one raw answer, before it is compressed."""
MAX_EVENTS = 20_000
"""Lines the activity log keeps."""
MAX_DURATIONS = 20_000
"""Finished tasks that estimates can be made of."""
MAX_MINUTES = 2 * 24 * 60
"""Minutes of work that are remembered: two days."""
MAX_ATTEMPTS = 100
"""Rungs remembered of one task's downloads."""


class Attempted(NamedTuple):
    """One attempt, on its way into the ledger."""

    task_id: str
    at: float
    rung: str
    outcome: str


@dataclass(slots=True)
class Batch:
    """Facts that wait to be written, the latest of each task."""

    tasks: dict[str, Task] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    downloads: dict[str, tuple[Download, int]] = field(default_factory=dict)
    """With the wish that held when it was reported."""
    events: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    attempts: deque[Attempted] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    durations: deque[Duration] = field(default_factory=lambda: deque(maxlen=MAX_DURATIONS))
    minutes: dict[int, Minute] = field(default_factory=dict)
    status: EngineStatus | None = None

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(
            self.tasks
            or self.answers
            or self.downloads
            or self.events
            or self.attempts
            or self.durations
            or self.minutes
            or self.status is not None
        )

    def add_download(self, task_id: str, download: Download, wish: int) -> None:
        """Collect a report, unless one waits that says the same wish's result is saved."""
        waiting = self.downloads.get(task_id)
        saved = waiting is not None and waiting[0].state is DownloadState.SAVED and wish <= waiting[1]
        if saved and download.state is not DownloadState.SAVED:
            return
        self.downloads[task_id] = (download, wish)

    def add_minute(self, minute: Minute) -> None:
        """Add to what waits of the same minute."""
        waiting = self.minutes.get(minute.at)
        self.minutes[minute.at] = minute if waiting is None else waiting.plus(minute)

    def take_task(self, task_id: str) -> Batch:
        """Take out what waits for one task."""
        taken = Batch()
        if task_id in self.tasks:
            taken.tasks[task_id] = self.tasks.pop(task_id)
        if task_id in self.answers:
            taken.answers[task_id] = self.answers.pop(task_id)
        if task_id in self.downloads:
            taken.downloads[task_id] = self.downloads.pop(task_id)
        return taken

    def put_back(self, older: Batch) -> None:
        """Take in again what could not be written, behind what has been reported since."""
        self.tasks = older.tasks | self.tasks
        self.answers = older.answers | self.answers
        newer, self.downloads = self.downloads, older.downloads
        for task_id, (download, wish) in newer.items():
            self.add_download(task_id, download, wish)
        self.events.extendleft(reversed(older.events))
        self.attempts.extendleft(reversed(older.attempts))
        self.durations.extendleft(reversed(older.durations))
        for minute in older.minutes.values():
            self.add_minute(minute)
        self.status = self.status or older.status


def packed(raw: str) -> bytes | str:
    """Return a raw answer as the ledger keeps it: at most `MAX_ANSWER` bytes of UTF-8, compressed (`rows.unpacked`).

    A small one stays text: compressing it costs more than it saves. So does a failing one, by whose beginning SQL tells
    it from a good one.
    """
    if len(raw) <= _SMALL or is_failed(raw):
        return plain(raw)
    return zlib.compress(plain(raw).encode()[:MAX_ANSWER], 1)


def write(connection: sqlite3.Connection, batch: Batch, holder: str | None) -> None:
    """Store a batch inside the caller's transaction.

    `holder` is who held the lease in this process, None when nobody did. Once another process has taken the lease
    over, what this one still believes about tasks is out of date and dropped; files it saved are saved all the same.
    """
    fenced = holder is not None and _lost_lease(connection, holder)
    downloads = [
        (task_id, download, wish)
        for task_id, (download, wish) in batch.downloads.items()
        if not fenced or download.state is DownloadState.SAVED
    ]
    if downloads or (batch.tasks and not fenced):
        revision = next_revision(connection)
        if not fenced:
            rows = [task_parameters(task, revision) for task in batch.tasks.values()]
            bulk.execute(connection, UPDATE_TASKS, rows)
        connection.executemany(
            UPDATE_DOWNLOAD,
            (download_parameters(task_id, download, wish, revision) for task_id, download, wish in downloads),
        )
    if not fenced:
        _write_answers(connection, batch.answers)
        if batch.status is not None:
            connection.execute("INSERT OR REPLACE INTO status VALUES (1, ?)", (json.dumps(batch.status._asdict()),))
    _write_history(connection, batch)


def _lost_lease(connection: sqlite3.Connection, holder: str) -> bool:
    row = connection.execute("SELECT owner FROM lease").fetchone()
    return row is not None and row[0] != holder


def _write_answers(connection: sqlite3.Connection, answers: dict[str, str]) -> None:
    """Store raw answers of watched tasks; one that differs from the last pushes that back.

    A failing one is not pushed back, so that the good one before it stays however many fail.
    """
    bulk.execute(
        connection,
        f"""
        INSERT INTO answers SELECT tasks.id, new.column2, NULL
        FROM (VALUES :rows) AS new JOIN tasks ON tasks.id = new.column1 WHERE true
        ON CONFLICT (id) DO UPDATE SET latest = excluded.latest,
            previous = CASE WHEN typeof(latest) = 'text' AND substr(latest, 1, {len(HEAD)}) = '{HEAD}' THEN previous
                ELSE latest END
        WHERE latest <> excluded.latest
        """,  # noqa: S608 - a constant of ours
        [(plain(task_id), packed(raw)) for task_id, raw in answers.items()],
    )


def _write_history(connection: sqlite3.Connection, batch: Batch) -> None:
    if batch.events:
        connection.executemany(
            "INSERT INTO events (at, kind, task_id, text, detail) VALUES (?, ?, ?, ?, ?)",
            (
                (event.at, plain(event.kind), maybe_plain(event.task_id), plain(event.text), plain(event.detail))
                for event in batch.events
            ),
        )
        connection.execute("DELETE FROM events WHERE number <= (SELECT MAX(number) FROM events) - ?", (MAX_EVENTS,))
    if batch.durations:
        bulk.execute(
            connection,
            "INSERT INTO durations (provider, model, seconds, size, duration, at) VALUES :rows",
            [
                (plain(d.provider), maybe_plain(d.model), maybe_plain(d.seconds), maybe_plain(d.size), d.duration, d.at)
                for d in batch.durations
                if math.isfinite(d.duration) and math.isfinite(d.at)
            ],
        )
        connection.execute(
            "DELETE FROM durations WHERE number <= (SELECT MAX(number) FROM durations) - ?", (MAX_DURATIONS,)
        )
    if batch.attempts:
        _write_attempts(connection, batch.attempts)
    if batch.minutes:
        _write_minutes(connection, batch.minutes.values())


def _write_minutes(connection: sqlite3.Connection, minutes: Collection[Minute]) -> None:
    connection.executemany(
        """
        INSERT INTO minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (minute) DO UPDATE SET asks = asks + excluded.asks, answers = answers + excluded.answers,
            failures = failures + excluded.failures, done = done + excluded.done, lags = lags + excluded.lags,
            lag_sum = lag_sum + excluded.lag_sum, lag_max = MAX(lag_max, excluded.lag_max),
            bytes = bytes + excluded.bytes
        """,
        minutes,
    )
    newest = max(minute.at for minute in minutes)
    # What lies ahead was written before somebody set the clock back.
    connection.execute(
        "DELETE FROM minutes WHERE minute NOT BETWEEN ? AND ?", (newest - 60 * (MAX_MINUTES - 1), newest)
    )


def _write_attempts(connection: sqlite3.Connection, attempts: Iterable[Attempted]) -> None:
    ids = set()
    for attempt in attempts:
        task_id = plain(attempt.task_id)
        ids.add(task_id)
        connection.execute(
            "INSERT INTO attempts (task_id, at, rung, outcome) SELECT id, ?, ?, ? FROM tasks WHERE id = ?",
            (moment(attempt.at), plain(attempt.rung), plain(attempt.outcome), task_id),
        )
    connection.executemany(
        """
        DELETE FROM attempts WHERE task_id = ?1 AND number <=
            (SELECT number FROM attempts WHERE task_id = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
        """,
        ((task_id, MAX_ATTEMPTS) for task_id in ids),
    )
