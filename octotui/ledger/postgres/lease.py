"""The lease: of all processes that work on the ledger, one asks, and the others know who.

A holder that is gone is told in two ways, as in `octotui/ledger/sqlite/lease.py`, but that its silence is measured by
the server's clock: all who ask compare the same two times, whatever their own clocks say. Each taking has a number of
its own, the epoch, and facts of an earlier one are dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger.process_place import is_gone
from octotui.ledger.records import Lease

if TYPE_CHECKING:
    from octotui.ledger.postgres.connection import LedgerConnection

_HOLDER = "owner, host, pid, heartbeat, boot, namespace, beats"


def read(connection: LedgerConnection) -> Lease | None:
    """Return who holds the lease, None when nobody does."""
    row = connection.execute(f"SELECT {_HOLDER} FROM lease WHERE owner IS NOT NULL".encode()).fetchone()  # noqa: S608
    return None if row is None else Lease(*row)


def is_lost(connection: LedgerConnection, holder: str, epoch: int | None) -> bool:
    """Tell whether another has taken the lease since `holder` did, in that epoch."""
    row = connection.execute("SELECT owner, epoch FROM lease").fetchone()
    if row is None:
        return True
    return row[0] not in {None, holder} or (epoch is not None and row[1] != epoch)


def is_taken(connection: LedgerConnection, asker: Lease, *, stale_after: float) -> bool:
    """Tell whether another holds the lease, who is there: then there is nothing to write."""
    query = f"SELECT {_HOLDER}, extract(epoch FROM clock_timestamp() - seen)::float8 FROM lease"  # noqa: S608
    row = connection.execute(query.encode()).fetchone()
    if row is None or row[0] in {None, asker.owner}:
        return False
    *holder, silence = row
    return bool(silence <= stale_after) and not is_gone(Lease(*holder), asker)


def acquire(connection: LedgerConnection, asker: Lease, *, stale_after: float) -> int | None:
    """Take or renew the lease for `asker`; returns the epoch in which it holds it, None where another does.

    Args:
        connection: Inside a transaction that writes.
        asker: Whoever wants to work; its `beats` are counted here.
        stale_after: Seconds without a new word of the holder after which it is gone.

    """
    query = f"SELECT {_HOLDER}, epoch, extract(epoch FROM clock_timestamp() - seen)::float8 FROM lease"  # noqa: S608
    row = connection.execute(query.encode()).fetchone()
    if row is None:
        return None
    *holder, number, silence = row
    is_free = holder[0] is None
    if not is_free and holder[0] != asker.owner and silence <= stale_after and not is_gone(Lease(*holder), asker):
        return None
    number += holder[0] != asker.owner
    beats = 1 if is_free else holder[-1] + 1
    connection.execute(
        """
        UPDATE lease SET owner = %s, host = %s, pid = %s, heartbeat = %s, boot = %s, namespace = %s, beats = %s,
            epoch = %s, seen = clock_timestamp()
        """,
        (*asker[:-1], beats, number),
    )
    return int(number)


def release(connection: LedgerConnection, owner: str) -> None:
    """Give the lease up, if `owner` holds it."""
    connection.execute("UPDATE lease SET owner = NULL WHERE owner = %s", (owner,))
