"""The partial file of a result that is not whole yet: `.part`, and what is known of it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import stat
import sys
import threading
from dataclasses import replace
from pathlib import Path

from octotui.engine.downloads.file_names import (
    FileTrouble,
    beside,
    numbered,
    trouble,
)
from octotui.engine.downloads.part_state import PartState, boot_id, claimed_state, write_state

_FLUSH_FROM = 4 * 1024 * 1024
"""Bytes that are worth a flush."""
_STEP = 64 * 1024 * 1024
"""Bytes of room that are taken ahead of those that have come."""
_MOST_TRIES = 999
_KEEP_SIZE = 1
"""`FALLOC_FL_KEEP_SIZE` of Linux's fallocate(2): room is taken, but the size still says how much has been written."""


class PartBusy(FileTrouble):
    """Another process, or another download of this one, is at work on the same part."""


class PartChanged(Exception):
    """What the server sends now does not continue what is in the part: it is another file."""


class PartialFile:
    """The `.part` of one task, locked while it is open. Not for use by two threads at once."""

    def __init__(self, path: Path, state: PartState) -> None:
        """`path` is that of the `.part`; `claim` makes one."""
        self.path = path
        self.state = state
        self.size = 0
        """Bytes in the part."""
        self.position = 0
        """Where the next block goes."""
        self.taken = 0
        """Bytes from the first one on for which there is room on the disk, whether they have come or not."""
        self._descriptor = -1
        self._flushed = 0
        self._cuts = 0
        self._is_locked = False
        self._lock_of_descriptor = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether it is open, and so locked."""
        return self._descriptor >= 0

    def open(self) -> None:
        """Open and lock, and drop what may not have reached the disk. Raises `FileTrouble`, `PartBusy` among them."""
        try:
            self._descriptor = _opened(self.path)
            self._lock()
            found = os.fstat(self._descriptor).st_size
            self.size = self._trusted(found)
            self._is_locked = True
            # Also where the size stays: a process that was killed may have left room behind it.
            self._release_room()
            self._flushed = min(self.state.proved, self.size)
            state = replace(self.state, boot=boot_id(), proved=self._flushed)
            if state != self.state or not beside(self.path, ".json").exists():
                write_state(beside(self.path, ".json"), state)
                self.state = state
        except OSError as error:
            self.close()
            raise trouble(error, self.path) from error
        except FileTrouble:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file, and of room that was not filled; what is known of it stays known.

        One with no byte in it leaves nothing behind.
        """
        if self._is_locked and self.size == 0:
            # What cannot be removed (the disk is gone) is found again by the next try.
            with contextlib.suppress(OSError):
                self._unlink()
        self._is_locked = False
        with self._lock_of_descriptor:
            if self._descriptor >= 0:
                if self.taken > self.size:
                    with contextlib.suppress(OSError):
                        self._release_room()
                os.close(self._descriptor)
                self._descriptor = -1

    def note(self, state: PartState) -> None:
        """Keep `state` beside the part. Raises `FileTrouble`."""
        if state != self.state:
            write_state(beside(self.path, ".json"), state)
            self.state = state

    def take_room(self, total: int) -> bool:
        """Take room on the disk for what comes next of `total` bytes, a step ahead of what has come.

        False where nothing was taken: there is enough, or the file system cannot. Raises `FileTrouble`.
        """
        taken, filled = min(total, self.position + _STEP), max(self.taken, self.size)
        if taken <= filled or not _allocate(self._descriptor, filled, taken - filled, self.path):
            return False
        self.taken = taken
        return True

    def seek(self, position: int) -> None:
        """Have the next block compared with, or written, at `position`, at most `size`."""
        self.position = min(position, self.size)

    def write(self, block: bytes, *, must_match: bool = False) -> None:
        """Take in the next block: what the part has already is compared, what is new is written.

        Where they differ, the part is cut there and goes on with what came; with `must_match` `PartChanged` is raised
        instead. Raises `FileTrouble` when the disk does not take it.
        """
        known = max(0, min(len(block), self.size - self.position))
        try:
            if known and os.pread(self._descriptor, known, self.position) != block[:known]:
                if must_match:
                    raise PartChanged
                self._cut(self.position)
                known = 0
            self.position += known
            fresh = memoryview(block)[known:]
            while fresh:
                count = os.pwrite(self._descriptor, fresh, self.position)
                self.position += count
                self.size = self.position
                fresh = fresh[count:]
            if self._flushed > self.state.proved:
                self.note(replace(self.state, proved=self._flushed))
        except OSError as error:
            raise trouble(error, self.path) from error

    def end_here(self) -> None:
        """Say that the file ends at `position`, whatever an earlier try has left behind it. Raises `FileTrouble`."""
        if self.position < self.size:
            try:
                self._cut(self.position)
            except OSError as error:
                raise trouble(error, self.path) from error

    def start_over(self) -> None:
        """Forget every byte and all that was known of them. Raises `FileTrouble`."""
        self.seek(0)
        self.end_here()
        self.note(PartState(self.state.task_id, boot=boot_id(), origin=self.state.origin))

    def sync(self) -> None:
        """Have every byte reach the disk, and note it. Raises `FileTrouble`."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise trouble(error, self.path) from error
        self._flushed = self.size
        self.note(replace(self.state, proved=self.size))

    def flush(self) -> None:
        """Have what has come so far reach the disk; for another thread than the one that writes, which need not wait.

        Only what has reached the disk is believed after a crash of the whole machine.
        """
        with self._lock_of_descriptor:
            size, cuts = self.size, self._cuts
            if self._descriptor < 0 or size - self._flushed < _FLUSH_FROM:
                return
            descriptor = os.dup(self._descriptor)
        try:
            os.fsync(descriptor)
        except OSError:
            return
        finally:
            os.close(descriptor)
        if cuts == self._cuts:
            self._flushed = size

    def seal(self) -> None:
        """Have the whole file reach the disk, and give back room that it did not need. Raises `FileTrouble`."""
        try:
            self._release_room()
        except OSError as error:
            raise trouble(error, self.path) from error
        self.sync()

    def remove(self) -> None:
        """Take the part's own names away, once the bytes have a name of their own or are not wanted any more."""
        self._unlink()
        self._is_locked = False
        self.close()

    def _unlink(self) -> None:
        for path in (self.path, beside(self.path, ".json"), beside(self.path, ".json.new")):
            path.unlink(missing_ok=True)

    def _release_room(self) -> None:
        os.ftruncate(self._descriptor, self.size)
        self.taken = self.size

    def _cut(self, position: int) -> None:
        os.ftruncate(self._descriptor, position)
        self._cuts += 1
        self.size = self.taken = position
        self._flushed = min(self._flushed, position)
        # What comes next is another file than the one the tag and the total were said of.
        self.note(replace(self.state, etag=None, total=None, proved=min(self.state.proved, position)))

    def _trusted(self, found: int) -> int:
        if self.state.boot is not None and self.state.boot == boot_id():
            return found
        return min(found, self.state.proved)

    def _lock(self) -> None:
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            message = f"{self.path} is no ordinary file"
            raise FileTrouble(message)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another octotui is saving {self.path.name}"
            raise PartBusy(message) from None
        except OSError as error:
            # Some network shares have no locks; the ledger's lease still keeps two engines apart.
            if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}:
                raise
        if not self.path.exists() or not os.path.samestat(self.path.stat(), os.fstat(self._descriptor)):
            message = f"another octotui has just finished {self.path.name}"
            raise PartBusy(message)


def claim(wanted: Path, task_id: str, origin: str | None = None) -> PartialFile:
    """Return the open part of `task_id` beside `wanted`: the one an earlier try left, or a new one.

    `origin` is the gateway's (`routes.origin_of`). Parts of other tasks or other gateways, and files that only look
    like parts, are left alone: the next number is taken. Raises `FileTrouble`, `PartBusy` among them. The folder must
    be there.
    """
    for number in range(1, _MOST_TRIES + 1):
        path = beside(numbered(wanted, number), ".part")
        try:
            state = claimed_state(path, task_id, origin)
        except OSError as error:
            raise trouble(error, path) from error
        if state is not None and state.is_of(task_id, origin):
            part = PartialFile(path, state)
            part.open()
            return part
    message = f"{wanted}: {_MOST_TRIES} parts beside it belong to other tasks"
    raise FileTrouble(message)


def _opened(path: Path) -> int:
    """Open a part that is there, or make it: never through a link, and never waiting for the other end of a pipe."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)


def _allocate(descriptor: int, offset: int, count: int, path: Path) -> bool:
    """Take room for `count` bytes from `offset` on without a change of size; False where that cannot be done.

    Not `os.posix_fallocate`: it sets the size at once, and after a kill nobody could tell bytes from holes.
    """
    if not sys.platform.startswith("linux"):
        return False
    function = ctypes.CDLL(None, use_errno=True).fallocate
    function.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    while function(descriptor, _KEEP_SIZE, offset, count) != 0:
        code = ctypes.get_errno()
        if code in {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
            return False
        if code != errno.EINTR:
            raise trouble(OSError(code, os.strerror(code)), path)
    return True
