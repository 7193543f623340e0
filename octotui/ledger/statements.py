"""What the verbs of a ledger need of the kind that keeps it: transactions, and statements inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from octotui.ledger.records import (
        Attempt,
        Changes,
        DownloadRequest,
        Duration,
        FirstPage,
        History,
        Lease,
        Minute,
        Removal,
        SavedView,
    )
    from octotui.model import EngineStatus, LogEntry, NewTask, Task

Inside = TypeVar("Inside")
Inside_contra = TypeVar("Inside_contra", contravariant=True)
Inside_co = TypeVar("Inside_co", covariant=True)


class Transactions(Protocol[Inside_co]):
    """Where they are made."""

    def writing(self) -> AbstractContextManager[Inside_co]:
        """Run the block in one transaction; it is on stable storage when the block is left, or did not happen."""
        ...

    def reading(self) -> AbstractContextManager[Inside_co]:
        """Run the block on one unchanging view of the ledger."""
        ...


class IntentStatements(Protocol[Inside_contra]):
    """What people ask for, as statements inside a transaction."""

    def add(self, connection: Inside_contra, tasks: Iterable[NewTask], now: float) -> tuple[list[str], list[str]]:
        """As `Intents.add`."""
        ...

    def remove(self, connection: Inside_contra, ids: Sequence[str]) -> list[str]:
        """As `Intents.remove`."""
        ...

    def request_download(
        self,
        connection: Inside_contra,
        ids: Sequence[str],
        folder: str | None,
        place: str | None,
        *,
        force: bool,
        automatic: bool,
        anyway: bool,
    ) -> list[str]:
        """As `Intents.request_download`."""
        ...

    def cancel_download(self, connection: Inside_contra, ids: Sequence[str]) -> list[str]:
        """As `Intents.cancel_download`."""
        ...

    def pause(self, connection: Inside_contra, ids: Sequence[str], *, paused: bool) -> list[str]:
        """As `Intents.pause`."""
        ...

    def pause_all(self, connection: Inside_contra, since: float | None) -> bool:
        """Pause everything since a time, or go on with it (None); returns whether that changed anything."""
        ...

    def ask_now(self, connection: Inside_contra, ids: Sequence[str]) -> None:
        """As `Intents.ask_now`."""
        ...

    def take_asks(self, connection: Inside_contra) -> list[str]:
        """As `Intents.take_asks`."""
        ...

    def set_title(self, connection: Inside_contra, ids: Sequence[str], title: str | None) -> list[str]:
        """As `Intents.set_title`."""
        ...

    def change_tags(
        self, connection: Inside_contra, ids: Sequence[str], added: Sequence[str], removed: Sequence[str]
    ) -> list[str]:
        """As `Intents.change_tags`."""
        ...

    def set_titles(
        self, connection: Inside_contra, titles: Mapping[str, str | None], if_now: Mapping[str, str | None] | None
    ) -> list[str]:
        """As `Intents.set_titles`."""
        ...

    def set_tags(
        self,
        connection: Inside_contra,
        tags: Mapping[str, Sequence[str]],
        if_now: Mapping[str, Sequence[str]] | None = None,
    ) -> list[str]:
        """As `Intents.set_tags`."""
        ...


class RemovalStatements(Protocol[Inside_contra]):
    """Removals that can be undone."""

    def remove(self, connection: Inside_contra, ids: Sequence[str]) -> Removal:
        """As `Intents.take_out`."""
        ...

    def restore(self, connection: Inside_contra, removal: Removal) -> list[str]:
        """As `Intents.restore`."""
        ...


class ViewStatements(Protocol[Inside_contra]):
    """Saved views and columns."""

    def read(self, connection: Inside_contra) -> list[SavedView]:
        """As `Questions.saved_views`."""
        ...

    def save(self, connection: Inside_contra, view: SavedView) -> None:
        """As `Intents.save_view`."""
        ...

    def drop(self, connection: Inside_contra, name: str) -> None:
        """As `Intents.drop_view`."""
        ...

    def columns(self, connection: Inside_contra) -> tuple[str, ...]:
        """As `Questions.columns`."""
        ...

    def keep_columns(self, connection: Inside_contra, names: tuple[str, ...]) -> None:
        """As `Intents.keep_columns`."""
        ...


class QueryStatements(Protocol[Inside_contra]):
    """What the ledger can be asked."""

    def tasks(self, connection: Inside_contra) -> list[Task]:
        """As `Questions.tasks`."""
        ...

    def pages(self, connection: Inside_contra, names: frozenset[str] | None) -> Iterator[list[Task]]:
        """As `Questions.pages`."""
        ...

    def first_page(self, connection: Inside_contra, now: float, limit: int) -> FirstPage | None:
        """Return what is looked at first, None where that would take as long as to read all."""
        ...

    def count(self, connection: Inside_contra) -> int:
        """As `Questions.count`."""
        ...

    def task(self, connection: Inside_contra, task_id: str) -> Task | None:
        """As `Questions.task`."""
        ...

    def changes(self, connection: Inside_contra, since: int) -> Changes:
        """As `Questions.changes`."""
        ...

    def request_version(self, connection: Inside_contra, task_id: str) -> int | None:
        """As `FactStore.wish_of`."""
        ...

    def requests(self, connection: Inside_contra, since: int) -> dict[str, DownloadRequest]:
        """Return what was asked for with the unsaved downloads of tasks that changed since a revision; of all for 0."""
        ...

    def raw_answers(self, connection: Inside_contra, task_id: str) -> tuple[str | None, str | None]:
        """Return the last answer of a task as it came, and the last good one that was different from it."""
        ...

    def attempts(self, connection: Inside_contra, task_id: str) -> list[Attempt]:
        """As `Questions.attempts`."""
        ...

    def events(self, connection: Inside_contra, since: int, task_id: str | None, limit: int) -> list[LogEntry]:
        """As `Questions.events`."""
        ...

    def durations(self, connection: Inside_contra, since: int) -> list[Duration]:
        """As `Questions.durations`."""
        ...

    def status(self, connection: Inside_contra) -> EngineStatus | None:
        """As `Questions.status`."""
        ...

    def paused_since(self, connection: Inside_contra) -> float | None:
        """As `Questions.paused_since`."""
        ...

    def minutes(self, connection: Inside_contra, since: float) -> list[Minute]:
        """As `Questions.minutes`."""
        ...

    def folder(self, connection: Inside_contra, task_id: str) -> str | None:
        """As `Questions.download_folder`."""
        ...

    def has_asks(self, connection: Inside_contra) -> bool:
        """Tell whether somebody wants a task asked at once."""
        ...

    def problems(self, connection: Inside_contra) -> list[str]:
        """As `Questions.check`."""
        ...


class HourStatements(Protocol[Inside_contra]):
    """The rollup by hour."""

    def history(self, connection: Inside_contra, since: float) -> History:
        """As `Questions.history`."""
        ...

    def totals(self, connection: Inside_contra) -> History:
        """As `Questions.totals`."""
        ...


class LeaseStatements(Protocol[Inside_contra]):
    """Who works."""

    def read(self, connection: Inside_contra) -> Lease | None:
        """As `Questions.lease`."""
        ...


class Statements(NamedTuple, Generic[Inside]):
    """All of them, of one kind of ledger."""

    intents: IntentStatements[Inside]
    removals: RemovalStatements[Inside]
    views: ViewStatements[Inside]
    queries: QueryStatements[Inside]
    hours: HourStatements[Inside]
    lease: LeaseStatements[Inside]
