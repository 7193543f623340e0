"""File systems a ledger can lie on: which one a path is on, and whether SQLite's shared memory and locks hold there."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from octotui.ledger.errors import LedgerError, LedgerUnwritable

MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux lists what is mounted; other systems have none, and nothing is judged there."""

_SHARED = {
    "nfs": "NFS",
    "nfs4": "NFS",
    "cifs": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "lustre": "Lustre",
    "gpfs": "GPFS",
    "beegfs": "BeeGFS",
}
"""What several hosts mount at once, by type. SQLite's WAL lives in memory that the hosts do not share: it corrupts."""
_DOUBTFUL = {"9p": "9p", "virtiofs": "virtiofs"}
"""What may be shared with other hosts, or have no locks; `fuse` and `fuse.NAME` are, too."""
_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EIO, errno.EOPNOTSUPP})

REMEDY = "set OCTOTUI_STATE_DIR to a folder on a local disk"


def type_of(mounts: str, path: str) -> str | None:
    """Return the type of the file system that an absolute path without links is on, None where none is listed.

    Args:
        mounts: What `/proc/self/mountinfo` says. Of the mount points above the path the longest counts, and of two
            mounts on one point the later.
        path: As `os.path.realpath` returns it; it need not exist.

    """
    longest: tuple[int, int, str | None] = (0, 0, None)
    for number, line in enumerate(mounts.splitlines()):
        fields, separator, rest = line.partition(" - ")
        words = fields.split(" ")
        if not separator or len(words) < 5 or not rest:
            continue
        point = _unescaped(words[4])
        if path == point or path.startswith(point.rstrip("/") + "/"):
            longest = max(longest, (len(point), number, rest.split(" ")[0]))
    return longest[2]


def _unescaped(word: str) -> str:
    r"""Return a mount point as it is called: the kernel writes a blank as `\040`."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)


def examine(path: Path) -> str | None:
    """Return in words what is doubtful about where a ledger lies; None where all is well or nothing can be told.

    Raises:
        LedgerUnwritable: hosts share that file system, and a ledger on it would be corrupted.

    """
    try:
        mounts = MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    kind = type_of(mounts, str(path.resolve())) or ""
    if kind in _SHARED:
        raise LedgerUnwritable(
            f"The ledger {path} would lie on {_SHARED[kind]}, which several hosts share: SQLite's log cannot be kept "
            f"there without damage. {REMEDY[0].upper()}{REMEDY[1:]}; a ledger that is there already can be copied "
            "to it while no octotui runs."
        )
    name = _DOUBTFUL.get(kind) or ("FUSE" if kind == "fuse" or kind.startswith("fuse.") else None)
    if name is None:
        return None
    return f"The ledger {path} lies on {name}, where locks may not hold: if another host writes there too, {REMEDY}."


def without_locks(error: OSError, path: Path) -> LedgerError:
    """Return the error for a lock file that could not be locked."""
    words = error.strerror or str(error)
    if error.errno in _NO_LOCKS:
        return LedgerUnwritable(
            f"The ledger {path} cannot be locked: its file system has no file locks ({words}); {REMEDY}."
        )
    return LedgerUnwritable(f"The ledger {path} cannot be locked ({words}); {REMEDY}.")
