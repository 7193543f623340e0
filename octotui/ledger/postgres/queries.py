"""What the ledger can be asked, as statements inside a transaction."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from octotui.ledger.postgres import bulk
from octotui.ledger.postgres.connection import handed_out, taken_in
from octotui.ledger.records import Attempt, Changes, DownloadRequest, Duration, Minute
from octotui.ledger.rows import TaskRows, plain, task_rows
from octotui.ledger.status_text import status_of
from octotui.model import LogEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.model import EngineStatus, Task

_PAGE = 1000
"""Tasks read in one statement, so that no more of them wait in memory."""


def tasks(connection: LedgerConnection) -> list[Task]:
    """Return all watched tasks, in the order they were added."""
    return list(chain.from_iterable(pages(connection, None)))


def pages(connection: LedgerConnection, names: frozenset[str] | None) -> Iterator[list[Task]]:
    """Yield all watched tasks, in the order they were added, a page at a time, with the fields `names` (None: all)."""
    return _pages(connection, task_rows(names), "", [])


def first_page(connection: LedgerConnection, now: float, limit: int) -> None:
    """Return None: whoever looks at a server waits for nothing on the loop, and reads all in a thread."""


def _pages(connection: LedgerConnection, reading: TaskRows, condition: str, values: list[Any]) -> Iterator[list[Task]]:
    query = f"""
        SELECT number, {", ".join(reading.columns)} FROM tasks WHERE number > %s {condition}
        ORDER BY number LIMIT {_PAGE}
    """.encode()  # noqa: S608 - columns and conditions of ours
    last, rows = -(2**63), _PAGE
    while rows == _PAGE:
        found: list[Task] = []
        rows = 0
        for chunk in bulk.chunks(connection.execute(query, [last, *values])):
            rows, last = rows + len(chunk), chunk[-1][0]
            found += _possible(connection, reading, chunk)
        if found:
            yield found


def _possible(connection: LedgerConnection, reading: TaskRows, rows: Sequence[Sequence[Any]]) -> list[Task]:
    """Return the tasks of rows, each with its number before it; one that cannot be a task is left out, and noted."""
    try:
        return reading.tasks([row[1:] for row in rows])
    except (ValueError, LookupError, RecursionError):
        if len(rows) > 1:
            return [task for row in rows for task in _possible(connection, reading, [row])]
    number = rows[0][0]
    row = connection.execute("SELECT id FROM tasks WHERE number = %s", (number,)).fetchone()
    connection.left_out[number] = "" if row is None else row[0]
    return []


def some_tasks(connection: LedgerConnection, ids: Sequence[str]) -> dict[str, Task]:
    """Return those of these tasks that are watched, by id."""
    found = _pages(connection, task_rows(), "AND id = ANY(%s)", [[plain(task_id) for task_id in ids]])
    return {task.id: task for page in found for task in page}


def task(connection: LedgerConnection, task_id: str) -> Task | None:
    """Return one watched task; None, too, where its row cannot be one."""
    return some_tasks(connection, [task_id]).get(plain(task_id))


def request_version(connection: LedgerConnection, task_id: str) -> int | None:
    """Return how often somebody spoke about the download of a task, None when it is not watched."""
    row = connection.execute("SELECT wish FROM tasks WHERE id = %s", (plain(task_id),)).fetchone()
    return None if row is None else row[0]


def folder(connection: LedgerConnection, task_id: str) -> str | None:
    """Return the folder asked for with the download of a task."""
    row = connection.execute("SELECT folder FROM tasks WHERE id = %s", (plain(task_id),)).fetchone()
    return None if row is None else row[0]


def has_asks(connection: LedgerConnection) -> bool:
    """Tell whether somebody wants a task asked at once."""
    return connection.execute("SELECT 1 FROM asks LIMIT 1").fetchone() is not None


def changes(connection: LedgerConnection, since: int) -> Changes:
    """Return what is different since a revision; everything for 0, and for one of another life of the ledger."""
    revision, life = connection.look_at_counter()
    new, before = handed_out(revision, life), _known(since, revision, life)
    if before is None:
        return Changes(new, tasks(connection), [], is_whole=since > 0)
    query = """
        SELECT id, EXISTS (SELECT 1 FROM tasks WHERE tasks.id = removed.id) FROM removed WHERE revision > %s
        ORDER BY revision
    """
    rows = connection.execute(query, (before,)).fetchall()
    removed, anew = [id_ for id_, is_there in rows if not is_there], [id_ for id_, is_there in rows if is_there]
    changed = connection.execute("SELECT number FROM tasks WHERE revision > %s", (before,)).fetchall()
    return Changes(new, _numbered(connection, sorted(row[0] for row in changed)), removed, anew)


def _numbered(connection: LedgerConnection, numbers: Sequence[int]) -> list[Task]:
    """Return the tasks of rows, in the order of their numbers."""
    reading = task_rows()
    query = f"SELECT number, {', '.join(reading.columns)} FROM tasks WHERE number = ANY(%s) ORDER BY number".encode()  # noqa: S608
    found: list[Task] = []
    for start in range(0, len(numbers), _PAGE):
        rows = connection.execute(query, (numbers[start : start + _PAGE],))
        for chunk in bulk.chunks(rows):
            found += _possible(connection, reading, chunk)
    return found


def requests(connection: LedgerConnection, since: int) -> dict[str, DownloadRequest]:
    """Return what was asked for with the unsaved downloads of the tasks that changed since a revision; of all for 0."""
    query = """
        SELECT id, wish, folder, place FROM tasks
        WHERE revision > %s AND (wanted > 0 OR wish > 0 OR download_state <> 'none') AND download_state <> 'saved'
    """
    before = _known(since, *connection.look_at_counter()) or 0
    return {task_id: DownloadRequest(*asked) for task_id, *asked in connection.execute(query, (before,))}


def _known(since: int, revision: int, life: int) -> int | None:
    """Return the revision that somebody has read, None where he begins anew: at 0, or in another life of the ledger."""
    before, life_before = taken_in(max(0, since))
    return None if before <= 0 or life != life_before or before > revision else before


def raw_answers(connection: LedgerConnection, task_id: str) -> tuple[str | None, str | None]:
    """Return the last answer of a task as it came, and the last one that was different from it."""
    query = "SELECT latest, previous FROM answers WHERE id = %s"
    return connection.execute(query, (plain(task_id),)).fetchone() or (None, None)


def attempts(connection: LedgerConnection, task_id: str) -> list[Attempt]:
    """Return the rungs tried for the download of a task, oldest first."""
    query = "SELECT at, rung, outcome FROM attempts WHERE task_id = %s ORDER BY number"
    return [Attempt(*row) for row in connection.execute(query, (plain(task_id),))]


def events(connection: LedgerConnection, since: int, task_id: str | None, limit: int) -> list[LogEntry]:
    """Return lines of the activity log, oldest first: those next after `since`, or the newest when it is 0."""
    of_task = "" if task_id is None else "AND task_id = %(task_id)s"
    order = "ASC" if since > 0 else "DESC"
    query = f"""
        SELECT at, kind, task_id, text, number, detail FROM events WHERE number > %(since)s {of_task}
        ORDER BY number {order} LIMIT %(limit)s
    """  # noqa: S608  both insertions are words from the two lines above
    asked = {"since": since, "task_id": task_id and plain(task_id), "limit": limit}
    lines = [LogEntry(*row) for row in connection.execute(query.encode(), asked)]
    return lines if since > 0 else lines[::-1]


def durations(connection: LedgerConnection, since: int) -> list[Duration]:
    """Return how long finished tasks took, oldest first: those with a higher number than `since`."""
    query = """
        SELECT provider, model, seconds, size, duration, at, number FROM durations WHERE number > %s ORDER BY number
    """
    return [Duration(*row) for chunk in bulk.chunks(connection.execute(query, (since,))) for row in chunk]


def paused_since(connection: LedgerConnection) -> float | None:
    """Return since when everything is paused, None while it is not."""
    row = connection.execute("SELECT since FROM pause").fetchone()
    return None if row is None else row[0]


def minutes(connection: LedgerConnection, since: float) -> list[Minute]:
    """Return what was done in the minutes from `since` on, oldest first."""
    query = """
        SELECT minute, asks, answers, failures, done, lags, lag_sum, lag_max, bytes FROM minutes
        WHERE minute >= %s::double precision ORDER BY minute
    """
    return [Minute(*row) for row in connection.execute(query, (since,))]


def count(connection: LedgerConnection) -> int:
    """Return how many tasks are watched."""
    row = connection.execute("SELECT count(*) FROM tasks").fetchone()
    return 0 if row is None else row[0]


def saved_by_place(connection: LedgerConnection) -> dict[str | None, int]:
    """Return how many results lie in which folder."""
    query = "SELECT download_place, count(*) FROM tasks WHERE download_state = 'saved' GROUP BY 1"
    return dict(connection.execute(query).fetchall())


def status(connection: LedgerConnection) -> EngineStatus | None:
    """Return what the engine last said about itself; fields this version does not know are left out."""
    row = connection.execute("SELECT status FROM status").fetchone()
    return None if row is None else status_of(row[0])


def problems(connection: LedgerConnection) -> list[str]:
    """Read every row once; what cannot be read raises. Returns the tasks that are none, each as a line."""
    for _ in pages(connection, None):
        """Each page is read and made into tasks."""
    for table in ("answers", "attempts", "events", "durations", "hours", "hour_outcomes", "posters", "outbox"):
        # Every row is unpacked, the large values stored apart with it: a sum alone would not look at them.
        connection.execute(f"SELECT sum(length(t::text)) FROM {table} AS t".encode())  # noqa: S608 - names of ours
    return [f"task {task_id} has a value that no task can have" for _, task_id in sorted(connection.left_out.items())]
