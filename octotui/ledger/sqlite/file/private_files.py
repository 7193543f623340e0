"""Private files: the folder and the files of a ledger, which only its owner may read, whatever the umask."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

COMPANIONS = ("", "-wal", "-shm")
"""What SQLite keeps beside a database, by suffix."""


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
