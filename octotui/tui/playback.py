"""Playback of saved results: the local file, or the object it was delivered to, by a link that somebody signs.

The screen knows no storage and sends nothing: the link is the engine's, which has the credentials or finds out who we
are. That may take seconds, so it is asked for in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octotui.model import Task

if TYPE_CHECKING:
    from octotui.tui.dashboard.context import EngineHandle
    from octotui.tui.ledger_snapshot import LedgerSnapshot

Run = Callable[[Coroutine[Any, Any, None]], object]
"""Runs a coroutine beside everything else, and ends one that was begun before it."""


class Playback:
    """Opens results with the player of the configuration."""

    def __init__(
        self,
        player: Sequence[str],
        say: Callable[[str], None],
        run: Run,
        snapshot: LedgerSnapshot,
        copy_key: Callable[[], str],
    ) -> None:
        """`snapshot` knows which files are on other machines, `copy_key` which key copies what brings them here."""
        self.player = player
        self._snapshot = snapshot
        self._copy_key = copy_key
        self.engine: EngineHandle | None = None
        """Who signs links; None where one can look only."""
        self._say = say
        self._run = run

    def play_task(self, task: Task | None) -> None:
        """Open the saved file of a task, or what it was delivered to where there is no file."""
        if task is None or not (task.download.file or task.delivered):
            self._say("There is no saved file here.")
            return
        elsewhere = self._not_here(task)
        if task.delivered is not None and (elsewhere is not None or not _is_there(task.download.file)):
            self.use_link(task.delivered, self._play)
        elif elsewhere is not None:
            self._say(elsewhere)
        else:
            self._play(task.download.file or "")

    def _not_here(self, task: Task) -> str | None:
        from octotui.presentation.boxes.whereabouts import not_here  # noqa: PLC0415 - the first frame does not wait for it

        return not_here(task, self._snapshot.fleet, self._copy_key())

    def use_link(self, url: str, use: Callable[[str], None]) -> None:
        """Hand a signed link of an object to `use`, once there is one; says why where there is none."""
        if self.engine is None:
            self._say(f"No link is signed where one can look only. It lies at {url}")
        else:
            self._run(self._sign(self.engine, url, use))

    async def _sign(self, engine: EngineHandle, url: str, use: Callable[[str], None]) -> None:
        try:
            link = await asyncio.to_thread(engine.link, url)
        except OSError as error:
            self._say(f"No link of {url}: {error}")
        else:
            use(link)

    def _play(self, file: str) -> None:
        from octotui.player import play  # noqa: PLC0415 - the first frame does not wait for it

        self._say(play(self.player, file))


def _is_there(file: str | None) -> bool:
    return file is not None and Path(file).is_file()
