"""What people ask for, as verbs: each is one transaction, and on stable storage when it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from octotui.ledger.statements import Inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from octotui.ledger.records import Removal, SavedView
    from octotui.ledger.statements import Statements, Transactions
    from octotui.model import NewTask


class IntentWriter(Generic[Inside]):
    """Writes intents from any thread. Every method may raise `LedgerError`."""

    def __init__(
        self, store: Transactions[Inside], statements: Statements[Inside], committed: Callable[[], None]
    ) -> None:
        self._store = store
        self._statements = statements
        self._intents = statements.intents
        self._committed = committed

    def add(self, tasks: Iterable[NewTask], now: float) -> tuple[list[str], list[str]]:
        """Watch tasks from `now` (unix seconds) on; returns (ids added, ids that were known), each once."""
        with self._store.writing() as connection:
            result = self._intents.add(connection, tasks, now)
        self._committed()
        return result

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Stop watching tasks; returns the ids of those that were watched. Files stay; late facts are ignored."""
        asked = list(ids)
        with self._store.writing() as connection:
            gone = self._intents.remove(connection, asked)
        self._committed()
        return gone

    def take_out(self, ids: Iterable[str]) -> Removal:
        """Stop watching tasks as `remove` does, and keep what is known of them for `restore`, until this ledger closes.

        The newest 20 removals are kept.
        """
        asked = list(ids)
        with self._store.writing() as connection:
            removal = self._statements.removals.remove(connection, asked)
        self._committed()
        return removal

    def restore(self, removal: Removal) -> list[str]:
        """Watch tasks again that were taken out, with all that was known of them; returns their ids.

        One that is watched again already stays as it is.
        """
        with self._store.writing() as connection:
            restored = self._statements.removals.restore(connection, removal)
        self._committed()
        return restored

    def request_download(
        self,
        ids: Iterable[str],
        *,
        folder: str | None = None,
        place: str | None = None,
        force: bool = False,
        automatic: bool = False,
        anyway: bool = False,
    ) -> list[str]:
        """Wish for the results of tasks on disk; returns the ids for which that changed anything."""
        asked = list(ids)
        with self._store.writing() as connection:
            changed = self._intents.request_download(
                connection, asked, folder, place, force=force, automatic=automatic, anyway=anyway
            )
        self._committed()
        return changed

    def cancel_download(self, ids: Iterable[str]) -> list[str]:
        """Cancel downloads; returns the ids for which that changed anything. What is saved stays saved."""
        asked = list(ids)
        with self._store.writing() as connection:
            changed = self._intents.cancel_download(connection, asked)
        self._committed()
        return changed

    def pause(self, ids: Iterable[str], paused: bool) -> list[str]:
        """Pause (or resume) wanted downloads; returns the ids for which that changed anything."""
        asked = list(ids)
        with self._store.writing() as connection:
            changed = self._intents.pause(connection, asked, paused=paused)
        self._committed()
        return changed

    def pause_all(self, paused: bool, now: float) -> bool:
        """Pause all asking and downloading from `now` (unix seconds) on, or go on; returns whether that is a change."""
        with self._store.writing() as connection:
            changed = self._intents.pause_all(connection, now if paused else None)
        self._committed()
        return changed

    def ask_now(self, ids: Iterable[str]) -> None:
        """Have the engine ask these tasks at once; whoever calls `take_asks` next gets them."""
        asked = list(ids)
        with self._store.writing() as connection:
            self._intents.ask_now(connection, asked)
        self._committed()

    def take_asks(self) -> list[str]:
        """Return the tasks somebody wants asked at once, each to one caller only."""
        with self._store.reading() as connection:
            if not self._statements.queries.has_asks(connection):
                return []
        with self._store.writing() as connection:
            return self._intents.take_asks(connection)

    def set_title(self, ids: Iterable[str], title: str | None) -> list[str]:
        """Call tasks by a name, or no longer (None); returns the ids for which that changed anything."""
        asked = list(ids)
        with self._store.writing() as connection:
            changed = self._intents.set_title(connection, asked, title or None)
        self._committed()
        return changed

    def change_tags(self, ids: Iterable[str], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[str]:
        """Give tasks tags and take others away; returns the ids for which that changed anything."""
        asked, added, removed = list(ids), list(add), list(remove)
        with self._store.writing() as connection:
            changed = self._intents.change_tags(connection, asked, added, removed)
        self._committed()
        return changed

    def set_titles(
        self, titles: Mapping[str, str | None], *, if_now: Mapping[str, str | None] | None = None
    ) -> list[str]:
        """Give each task its own title, or none; returns the ids for which that changed anything.

        With `if_now` only those that are called so now: what another window has changed meanwhile stays.
        """
        with self._store.writing() as connection:
            changed = self._intents.set_titles(connection, titles, if_now)
        self._committed()
        return changed

    def set_tags(
        self, tags: Mapping[str, Sequence[str]], *, if_now: Mapping[str, Sequence[str]] | None = None
    ) -> list[str]:
        """Give each task exactly the tags named for its id; returns the ids for which that changed anything.

        With `if_now` only those that have exactly these now: what another window has changed meanwhile stays.
        """
        with self._store.writing() as connection:
            changed = self._intents.set_tags(connection, tags, if_now)
        self._committed()
        return changed

    def save_view(self, view: SavedView) -> None:
        """Keep a view for every window and every later start; it replaces one of the same name."""
        with self._store.writing() as connection:
            self._statements.views.save(connection, view)

    def keep_columns(self, names: tuple[str, ...]) -> None:
        """Keep the names of the columns that the screen of every later start begins with."""
        with self._store.writing() as connection:
            self._statements.views.keep_columns(connection, names)

    def drop_view(self, name: str) -> None:
        """Forget a saved view; one that is not there is forgotten already."""
        with self._store.writing() as connection:
            self._statements.views.drop(connection, name)
