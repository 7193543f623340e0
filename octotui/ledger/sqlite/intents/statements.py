"""What people ask for, as statements inside a transaction: add, remove, want, cancel, pause, ask now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from octotui.ledger.intent_rules import changed_texts, gained, merged, retagged
from octotui.ledger.rows import ANYWAY, maybe_plain, moment, plain, tags_text
from octotui.ledger.sqlite import bulk, outbox, posters, queries
from octotui.ledger.sqlite.task_statements import id_list
from octotui.model import DownloadTrouble

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from octotui.model import NewTask

_Value = TypeVar("_Value")

_WATCHED = "SELECT json_group_array(id) FROM tasks WHERE id IN (SELECT value FROM json_each(:ids))"
_ACTIVE = _WATCHED + " AND download_state <> 'saved' AND (wanted OR (wish = 0 AND download_state <> 'none'))"
_PAUSABLE = _ACTIVE + " AND paused <> :paused"
_ENDED = f"""(download_wish = wish AND (download_state = 'failed'
    OR (download_state = 'wanted' AND download_trouble IS '{DownloadTrouble.FOLDER}')))"""
"""What the latest wish has come to: given up, or a folder that cannot be used (`Download.lacks_folder`)."""
_WANTABLE = (
    _WATCHED
    + f"""
    AND (download_state <> 'saved' OR :force)
    AND (wanted < :wanted OR download_state = 'saved' OR {_ENDED}
        OR COALESCE(:folder, folder) IS NOT folder)
    AND NOT (:automatic AND wish > 0)
    """
)


def next_revision(connection: sqlite3.Connection) -> int:
    """Count one more change of the ledger and return its number, the same for all rows of one transaction."""
    row: tuple[int] = connection.execute("UPDATE counter SET revision = revision + 1 RETURNING revision").fetchall()[0]
    return row[0]


def add(connection: sqlite3.Connection, tasks: Iterable[NewTask], now: float) -> tuple[list[str], list[str]]:
    """Store new tasks; give known ones the tags, model, title and prompt they lack. Returns both's ids, each once."""
    asked = merged(tasks)
    ids = id_list(asked)
    query = """
        SELECT json_group_array(json_array(id, tags, model, title, prompt)) FROM tasks
        WHERE id IN (SELECT value FROM json_each(?))
    """
    _forget_impossible(connection, ids)
    known = {task_id: tuple(row) for task_id, *row in bulk.fetch(connection, query, (ids,))}
    more = [
        (task_id, *completed) for task_id, row in known.items() if (completed := gained(row, asked[task_id])) != row
    ]
    new = [
        (task_id, task.provider, task.route, task.model, tags_text(task.tags), task.title, task.prompt)
        for task_id, task in asked.items()
        if task_id not in known
    ]
    if more or new:
        _store(connection, new, more, moment(now))
    return [row[0] for row in new], [task_id for task_id in asked if task_id in known]


def _forget_impossible(connection: sqlite3.Connection, ids: str) -> None:
    """Drop rows of these tasks that no task can be made of: whoever adds such a task again has it begin anew."""
    query = "SELECT number, id FROM tasks WHERE id IN (SELECT value FROM json_each(?)) ORDER BY number"
    numbers = dict(connection.execute(query, (ids,)).fetchall())
    possible = {task.id for tasks in queries.numbered(connection, list(numbers)) for task in tasks}
    gone = id_list(task_id for task_id in numbers.values() if task_id not in possible)
    connection.execute("DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (gone,))


def _store(
    connection: sqlite3.Connection, new: Sequence[Sequence[Any]], more: Sequence[Sequence[Any]], now: float | None
) -> None:
    revision = next_revision(connection)
    connection.execute(
        """
        INSERT INTO tasks (id, provider, route, model, tags, title, prompt, revision, added_at)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
            json_extract(value, '$[6]'), ?, ?
        FROM json_each(?)
        """,
        (revision, now, json.dumps(new)),
    )
    bulk.execute(
        connection,
        """
        UPDATE tasks SET tags = new.column2, model = new.column3, title = new.column4, prompt = new.column5,
            revision = new.column6
        FROM (VALUES :rows) AS new WHERE tasks.id = new.column1
        """,
        [(*row, revision) for row in more],
    )


def set_title(connection: sqlite3.Connection, ids: Sequence[str], title: str | None) -> list[str]:
    """Give watched tasks a title, or take it away; returns the ids for which that changed anything."""
    changed, chosen = _chosen(connection, ids, _WATCHED + " AND title IS NOT :title", {"title": maybe_plain(title)})
    connection.execute(
        """
        UPDATE tasks SET revision = :revision, title = :title
        WHERE id IN (SELECT value FROM json_each(:chosen))
        """,
        chosen,
    )
    return changed


def set_titles(
    connection: sqlite3.Connection, titles: Mapping[str, str | None], if_now: Mapping[str, str | None] | None
) -> list[str]:
    """Give each watched task its own title, or take it away; `if_now` as in `set_tags`."""
    return _set_texts(connection, "title", titles, if_now, maybe_plain)


def set_tags(
    connection: sqlite3.Connection,
    tags: Mapping[str, Sequence[str]],
    if_now: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """Give each watched task exactly these tags; returns the ids for which that changed anything.

    With `if_now` only where the task has exactly those now: what somebody else has changed meanwhile stays.
    """
    return _set_texts(connection, "tags", tags, if_now, tags_text)


def _set_texts(
    connection: sqlite3.Connection,
    column: str,
    values: Mapping[str, _Value],
    if_now: Mapping[str, _Value] | None,
    as_text: Callable[[_Value], str | None],
) -> list[str]:
    changed = changed_texts(_texts(connection, column, values), values, if_now, as_text)
    if changed:
        revision = next_revision(connection)
        rows = [(task_id, text, revision) for task_id, text in changed.items()]
        bulk.execute(
            connection,
            f"""
            UPDATE tasks SET {column} = new.column2, revision = new.column3
            FROM (VALUES :rows) AS new WHERE tasks.id = new.column1
            """,  # noqa: S608 - a column named above
            rows,
        )
    return list(changed)


def _texts(connection: sqlite3.Connection, column: str, ids: Iterable[str]) -> dict[str, Any]:
    """Return what a column of these tasks holds, by id; of those that are watched."""
    query = f"""
        SELECT json_group_array(json_array(id, {column})) FROM tasks WHERE id IN (SELECT value FROM json_each(?))
    """  # noqa: S608 - a column named by a caller here
    return dict(bulk.fetch(connection, query, (id_list(ids),)))


def change_tags(
    connection: sqlite3.Connection, ids: Sequence[str], added: Sequence[str], removed: Sequence[str]
) -> list[str]:
    """Add tags to watched tasks and take others away; returns the ids for which that changed anything."""
    return set_tags(connection, retagged(_texts(connection, "tags", ids), ids, added, removed))


def remove(connection: sqlite3.Connection, ids: Sequence[str]) -> list[str]:
    """Forget tasks and what hangs on them; returns the ids of those that were there."""
    gone, chosen = _chosen(connection, ids, _WATCHED, {})
    if gone:
        connection.execute("DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(:chosen))", chosen)
        connection.execute("DELETE FROM answers WHERE id IN (SELECT value FROM json_each(:chosen))", chosen)
        connection.execute("DELETE FROM asks WHERE id IN (SELECT value FROM json_each(:chosen))", chosen)
        connection.execute("DELETE FROM attempts WHERE task_id IN (SELECT value FROM json_each(:chosen))", chosen)
        connection.execute("DELETE FROM copies WHERE task_id IN (SELECT value FROM json_each(:chosen))", chosen)
        posters.forget_poster(connection, chosen["chosen"])
        outbox.forget_notices(connection, chosen["chosen"])
        connection.execute("INSERT OR REPLACE INTO removed SELECT value, :revision FROM json_each(:chosen)", chosen)
    return gone


def request_download(
    connection: sqlite3.Connection,
    ids: Sequence[str],
    folder: str | None,
    place: str | None,  # noqa: ARG001 - there is one machine, and one folder
    *,
    force: bool,
    automatic: bool,
    anyway: bool,
) -> list[str]:
    """Wish for downloads; returns the ids for which that changed anything.

    A wish that stands already is spoken again: a failure that was reported before, but is still on its way into the
    ledger, must not end it. A folder belongs to one wish: the next one goes where the configuration says, also where
    the folder of the last one cannot be used. An automatic wish is spoken only where nobody has said anything yet.
    """
    wanted = ANYWAY if anyway else 1
    asked = {"folder": maybe_plain(folder), "force": force, "automatic": automatic, "wanted": wanted}
    standing = f"""
        UPDATE tasks SET wish = wish + 1,
            download_wish = CASE WHEN download_wish < wish THEN download_wish ELSE wish + 1 END
        WHERE id IN (SELECT value FROM json_each(:ids)) AND wanted AND download_state <> 'saved'
            AND NOT {_ENDED}
            AND COALESCE(:folder, folder) IS folder
    """  # noqa: S608 - a constant
    if not automatic:
        connection.execute(standing, {"ids": id_list(ids), **asked})
    changed, chosen = _chosen(connection, ids, _WANTABLE, asked)
    if force:
        forget_file = """
            UPDATE tasks SET download_state = 'none', bytes_done = 0, bytes_total = NULL, file = NULL, sha256 = NULL,
                saved_at = NULL, download_error = NULL, download_trouble = NULL, speed = NULL, download_next_at = NULL
            WHERE id IN (SELECT value FROM json_each(:chosen)) AND download_state = 'saved'
        """
        connection.execute(forget_file, chosen)
    new = """
        UPDATE tasks SET revision = :revision, wanted = MAX(wanted, :wanted), paused = 0, folder = :folder,
            wish = wish + 1,
            download_wish = CASE
                WHEN download_state = 'running' AND (wanted OR wish = 0) AND download_wish = wish THEN wish + 1
                ELSE download_wish END
        WHERE id IN (SELECT value FROM json_each(:chosen))
    """
    connection.execute(new, chosen)
    return changed


def cancel_download(connection: sqlite3.Connection, ids: Sequence[str]) -> list[str]:
    """Take wishes back; returns the ids for which that changed anything. What is saved stays saved."""
    changed, chosen = _chosen(connection, ids, _ACTIVE, {})
    connection.execute(
        """
        UPDATE tasks SET revision = :revision, wanted = 0, paused = 0, wish = wish + 1
        WHERE id IN (SELECT value FROM json_each(:chosen))
        """,
        chosen,
    )
    return changed


def pause(connection: sqlite3.Connection, ids: Sequence[str], *, paused: bool) -> list[str]:
    """Pause or resume downloads that are wanted or under way; returns the ids for which that changed anything."""
    changed, chosen = _chosen(connection, ids, _PAUSABLE, {"paused": paused})
    connection.execute(
        """
        UPDATE tasks SET revision = :revision, paused = :paused
        WHERE id IN (SELECT value FROM json_each(:chosen))
        """,
        chosen,
    )
    return changed


def pause_all(connection: sqlite3.Connection, since: float | None) -> bool:
    """Pause everything since a time, or go on with it (None); returns whether that changed anything."""
    if since is None:
        return connection.execute("DELETE FROM pause").rowcount > 0
    return connection.execute("INSERT OR IGNORE INTO pause VALUES (1, ?)", (moment(since),)).rowcount > 0


def ask_now(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Note that somebody wants these watched tasks asked at once."""
    connection.execute(
        "INSERT OR IGNORE INTO asks SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (id_list(ids),)
    )


def take_asks(connection: sqlite3.Connection) -> list[str]:
    """Return the ids somebody wants asked at once, and forget the request."""
    return [row[0] for row in connection.execute("DELETE FROM asks RETURNING id").fetchall()]


def _chosen(
    connection: sqlite3.Connection, ids: Sequence[str], query: str, asked: dict[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """Return which of the ids a query picks, in the order asked, and parameters for statements that change them."""
    picked = set(bulk.fetch(connection, query, {"ids": id_list(ids), **asked}))
    chosen = [task_id for task_id in dict.fromkeys(map(plain, ids)) if task_id in picked]
    revision = next_revision(connection) if chosen else 0
    return chosen, {"chosen": id_list(chosen), "revision": revision, **asked}
