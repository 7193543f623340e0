"""The delivery of one saved result: its name claimed, its bytes put, looked at again, and only then a fact.

The side-car comes first: storages give a name to one of several who want it at once (`put_new`), but not where an
object is put in parts. Who has the side-car has the name. Whatever ends a delivery in the middle leaves a side-car
alone, or beside a whole object; both are gone on with, whoever comes next.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from octotui.engine.delivery.storage import PIECE, Stopped, Storage, StorageTrouble, StoredObject, url_of
from octotui.engine.downloads import sidecar
from octotui.engine.downloads.file_names import FileTrouble, sha256_of, trouble, wanted_path
from octotui.engine.downloads.sidecar import Sidecar
from octotui.ledger import Copy
from octotui.model import Task

_MOST_TRIES = 999
_MEDIA_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}
_OTHER_TYPES = {".mkv": "video/x-matroska", ".gif": "image/gif", ".png": "image/png", ".jpg": "image/jpeg"}


class FileGone(FileTrouble):
    """The saved file is no longer where it was saved."""


class _Result(NamedTuple):
    """What is to be delivered."""

    task: Task
    path: Path
    size: int
    sha256: str


class Deliverer:
    """Delivers into one storage. For any thread, several at once."""

    def __init__(
        self, storage: Storage, *, folder: Path, template: str, clock: Callable[[], float] = time.time
    ) -> None:
        """`folder` is the one results are saved in: an object has the path of its file below it, as its name."""
        self._storage = storage
        self._folder = folder
        self._template = template
        self._clock = clock
        self._box = socket.gethostname()

    def deliver(self, task: Task, is_stopped: Callable[[], bool] = lambda: False) -> Copy:
        """Put the file of a saved task, and its side-car, and return where they are; what is there already counts.

        Raises:
            StorageTrouble: the storage cannot be used now.
            FileTrouble: the file is not what was saved; `FileGone` where it is not there.
            Stopped: `is_stopped` said so; nothing of the file can be seen in the storage.

        """
        result = _result(task)
        beside = self._sidecar_of(result)
        wanted = self._wanted(result)
        for number in range(1, _MOST_TRIES + 1):
            name = str(wanted if number == 1 else wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}"))
            if self._place(name, result, beside, is_stopped):
                url = self._storage.url
                return Copy(task.id, url, url_of(url, name), result.size, result.sha256, self._clock(), self._box)
        raise StorageTrouble(f"{wanted}: {_MOST_TRIES} names beside it are taken, too")

    def _place(self, name: str, result: _Result, beside: Sidecar, is_stopped: Callable[[], bool]) -> bool:
        """Have the result under a name; False where the name is another one's."""
        there = self._storage.head(name)
        if there is not None and not _is_same(there, result):
            return False
        if not self._claim(name, beside):
            return False
        if there is None and self._put(name, result, is_stopped):
            there = self._storage.head(name)
            if there is None or not _is_same(there, result):
                raise StorageTrouble(f"{name} is not what was put there: {_seen(there)}")
        if there is not None or self._is_there(name, result):
            return True
        # Somebody was faster who does not look at side-cars: ours must not stand beside what is theirs.
        self._storage.remove(f"{name}{sidecar.ENDING}")
        return False

    def _put(self, name: str, result: _Result, is_stopped: Callable[[], bool]) -> bool:
        media_type = (_MEDIA_TYPES | _OTHER_TYPES).get(result.path.suffix.lower(), "application/octet-stream")
        pieces = _pieces(result, is_stopped)
        return self._storage.put_new(name, pieces, result.size, sha256=result.sha256, media_type=media_type)

    def _is_there(self, name: str, result: _Result) -> bool:
        there = self._storage.head(name)
        return there is not None and _is_same(there, result)

    def _claim(self, name: str, beside: Sidecar) -> bool:
        """Have the side-car of a name say that it is this result's; False where it says anything else."""
        claim = f"{name}{sidecar.ENDING}"
        body = sidecar.encoded(beside)
        sha256 = hashlib.sha256(body).hexdigest()
        if self._storage.put_new(claim, [body], len(body), sha256=sha256, media_type="application/json"):
            return True
        found = read_sidecar(self._storage, claim)
        return found is not None and _key(found) == _key(beside)

    def _sidecar_of(self, result: _Result) -> Sidecar:
        """What is known of the result now, and from its own side-car where its bytes came from."""
        own = sidecar.read_sidecar(result.path)
        made = sidecar.sidecar_of(
            result.task,
            link_host=None,
            size=result.size,
            sha256=result.sha256,
            saved_at=result.task.download.saved_at or self._clock(),
        )
        return made if own is None else replace(made, link_host=own.link_host, origin=own.origin)

    def _wanted(self, result: _Result) -> PurePosixPath:
        if result.path.is_relative_to(self._folder):
            return PurePosixPath(result.path.relative_to(self._folder))
        # It was saved elsewhere (`--out`).
        return wanted_path(self._template, result.task).with_suffix(result.path.suffix)


def read_sidecar(storage: Storage, name: str) -> Sidecar | None:
    """Return the side-car that an object is; None where it is none, or is gone. Raises `StorageTrouble`."""
    there = storage.head(name)
    if there is None or there.size > sidecar.LARGEST:
        return None
    try:
        return sidecar.decoded(b"".join(storage.read(name, there.size)))
    except FileNotFoundError:
        return None


def _key(beside: Sidecar) -> tuple[str, str, str | None, int]:
    return beside.id, beside.provider, beside.sha256, beside.bytes


def _is_same(there: StoredObject, result: _Result) -> bool:
    return there.size == result.size and there.sha256 == result.sha256


def _seen(there: StoredObject | None) -> str:
    return "nothing is there" if there is None else f"it has {there.size:,} bytes and the SHA-256 {there.sha256}"


def _result(task: Task) -> _Result:
    """Return what is to be delivered of a task. Raises `FileTrouble`."""
    path = Path(task.download.file or "")
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - a `Path` of nothing is the folder we stand in
        sha256 = task.download.sha256 or sha256_of(path)
    except FileNotFoundError as error:
        raise FileGone(f"{path} is no longer there") from error
    except OSError as error:
        raise trouble(error, path) from error
    wanted = task.download.bytes_total
    if wanted is not None and size != wanted:
        raise FileTrouble(f"{path}: it has {size:,} bytes, and {wanted:,} were saved: it was changed")
    return _Result(task, path, size, sha256)


def _pieces(result: _Result, is_stopped: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the bytes of a file; raises `FileTrouble` at their end where they are not those that were saved."""
    seen = hashlib.sha256()
    size = 0
    try:
        with result.path.open("rb") as file:
            while piece := file.read(PIECE):
                if is_stopped():
                    raise Stopped
                seen.update(piece)
                size += len(piece)
                yield piece
    except OSError as error:
        raise trouble(error, result.path) from error
    if (size, seen.hexdigest()) != (result.size, result.sha256):
        raise FileTrouble(f"{result.path}: its SHA-256 is not the one that was saved: it was changed")
