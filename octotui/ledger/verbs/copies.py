"""The verbs of a ledger for where results lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octotui.ledger.records import Copy


class Copies(Protocol):
    """Where results lie. The facts are on stable storage when the call returns, and hold whoever has the lease.

    May raise `LedgerError`; then nothing was stored, and the caller tells it again.
    """

    def record_copy(self, copy: Copy) -> None:
        """Store that a result of a watched task lies somewhere, whole; nothing where the task is not watched.

        Of a task there is one copy at a `location` of a `place`: a later word about it replaces the earlier one. A
        copy that `is_delivered` is from then on the task's `delivered`, and that is a change of the task. It no longer
        is once a result with another SHA-256 is recorded as saved: `delivered` is always the result it has now.
        """
        ...

    def drop_copy(self, task_id: str, location: str) -> None:
        """Forget a copy that is there no longer.

        Where it was the task's `delivered`, or the file of its saved result, the task has none then; saved it stays.
        """
        ...

    def copies(self, ids: Iterable[str]) -> dict[str, list[Copy]]:
        """Return the copies of tasks, oldest first, of those that have one."""
        ...
