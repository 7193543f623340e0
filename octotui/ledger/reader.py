"""What the ledger knows: every question, each answered from one unchanging view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from octotui.ledger.statements import Inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
    from octotui.ledger.statements import Statements, Transactions
    from octotui.model import EngineStatus, LogEntry, Task


class LedgerReader(Generic[Inside]):
    """The half of a `Ledger` that reads; facts not yet written are not seen."""

    def __init__(
        self, store: Transactions[Inside], statements: Statements[Inside], changed_outside: Callable[[], bool]
    ) -> None:
        self._store = store
        self._statements = statements
        self._queries = statements.queries
        self.changed_outside = changed_outside

    def tasks(self) -> list[Task]:
        """Return all watched tasks, in the order they were added."""
        with self._store.reading() as connection:
            return self._queries.tasks(connection)

    def pages(self, fields: Iterable[str] | None = None) -> Iterator[list[Task]]:
        """Yield all watched tasks in the order they were added, a page at a time, from one view of it."""
        with self._store.reading() as connection:
            yield from self._queries.pages(connection, None if fields is None else frozenset(fields))

    def first_page(self, now: float, limit: int) -> FirstPage | None:
        """Return what is looked at first at `now` (unix seconds), at most `limit` tasks of each provider."""
        with self._store.reading() as connection:
            return self._queries.first_page(connection, now, limit)

    def count(self) -> int:
        """Return how many tasks are watched."""
        with self._store.reading() as connection:
            return self._queries.count(connection)

    def task(self, id: str) -> Task | None:  # noqa: A002  the word everybody uses
        """Return one watched task, None when it is not watched."""
        with self._store.reading() as connection:
            return self._queries.task(connection, id)

    def changes(self, since: int, *, with_requests: bool = False) -> Changes:
        """Return what is different since the revision of an earlier `Changes`; all tasks for 0."""
        with self._store.reading() as connection:
            changes = self._queries.changes(connection, since)
            return changes._replace(requests=self._queries.requests(connection, since)) if with_requests else changes

    def request_version(self, task_id: str) -> int:
        """Return how often somebody spoke about the download of a task; for `record_download`."""
        with self._store.reading() as connection:
            return self._queries.request_version(connection, task_id) or 0

    def raw_answer(self, task_id: str) -> str | None:
        """Return the last answer as it came, keys and signatures included, at most 256 KiB of it; a failing one too."""
        with self._store.reading() as connection:
            return self._queries.raw_answers(connection, task_id)[0]

    def previous_answer(self, task_id: str) -> str | None:
        """Return the last good answer that was different from `raw_answer`."""
        with self._store.reading() as connection:
            return self._queries.raw_answers(connection, task_id)[1]

    def attempts(self, task_id: str) -> list[Attempt]:
        """Return the newest 100 attempts at the download of a task, oldest first."""
        with self._store.reading() as connection:
            return self._queries.attempts(connection, task_id)

    def events(self, since: int = 0, *, task_id: str | None = None, limit: int = 200) -> list[LogEntry]:
        """Return lines of the activity log, oldest first, at most `limit` of the 20,000 kept, for 90 days."""
        with self._store.reading() as connection:
            return self._queries.events(connection, since, task_id, limit)

    def durations(self, since: int = 0) -> list[Duration]:
        """Return how long the newest 20,000 finished tasks took, oldest first: those after the number `since`."""
        with self._store.reading() as connection:
            return self._queries.durations(connection, since)

    def status(self) -> EngineStatus | None:
        """Return what the engine last said about itself, None when there never was one."""
        with self._store.reading() as connection:
            return self._queries.status(connection)

    def paused_since(self) -> float | None:
        """Return since when (unix seconds) everything is paused, None while it is not."""
        with self._store.reading() as connection:
            return self._queries.paused_since(connection)

    def minutes(self, since: float) -> list[Minute]:
        """Return what was done in the minutes that began at `since` (unix seconds) or later, oldest first."""
        with self._store.reading() as connection:
            return self._queries.minutes(connection, since)

    def history(self, since: float) -> History:
        """Return the rollup by hour from the hour of `since` (unix seconds) on; 400 days are kept.

        A month of ten models takes some 20 ms.
        """
        with self._store.reading() as connection:
            return self._statements.hours.history(connection, since)

    def totals(self) -> History:
        """Return the sums over all time as one hour: they never go down. Failures by reason have none."""
        with self._store.reading() as connection:
            return self._statements.hours.totals(connection)

    def saved_views(self) -> list[SavedView]:
        """Return the views somebody has saved, by name."""
        with self._store.reading() as connection:
            return self._statements.views.read(connection)

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns that the screen begins with; none where nobody has chosen any."""
        with self._store.reading() as connection:
            return self._statements.views.columns(connection)

    def download_folder(self, task_id: str) -> str | None:
        """Return the folder somebody asked for with the download of a task."""
        with self._store.reading() as connection:
            return self._queries.folder(connection, task_id)

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it in the store's own words; nothing when it is whole."""
        with self._store.reading() as connection:
            return self._queries.problems(connection)

    def lease(self) -> Lease | None:
        """Return who holds the lease, alive or not; None when nobody does."""
        with self._store.reading() as connection:
            return self._statements.lease.read(connection)

    def server_facts(self) -> ServerFacts | None:
        """Return what its server says about itself, None where it has none; takes up to two seconds."""
        return None
