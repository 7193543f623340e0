"""The lease: of all processes that have the ledger open, one works, and the others know who."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from octotui.ledger.records import Lease

if TYPE_CHECKING:
    import sqlite3


def read(connection: sqlite3.Connection) -> Lease | None:
    """Return who holds the lease, None when nobody does."""
    row = connection.execute("SELECT owner, host, pid, heartbeat FROM lease").fetchone()
    return None if row is None else Lease(*row)


def acquire(connection: sqlite3.Connection, asker: Lease, *, stale_after: float) -> bool:
    """Take or renew the lease for `asker`, whose heartbeat is now; returns whether it holds it."""
    holder = read(connection)
    if holder is not None and holder.owner != asker.owner and is_alive(holder, asker, stale_after=stale_after):
        return False
    connection.execute(
        "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?)", (asker.owner, asker.host, asker.pid, asker.heartbeat)
    )
    return True


def release(connection: sqlite3.Connection, owner: str) -> None:
    """Give the lease up, if `owner` holds it."""
    connection.execute("DELETE FROM lease WHERE owner = ?", (owner,))


def is_alive(holder: Lease, asker: Lease, *, stale_after: float) -> bool:
    """Tell whether a holder still works: its heartbeat is fresh, and its process is there as far as we can see.

    A heartbeat from the future counts as stale too: it was written before somebody set the clock back.
    """
    if abs(asker.heartbeat - holder.heartbeat) > stale_after:
        return False
    return holder.host != asker.host or process_exists(holder.pid)


def process_exists(pid: int) -> bool:
    """Tell whether a process of this machine is there."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
