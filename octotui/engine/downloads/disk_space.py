"""Disk space for results: the download folder while its disk is there, and free space shared by all downloads."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from octotui import units
from octotui.engine.downloads.file_names import FileTrouble, NoRoom, not_made, trouble
from octotui.engine.placing import Placing, PlacingNotes


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise trouble(error, folder) from error


class DownloadFolder:
    """The download folder, with a memory: a mount that goes away under us is noticed instead of written over."""

    def __init__(self, path: Path, notes: PlacingNotes | None = None) -> None:
        self.path = path
        self._notes = notes
        self.has_worked = False
        """Whether a part could be opened in it, so that trouble with it may pass."""
        self._device: int | None = None

    def prepare(self, target: Path) -> None:
        """Make the folder that `target` goes into. Raises `FileTrouble` when it cannot be, or is another disk now."""
        try:
            # Until it has worked it may be the bare place that a disk is still to be mounted on.
            if not self.has_worked:
                self._make()
            elif self.path.stat().st_dev != self._device:
                message = f"{self.path}: another disk is mounted there than before, or none"
                raise FileTrouble(message)
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise trouble(error, Path(error.filename or target)) from error

    def note_placing(self, task_id: str, wanted: Path) -> None:
        """Write down that a result gets its final name now, where others share the ledger."""
        if self._notes is not None:
            self._notes.note(Placing(task_id, str(wanted)))

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._device = self.path.stat().st_dev
        except OSError as error:
            raise not_made(error, Path(error.filename or self.path)) from error


class DiskSpace:
    """Free space, shared by all downloads of a process: what is still to come for each, and the reserve.

    What is still to be delivered into a folder on the same disk (`file://`) needs its room there once more.
    """

    def __init__(
        self,
        reserve: int,
        *,
        free: Callable[[Path], int] = _free_bytes,
        undelivered: Callable[[], int] = lambda: 0,
        goes_to: Path | None = None,
        comes_free: bool = False,
    ) -> None:
        """`reserve` bytes are never touched; `free` says how many are free in a folder, or raises `FileTrouble`.

        Args:
            reserve: Bytes.
            free: As above.
            undelivered: Bytes of saved files that are still to be delivered.
            goes_to: The folder they go to, where it is one.
            comes_free: Whether their own room is free after that, which whoever waits for room is told.

        """
        self._reserve = reserve
        self._free = free
        self._undelivered = undelivered
        self._goes_to = goes_to
        self._comes_free = comes_free
        self._coming: dict[str, int] = {}
        self._lock = threading.Lock()

    def claim(self, task_id: str, still_to_come: int, folder: Path) -> None:
        """Count on `still_to_come` bytes for a task; raises `NoRoom` when they do not fit beside all the others."""
        with self._lock:
            others = sum(size for claimant, size in self._coming.items() if claimant != task_id)
            free = self._free(folder) - self._reserve - others - self._owed(folder)
            if free < still_to_come:
                raise NoRoom(self._too_little(still_to_come, max(0, free)))
            self._coming[task_id] = still_to_come

    def settle(self, task_id: str, still_to_come: int = 0) -> None:
        """Say that of a claim only `still_to_come` bytes are left: the rest is on the disk, or given up."""
        with self._lock:
            if still_to_come > 0:
                self._coming[task_id] = still_to_come
            else:
                self._coming.pop(task_id, None)

    def check(self, folder: Path) -> None:
        """Raise `NoRoom` when the reserve has begun to be touched."""
        free = self._free(folder)
        if free < self._reserve:
            raise NoRoom(self._too_little(0, free))

    def _owed(self, folder: Path) -> int:
        """Bytes of what is saved that are still to be written a second time on the disk of `folder`."""
        if self._goes_to is None:
            return 0
        try:
            is_same_disk = folder.stat().st_dev == self._goes_to.stat().st_dev
        except OSError:
            return 0  # one of them is not there: nothing is written into it either
        return self._undelivered() if is_same_disk else 0

    def _too_little(self, needed: int, free: int) -> str:
        wish = f"{units.size(needed)} needed, {units.size(free)} free" if needed else f"{units.size(free)} free"
        coming = self._undelivered() if self._comes_free else 0
        until = f"; {units.size(coming)} more once it is delivered" if coming else ""
        return f"{wish} ({units.size(self._reserve)} kept free{until})"
