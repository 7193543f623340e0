"""Results brought back from where they were delivered to: copied down, proved, and put in place."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from octotui.config import Config
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.storage import StorageTrouble
from octotui.engine.downloads import sidecar
from octotui.engine.downloads.disk_space import DiskSpace
from octotui.engine.downloads.file_names import (
    FileTrouble,
    beside,
    not_made,
    place,
    sha256_of,
    shortened,
    trouble,
    wanted_path,
)
from octotui.ledger import Copy, Ledger
from octotui.model import Download, DownloadState, Task
from octotui.save_place import place_of


class Restored(NamedTuple):
    """How it ended for one task."""

    task_id: str
    file: Path | None
    """Where it is; None where it could not be had."""
    words: str = ""
    """Why not."""


def restore(config: Config, ledger: Ledger, tasks: Iterable[Task], folder: Path | None = None) -> Iterator[Restored]:
    """Bring the results of saved tasks back whose file is gone, into `folder`, or the configured one.

    Of those that were never delivered nothing is said. Size and SHA-256 are those that were saved, or nothing is put in
    place; no other file is written over. Raises `LedgerError`.
    """
    wanted = {task.id: task for task in tasks if task.is_saved}
    for task_id, copies in ledger.copies(wanted).items():
        delivered = [copy for copy in copies if copy.is_delivered]
        # The one that the task names first, then the newest.
        delivered.sort(key=lambda copy: (copy.location == wanted[copy.task_id].delivered, copy.saved_at), reverse=True)
        words = ""
        for copy in delivered:
            try:
                file = _restored(config, wanted[task_id], copy, folder or config.download_dir)
            except FileNotFoundError:
                words = f"{copy.location} is gone"
            except (StorageTrouble, FileTrouble) as error:
                words = str(error)
            else:
                download = Download(
                    DownloadState.SAVED, copy.size, copy.size, str(file), sha256=copy.sha256, saved_at=time.time()
                )
                if ledger.is_shared:
                    download = download._replace(box=socket.gethostname(), place=place_of(config.download_dir))
                ledger.record_download(task_id, download)
                yield Restored(task_id, file)
                break
        else:
            if delivered:
                yield Restored(task_id, None, words)


def _restored(config: Config, task: Task, copy: Copy, folder: Path) -> Path:
    """Copy an object down and give it its name. Raises `StorageTrouble`, `FileTrouble`, `FileNotFoundError`."""
    url, _, name = copy.location.rpartition("/")
    storage = open_storage(url, config)
    wanted = folder / wanted_path(config.file_template, task)
    wanted = wanted.with_suffix(Path(name).suffix or wanted.suffix)
    fresh = wanted.with_name(shortened(f".{wanted.name}", 200) + f".{os.getpid()}-{threading.get_ident()}.restored")
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_made(error, wanted.parent) from None
    DiskSpace(config.disk_reserve).claim(task.id, copy.size, wanted.parent)
    try:
        _write(fresh, storage.read(name, copy.size), copy)
        file = place(fresh, wanted, lambda there: there.stat().st_size == copy.size and sha256_of(there) == copy.sha256)
        if not os.path.lexists(beside(file, sidecar.ENDING)):
            made = sidecar.sidecar_of(task, link_host=None, size=copy.size, sha256=copy.sha256, saved_at=copy.saved_at)
            sidecar.write_sidecar(file, made)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise trouble(error, Path(error.filename or fresh)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return file


def _write(fresh: Path, pieces: Iterable[bytes], copy: Copy) -> None:
    """Write what is read, through to the disk. Raises `StorageTrouble` where it is not what was delivered."""
    seen = hashlib.sha256()
    size = 0
    with fresh.open("xb") as file:
        for piece in pieces:
            seen.update(piece)
            size += len(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if (size, seen.hexdigest()) != (copy.size, copy.sha256):
        raise StorageTrouble(f"{copy.location} is not what was delivered there: it has another size or SHA-256")
