"""The verbs of a ledger for what people ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from octotui.ledger.records import Removal, SavedView
    from octotui.model import NewTask


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
        place: str | None = None,
        force: bool = False,
        automatic: bool = False,
        anyway: bool = False,
    ) -> list[str]:
        """Wish for the results of tasks on disk, also after a failure; returns the ids for which that changed anything.

        Args:
            ids: Tasks; unknown ones are passed over.
            folder: Where to, instead of the configured folder; for this wish only.
            place: Into whose folder (`EngineStatus.place`), where several machines share the ledger; None: anybody's.
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
