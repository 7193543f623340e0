"""Opening the file: a private folder, a sound database; what can be read of a damaged one is brought into a new one."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from octotui.ledger.errors import LedgerCorrupt, LedgerDamaged, LedgerError, LedgerTooNew, LedgerUnwritable
from octotui.ledger.sqlite import schema
from octotui.ledger.sqlite.connections import as_text, connect
from octotui.ledger.sqlite.errors import damage, translated
from octotui.ledger.sqlite.file.guard import Guard, Job
from octotui.ledger.sqlite.file.private_files import COMPANIONS, make_private

if TYPE_CHECKING:
    from octotui.ledger.sqlite.connections import LedgerConnection, as_text

OLDEST_SQLITE = (3, 35)
"""The first with UPDATE FROM and RETURNING."""


def configure(connection: sqlite3.Connection) -> None:
    """Have every commit on stable storage before it returns, and the -wal cut back after a burst."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 16777216")


def open_file(path: Path, *, is_reader: bool = False) -> tuple[LedgerConnection, Guard]:
    """Open the ledger at `path` for writing, of the newest schema; make it where there is none.

    One that is damaged is moved aside whole, and what can be read of it comes into a new one.

    Args:
        path: The file.
        is_reader: Whoever opens it will not write, so that it need not be waited for others who do.

    Raises:
        LedgerCorrupt: it was damaged, no task could be read, and it has been moved aside.
        LedgerDamaged: it is damaged and another process has it open.
        LedgerTooNew: a newer octotui wrote it.
        LedgerUnwritable: folder or file cannot be written.
        LedgerError: it is another program's database.

    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise LedgerError(f"SQLite {sqlite3.sqlite_version} is too old: octotui needs 3.35, use another Python.")
    try:
        make_private(path)
        guard = Guard(path)
    except OSError as error:
        raise LedgerUnwritable(
            f"The ledger {path} cannot be opened ({error.strerror or error}): "
            "check who owns its folder, or name another state folder."
        ) from error
    with guard:
        if guard.alone and guard.job is not None:
            finish_salvage(path, guard, guard.job)
        try:
            return opened(path, guard, is_reader=is_reader), guard
        except LedgerDamaged:
            if guard.job is None:
                raise
            finish_salvage(path, guard, guard.job)
        return opened(path, guard, is_reader=is_reader), guard


def opened(path: Path, guard: Guard, *, is_reader: bool) -> LedgerConnection:
    """Return a connection to a sound ledger of the newest schema.

    Raises:
        LedgerDamaged: the file is damaged and, unless another process has it open, set aside for a salvage.

    """
    unclean = guard.alone and size_of(Path(f"{path}-wal")) > 0
    if unclean and not size_of(path):
        reason = "it is empty, but its -wal is not"
        set_aside(path, begin_salvage(path, guard, reason))
        raise LedgerDamaged(f"The ledger {path} is damaged: {reason}.")
    with translated(path):
        connection = connect(path)
    try:
        prepare(connection, path, guard, unclean=unclean, is_reader=is_reader)
    except LedgerDamaged as error:
        reason = str(error.__cause__ or error)
        if guard.alone:
            # Before it is closed: closing would write the -wal into the damaged file and delete it.
            set_aside(path, begin_salvage(path, guard, reason))
        connection.close()
        raise LedgerDamaged(
            f"The ledger {path} is damaged ({reason}) and another octotui has it open: close that one, start again."
        ) from error
    except:
        connection.close()
        raise
    return connection


def prepare(connection: LedgerConnection, path: Path, guard: Guard, *, unclean: bool, is_reader: bool) -> None:
    """Make an open file a ledger of the newest schema, or say why it cannot be one; it is not written before that."""
    with translated(path):
        refuse_foreign(connection, path)
        check(connection, guard, unclean=unclean)
        configure(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        schema.migrate(connection)
        if not is_reader:
            # SQLite opens a file it may not write without a word; this is where it says so.
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise for a database that is another program's, or a newer octotui's, or says of its tables what cannot be."""
    # Names that are no text are no error to SQLite itself, and Python would raise one of its own.
    connection.text_factory = as_text
    try:
        refuse_unfit(connection, path)
    finally:
        connection.text_factory = str


def refuse_unfit(connection: sqlite3.Connection, path: Path) -> None:
    """Do what `refuse_foreign` says, on a connection that bears any text."""
    version = schema.version_of(connection)
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = schema.tables_of(connection)
    if application != schema.APPLICATION_ID and (tables or version):
        if tables >= schema.tables_at(1):
            raise damage(f"its tables are a ledger's, its mark is {application}")
        raise LedgerError(f"{path} is another program's database: name another state folder.")
    if schema.is_impossible(connection):
        raise damage(f"its version says {version}, and its tables are not those of that version")
    if version > len(schema.MIGRATIONS):
        raise LedgerTooNew(path, version, len(schema.MIGRATIONS))


def check(connection: sqlite3.Connection, guard: Guard, *, unclean: bool) -> None:
    """Raise `sqlite3.DatabaseError` when the file is damaged.

    It takes as long as reading the tables, so it is done only where the last owner died (then of the tasks alone:
    0.1 s for 100,000) or has met damage (then of everything: only a check of the indexes against their tables finds one
    that leaves a task out).
    """
    if guard.suspicious:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    elif unclean and schema.version_of(connection):
        verdict = connection.execute("PRAGMA quick_check(tasks)").fetchone()[0]
    else:
        return
    if verdict != "ok":
        raise damage(verdict)
    guard.trust()


def begin_salvage(path: Path, guard: Guard, reason: str) -> Path:
    """Note that a damaged ledger is set aside and why; returns where it goes."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    number, target = 1, path.with_name(f"{path.name}.corrupt-{stamp}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    guard.begin(Job(target.name, reason))
    return target


def set_aside(path: Path, target: Path) -> None:
    """Move a damaged ledger out of the way, the file itself after its companions: once it is there, all are."""
    for suffix in reversed(COMPANIONS):
        companion = Path(f"{path}{suffix}")
        if companion.exists():
            companion.rename(f"{target}{suffix}")


def finish_salvage(path: Path, guard: Guard, job: Job) -> None:
    """Bring what can be read of a ledger that is being set aside into a new one, wherever a process was killed at it.

    Raises:
        LedgerCorrupt: no task could be read.
        LedgerUnwritable: there is no room for the new one; the next start goes on.

    """
    old = path.with_name(job.moved_to)
    if not old.exists():
        set_aside(path, old)
    # One of no bytes is what every start makes of a missing one.
    if not size_of(path):
        path.unlink(missing_ok=True)
        from octotui.ledger.sqlite.file.salvage import salvage  # noqa: PLC0415 - hardly ever

        try:
            with translated(path):
                tasks = salvage(old, path, job.reason)
        except OSError as error:
            raise LedgerUnwritable(
                f"The ledger {path} is damaged and kept as {old}, but what can be read of it cannot be written "
                f"({error.strerror or error}): make room on its disk, start again."
            ) from error
        if not tasks:
            guard.trust()
            raise LedgerCorrupt(path, old, job.reason)
    guard.trust()


def size_of(path: Path) -> int:
    """Return the bytes of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
