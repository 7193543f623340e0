"""Other machines on the ledger, as the screen sees them: who they are, and which results wait for one that is gone."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from octotui.model import DownloadState, Task

if TYPE_CHECKING:
    from octotui.ledger import Changes, DownloadRequest, Ledger
    from octotui.presentation.boxes.whereabouts import Fleet

_LOOK_AGAIN = 2.0
"""Seconds between two looks at who is there."""


class FleetWatch:
    """Reads who shares a ledger with this machine."""

    def __init__(self, ledger: Ledger, folder: Path, *, read_only: bool = False) -> None:
        """`folder` is where this machine saves; with `read_only` nothing is written there."""
        self._ledger = ledger
        self._folder = folder
        self._read_only = read_only
        self._place: str | None = None
        self._finding: Thread | None = None
        self._looked_at = float("-inf")

    def read(self) -> Fleet | None:
        """Return who is there; None where nobody shares the ledger, or a moment after the last look.

        Raises `LedgerError`. For a thread: the ledger may be far away.
        """
        mark = time.monotonic()
        if not self._ledger.is_shared or mark - self._looked_at < _LOOK_AGAIN:
            return None
        from octotui.presentation.boxes.whereabouts import Fleet  # noqa: PLC0415 - few ledgers are shared

        # Whoever only looks sees the folder's id once somebody else has written it.
        if self._finding is None or (self._read_only and not self._finding.is_alive()):
            # A thread of its own: a share whose server is away keeps whoever asks for minutes.
            self._finding = Thread(target=self._find_place, name="octotui-place", daemon=True)
            self._finding.start()
            self._finding.join(_LOOK_AGAIN)
        fleet = Fleet(self._place, self._ledger.boxes(), time.time())
        self._looked_at = mark
        return fleet

    def _find_place(self) -> None:
        from octotui.save_place import folder_of, known_place, place_of  # noqa: PLC0415 - as above

        folder = folder_of(self._folder)
        self._place = known_place(folder) if self._read_only else place_of(folder)


class WaitingWords:
    """Has a result that waits for a machine which is gone say so, as `Download.error`."""

    def __init__(self) -> None:
        self.fleet: Fleet | None = None
        """Who is there, as last read; None where nobody shares the ledger."""
        self._requests: dict[str, DownloadRequest] = {}
        """What was asked for with results that are to come to one folder, by their task's id."""
        self._untold: dict[str, tuple[Task, str]] = {}
        """Tasks that wait for a machine, as the ledger has them, and the words that are shown with them."""

    def apply(self, changes: Changes, fleet: Fleet | None) -> list[Task]:
        """Take in what changed and who is there (None: as before); returns tasks to show anew, as they are shown."""
        self.fleet = fleet or self.fleet
        for task_id in changes.gone(list(self._requests)):
            self._drop(task_id)
        for task in changes.tasks:
            self._drop(task.id)
            request = changes.requests.get(task.id)
            if request is not None and request.place is not None:
                self._requests[task.id] = request
        shown = [self._told(task) for task in changes.tasks]
        if fleet is not None:
            shown += [self._told(task) for task, words in list(self._untold.values()) if self._words(task) != words]
        return shown

    def waits_for(self, task: Task) -> str:
        """Return in words which other machine a result waits for; empty where it waits for none."""
        request = self._requests.get(task.id)
        if self.fleet is None or request is None or task.download.state is not DownloadState.WANTED:
            return ""
        return self.fleet.waits_for(request.place)[0]

    def _told(self, task: Task) -> Task:
        if task.id not in self._requests or not _waits_in_silence(task):
            return task
        words = self._words(task)
        self._untold[task.id] = task, words
        return replace(task, download=task.download._replace(error=words)) if words else task

    def _words(self, task: Task) -> str:
        """What a task waits for where nobody is there who would save it."""
        if self.fleet is None:
            return ""
        words, is_there = self.fleet.waits_for(self._requests[task.id].place)
        return "" if is_there else words

    def _drop(self, task_id: str) -> None:
        self._requests.pop(task_id, None)
        self._untold.pop(task_id, None)


def _waits_in_silence(task: Task) -> bool:
    return task.download.state is DownloadState.WANTED and task.download.error is None
