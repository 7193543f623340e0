"""The verbs of a ledger for what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octotui.ledger.records import (
        Attempt,
        Changes,
        Duration,
        FirstPage,
        History,
        Lease,
        Minute,
        SavedView,
        ServerFacts,
    )
    from octotui.model import EngineStatus, LogEntry, Task


class Questions(Protocol):
    """What the ledger knows, each from one unchanging view of it; facts not yet written are not seen."""

    def tasks(self) -> list[Task]:
        """Return all watched tasks, in the order they were added."""
        ...

    def pages(self, fields: Iterable[str] | None = None) -> Iterator[list[Task]]:
        """Yield all watched tasks in the order they were added, a page at a time, from one unchanging view of the file.

        For whoever wants each once and not all in memory; the view is held until the last page, or `close`, is reached.
        Of each task only `fields` (names of `Task`) need be read, which is faster: reading another one may raise
        `AttributeError`. None: all. A row counts as malformed for what is read of it.
        """
        ...

    def first_page(self, now: float, limit: int) -> FirstPage | None:
        """Return what is looked at first at `now` (unix seconds), at most `limit` tasks of each provider.

        For a screen that shows them while all others are still being read. None where that would take as long.
        """
        ...

    def count(self) -> int:
        """Return how many tasks are watched."""
        ...

    def task(self, id: str) -> Task | None:  # noqa: A002  the word everybody uses
        """Return one watched task, None when it is not watched."""
        ...

    def changes(self, since: int, *, with_requests: bool = False) -> Changes:
        """Return what is different since the revision of an earlier `Changes`; all tasks for 0.

        `with_requests` for whoever saves results: then with what was asked for with each unsaved download.
        """
        ...

    def changed_outside(self) -> bool:
        """Tell whether anybody else has written since the last call: another process, or another `Ledger`.

        Costs microseconds. While this ledger itself is writing the answer is put off to the next call.
        """
        ...

    def request_version(self, task_id: str) -> int:
        """Return how often somebody spoke about the download of a task; for `record_download`."""
        ...

    def raw_answer(self, task_id: str) -> str | None:
        """Return the last answer as it came, keys and signatures included, at most 256 KiB of it; a failing one too."""
        ...

    def previous_answer(self, task_id: str) -> str | None:
        """Return the last good answer that was different from `raw_answer`."""
        ...

    def attempts(self, task_id: str) -> list[Attempt]:
        """Return the newest 100 attempts at the download of a task, oldest first."""
        ...

    def events(self, since: int = 0, *, task_id: str | None = None, limit: int = 200) -> list[LogEntry]:
        """Return lines of the activity log, oldest first, at most `limit` of the 20,000 kept, for 90 days.

        Args:
            since: The number of an event: those next after it, so that a follower misses none. 0: the newest.
            task_id: Only those of one task.
            limit: How many at most.

        """
        ...

    def durations(self, since: int = 0) -> list[Duration]:
        """Return how long the newest 20,000 finished tasks took, oldest first: those after the number `since`."""
        ...

    def status(self) -> EngineStatus | None:
        """Return what the engine last said about itself, None when there never was one."""
        ...

    def paused_since(self) -> float | None:
        """Return since when (unix seconds) everything is paused, None while it is not."""
        ...

    def minutes(self, since: float) -> list[Minute]:
        """Return what was done in the minutes that began at `since` (unix seconds) or later, oldest first.

        Minutes in which nothing was done are left out.
        """
        ...

    def history(self, since: float) -> History:
        """Return the rollup by hour from the hour of `since` (unix seconds) on; 400 days are kept.

        A month of ten models takes some 20 ms.
        """
        ...

    def totals(self) -> History:
        """Return the sums over all time as one hour, at most `MOST_MODELS` + 1 models of it, in the order they came.

        They never go down, whatever is removed or too old to be kept. Failures by reason have none.
        """
        ...

    def saved_views(self) -> list[SavedView]:
        """Return the views somebody has saved, by name."""
        ...

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that the screen begins with; none where nobody has chosen any."""
        ...

    def download_folder(self, task_id: str) -> str | None:
        """Return the folder somebody asked for with the download of a task."""
        ...

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it in the store's own words; nothing when it is whole.

        Takes as long as reading the file: seconds for the largest.
        """
        ...

    def server_facts(self) -> ServerFacts | None:
        """Return what its server says about itself, None where it has none; takes up to two seconds."""
        ...

    def lease(self) -> Lease | None:
        """Return who holds the lease, alive or not; None when nobody does."""
        ...
