"""The verbs of a ledger for taking all that it knows into another one, whichever kind that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octotui.ledger.interchange.tables import Rows


class Interchange(Protocol):
    """Rows as `tables.py` names them. May raise `LedgerError`."""

    def count_rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        ...

    def task_pages(self) -> Iterator[dict[str, Rows]]:
        """Yield the rows of all tasks in the order they were added, with all that hangs on them, a page at a time.

        By table; from one unchanging view, which is held until the last page, or `close`, is reached.
        """
        ...

    def history(self, table: str) -> Rows:
        """Return all rows of a table that is about no single task."""
        ...

    def put_tasks(self, page: Mapping[str, Rows]) -> dict[str, int]:
        """Store a page of tasks that are not there yet, with what hangs on them; returns the rows stored by table.

        A task that is there stays as it is. In one transaction.
        """
        ...

    def put_history(self, table: str, rows: Rows) -> int:
        """Store rows of a table that is about no single task, where it has none yet; returns how many.

        Of saved views those whose names are free. In one transaction.
        """
        ...
