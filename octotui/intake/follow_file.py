"""A file that grows, read as `tail -F` reads it: through rotation, truncation, and not being there yet."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

QUIET = 0.5
"""Seconds without anything new after which what was written last counts as written whole."""
LONGEST = 2.0
"""Seconds after which whole lines are handed out although the writer has not paused."""
_CHUNK = 2**20
_MEMORY = 256
"""Bytes before our place that must still be the same; otherwise the file was written anew."""


class Tail:
    """What is new in a file since the last look, in pieces that end where a writer paused or a line ends.

    An unfinished line is held back until its end comes, the file is replaced, or, when it ends like JSON (curl writes
    no newline), until its writer has been quiet for a moment.
    """

    def __init__(self, path: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin at the file's first byte, whether it is there yet or not."""
        self._path = path
        self._monotonic = monotonic
        self._file: int | None = None
        self._position = 0
        self._memory = b""
        self._held = b""
        self._grown_at = self._held_since = float("-inf")

    def read(self) -> str:
        """Return what is new and whole, `""` when nothing is.

        Raises:
            OSError: when the file cannot be read. One that is not there is no error.

        """
        now = self._monotonic()
        while len(self._held) < _CHUNK:
            new = self._more()
            if not new:
                break
            if len(self._held) == 0:
                self._held_since = now
            self._held += new
            self._grown_at = now
        paused = now - self._grown_at >= QUIET
        if paused:
            return self._taken(_whole(self._held))
        # JSON over several lines, written in one go, must not be torn; a writer that never pauses is cut at a line.
        is_long = len(self._held) >= _CHUNK or now - self._held_since >= LONGEST
        return self._taken(self._held.rfind(b"\n") + 1) if is_long else ""

    def rest(self) -> str:
        """Return what was held back, at the very end."""
        return self._taken(len(self._held))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _taken(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        self._held_since = self._monotonic()
        return text.decode("utf-8", "replace")

    def _more(self) -> bytes:
        """Return the next bytes of the file we have open; when there are none, of the one that took its place."""
        file = self._file if self._file is not None else self._open()
        if file is None:
            return b""
        if self._was_rewritten(file):
            self._position, self._memory = 0, b""
            self._end_line()
        new = os.pread(file, _CHUNK, self._position)
        if not new and self._was_replaced(file):
            # Not before all of the old one is read: a writer may go on with it for a moment after the move.
            self.close()
            self._end_line()
            replacement = self._open()
            new = b"" if replacement is None else os.pread(replacement, _CHUNK, 0)
        self._position += len(new)
        self._memory = (self._memory + new)[-_MEMORY:]
        return new

    def _open(self) -> int | None:
        try:
            # Without O_NONBLOCK a named pipe would hold us up for ever.
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise OSError(22, "not a regular file", str(self._path))
        self._file, self._position, self._memory = file, 0, b""
        return file

    def _was_rewritten(self, file: int) -> bool:
        """Whether it is shorter than our place, or holds something else before it."""
        start = self._position - len(self._memory)
        return os.pread(file, len(self._memory), start) != self._memory

    def _was_replaced(self, file: int) -> bool:
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(file)
        return (named.st_dev, named.st_ino) != (ours.st_dev, ours.st_ino)

    def _end_line(self) -> None:
        if self._held:
            self._held += b"\n"


def _whole(held: bytes) -> int:
    """How many of the bytes held back are whole lines, or end like JSON."""
    if held.rstrip()[-1:] in {b"}", b"]"}:
        return len(held)
    return held.rfind(b"\n") + 1
