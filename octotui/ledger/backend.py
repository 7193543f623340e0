"""The verbs of a ledger: what each kind of it (SQLite, and what others there are) has to know and to do.

`Ledger` binds them all; nobody outside of `ledger/` sees which kind it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from octotui.ledger.batch import Batch
    from octotui.ledger.copies import Copies
    from octotui.ledger.notices import Notices
    from octotui.ledger.records import (
        Attempt,
        Changes,
        Duration,
        History,
        Lease,
        Minute,
        Poster,
        QueuedNotice,
        Removal,
        SavedView,
    )
    from octotui.model import EngineStatus, LogEntry, NewTask, Task


class Intents(Protocol):
    """What people ask for: each is on stable storage when the call returns. May raise `LedgerError`."""

    def add(self, tasks: Iterable[NewTask], now: float) -> tuple[list[str], list[str]]:
        """Watch tasks from `now` (unix seconds) on; returns (ids added, ids that were known), each once.

        A known task gets the new tags besides its own, and model, title and prompt where it had none.
        """
        ...

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Stop watching tasks; returns the ids of those that were watched. Files stay; late facts are ignored."""
        ...

    def take_out(self, ids: Iterable[str]) -> Removal:
        """Stop watching tasks as `remove` does, and keep what is known of them for `restore`, until it is closed.

        The newest 20 removals are kept.
        """
        ...

    def restore(self, removal: Removal) -> list[str]:
        """Watch tasks again that were taken out, with all that was known of them; returns their ids.

        One that is watched again already stays as it is.
        """
        ...

    def request_download(
        self,
        ids: Iterable[str],
        *,
        folder: str | None = None,
        force: bool = False,
        automatic: bool = False,
        anyway: bool = False,
    ) -> list[str]:
        """Wish for the results of tasks on disk, also after a failure; returns the ids for which that changed anything.

        Args:
            ids: Tasks; unknown ones are passed over.
            folder: Where to, instead of the configured folder; for this wish only.
            force: Also what is saved already: its file was lost, and what was known of it is forgotten.
            automatic: Nobody pressed a key: only where nobody has said anything yet, so that what was cancelled stays
                cancelled and what failed stays failed.
            anyway: Also though no answer calls the task completed: link and `/content` are tried.

        """
        ...

    def cancel_download(self, ids: Iterable[str]) -> list[str]:
        """Cancel downloads; returns the ids for which that changed anything. What is saved stays saved."""
        ...

    def pause(self, ids: Iterable[str], paused: bool) -> list[str]:
        """Pause (or resume) wanted downloads; returns the ids for which that changed anything."""
        ...

    def pause_all(self, paused: bool, now: float) -> bool:
        """Pause all asking and downloading from `now` (unix seconds) on, or go on; returns whether that is a change.

        It holds for every process, and until somebody goes on.
        """
        ...

    def ask_now(self, ids: Iterable[str]) -> None:
        """Have the engine ask these tasks at once; whoever calls `take_asks` next gets them."""
        ...

    def take_asks(self) -> list[str]:
        """Return the tasks somebody wants asked at once, each to one caller only."""
        ...

    def set_title(self, ids: Iterable[str], title: str | None) -> list[str]:
        """Call tasks by a name, or no longer (None); returns the ids for which that changed anything."""
        ...

    def change_tags(self, ids: Iterable[str], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[str]:
        """Give tasks tags and take others away; returns the ids for which that changed anything."""
        ...

    def set_titles(
        self, titles: Mapping[str, str | None], *, if_now: Mapping[str, str | None] | None = None
    ) -> list[str]:
        """Give each task its own title, or none; returns the ids for which that changed anything.

        With `if_now` only those that are called so now: what another window has changed meanwhile stays.
        """
        ...

    def set_tags(
        self, tags: Mapping[str, Sequence[str]], *, if_now: Mapping[str, Sequence[str]] | None = None
    ) -> list[str]:
        """Give each task exactly the tags named for its id; returns the ids for which that changed anything.

        With `if_now` only those that have exactly these now: what another window has changed meanwhile stays.
        """
        ...

    def save_view(self, view: SavedView) -> None:
        """Keep a view for every window and every later start; it replaces one of the same name."""
        ...

    def keep_columns(self, names: tuple[str, ...]) -> None:
        """Keep the names of the columns that the screen of every later start begins with."""
        ...

    def drop_view(self, name: str) -> None:
        """Forget a saved view; one that is not there is forgotten already."""
        ...


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

    def lease(self) -> Lease | None:
        """Return who holds the lease, alive or not; None when nobody does."""
        ...


class Pictures(Protocol):
    """Frames of saved videos. `ask_poster` is an intent, `record_poster` a fact; both are written at once."""

    def ask_poster(self, ids: Iterable[str], now: float) -> bool:
        """Have the engine make posters of saved tasks that have none; returns whether there is anything to be made.

        Args:
            ids: Tasks; those that are not saved are passed over.
            now: Unix seconds; what failed longer than `TRY_AGAIN_AFTER` ago is tried again.

        """
        ...

    def take_poster_asks(self) -> list[str]:
        """Return the tasks whose posters somebody wants to see, each to one caller only."""
        ...

    def record_poster(self, task_id: str, poster: Poster) -> None:
        """Keep the poster of a watched task instead of the one before, and of all posters the newest `MAX_POSTERS`.

        A picture of more than `MAX_PICTURE` bytes is none.
        """
        ...

    def poster(self, task_id: str) -> Poster | None:
        """Return the poster of a task; None while none was made."""
        ...

    def posters(self, ids: Iterable[str]) -> dict[str, Poster]:
        """Return the posters of tasks, of those that have one."""
        ...


class Outbox(Protocol):
    """What hooks and notifications are to be told, each of it once. May raise `LedgerError`.

    Rows come from the facts themselves, in the transaction that writes them: completed, failed (also of a download that
    was given up) and saved. What only time brings about (expiring, lost) is written by `note_deadlines`.
    """

    def queued_notices(self, after: int = 0, *, limit: int = 100) -> list[QueuedNotice]:
        """Return what is to be told and has a higher number than `after`, in its order, at most `limit` of it."""
        ...

    def begin_notices(self, numbers: Sequence[int], whom: str) -> list[int]:
        """Mark rows as told to `whom` ("hook" or "notify"); returns the numbers of those that were not before.

        Call it before telling: of all workers, one alone gets each row. What both were told is forgotten.
        """
        ...

    def note_deadlines(self, near: Mapping[str, str], now: float) -> list[str]:
        """Write down results that are near their deadline ("expiring") or past it ("lost"), by id.

        Returns the ids of which that is news: each is told at most once that it is near, and once that it is lost.
        """
        ...


class FactStore(Protocol):
    """Where batches of facts go, and who may write them. May raise `LedgerError`."""

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Held while writing; take it to make several steps of this process one."""
        ...

    def write(self, batch: Batch, holder: str | None, now: float) -> None:
        """Store a batch, whole or not at all, and with it what of it is news, as of `now` (unix seconds).

        `holder` is who held the lease in this process, None when nobody did. Once another process has taken the lease
        over, what this one still believes about tasks is out of date and dropped; files it saved are saved all the
        same.
        """
        ...

    def wish_of(self, task_id: str) -> int | None:
        """Return how often somebody spoke about the download of a task, None when it is not watched."""
        ...

    def take_lease(self, asker: Lease, *, stale_after: float, monotonic: float) -> bool:
        """Take or renew the lease for `asker`; returns whether it holds it (`Ledger.take_lease`)."""
        ...

    def release_lease(self, owner: str) -> None:
        """Give the lease up, if `owner` holds it."""
        ...


class Backend(Protocol):
    """One kind of ledger, open."""

    @property
    def place(self) -> str:
        """Where it is, in words."""
        ...

    @property
    def notices(self) -> Notices:
        """What people should know about it."""
        ...

    @property
    def intents(self) -> Intents:
        """What people ask for."""
        ...

    @property
    def questions(self) -> Questions:
        """What it knows."""
        ...

    @property
    def pictures(self) -> Pictures:
        """Frames of saved videos."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What is to be told."""
        ...

    @property
    def copies(self) -> Copies:
        """Where results lie."""
        ...

    @property
    def facts(self) -> FactStore:
        """Where facts go."""
        ...

    def room(self) -> int | None:
        """Return the bytes free where it lies, None where that is not known. Raises `OSError`."""
        ...

    def hurry(self, seconds: float) -> None:
        """Have no write wait for another process any more in `seconds` from now (`Ledger.hurry`)."""
        ...

    def close(self) -> None:
        """Close every connection; calling it again does nothing."""
        ...
