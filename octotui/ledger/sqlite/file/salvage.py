"""Salvage: what can be read of a damaged ledger, brought into a new one. The damaged file is only read.

Everything is done on a copy. The tables are read by SQLite as far as it gets, from their beginning and from their end.
Where that does not get through the tasks, each page of the copy that holds rows is read as if it were the whole table:
then neither a lost first page, nor a lost root, nor a file that was cut off costs more than the rows that were on it.
What such a page holds may be out of date (SQLite does not wipe the pages it frees), so of two rows of one task the one
with the higher revision counts, and one that was removed later does not come back.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octotui.ledger.records import Salvage
from octotui.ledger.sqlite import schema
from octotui.ledger.sqlite.connections import LedgerConnection, as_text, connect
from octotui.ledger.sqlite.errors import FAULTS
from octotui.ledger.sqlite.file.private_files import open_private
from octotui.ledger.sqlite.queries import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PAGE = 4096
"""Bytes of a page: SQLite's own choice since 2016, and never another one's in a ledger."""
_LEAF = 0x0D
"""The first byte of a page that holds rows of a table."""
_TASKS_ROOT = 2
"""The page at which the tasks begin: theirs is the first table a ledger was ever given."""
_COUNTER = 24
"""Where in a file SQLite counts changes: another number makes it forget the pages it has in memory."""
_JOURNAL = 18
"""Where in a file it says (twice) how it is written: 1 in place, 2 by way of a -wal."""
_BLOCK = 2**20
_NOT_COPIED = frozenset({"tasks", "counter", "lease", "salvages"})

_PLAUSIBLE = """
    typeof(id) = 'text' AND typeof(revision) = 'integer' AND typeof(provider) = 'text' AND typeof(route) = 'text'
    AND typeof(added_at) = 'real' AND typeof(state) = 'text' AND json_valid(tags)
"""
"""Of all tables only the tasks have rows like that."""


def salvage(old: Path, new: Path, reason: str) -> int:
    """Make a ledger at `new` of what can be read at `old`, whole or not at all; `old` and its -wal are only read.

    The new one says what came (`queries.salvage`). Ids whose tasks could not be read go into a file beside `old`.

    Args:
        old: The damaged ledger.
        new: Where there is none yet.
        reason: What is wrong with the old one.

    Returns:
        How many tasks came, or at least their ids; where none did, no ledger was made.

    Raises:
        OSError: there is no room, or the old file cannot be read at all.
        sqlite3.Error: the new one cannot be written.

    """
    with _scratch(Path(f"{new}.copy")) as copy, _scratch(Path(f"{new}.new")) as made:
        _copy(old, copy)
        if Path(f"{old}-wal").exists():
            _copy(Path(f"{old}-wal"), Path(f"{copy}-wal"))
        _merge_log(copy)
        os.close(open_private(made))
        with closing(connect(made)) as target:
            tasks, ids = _fill(target, copy)
            if not tasks and not ids:
                return 0
            found = Salvage(time.time(), reason, str(old), tasks, len(ids))
            if ids:
                _write(Path(found.ids_file), ids)
            target.execute("INSERT INTO salvages (at, reason, moved_to, tasks, ids) VALUES (?, ?, ?, ?, ?)", found)
        _settle(made)
        made.replace(new)
        _settle(new.parent)
    return tasks + len(ids)


def _write(path: Path, ids: Sequence[str]) -> None:
    file = open_private(path)
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, "".join(f"{task_id}\n" for task_id in ids).encode("utf-8", "replace"), 0)
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """Give a name to a file that is gone before and after, however it ends; one of a killed process is made anew."""
    files = [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
    for file in files:
        file.unlink(missing_ok=True)
    try:
        yield path
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, zeros for what the disk does not give, in whole pages."""
    reader, writer = os.open(source, os.O_RDONLY | os.O_CLOEXEC), open_private(target)
    try:
        size = os.fstat(reader).st_size
        os.ftruncate(writer, size)
        for start in range(0, size, _BLOCK):
            try:
                os.pwrite(writer, os.pread(reader, _BLOCK, start), start)
            except OSError:
                _copy_pages(reader, writer, start, min(start + _BLOCK, size))
    finally:
        os.close(reader)
        os.close(writer)


def _copy_pages(reader: int, writer: int, start: int, end: int) -> None:
    for place in range(start, end, _PAGE):
        try:
            page = os.pread(reader, _PAGE, place)
        except OSError:  # this page of the disk is gone
            continue
        os.pwrite(writer, page, place)


def _settle(path: Path) -> None:
    """Have a file or a folder on stable storage."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _merge_log(copy: Path) -> None:
    """Bring what is sound of the -wal into the copy, which has a first page afterwards that can be read."""
    if _is_merged(copy):
        return
    _put_first_page(copy, journal=2)
    if not _is_merged(copy):
        Path(f"{copy}-wal").unlink(missing_ok=True)
        _put_first_page(copy, journal=1)


def _is_merged(copy: Path) -> bool:
    try:
        with closing(connect(copy)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("SELECT COUNT(*) FROM sqlite_master")
    except FAULTS:
        return False
    return True


def _put_first_page(copy: Path, *, journal: int, columns: Sequence[str] = ()) -> None:
    """Give the copy the first page of a ledger of the first version, in which every ledger's tables of then begin.

    Of the tasks it names `columns` that came with later versions, too: rows without them read as NULL there.
    """
    blank = Path(f"{copy}.blank")
    with _scratch(blank):
        with closing(connect(blank)) as connection:
            schema.migrate(connection, 1)
            for name in columns:
                if name not in _columns(connection, "tasks"):
                    connection.execute(f"ALTER TABLE tasks ADD COLUMN {name}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = bytearray(blank.read_bytes()[:_PAGE])
    page[_JOURNAL] = page[_JOURNAL + 1] = journal
    page[32:40] = bytes(8)  # no free pages: they are rather not read than read wrongly
    page[92:96] = bytes(4)  # another number than that of the changes: the file's own size counts
    with copy.open("r+b") as file:
        file.write(page)
        file.truncate(max(-(-copy.stat().st_size // _PAGE), _TASKS_ROOT) * _PAGE)


def _fill(target: LedgerConnection, copy: Path) -> tuple[int, list[str]]:
    """Fill a new ledger with what the copy has; returns how many tasks came, and ids of which nothing else did."""
    with closing(connect(copy)) as source:
        source.text_factory = as_text
        source.execute("PRAGMA writable_schema = ON")  # also where the file is shorter than it says
        schema.migrate(target, _version(source))
        target.execute("PRAGMA synchronous = OFF")  # it is settled as a whole
        target.execute("BEGIN")
        for table in sorted(schema.tables_of(target) - _NOT_COPIED):
            _put(target, table, _all_rows(source, target, table))
        is_read = _put(target, "tasks", _all_rows(source, target, "tasks"))
        ids = _ids(source)
        # A pointer that leads to the wrong page is no error to SQLite: of the rows it led to the index tells.
        is_whole = is_read and ids <= {row[0] for row in target.execute("SELECT id FROM tasks")}
    if not is_whole:
        _put_first_page(copy, journal=1, columns=_columns(target, "tasks"))
        for rows in _pages(copy, _columns(target, "tasks")):
            _put(target, "tasks", rows)
        target.execute(
            "DELETE FROM tasks WHERE EXISTS "
            "(SELECT 1 FROM removed WHERE removed.id = tasks.id AND removed.revision >= tasks.revision)"
        )
    target.execute("COMMIT")
    schema.migrate(target)
    target.execute("BEGIN")
    gone = "SELECT id FROM removed WHERE id NOT IN (SELECT id FROM tasks WHERE tasks.revision > removed.revision)"
    removed = {row[0] for row in target.execute(gone)}
    malformed = _drop_malformed(target)
    known = {row[0] for row in target.execute("SELECT id FROM tasks")}
    target.execute(
        "UPDATE counter SET revision = 1 + (SELECT MAX(revision) FROM "
        "(SELECT revision FROM tasks UNION ALL SELECT revision FROM removed UNION ALL SELECT 0))"
    )
    target.execute("COMMIT")
    return len(known), sorted((ids | malformed) - known - removed)


def _version(source: sqlite3.Connection) -> int:
    """Return what version the damaged ledger is of, by its tables where its number cannot be; 1 where nothing fits."""
    try:
        version, tables = schema.version_of(source), schema.tables_of(source)
    except FAULTS:
        return 1
    newest = len(schema.MIGRATIONS)
    likely = [version] if 1 <= version <= newest else []
    return next((each for each in (*likely, *range(newest, 0, -1)) if schema.tables_at(each) == tables), 1)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


class _Rows:
    """The rows of a table: from its beginning until damage is met, and then from its end until it is met again."""

    def __init__(self, connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
        self._connection = connection
        self._of = f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED"  # noqa: S608  names of ours
        if table == "tasks":
            self._of += f" WHERE {_PLAUSIBLE}"
        self.is_whole = True
        """Whether no damage has been met so far."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for order in ("ASC", "DESC"):
            try:
                yield from self._connection.execute(f"{self._of} ORDER BY rowid {order}")
            except FAULTS:
                self.is_whole = False
            else:
                return


def _all_rows(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> _Rows:
    return _Rows(source, table, _columns(target, table))


def _put(target: sqlite3.Connection, table: str, rows: _Rows) -> bool:
    """Insert rows, of one task the row with the highest revision; returns whether they were read without an error."""
    columns = _columns(target, table)
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    if table == "tasks":
        newer = ", ".join(f"{name} = excluded.{name}" for name in columns)
        insert = f"""
            INSERT INTO tasks ({names}) VALUES ({places})
            ON CONFLICT (id) DO UPDATE SET {newer} WHERE excluded.revision > tasks.revision
        """  # noqa: S608  names of ours
    else:
        insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"  # noqa: S608  as above
    for row in rows:
        try:
            target.execute(insert, row)
        except sqlite3.IntegrityError:
            # Another task has its number by now: the row is from a page that was freed, or had its number damaged.
            with suppress(sqlite3.IntegrityError):
                target.execute(insert, (None, *row[1:]))
    return rows.is_whole


def _ids(source: sqlite3.Connection) -> set[str]:
    """Return the ids in the index of the tasks, which lies on other pages than their rows."""
    ids: set[str] = set()
    for query in ("SELECT id FROM tasks ORDER BY id", "SELECT id FROM tasks ORDER BY id DESC"):
        with suppress(*FAULTS):
            for (task_id,) in source.execute(query):
                if isinstance(task_id, str) and task_id.isprintable():
                    ids.add(task_id)
    return ids


def _pages(copy: Path, columns: Sequence[str]) -> Iterator[_Rows]:
    """Yield the plausible tasks of each page by itself: it is put where the tasks begin, and read there by SQLite."""
    file = os.open(copy, os.O_RDWR | os.O_CLOEXEC)
    connection = connect(copy)
    connection.text_factory = as_text
    try:
        for number in range(_TASKS_ROOT, os.fstat(file).st_size // _PAGE + 1):
            page = os.pread(file, _PAGE, (number - 1) * _PAGE)
            if page[0] == _LEAF:
                os.pwrite(file, page, (_TASKS_ROOT - 1) * _PAGE)
                os.pwrite(file, number.to_bytes(4, "big"), _COUNTER)
                yield _Rows(connection, "tasks", columns)
    finally:
        # In this order: closing a file lets go of all locks this process has on it.
        connection.close()
        os.close(file)


def _drop_malformed(target: LedgerConnection) -> set[str]:
    """Drop rows that no task can be made of; returns their ids."""
    numbers = [row[0] for row in target.execute("SELECT number FROM tasks ORDER BY number")]
    for _ in numbered(target, numbers):
        pass
    gone = target.execute(
        "DELETE FROM tasks WHERE number IN (SELECT value FROM json_each(?)) RETURNING id",
        (json.dumps(sorted(target.left_out)),),
    )
    return {row[0] for row in gone.fetchall()}
