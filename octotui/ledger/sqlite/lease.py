"""The lease: of all processes that have the ledger open, one works, and the others know who.

A holder that is gone is told in two ways. A process of the same boot and the same namespace of process ids is looked
for by its id: where it is not there, it is gone at once. Of any other it is only known whether it still says that it
works: whoever sees no new word for a while, by its own clock, takes over. Two hosts' clocks are never compared, and two
containers may have one host name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.process_place import is_gone
from octotui.ledger.records import Lease

if TYPE_CHECKING:
    import sqlite3


class Watch:
    """What one process has seen of the holder, and since when it has seen nothing new."""

    def __init__(self) -> None:
        self._seen: tuple[str, int] | None = None
        self._since = 0.0

    def silence(self, holder: Lease, now: float) -> float:
        """Return the seconds since the holder's last word was first seen; `now` by a clock of this process's own."""
        seen = (holder.owner, holder.beats)
        if seen != self._seen:
            self._seen, self._since = seen, now
        return now - self._since


def read(connection: sqlite3.Connection) -> Lease | None:
    """Return who holds the lease, None when nobody does."""
    row = connection.execute("SELECT owner, host, pid, heartbeat, boot, namespace, beats FROM lease").fetchone()
    return None if row is None else Lease(*row)


def acquire(
    connection: sqlite3.Connection, asker: Lease, watch: Watch, *, stale_after: float, monotonic: float
) -> bool:
    """Take or renew the lease for `asker`; returns whether it holds it.

    Args:
        connection: Inside a transaction that writes.
        asker: Whoever wants to work; its `beats` are counted here.
        watch: What its process has seen of the holder.
        stale_after: Seconds without a new word of the holder after which it is gone.
        monotonic: Now, by the clock of the asker's own that `watch` was told before.

    """
    holder = read(connection)
    if holder is not None and holder.owner != asker.owner:
        # The silence is always asked for: it is what begins it.
        is_silent = watch.silence(holder, monotonic) > stale_after
        if not is_silent and not is_gone(holder, asker):
            return False
    beats = 1 if holder is None else holder.beats + 1
    connection.execute("INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?, ?, ?, ?)", (*asker[:-1], beats))
    return True


def release(connection: sqlite3.Connection, owner: str) -> None:
    """Give the lease up, if `owner` holds it."""
    connection.execute("DELETE FROM lease WHERE owner = ?", (owner,))
