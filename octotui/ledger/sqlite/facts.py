"""What was found out: the statements that store a batch of facts."""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING

from octotui.failed_answer import HEAD, is_failed
from octotui.ledger import limits
from octotui.ledger.batch import Attempted, Batch
from octotui.ledger.rows import download_parameters, maybe_plain, moment, plain, task_parameters, whole
from octotui.ledger.sqlite import bulk, hours, outbox
from octotui.ledger.sqlite.intents.statements import next_revision
from octotui.ledger.sqlite.task_statements import UPDATE_DOWNLOAD, UPDATE_LOOKS, UPDATE_TASKS
from octotui.ledger.status_text import status_text
from octotui.model import DownloadState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from octotui.ledger.records import Minute
    from octotui.model import LogEntry

_SMALL = 4096
"""Characters of an answer that is not worth compressing."""


def packed(raw: str) -> bytes | str:
    """Return a raw answer as the ledger keeps it: `limits.MAX_ANSWER` bytes of UTF-8, compressed (`rows.unpacked`).

    A small one stays text: compressing it costs more than it saves. So does a failing one, by whose beginning SQL tells
    it from a good one.
    """
    if len(raw) <= _SMALL or is_failed(raw):
        return plain(raw)
    return zlib.compress(plain(raw).encode()[: limits.MAX_ANSWER], 1)


def write(connection: sqlite3.Connection, batch: Batch, holder: str | None, now: float) -> int | None:
    """Store a batch inside the caller's transaction; returns the revision that its tasks have by that.

    `holder` is who held the lease in this process, None when nobody did. Once another process has taken the lease
    over, what this one still believes about tasks is out of date and dropped; files it saved are saved all the same.
    What is news of it goes into the outbox, as of `now`.
    """
    fenced = holder is not None and _lost_lease(connection, holder)
    downloads = [
        (task_id, download, wish)
        for task_id, (download, wish) in batch.downloads.items()
        if not fenced or download.state is DownloadState.SAVED
    ]
    revision = None
    if downloads or (batch.tasks and not fenced):
        revision = next_revision(connection)
        if not fenced:
            outbox.note_states(connection, (task for task in batch.tasks.values() if task.id not in batch.old), now)
            hours.count_ends(connection, batch.tasks.values())
            _write_tasks(connection, batch, revision)
        outbox.note_downloads(connection, (each for each in downloads if each[0] not in batch.old), now)
        saved = [(task_id, done) for task_id, done, _ in downloads if done.state is DownloadState.SAVED]
        hours.count_saved(connection, saved)
        connection.executemany(
            UPDATE_DOWNLOAD,
            (download_parameters(task_id, download, wish, revision) for task_id, download, wish in downloads),
        )
    if not fenced:
        hours.count_losses(connection, batch.events)
        _write_answers(connection, batch.answers)
        if batch.status is not None:
            connection.execute("INSERT OR REPLACE INTO status VALUES (1, ?)", (status_text(batch.status),))
    _write_history(connection, batch)
    return revision


def _write_tasks(connection: sqlite3.Connection, batch: Batch, revision: int) -> None:
    # A column that stays as it is costs as much as one that changes: of a look three are written, and not 28.
    looks = [
        (plain(task.id), revision, whole(task.progress), moment(task.last_asked_at), moment(task.last_answer_at))
        for task_id, task in batch.tasks.items()
        if task_id in batch.looks
    ]
    rows = [task_parameters(task, revision) for task_id, task in batch.tasks.items() if task_id not in batch.looks]
    bulk.execute(connection, UPDATE_LOOKS, looks)
    bulk.execute(connection, UPDATE_TASKS, rows)


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
        _write_events(connection, batch.events)
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
        hours.count_renderings(connection, batch.durations)
        connection.execute(
            "DELETE FROM durations WHERE number <= (SELECT MAX(number) FROM durations) - ?", (limits.MAX_DURATIONS,)
        )
    if batch.attempts:
        _write_attempts(connection, batch.attempts)
    if batch.minutes:
        _write_minutes(connection, batch.minutes.values())
        hours.count_work(connection, batch.minutes.values())


def _write_events(connection: sqlite3.Connection, events: Collection[LogEntry]) -> None:
    """Add lines to the log; too many ones go, and too old ones."""
    connection.executemany(
        "INSERT INTO events (at, kind, task_id, text, detail) VALUES (?, ?, ?, ?, ?)",
        (
            (event.at, plain(event.kind), maybe_plain(event.task_id), plain(event.text), plain(event.detail))
            for event in events
        ),
    )
    connection.execute("DELETE FROM events WHERE number <= (SELECT MAX(number) FROM events) - ?", (limits.MAX_EVENTS,))
    connection.execute(
        """
        DELETE FROM events WHERE number IN (
            SELECT number FROM (SELECT number, at FROM events ORDER BY number LIMIT ?) WHERE at < ? LIMIT ?
        )
        """,
        (limits.OLDEST, max(event.at for event in events) - limits.MAX_EVENT_AGE, limits.OLD_PER_NEW * len(events)),
    )


def _write_minutes(connection: sqlite3.Connection, minutes: Collection[Minute]) -> None:
    hours.add_up(connection, "minutes", "minute", minutes)
    newest = max(minute.at for minute in minutes)
    # What lies ahead was written before somebody set the clock back.
    connection.execute(
        "DELETE FROM minutes WHERE minute NOT BETWEEN ? AND ?", (newest - 60 * (limits.MAX_MINUTES - 1), newest)
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
        ((task_id, limits.MAX_ATTEMPTS) for task_id in ids),
    )
