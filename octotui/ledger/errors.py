"""What can go wrong with the ledger itself, in words a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LedgerError(Exception):
    """Whatever keeps the ledger from being read or written.

    ```
    LedgerError
    ├── LedgerCorrupt      no task could be read of a damaged file, which was set aside; opening again starts a new one
    ├── LedgerDamaged      damage met while working, or in a file that another octotui has open
    ├── LedgerTooNew       written by a newer octotui; left as it is
    ├── LedgerUnwritable   folder or file cannot be written, or the disk is full
    ├── LedgerBusy         another process has kept the ledger locked for too long
    ├── LedgerAway         the server cannot be reached, or did not answer in time; trying again is right
    └── LedgerClosed       used after `close()`
    ```
    """


class LedgerCorrupt(LedgerError):
    """The file was no sound ledger, and no task could be read; it was moved aside whole, nothing was deleted."""

    def __init__(self, path: Path, moved_to: Path, reason: str) -> None:
        super().__init__(
            f"The ledger {path} is damaged ({reason}). It was moved to {moved_to}, nothing was deleted. "
            "No task could be read from it: start octotui again to begin a new ledger, then add the tasks again."
        )
        self.path = path
        """Where the ledger was, and where the next one will be."""
        self.moved_to = moved_to
        """Where the damaged file is now, with its -wal and -shm beside it."""


class LedgerDamaged(LedgerError):
    """Damage was met in a ledger that is open; the next start brings what can be read into a new one."""


class LedgerTooNew(LedgerError):
    """The ledger was written by a newer octotui, whose rules this one does not know."""

    def __init__(self, place: Path | str, version: int, known: int) -> None:
        super().__init__(
            f"The ledger {place} was written by a newer octotui (schema {version}, this one knows {known}). "
            "It was left as it is: update octotui, or name another state folder."
        )
        self.version = version
        self.known = known


class LedgerUnwritable(LedgerError):
    """The folder or the file cannot be written, or the disk is full."""


class LedgerBusy(LedgerError):
    """Somebody else has been writing for longer than whoever asked would wait."""


class LedgerAway(LedgerError):
    """The server of the ledger cannot be reached, or a connection to it broke; what was being written may be there."""


class LedgerClosed(LedgerError):
    """The ledger was used after `close()`."""
