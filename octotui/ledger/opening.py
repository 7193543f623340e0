"""Opening the file: a private folder, a sound database, damage set aside and never emptied."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from octotui.ledger import schema
from octotui.ledger.errors import (
    LedgerCorrupt,
    LedgerDamaged,
    LedgerError,
    LedgerTooNew,
    LedgerUnwritable,
    translated,
)

if TYPE_CHECKING:
    from types import TracebackType

BUSY_TIMEOUT = 10.0
"""Seconds to wait for another process that is writing."""

OLDEST_SQLITE = (3, 35)
"""The first with UPDATE FROM and RETURNING."""

COMPANIONS = ("", "-wal", "-shm")
"""What SQLite keeps beside a database, by suffix."""


def connect(path: Path) -> sqlite3.Connection:
    """Open one connection for use from any thread under the caller's lock; transactions are begun by hand."""
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)


def configure(connection: sqlite3.Connection) -> None:
    """Have every commit on stable storage before it returns, and the -wal cut back after a burst."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 16777216")


class Guard:
    """A lock file beside the ledger: says whether another process has it open, and that damage was met.

    Held exclusively while a ledger is being opened (so that only one process creates, checks or migrates it), shared
    while it is open. The kernel lets go of it when a process dies, however it dies.
    """

    def __init__(self, path: Path) -> None:
        # A link or a pipe in its place is somebody's: neither is followed or waited for.
        self._file = open_private(Path(f"{path}.lock"), os.O_NOFOLLOW | os.O_NONBLOCK)
        self.alone = True
        """Whether nobody else had the ledger open."""

    def __enter__(self) -> Guard:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.alone = False
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        else:
            self.close()

    @property
    def suspicious(self) -> bool:
        """Whether damage was met since the last full check."""
        return os.fstat(self._file).st_size > 0

    def suspect(self) -> None:
        """Have the next start check the whole file."""
        os.pwrite(self._file, b"damage was met: check all of it\n", 0)

    def trust(self) -> None:
        """Forget the suspicion: the file was checked, or set aside."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._file)


def open_file(path: Path) -> tuple[sqlite3.Connection, Guard]:
    """Open the ledger at `path` for writing, of the newest schema; make it where there is none.

    Raises:
        LedgerCorrupt: it was damaged and has been set aside.
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
        unclean = guard.alone and _size(Path(f"{path}-wal")) > 0
        if unclean and not _size(path):
            raise set_aside(path, guard, "it is empty, but its -wal is not")
        with translated(path):
            connection = connect(path)
        try:
            prepare(connection, path, guard, unclean=unclean)
        except LedgerDamaged as error:
            # Moved before it is closed: closing would write the -wal into the damaged file and delete it.
            told = set_aside(path, guard, str(error.__cause__))
            connection.close()
            raise told from error
        except:
            connection.close()
            raise
        return connection, guard


def make_private(path: Path) -> None:
    """Make the folder (0700) and the file (0600), whatever the umask; leave a folder that is in other use as it is.

    Raises:
        OSError: where that cannot be done.

    """
    folder = path.parent
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o700)
    if folder.stat().st_uid == os.geteuid() and not any(folder.iterdir()):
        folder.chmod(0o700)
    # Not the lock file: `Guard` does that by its descriptor, which never is that of a link's target.
    for suffix in COMPANIONS:
        file = Path(f"{path}{suffix}")
        # Another process that closes the ledger may take -wal and -shm away at any moment.
        with suppress(FileNotFoundError):
            if stat.S_IMODE(file.stat().st_mode) != 0o600:
                file.chmod(0o600)
    if not path.exists():
        # SQLite gives -wal and -shm the mode of the database, also against the umask.
        os.close(open_private(path))


def open_private(path: Path, flags: int = 0) -> int:
    """Open a file for reading and writing, make it where there is none; only its owner may do so, whatever the umask.

    `flags` are further ones of open(2).

    Returns:
        The descriptor, to be closed by the caller.

    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o600:
        os.fchmod(descriptor, 0o600)
    return descriptor


def prepare(connection: sqlite3.Connection, path: Path, guard: Guard, *, unclean: bool) -> None:
    """Make an open file a ledger of the newest schema, or say why it cannot be one; it is not written before that."""
    with translated(path):
        refuse_foreign(connection, path)
        check(connection, guard, unclean=unclean)
        configure(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        schema.migrate(connection)
        # SQLite opens a file it may not write without a word; this is where it says so.
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise for a database that is another program's, or a newer octotui's."""
    version = schema.version_of(connection)
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    if application != schema.APPLICATION_ID and (tables or version):
        raise LedgerError(f"{path} is another program's database: name another state folder.")
    if version > len(schema.MIGRATIONS):
        raise LedgerTooNew(path, version, len(schema.MIGRATIONS))


def check(connection: sqlite3.Connection, guard: Guard, *, unclean: bool) -> None:
    """Raise `sqlite3.DatabaseError` when the file is damaged.

    It takes as long as reading the tables, so it is done only where the last owner died (then of the tasks alone:
    0.1 s for 100,000) or has met damage (then of everything).
    """
    if guard.suspicious:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    elif unclean and schema.version_of(connection):
        verdict = connection.execute("PRAGMA quick_check(tasks)").fetchone()[0]
    else:
        return
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
    guard.trust()


def set_aside(path: Path, guard: Guard, reason: str) -> LedgerError:
    """Move a damaged ledger and its companions out of the way, and return the error that says so."""
    if not guard.alone:
        return LedgerDamaged(
            f"The ledger {path} is damaged ({reason}) and another octotui has it open: close that one, start again."
        )
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    number, target = 1, path.with_name(f"{path.name}.corrupt-{stamp}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    for suffix in COMPANIONS:
        companion = Path(f"{path}{suffix}")
        if companion.exists():
            companion.rename(f"{target}{suffix}")
    guard.trust()
    return LedgerCorrupt(path, target, reason)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
