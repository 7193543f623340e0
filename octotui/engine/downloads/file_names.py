"""File names of results: safe on any file system, and places never taken from another file."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from octotui.model import Task

LONGEST_NAME = 255
"""Bytes of one component on nearly every file system."""

_SPARE = 24
"""Bytes kept free in a file's name for `-999`, `.part.json` and `.new`."""
_LONGEST_ID = 120
_LONGEST_VALUE = 80
_MOST_TRIES = 999

_FIELD = re.compile(r"\{(\w+)\}")
_RESERVED = re.compile(r"[\s/\\:*?\"<>|]+")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL})
_MEANINGS = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "there is no permission to write there",
    errno.EPERM: "there is no permission to write there",
    errno.ENOENT: "the folder is gone; is its disk still mounted?",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EIO: "the disk reports an error",
    errno.ESTALE: "the network disk is gone",
    errno.ENODEV: "the disk is gone",
    errno.ENOTCONN: "the network disk is not connected",
    errno.EFBIG: "the file is bigger than this file system or this user may have",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.ELOOP: "a part of the path is a link where none may be",
}


class FileTrouble(Exception):
    """A file or folder that cannot be used, in words; nothing that was there has been harmed."""


class NoRoom(FileTrouble):
    """The disk, or a quota on it, is full: this passes when something is deleted."""


def trouble(error: OSError, path: Path) -> FileTrouble:
    """Return `error`, met at `path`, as words: what, where, and what it means."""
    if error.errno in _NO_ROOM:
        return NoRoom(f"the disk is full ({path.parent})")
    meaning = _MEANINGS.get(error.errno or 0) or error.strerror or str(error)
    return FileTrouble(f"{path}: {meaning}")


def not_made(error: OSError, path: Path) -> FileTrouble:
    """Return the `error` of making the folder `path`, as words; no disk has been seen there that could be gone."""
    if error.errno in _NO_ROOM:
        return NoRoom(f"the disk is full ({path.parent})")
    taken = "it is a link to nothing; is its disk mounted?" if path.is_symlink() else "it is a file"
    meaning = {errno.EEXIST: taken, errno.ENOENT: "no folder can be there"}.get(error.errno or 0)
    words = meaning or _MEANINGS.get(error.errno or 0) or error.strerror or str(error)
    return FileTrouble(f"{path}: the folder cannot be made: {words}")


def wanted_path(template: str, task: Task) -> PurePosixPath:
    """Return the path below the download folder that `template` gives `task`: relative, safe, never upwards.

    Fields: provider, model, id, date, time, tag, seconds, size, title. The date is that of completion, else of
    creation, else of the day the task was added, in local time. Every component has at most 255 bytes, the last one
    less, so that side files fit. An id too long for that is cut and told apart by a hash.
    """
    values = _values(task)
    parts = []
    for part in template.split("/"):
        filled = _FIELD.sub(lambda match: values.get(match[1], match[0]), part)
        if filled.strip(". "):
            parts.append(_component(filled, LONGEST_NAME))
    if not parts:
        parts = [values["id"]]
    last = PurePosixPath(_component(parts[-1], LONGEST_NAME))
    suffix = last.suffix if len(last.suffix) <= 10 else ""
    stem = last.name.removesuffix(suffix)
    return PurePosixPath(*parts[:-1], shortened(stem, LONGEST_NAME - _SPARE - len(suffix.encode())) + suffix)


def _values(task: Task) -> dict[str, str]:
    at = task.completed_at or task.created_at or task.added_at
    moment = datetime.fromtimestamp(at, tz=UTC).astimezone()
    plain = {
        "provider": task.provider,
        "model": task.model or "unknown",
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H%M%S}",
        "tag": task.tags[0] if task.tags else "untagged",
        "seconds": task.seconds or "unknown",
        "size": task.size or "unknown",
        "title": task.title or "untitled",
    }
    values = {name: shortened(_safe(value), _LONGEST_VALUE) for name, value in plain.items()}
    values["id"] = shortened(_safe(task.id), _LONGEST_ID, whole=task.id)
    return values


def _safe(value: str) -> str:
    """One value without separators, characters that some file system refuses, and characters that nobody sees."""
    normal = unicodedata.normalize("NFC", value)
    seen = "".join("_" if unicodedata.category(character) in _UNSEEN else character for character in normal)
    return _RESERVED.sub("_", seen).strip("_") or "_"


def _component(text: str, limit: int) -> str:
    """One component that is no hidden file, no device and does not end in what Windows shares drop."""
    visible = "".join("_" if unicodedata.category(character) in _UNSEEN else character for character in text)
    name = visible.strip().rstrip(". ")
    if name.startswith("."):
        name = f"_{name.lstrip('.')}"
    if name.partition(".")[0].lower() in _DEVICES:
        name = f"_{name}"
    return shortened(name, limit)


def shortened(text: str, limit: int, *, whole: str | None = None) -> str:
    """Return `text` with at most `limit` bytes of UTF-8; what is cut is told apart by a hash of `whole` (or `text`)."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    mark = hashlib.sha256((whole or text).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{data[: limit - 11].decode('utf-8', 'ignore')}-{mark}"


def numbered(path: Path, number: int) -> Path:
    """Return the `number`th choice for a name: `clip.mp4`, `clip-2.mp4`, `clip-3.mp4` and so on."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def beside(path: Path, ending: str) -> Path:
    """Return the side file of `path` with `ending` after its whole name."""
    return path.with_name(path.name + ending)


def place(source: Path, wanted: Path, is_same: Callable[[Path], bool]) -> Path:
    """Give the finished `source` the name `wanted`, or the next free one, and return it; nothing is ever overwritten.

    A name that is taken by a file which `is_same` counts as saved, too. The old name of `source` stays; the caller
    removes it. The folder is written through. Raises `FileTrouble`.
    """
    for number in range(1, _MOST_TRIES + 1):
        path = numbered(wanted, number)
        try:
            if _linked(source, path) or (path.is_file() and is_same(path)):
                sync_folder(path.parent)
                return path
        except OSError as error:
            raise trouble(error, path) from error
    message = f"{wanted}: {_MOST_TRIES} names beside it are taken, too"
    raise FileTrouble(message)


def _linked(source: Path, path: Path) -> bool:
    """Whether `path` is now `source`, False when the name is taken: atomic, and never in place of what is there."""
    if os.path.lexists(path):
        return path.exists() and path.samefile(source)
    # The name of the side-car must be free, too.
    return not os.path.lexists(beside(path, ".json")) and give_name(source, path)


def give_name(source: Path, path: Path) -> bool:
    """Make `path` another name of `source`, False when it is taken: atomic, never over a file. Raises `OSError`."""
    try:
        os.link(source, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS or os.path.lexists(path):
            raise
        # A file system without hard links (FAT, some network shares): rename is the only atomic way left.
        source.rename(path)
    return True


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` survive a power cut; file systems that cannot do that on folders are let be."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def read_own(path: Path, most: int) -> bytes | None:
    """Return at most `most` bytes of a side file; None for a link, a pipe, or whatever else is no ordinary file.

    Only what octotui itself would have made there is opened, and nothing in a shared folder can hold it up. Raises
    `OSError`, `FileNotFoundError` among them.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            return None
        raise
    try:
        is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, most) if is_regular else None
    finally:
        os.close(descriptor)


def write_new(path: Path, data: bytes) -> None:
    """Make the file `path` with `data` in it, written through to the disk. Raises `OSError` where it is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step, so that a reader or a crash sees the old or the new. Raises `OSError`."""
    fresh = beside(path, ".new")
    # Left by a killed process, or put there by somebody: in neither case is it written into.
    fresh.unlink(missing_ok=True)
    write_new(fresh, data)
    fresh.replace(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
