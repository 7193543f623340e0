"""The tables, as a list of migrations that only ever grows: a ledger of any earlier version is brought forward on open.

`PRAGMA user_version` counts the migrations a file has been through. A migration that was released is never edited.

In `tasks`, each column has one owner:

* identity: `id`, `added_at`; written once, by `add`.
* intents (what a person asked for): `tags`, `title`, `wanted`, `wish`, `paused`, `folder`; a row that exists is
  watched.
* facts of the task, of its download and of its copies (`delivered`): the rest; written by whoever does the work.

`pause` is an intent for all of them (one row while everything is paused), `minutes` are facts about the work itself,
and `hours` with the tables named after it what came of it all (`hours.py`).
`outbox`: what hooks (`hook`) and notifications (`notify`) are still to be told (0) or were told (1).

`wanted` is 1 where the result is to be saved once there is one, 2 where that is tried although no answer says so.
`wish` counts the times a person spoke about the download. A fact carries the `wish` that held when it was reported
(`download_wish`), so that a failure reported before a newer wish does not undo that wish.
"""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

from octotui.ledger import hours
from octotui.ledger.sqlite import migrations

if TYPE_CHECKING:
    pass

APPLICATION_ID = 0x6F63746F
"""`octo`: tells a ledger from another program's SQLite file."""

_LARGEST_VERSION = 1000
"""More migrations than there will ever be: a number above it is damage, one up to it a newer octotui's."""

MIGRATIONS = migrations.MIGRATIONS
"""Statements that lead from version n (the index) to n + 1."""

DIGEST = 3798226729
"""`digest_of` a ledger of the newest version: a look at it costs nothing, making such a ledger anew 4 ms."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return how many migrations the open file has been through; 0 for an empty one."""
    row: tuple[int] = connection.execute("PRAGMA user_version").fetchone()
    return row[0]


def tables_of(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the tables in the open file, SQLite's own left out."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return frozenset(row[0] for row in connection.execute(query))


def tables_at(version: int) -> frozenset[str]:
    """Return the names of the tables that a ledger of a version has."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, version)
        return tables_of(connection)


def columns_of(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    """Return the tables of the open file with the names of their columns."""
    query = """
        SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
    """
    return frozenset(connection.execute(query).fetchall())


def digest_of(connection: sqlite3.Connection) -> int:
    """Return a checksum of all that the open file says of its tables and indexes."""
    query = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master ORDER BY type, name)"
    said = connection.execute(query).fetchone()[0]
    return zlib.crc32(said.encode("utf-8", "replace")) if isinstance(said, str) else 0


def is_impossible(connection: sqlite3.Connection) -> bool:
    """Tell whether the open file says of its version, or of its tables, what no octotui has written into it."""
    version = version_of(connection)
    if not 0 <= version <= _LARGEST_VERSION:
        return True
    if version < len(MIGRATIONS):
        # Another program's file has no version either; whose it is has been seen before.
        return tables_of(connection) != tables_at(version)
    if version > len(MIGRATIONS) or digest_of(connection) == DIGEST:
        return False
    # Somebody may have added an index or a table of their own. A name of ours that is not there any more is damage.
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh)
        return not columns_of(fresh) <= columns_of(connection)


def migrate(connection: sqlite3.Connection, version: int | None = None) -> None:
    """Bring the open file to the newest version, or to an earlier one; each step in a transaction of its own.

    Raises:
        sqlite3.Error: when a step fails; the file then is what it was before that step.

    """
    last = len(MIGRATIONS) if version is None else version
    if version_of(connection) < last:
        connection.create_function("rendering_bucket", 1, hours.bucket_of, deterministic=True)
        connection.create_function("failure_reason", 4, hours.reason_of, deterministic=True)
    while version_of(connection) < last:
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            # Looked at again under the lock: another process may have taken the same step meanwhile.
            version = version_of(connection)
            if version < last:
                for statement in MIGRATIONS[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
