"""Removals that can be undone: what hung on tasks that are watched no longer, until the ledger is closed.

It is kept in a table, each row as JSON of whatever columns it has, under the number of the process that took it out: a
connection may break, or be another one in the next transaction. What a process that was killed has left goes by age.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from octotui.ledger.intent_rules import KEYS, NUMBERED, READ_ONWARDS
from octotui.ledger.limits import MAX_REMOVALS
from octotui.ledger.postgres import posters
from octotui.ledger.postgres.intents import statements
from octotui.ledger.postgres.task_statements import id_list
from octotui.ledger.records import Removal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.ledger.postgres.connection import LedgerConnection

_LEFT_BEHIND = 2 * 86_400
"""Seconds after which nobody can be there any more who would undo one."""


class Removals:
    """The removals of one open ledger."""

    def __init__(self) -> None:
        self.process = uuid4()
        """Under which they are kept."""
        self.has_any = False
        """Whether there may be anything to be forgotten."""

    def remove(self, connection: LedgerConnection, ids: Sequence[str]) -> Removal:
        """Stop watching tasks as `statements.remove` does, and keep what is known of them; the oldest go."""
        connection.execute("DELETE FROM kept_removals WHERE at < now() - make_interval(secs => %s)", (_LEFT_BEHIND,))
        self.has_any = True
        numbers = self._kept(connection)
        number = 1 + max(numbers, default=0)
        for table, key in KEYS.items():
            connection.execute(
                f"""
                INSERT INTO kept_removals (process, number, source, id, kept)
                SELECT %s, %s, '{table}', {key}, to_jsonb({table}) FROM {table} WHERE {key} = ANY(%s)
                """.encode(),  # noqa: S608 - names of ours
                (self.process, number, id_list(ids)),
            )
        for old in sorted(numbers)[: max(0, len(numbers) + 1 - MAX_REMOVALS)]:
            self._drop(connection, old)
        return Removal(number, statements.remove(connection, ids))

    def restore(self, connection: LedgerConnection, removal: Removal) -> list[str]:
        """Watch the tasks of a removal again, with all that was known of them; returns their ids in the order asked.

        One that somebody watches again already stays as it is now. Nothing comes of a removal that is no longer kept.
        """
        query = """
            SELECT id FROM kept_removals WHERE process = %s AND number = %s AND source = 'tasks'
                AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.id = kept_removals.id)
        """
        free = {row[0] for row in connection.execute(query, (self.process, removal.number))}
        ids = [task_id for task_id in removal.ids if task_id in free]
        if ids:
            for table in KEYS:
                self._put_back(connection, removal.number, table, ids)
            revision = statements.next_revision(connection)
            connection.execute("UPDATE tasks SET revision = %s WHERE id = ANY(%s)", (revision, ids))
            posters.forget_oldest(connection)
        self._drop(connection, removal.number)
        return ids

    def forget_all(self, connection: LedgerConnection) -> None:
        """Forget all of them: nobody can undo them any more."""
        connection.execute("DELETE FROM kept_removals WHERE process = %s", (self.process,))

    def _put_back(self, connection: LedgerConnection, number: int, table: str, ids: Sequence[str]) -> None:
        """Put rows back under their old numbers, and those whose number is taken behind all others, in their order."""
        source = f"""
            FROM kept_removals, LATERAL jsonb_populate_record(NULL::{table}, kept) AS old
            WHERE process = %(process)s AND kept_removals.number = %(number)s AND source = '{table}'
                AND kept_removals.id = ANY(%(ids)s)
        """
        asked = {"process": self.process, "number": number, "ids": list(ids)}
        if table not in NUMBERED:
            steps = [f"INSERT INTO {table} SELECT old.* {source} ON CONFLICT DO NOTHING"]
        else:
            others = _others(connection, table)
            olds = ", ".join(f"old.{name}" for name in others)
            taken = "true" if table in READ_ONWARDS else f"old.number IN (SELECT number FROM {table})"  # noqa: S608
            late = f"CREATE TEMP TABLE late ON COMMIT DROP AS SELECT old.* {source} AND {taken}"
            listed = ", ".join(others)
            steps = [
                late,
                f"INSERT INTO {table} (number, {listed}) SELECT old.number, {olds} {source} AND NOT {taken}",
                f"INSERT INTO {table} ({listed}) SELECT {listed} FROM late ORDER BY number",  # noqa: S608
                "DROP TABLE late",
            ]
        for statement in steps:
            connection.execute(statement.encode(), asked if "%(" in statement else None)

    def _kept(self, connection: LedgerConnection) -> set[int]:
        query = "SELECT DISTINCT number FROM kept_removals WHERE process = %s"
        return {row[0] for row in connection.execute(query, (self.process,))}

    def _drop(self, connection: LedgerConnection, number: int) -> None:
        connection.execute("DELETE FROM kept_removals WHERE process = %s AND number = %s", (self.process, number))


def _others(connection: LedgerConnection, table: str) -> list[str]:
    """Return the columns of a table but its number."""
    query = """
        SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
            AND attname <> 'number' ORDER BY attnum
    """
    return [row[0] for row in connection.execute(query, (table,))]
