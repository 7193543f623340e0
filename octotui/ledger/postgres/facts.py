"""What was found out: the statements that store a batch of facts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from octotui.failed_answer import HEAD
from octotui.ledger import limits
from octotui.ledger.batch import Attempted, Batch
from octotui.ledger.postgres import boxes, bulk, copies, hours, outbox
from octotui.ledger.postgres.intents.statements import next_revision
from octotui.ledger.postgres.task_statements import (
    DOWNLOAD_COLUMNS,
    TASK_COLUMNS,
    UPDATE_DOWNLOADS,
    UPDATE_TASKS,
    download_row,
    task_row,
)
from octotui.ledger.rows import maybe_plain, moment, plain
from octotui.ledger.status_text import status_text
from octotui.model import DownloadState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.ledger.records import Duration, Minute
    from octotui.model import Download, LogEntry

_FORGOTTEN_AFTER = 7 * 86_400
"""Seconds after which the number of a process's last batch is forgotten: nobody sends a batch again after so long."""


def is_written(connection: LedgerConnection, process: UUID, number: int) -> bool:
    """Tell whether this batch of a process, or a later one, was written before; notes it where it was not."""
    row = connection.execute("SELECT batch FROM written WHERE process = %s", (process,)).fetchone()
    if row is not None and row[0] >= number:
        return True
    if row is None:
        connection.execute("DELETE FROM written WHERE at < now() - make_interval(secs => %s)", (_FORGOTTEN_AFTER,))
    connection.execute(
        """
        INSERT INTO written VALUES (%s, %s, now())
        ON CONFLICT (process) DO UPDATE SET batch = excluded.batch, at = excluded.at
        """,
        (process, number),
    )
    return False


def forget_process(connection: LedgerConnection, process: UUID) -> None:
    """Forget the number of a process's last batch: it sends no more."""
    connection.execute("DELETE FROM written WHERE process = %s", (process,))


def write(
    connection: LedgerConnection, batch: Batch, now: float, *, fenced: bool, claimer: str | None, box: str | None
) -> None:
    """Store a batch inside the caller's transaction, and in the outbox what of it is news, as of `now`.

    Where `fenced` another has taken the lease over: what this process still believes about tasks is out of date and
    dropped; files it saved are saved all the same. So it is with downloads that `claimer` (who claims results in this
    process, if anybody does) has lost. `box` is whose minutes these are.
    """
    downloads = _reported(connection, batch, fenced=fenced and claimer is None, claimer=claimer)
    if downloads or (batch.tasks and not fenced):
        revision = next_revision(connection)
        if not fenced:
            outbox.note_states(connection, (task for task in batch.tasks.values() if task.id not in batch.old), now)
            hours.count_ends(connection, batch.tasks.values())
            rows = [task_row(task, revision) for task in batch.tasks.values()]
            bulk.execute(connection, UPDATE_TASKS, TASK_COLUMNS, rows)
        outbox.note_downloads(connection, (each for each in downloads if each[0] not in batch.old), now)
        saved = [(task_id, done) for task_id, done, _ in downloads if done.state is DownloadState.SAVED]
        hours.count_saved(connection, saved)
        done_rows = [download_row(task_id, download, wish, revision) for task_id, download, wish in downloads]
        bulk.execute(connection, UPDATE_DOWNLOADS, DOWNLOAD_COLUMNS, done_rows)
        copies.note_saved(connection, saved)
    if not fenced:
        hours.count_losses(connection, batch.events)
        _write_answers(connection, batch.answers)
        if batch.status is not None and batch.status.leads:
            connection.execute(
                """
                INSERT INTO status VALUES (true, %s, clock_timestamp())
                ON CONFLICT (one) DO UPDATE SET status = excluded.status, seen = excluded.seen
                """,
                (status_text(batch.status),),
            )
    if batch.status is not None and batch.status.box:
        boxes.note_sign_of_life(connection, batch.status.box, status_text(batch.status))
    if batch.minutes and box is not None:
        boxes.add_bytes(connection, box, batch.minutes.values())
    _write_history(connection, batch)


def _reported(
    connection: LedgerConnection, batch: Batch, *, fenced: bool, claimer: str | None
) -> list[tuple[str, Download, int]]:
    """Return the reports on downloads that count: of saved files all, of others those that are this process's own."""
    reports = [(task_id, download, wish) for task_id, (download, wish) in batch.downloads.items()]
    unsaved = [plain(task_id) for task_id, download, _ in reports if download.state is not DownloadState.SAVED]
    ours: set[str] = set()
    if unsaved and not fenced:
        query = "SELECT id FROM tasks WHERE id = ANY(%s) AND claimed_by IS NOT DISTINCT FROM %s"
        ours = {row[0] for row in connection.execute(query, (unsaved, claimer))}
    return [each for each in reports if each[1].state is DownloadState.SAVED or plain(each[0]) in ours]


def _write_answers(connection: LedgerConnection, answers: dict[str, str]) -> None:
    """Store raw answers of watched tasks; one that differs from the last pushes that back.

    A failing one is not pushed back, so that the good one before it stays however many fail. The server compresses
    what is large by itself.
    """
    kept = {plain(task_id): _cut(plain(raw)) for task_id, raw in answers.items()}
    bulk.execute(
        connection,
        f"""
        INSERT INTO answers SELECT tasks.id, new.latest, NULL FROM :rows JOIN tasks ON tasks.id = new.id
        ON CONFLICT (id) DO UPDATE SET latest = excluded.latest,
            previous = CASE WHEN starts_with(answers.latest, '{HEAD}') THEN answers.previous ELSE answers.latest END
        WHERE answers.latest <> excluded.latest
        """,  # noqa: S608 - a constant of ours
        {"id": "text", "latest": "text"},
        list(kept.items()),
    )


def _cut(text: str) -> str:
    """Return a text of at most `limits.MAX_ANSWER` bytes."""
    if len(text) * 4 <= limits.MAX_ANSWER:
        return text
    return text.encode()[: limits.MAX_ANSWER].decode("utf-8", "ignore")


def _write_history(connection: LedgerConnection, batch: Batch) -> None:
    if batch.events:
        _write_events(connection, batch.events)
    if batch.durations:
        _write_durations(connection, batch.durations)
    if batch.attempts:
        _write_attempts(connection, batch.attempts)
    if batch.minutes:
        _write_minutes(connection, batch.minutes.values())
        hours.count_work(connection, batch.minutes.values())


def _write_durations(connection: LedgerConnection, durations: Collection[Duration]) -> None:
    bulk.execute(
        connection,
        """
        INSERT INTO durations (provider, model, seconds, size, duration, at)
        SELECT provider, model, seconds, size, duration, at FROM :rows ORDER BY new.nth
        """,
        {
            "provider": "text",
            "model": "text",
            "seconds": "text",
            "size": "text",
            "duration": "double precision",
            "at": "double precision",
        },
        [
            (plain(d.provider), maybe_plain(d.model), maybe_plain(d.seconds), maybe_plain(d.size), d.duration, d.at)
            for d in durations
            if math.isfinite(d.duration) and math.isfinite(d.at)
        ],
    )
    hours.count_renderings(connection, durations)
    connection.execute(
        "DELETE FROM durations WHERE number <= (SELECT max(number) FROM durations) - %s", (limits.MAX_DURATIONS,)
    )


def _write_events(connection: LedgerConnection, events: Collection[LogEntry]) -> None:
    """Add lines to the log, but for those without a time; too many ones go, and too old ones."""
    events = [event for event in events if math.isfinite(event.at)]
    if not events:
        return
    bulk.execute(
        connection,
        """
        INSERT INTO events (at, kind, task_id, text, detail)
        SELECT at, kind, task_id, text, detail FROM :rows ORDER BY new.nth
        """,
        {"at": "double precision", "kind": "text", "task_id": "text", "text": "text", "detail": "text"},
        [
            (
                event.at,
                plain(event.kind),
                maybe_plain(event.task_id),
                plain(event.text),
                plain(event.detail),
            )
            for event in events
        ],
    )
    connection.execute("DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - %s", (limits.MAX_EVENTS,))
    connection.execute(
        """
        DELETE FROM events WHERE number IN (
            SELECT number FROM (SELECT number, at FROM events ORDER BY number LIMIT %s) AS oldest
            WHERE at < %s::double precision ORDER BY number LIMIT %s
        )
        """,
        (limits.OLDEST, max(event.at for event in events) - limits.MAX_EVENT_AGE, limits.OLD_PER_NEW * len(events)),
    )


def _write_minutes(connection: LedgerConnection, minutes: Collection[Minute]) -> None:
    hours.add_up(connection, "minutes", "minute", minutes)
    newest = max(minute.at for minute in minutes)
    # What lies ahead was written before somebody set the clock back.
    connection.execute(
        "DELETE FROM minutes WHERE minute NOT BETWEEN %s AND %s", (newest - 60 * (limits.MAX_MINUTES - 1), newest)
    )


def _write_attempts(connection: LedgerConnection, attempts: Iterable[Attempted]) -> None:
    rows = [(plain(each.task_id), moment(each.at), plain(each.rung), plain(each.outcome)) for each in attempts]
    bulk.execute(
        connection,
        """
        INSERT INTO attempts (task_id, at, rung, outcome) SELECT tasks.id, new.at, new.rung, new.outcome
        FROM :rows JOIN tasks ON tasks.id = new.id ORDER BY new.nth
        """,
        {"id": "text", "at": "double precision", "rung": "text", "outcome": "text"},
        rows,
    )
    connection.execute(
        """
        DELETE FROM attempts USING (
            SELECT number, row_number() OVER (PARTITION BY task_id ORDER BY number DESC) AS age
            FROM attempts WHERE task_id = ANY(%s)
        ) AS old WHERE attempts.number = old.number AND old.age > %s
        """,
        (list({row[0] for row in rows}), limits.MAX_ATTEMPTS),
    )
