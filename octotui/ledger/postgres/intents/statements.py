"""What people ask for, as statements inside a transaction: add, remove, want, cancel, pause, ask now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from octotui.ledger.intent_rules import changed_texts, gained, merged, retagged
from octotui.ledger.postgres import bulk, outbox, posters, queries
from octotui.ledger.postgres.task_statements import id_list
from octotui.ledger.rows import ANYWAY, maybe_plain, moment, tags_text
from octotui.model import DownloadTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from octotui.ledger.postgres.connection import LedgerConnection
    from octotui.model import NewTask

_Value = TypeVar("_Value")

_WATCHED = "SELECT id FROM tasks WHERE id = ANY(%(ids)s)"
_ACTIVE = _WATCHED + " AND download_state <> 'saved' AND (wanted > 0 OR (wish = 0 AND download_state <> 'none'))"
_PAUSABLE = _ACTIVE + " AND paused <> %(paused)s"
_ENDED = f"""(download_wish = wish AND (download_state = 'failed'
    OR (download_state = 'wanted' AND download_trouble IS NOT DISTINCT FROM '{DownloadTrouble.FOLDER}')))"""
"""What the latest wish has come to: given up, or a folder that cannot be used (`Download.lacks_folder`)."""
_WANTABLE = (
    _WATCHED
    + f"""
    AND (download_state <> 'saved' OR %(force)s)
    AND (wanted < %(wanted)s OR download_state = 'saved' OR {_ENDED}
        OR COALESCE(%(folder)s, folder) IS DISTINCT FROM folder
        OR place IS DISTINCT FROM %(place)s)
    AND NOT (%(automatic)s AND wish > 0)
    """
)
_TEXTS = {"id": "text", "value": "text", "revision": "bigint"}


def next_revision(connection: LedgerConnection) -> int:
    """Count one more change of the ledger and return its number, the same for all rows of one transaction."""
    row = connection.execute("UPDATE counter SET revision = revision + 1 RETURNING revision").fetchone()
    return 0 if row is None else row[0]


def add(connection: LedgerConnection, tasks: Iterable[NewTask], now: float) -> tuple[list[str], list[str]]:
    """Store new tasks; give known ones the tags, model, title and prompt they lack. Returns both's ids, each once."""
    asked = merged(tasks)
    _forget_impossible(connection, list(asked))
    query = "SELECT id, tags, model, title, prompt FROM tasks WHERE id = ANY(%s)"
    known = {task_id: tuple(row) for task_id, *row in connection.execute(query, (list(asked),))}
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


def _forget_impossible(connection: LedgerConnection, ids: Sequence[str]) -> None:
    """Drop rows of these tasks that no task can be made of: whoever adds such a task again has it begin anew."""
    watched = {row[0] for row in connection.execute("SELECT id FROM tasks WHERE id = ANY(%s)", (ids,))}
    if watched and (gone := watched.difference(queries.some_tasks(connection, list(watched)))):
        connection.execute("DELETE FROM tasks WHERE id = ANY(%s)", (list(gone),))


def _store(
    connection: LedgerConnection, new: Sequence[Sequence[Any]], more: Sequence[Sequence[Any]], now: float | None
) -> None:
    revision = next_revision(connection)
    columns = dict.fromkeys(("id", "provider", "route", "model", "tags", "title", "prompt"), "text")
    bulk.execute(
        connection,
        """
        INSERT INTO tasks (id, provider, route, model, tags, title, prompt, revision, added_at)
        SELECT id, provider, route, model, tags, title, prompt, revision, added_at FROM :rows ORDER BY nth
        """,
        columns | {"revision": "bigint", "added_at": "double precision"},
        [(*row, revision, now) for row in new],
    )
    bulk.execute(
        connection,
        """
        UPDATE tasks SET tags = new.tags, model = new.model, title = new.title, prompt = new.prompt,
            revision = new.revision
        FROM :rows WHERE tasks.id = new.id
        """,
        dict.fromkeys(("id", "tags", "model", "title", "prompt"), "text") | {"revision": "bigint"},
        [(*row, revision) for row in more],
    )


def set_title(connection: LedgerConnection, ids: Sequence[str], title: str | None) -> list[str]:
    """Give watched tasks a title, or take it away; returns the ids for which that changed anything."""
    query = _WATCHED + " AND title IS DISTINCT FROM %(title)s"
    return _change(connection, ids, query, "title = %(title)s", {"title": maybe_plain(title)})


def set_titles(
    connection: LedgerConnection, titles: Mapping[str, str | None], if_now: Mapping[str, str | None] | None
) -> list[str]:
    """Give each watched task its own title, or take it away; `if_now` as in `set_tags`."""
    return _set_texts(connection, "title", titles, if_now, maybe_plain)


def set_tags(
    connection: LedgerConnection,
    tags: Mapping[str, Sequence[str]],
    if_now: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """Give each watched task exactly these tags; returns the ids for which that changed anything.

    With `if_now` only where the task has exactly those now: what somebody else has changed meanwhile stays.
    """
    return _set_texts(connection, "tags", tags, if_now, tags_text)


def _set_texts(
    connection: LedgerConnection,
    column: str,
    values: Mapping[str, _Value],
    if_now: Mapping[str, _Value] | None,
    as_text: Callable[[_Value], str | None],
) -> list[str]:
    changed = changed_texts(_texts(connection, column, values), values, if_now, as_text)
    if changed:
        revision = next_revision(connection)
        rows = [(task_id, text, revision) for task_id, text in changed.items()]
        statement = f"UPDATE tasks SET {column} = new.value, revision = new.revision FROM :rows WHERE tasks.id = new.id"  # noqa: S608 - a column named above
        bulk.execute(connection, statement, _TEXTS, rows)
    return list(changed)


def _texts(connection: LedgerConnection, column: str, ids: Iterable[str]) -> dict[str, Any]:
    """Return what a column of these tasks holds, by id; of those that are watched."""
    query = f"SELECT id, {column} FROM tasks WHERE id = ANY(%s)"  # noqa: S608 - a column named by a caller here
    return dict(connection.execute(query.encode(), (id_list(ids),)).fetchall())


def change_tags(
    connection: LedgerConnection, ids: Sequence[str], added: Sequence[str], removed: Sequence[str]
) -> list[str]:
    """Add tags to watched tasks and take others away; returns the ids for which that changed anything."""
    return set_tags(connection, retagged(_texts(connection, "tags", ids), ids, added, removed))


def remove(connection: LedgerConnection, ids: Sequence[str]) -> list[str]:
    """Forget tasks and what hangs on them; returns the ids of those that were there."""
    gone, chosen = _chosen(connection, ids, _WATCHED, {})
    if gone:
        for table, key in (
            ("tasks", "id"),
            ("answers", "id"),
            ("asks", "id"),
            ("attempts", "task_id"),
            ("copies", "task_id"),
        ):
            connection.execute(f"DELETE FROM {table} WHERE {key} = ANY(%(chosen)s)".encode(), chosen)  # noqa: S608 - names of ours
        posters.forget_poster(connection, gone)
        outbox.forget_notices(connection, gone)
        connection.execute(
            """
            INSERT INTO removed SELECT id, %(revision)s FROM unnest(%(chosen)s::text[]) AS gone(id)
            ON CONFLICT (id) DO UPDATE SET revision = excluded.revision
            """,
            chosen,
        )
    return gone


def request_download(
    connection: LedgerConnection,
    ids: Sequence[str],
    folder: str | None,
    place: str | None,
    *,
    force: bool,
    automatic: bool,
    anyway: bool,
) -> list[str]:
    """Wish for downloads; returns the ids for which that changed anything.

    A wish that stands already is spoken again: a failure that was reported before, but is still on its way into the
    ledger, must not end it. Folder and place belong to one wish: the next one goes where the configuration says, also
    where the folder of the last one cannot be used. One without a place moves it to anybody's, but takes it from nobody
    who is at it. An automatic wish is spoken only where nobody has said anything
    yet.
    """
    wanted = ANYWAY if anyway else 1
    asked = {
        "folder": maybe_plain(folder),
        "place": maybe_plain(place),
        "force": force,
        "automatic": automatic,
        "wanted": wanted,
    }
    standing = f"""
        UPDATE tasks SET wish = wish + 1,
            download_wish = CASE WHEN download_wish < wish THEN download_wish ELSE wish + 1 END
        WHERE id = ANY(%(ids)s) AND wanted > 0 AND download_state <> 'saved'
            AND NOT {_ENDED}
            AND COALESCE(%(folder)s, folder) IS NOT DISTINCT FROM folder
            AND place IS NOT DISTINCT FROM %(place)s
    """  # noqa: S608 - a constant
    if not automatic:
        connection.execute(standing.encode(), {"ids": id_list(ids), **asked})
    changed, chosen = _chosen(connection, ids, _WANTABLE, asked)
    if not changed:
        return []
    if force:
        forget_file = """
            UPDATE tasks SET download_state = 'none', bytes_done = 0, bytes_total = NULL, file = NULL, sha256 = NULL,
                saved_at = NULL, download_error = NULL, download_trouble = NULL, speed = NULL, download_next_at = NULL
            WHERE id = ANY(%(chosen)s) AND download_state = 'saved'
        """
        connection.execute(forget_file, chosen)
    new = """
        UPDATE tasks SET revision = %(revision)s, wanted = GREATEST(wanted, %(wanted)s), paused = 0,
            folder = %(folder)s, place = %(place)s, wish = wish + 1,
            claimed_by = CASE WHEN %(place)s::text IS NULL OR place IS NOT DISTINCT FROM %(place)s THEN claimed_by END,
            download_wish = CASE
                WHEN download_state = 'running' AND (wanted > 0 OR wish = 0) AND download_wish = wish THEN wish + 1
                ELSE download_wish END
        WHERE id = ANY(%(chosen)s)
    """
    connection.execute(new, chosen)
    return changed


def cancel_download(connection: LedgerConnection, ids: Sequence[str]) -> list[str]:
    """Take wishes back; returns the ids for which that changed anything. What is saved stays saved."""
    return _change(connection, ids, _ACTIVE, "wanted = 0, paused = 0, wish = wish + 1, claimed_by = NULL", {})


def pause(connection: LedgerConnection, ids: Sequence[str], *, paused: bool) -> list[str]:
    """Pause or resume downloads that are wanted or under way; returns the ids for which that changed anything."""
    return _change(connection, ids, _PAUSABLE, "paused = %(paused)s", {"paused": int(paused)})


def pause_all(connection: LedgerConnection, since: float | None) -> bool:
    """Pause everything since a time, or go on with it (None); returns whether that changed anything."""
    if since is None:
        return connection.execute("DELETE FROM pause").rowcount > 0
    statement = "INSERT INTO pause VALUES (true, %s) ON CONFLICT (one) DO NOTHING"
    return connection.execute(statement, (moment(since),)).rowcount > 0


def ask_now(connection: LedgerConnection, ids: Sequence[str]) -> None:
    """Note that somebody wants these watched tasks asked at once."""
    connection.execute(
        f"INSERT INTO asks {_WATCHED} ON CONFLICT (id) DO NOTHING".encode(),
        {"ids": id_list(ids)},
    )


def take_asks(connection: LedgerConnection) -> list[str]:
    """Return the ids somebody wants asked at once, and forget the request."""
    return [row[0] for row in connection.execute("DELETE FROM asks RETURNING id").fetchall()]


def _change(
    connection: LedgerConnection, ids: Sequence[str], query: str, change: str, asked: dict[str, Any]
) -> list[str]:
    """Make a change to those of the ids that a query picks; returns them in the order asked."""
    changed, chosen = _chosen(connection, ids, query, asked)
    if changed:
        statement = f"UPDATE tasks SET revision = %(revision)s, {change} WHERE id = ANY(%(chosen)s)"  # noqa: S608 - ours
        connection.execute(statement.encode(), chosen)
    return changed


def _chosen(
    connection: LedgerConnection, ids: Sequence[str], query: str, asked: dict[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """Return which of the ids a query picks, in the order asked, and parameters for statements that change them."""
    named = id_list(ids)
    picked = {row[0] for row in connection.execute(query.encode(), {"ids": named, **asked})}
    chosen = [task_id for task_id in dict.fromkeys(named) if task_id in picked]
    revision = next_revision(connection) if chosen else 0
    return chosen, {"chosen": chosen, "revision": revision, **asked}
