"""A ledger taken into another one, of whichever kind, and what came of it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from octotui.ledger.interchange import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octotui.ledger.ledger import Ledger


class CopiedTable(NamedTuple):
    """What became of the rows of one table."""

    table: str
    found: int
    """Rows of the source."""
    copied: int
    """Rows that are new in the target."""
    left_out: int = 0
    """Rows of the source that hold what they cannot, by damage or another program."""


class Difference(NamedTuple):
    """A task that the target does not have as the source has it."""

    task_id: str
    is_there: bool
    """Whether it is there, and known otherwise."""


def copy(source: Ledger, target: Ledger, progress: Callable[[int], None] = lambda _: None) -> list[CopiedTable]:
    """Take all that `source` knows into `target`; returns what became of each table.

    Nothing that `target` has is changed, so that a copy that was broken off, or done before, may be done again. History
    goes only into tables that have none. `progress` is told how many tasks have been looked at.

    Raises:
        LedgerError: something could not be read or written; what is in the target by then stays.

    """
    found = source.interchange.count_rows()
    copied, read = dict.fromkeys(tables.ALL, 0), dict.fromkeys(tables.ALL, 0)
    looked_at = 0
    for page in source.interchange.task_pages():
        for table, stored in target.interchange.put_tasks(page).items():
            copied[table] += stored
        for table, rows in page.items():
            read[table] += len(rows)
        looked_at += len(page["tasks"])
        progress(looked_at)
    for table in tables.HISTORY:
        rows = source.interchange.history(table)
        read[table] += len(rows)
        copied[table] += target.interchange.put_history(table, rows)
    return [CopiedTable(table, found[table], copied[table], max(0, found[table] - read[table])) for table in tables.ALL]


def differences(source: Ledger, target: Ledger) -> Iterator[Difference]:
    """Yield the tasks that `target` lacks, or knows otherwise than `source`; compares every field of every task.

    Of each task of `target` a checksum is in memory, some 100 bytes.
    """
    there: dict[str, int] = {}
    for page in target.pages():
        there.update((task.id, hash(task)) for task in page)
    for task in chain.from_iterable(source.pages()):
        if task.id not in there:
            yield Difference(task.id, is_there=False)
        elif there[task.id] != hash(task):
            yield Difference(task.id, is_there=True)
