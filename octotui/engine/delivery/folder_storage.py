"""A folder as storage (`file://`): a mounted share, or a disk that is taken away."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from octotui.engine.delivery.storage import PIECE, Refused, StorageTrouble, StoredObject
from octotui.engine.downloads.file_names import FileTrouble, give_name, sha256_of, sync_folder, trouble

_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_UNFINISHED = ".octotui-new"


class FolderStorage:
    """Files below a folder. There is no metadata: what a file is, is read from it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._folder = Path(url.removeprefix("file://"))

    def head(self, name: str) -> StoredObject | None:
        """Return what is there; its bytes are read."""
        path = self._path(name)
        try:
            if not path.is_file():
                return None
            found = path.stat()
            return StoredObject(found.st_size, sha256_of(path), found.st_mtime)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _trouble(error, path) from error

    def put_new(self, name: str, pieces: Iterable[bytes], size: int, *, sha256: str, media_type: str) -> bool:  # noqa: ARG002 - a file has no metadata
        """Write a file of another name, then give it its own, unless that is taken."""
        path = self._path(name)
        fresh = path.with_name(f".{sha256[:16]}-{os.getpid()}-{threading.get_ident()}{_UNFINISHED}")
        try:
            self._make_folder(path.parent)
            if os.path.lexists(path):
                return False
            try:
                _write(fresh, pieces)
                is_placed = give_name(fresh, path)
            finally:
                fresh.unlink(missing_ok=True)
            if is_placed:
                sync_folder(path.parent)
        except OSError as error:
            raise _trouble(error, path) from error
        return is_placed

    def read(self, name: str, size: int) -> Iterator[bytes]:  # noqa: ARG002 - a file knows where it ends
        """Yield the bytes of a file."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _trouble(error, path) from error

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield the files below the folder; what is half written is none."""
        try:
            for place, _, files in os.walk(self._folder, onerror=_raise):
                for file in files:
                    path = Path(place, file)
                    if not file.endswith(_UNFINISHED) and path.is_file():
                        yield path.relative_to(self._folder).as_posix(), path.stat().st_size
        except OSError as error:
            raise _trouble(error, Path(error.filename or self._folder)) from error

    def remove(self, name: str) -> None:
        """Delete a file."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _trouble(error, path) from error

    def link(self, name: str, seconds: float) -> str:  # noqa: ARG002 - nobody signs a path
        """Return the path of a file."""
        return str(self._path(name))

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _make_folder(self, folder: Path) -> None:
        # The folder that was named is never made: where it is missing, a disk is not mounted.
        if not self._folder.is_dir():
            raise Refused(f"{self._folder}: there is no such folder; is its disk mounted?")
        folder.mkdir(parents=True, exist_ok=True)


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _raise(error: OSError) -> None:
    raise error


def _trouble(error: OSError, path: Path) -> StorageTrouble:
    found: FileTrouble = trouble(error, path)
    return Refused(str(found)) if error.errno in _REFUSED else StorageTrouble(str(found))
