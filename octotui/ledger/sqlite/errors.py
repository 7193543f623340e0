"""SQLite's errors in the ledger's words."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from octotui.ledger.errors import LedgerBusy, LedgerDamaged, LedgerError, LedgerUnwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNWRITABLE = frozenset(
    {sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)
_LOCKS = frozenset(f"SQLITE_IOERR_{name}" for name in ("LOCK", "RDLOCK", "UNLOCK", "CHECKRESERVEDLOCK", "SHMLOCK"))
"""What SQLite says where a file system has no locks, or no memory that processes share."""
_NO_FORMAT = "unsupported file format"
"""What SQLite says, under no code of its own, of a file whose first page names a format that there is not."""
FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: the second where SQLite's own words quote bytes that are no text."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})


def primary_code(error: sqlite3.Error) -> int | None:
    """Return SQLite's primary result code (https://www.sqlite.org/rescode.html), None where Python raised by itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def explained(error: sqlite3.Error, path: Path) -> LedgerError:
    """Turn an error of SQLite into one of ours, with what, where and what to do."""
    code = primary_code(error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LedgerBusy(f"The ledger {path} is held by another process that does not let go ({error}); try again.")
    if code == sqlite3.SQLITE_NOLFS or getattr(error, "sqlite_errorname", "") in _LOCKS:
        return LedgerUnwritable(
            f"The ledger {path} cannot be locked ({error}): its file system has no file locks, "
            "set OCTOTUI_STATE_DIR to a folder on a local disk."
        )
    if code in _UNWRITABLE:
        return LedgerUnwritable(
            f"The ledger {path} cannot be written ({error}): make room on its disk or check who owns the folder."
        )
    if code in _DAMAGED or str(error) == _NO_FORMAT:
        return LedgerDamaged(
            f"The ledger {path} is damaged ({error}): close every octotui; the next start brings what can be read into "
            "a new one."
        )
    return LedgerError(f"The ledger {path} gave an error: {error}.")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise a `LedgerError` for every error of SQLite inside the block."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(error, path) from error
    except UnicodeDecodeError as error:
        # Python cannot read SQLite's own words where they quote a damaged name.
        raise explained(damage("its tables have names that are no text"), path) from error


def damage(verdict: str) -> sqlite3.DatabaseError:
    """Return the error SQLite itself would raise for a damaged file."""
    error = sqlite3.DatabaseError(verdict)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
