"""Removals that can be undone: what hung on tasks that are watched no longer, until this process ends.

It is kept in temporary tables of the connection that writes: SQLite moves rows by itself, however many there are and
whatever columns they have, and nothing of it outlives the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.intent_rules import KEYS, NUMBERED, READ_ONWARDS
from octotui.ledger.limits import MAX_REMOVALS
from octotui.ledger.records import Removal
from octotui.ledger.sqlite import posters
from octotui.ledger.sqlite.intents import statements
from octotui.ledger.sqlite.task_statements import id_list

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_CHOSEN = "(SELECT value FROM json_each(?))"


def remove(connection: sqlite3.Connection, ids: Sequence[str]) -> Removal:
    """Stop watching tasks as `statements.remove` does, and keep what is known of them; the oldest removals go."""
    chosen = id_list(ids)
    numbers = _kept(connection)
    number = 1 + max(numbers, default=0)
    for table, key in KEYS.items():
        connection.execute(
            f"CREATE TEMP TABLE {_name(number, table)} AS SELECT * FROM main.{table} WHERE {key} IN {_CHOSEN}",  # noqa: S608 - names of ours
            (chosen,),
        )
    for old in sorted(numbers)[: max(0, len(numbers) + 1 - MAX_REMOVALS)]:
        _drop(connection, old)
    return Removal(number, statements.remove(connection, ids))


def restore(connection: sqlite3.Connection, removal: Removal) -> list[str]:
    """Watch the tasks of a removal again, with all that was known of them; returns their ids in the order asked.

    One that somebody watches again already stays as it is now. Nothing comes of a removal that is no longer kept.
    """
    if removal.number not in _kept(connection):
        return []
    query = f"SELECT id FROM {_name(removal.number, 'tasks')} WHERE id NOT IN (SELECT id FROM main.tasks)"  # noqa: S608
    free = {row[0] for row in connection.execute(query)}
    ids = [task_id for task_id in removal.ids if task_id in free]
    if ids:
        chosen = id_list(ids)
        for table, key in KEYS.items():
            _put_back(connection, removal.number, table, key, chosen)
        revision = statements.next_revision(connection)
        connection.execute(f"UPDATE main.tasks SET revision = ? WHERE id IN {_CHOSEN}", (revision, chosen))  # noqa: S608
        posters.forget_oldest(connection)
    _drop(connection, removal.number)
    return ids


def _put_back(connection: sqlite3.Connection, number: int, table: str, key: str, chosen: str) -> None:
    """Put rows back under their old numbers, and those whose number is taken behind all others, in their order."""
    kept = _name(number, table)
    columns = [row[1] for row in connection.execute(f"PRAGMA temp.table_info({kept.removeprefix('temp.')})")]
    others = ", ".join(name for name in columns if table not in NUMBERED or name != "number")
    source = f"FROM {kept} WHERE {key} IN {_CHOSEN}"
    if table not in NUMBERED:
        connection.execute(f"INSERT OR REPLACE INTO main.{table} ({others}) SELECT {others} {source}", (chosen,))
        return
    taken = "true" if table in READ_ONWARDS else f"number IN (SELECT number FROM main.{table})"  # noqa: S608
    late = f"CREATE TEMP TABLE late AS SELECT * {source} AND {taken} ORDER BY number"
    connection.execute(late, (chosen,))
    for statement in (
        f"INSERT INTO main.{table} (number, {others}) SELECT number, {others} {source} AND NOT {taken}",
        f"INSERT INTO main.{table} ({others}) SELECT {others} FROM temp.late ORDER BY number",  # noqa: S608
    ):
        connection.execute(statement, (chosen,) if "?" in statement else ())
    connection.execute("DROP TABLE temp.late")


def _name(number: int, table: str) -> str:
    return f"temp.removal_{number}_{table}"


def _kept(connection: sqlite3.Connection) -> set[int]:
    query = "SELECT name FROM sqlite_temp_master WHERE name GLOB 'removal_*_tasks'"
    return {int(row[0].split("_")[1]) for row in connection.execute(query)}


def _drop(connection: sqlite3.Connection, number: int) -> None:
    for table in KEYS:
        connection.execute(f"DROP TABLE {_name(number, table)}")
