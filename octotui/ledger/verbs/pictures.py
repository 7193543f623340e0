"""The verbs of a ledger for frames of saved videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octotui.ledger.records import Poster


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
