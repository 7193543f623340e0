"""Results on their way to their final name, written down in their folder until the ledger knows where they lie.

An engine that is killed between the two leaves a file that only this tells of: by the time it begins again, another
machine may have saved the result elsewhere, and nobody looks for it here any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from octotui.engine.downloads import final_file
from octotui.engine.downloads.file_names import FileTrouble, beside, read_own, write_new
from octotui.engine.downloads.final_file import FinalFile
from octotui.engine.downloads.sidecar import sidecar_of, write_sidecar
from octotui.engine.sharing import Share
from octotui.ledger import Copy, Ledger
from octotui.model import Download, DownloadState, Task

NAME = ".octotui-placing"
"""Folder in a download folder."""
_LONGEST = 64 * 1024


class Placing(NamedTuple):
    """A whole result that gets its final name now."""

    task_id: str
    wanted: str
    """The name it is to have, but for a number and another suffix."""


class PlacingNotes:
    """What is written down in one download folder, by all machines that save into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / NAME

    def note(self, placing: Placing) -> None:
        """Write down that a result gets its final name now."""
        # A folder that takes the result but not this is no reason not to save it.
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            note = self._note_of(placing.task_id)
            note.unlink(missing_ok=True)
            write_new(note, json.dumps(placing._asdict()).encode())

    def drop(self, task_id: str) -> None:
        """The ledger knows where the result lies."""
        # What cannot be removed is looked at again at the next start, and found to be known.
        with contextlib.suppress(OSError):
            self._note_of(task_id).unlink(missing_ok=True)

    def notes(self) -> list[Placing]:
        """Return what is written down; what cannot be read is left out, and removed."""
        found = []
        for note in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                placing = Placing(**json.loads(read_own(note, _LONGEST) or b""))
            except (OSError, ValueError, TypeError):
                with contextlib.suppress(OSError):
                    note.unlink()
            else:
                found.append(placing)
        return found

    def _note_of(self, task_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(task_id.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}.json"


def tell_of_placed(notes: PlacingNotes, ledger: Ledger, share: Share, *, origin: str, now: float) -> None:
    """Tell the ledger of results that got their final name before an engine of this folder was killed.

    Raises `LedgerError`; what was not told then is told at the next start.
    """
    for placing in notes.notes():
        task = ledger.task(placing.task_id)
        try:
            file = None if task is None else _found(Path(placing.wanted), task, origin, now)
        except (FileTrouble, OSError):
            # The disk is away: the next start looks again.
            continue
        if task is not None and file is not None:
            size = file.size
            saved = Download(DownloadState.SAVED, size, size, str(file.path), file.sha256, saved_at=now)
            if not _is_told(ledger, task, share.sign(saved)):
                continue
        notes.drop(placing.task_id)


def _found(wanted: Path, task: Task, origin: str, now: float) -> FinalFile | None:
    """Return the file, with its side-car, and without its other name where it was killed before it could lose that."""
    found = final_file.find(wanted, task, origin)
    placed = final_file.placed(wanted)
    if found is None and placed is not None:
        facts = sidecar_of(task, link_host=None, size=placed.size, sha256=None, saved_at=now, origin=origin)
        write_sidecar(placed.path, facts)
        found = placed
    if found is not None and placed is not None and placed.path == found.path:
        part = beside(wanted, ".part")
        part.unlink()
        beside(part, ".json").unlink(missing_ok=True)
    return found


def _is_told(ledger: Ledger, task: Task, saved: Download) -> bool:
    """Tell the ledger of a saved result, or where another machine has saved it meanwhile, of one more copy."""
    if task.download.state is not DownloadState.SAVED:
        return ledger.record_download(task.id, saved)
    place, location, box = saved.place or "", saved.file or "", saved.box or ""
    ledger.record_copy(Copy(task.id, place, location, saved.bytes_done, saved.sha256 or "", saved.saved_at or 0.0, box))
    return True
