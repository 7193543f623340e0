"""The guard: a lock file beside the ledger, and what it notes for whoever starts next."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from octotui.ledger.sqlite.file.file_systems import without_locks
from octotui.ledger.sqlite.file.private_files import open_private

if TYPE_CHECKING:
    from types import TracebackType

_BETWEEN = 0.02
"""Seconds between two looks at whether a salvage that another process has begun is over."""


class Job(NamedTuple):
    """A salvage that was begun."""

    moved_to: str
    """What the damaged file is called from now on, in the ledger's folder."""
    reason: str
    """What is wrong with it."""


class Guard:
    """A lock file beside the ledger: says whether another process has it open, and that damage was met.

    Held exclusively while a ledger is being opened (so that only one process creates, checks, salvages or migrates it),
    shared while it is open. The kernel lets go of it when a process dies, however it dies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # A link or a pipe in its place is somebody's: neither is followed or waited for.
        self._file = open_private(Path(f"{path}.lock"), os.O_NOFOLLOW | os.O_NONBLOCK)
        self.alone = True
        """Whether nobody else had the ledger open."""

    def __enter__(self) -> Guard:
        try:
            # Whoever was waited for may have died in the middle of a salvage: then it is this one's to go on with.
            while not self._try_alone() and self.job is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)
                time.sleep(_BETWEEN)
        except OSError as error:
            self.close()
            raise without_locks(error, self._path) from error
        return self

    def _try_alone(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.alone = False
            fcntl.flock(self._file, fcntl.LOCK_SH)
        else:
            self.alone = True
        return self.alone

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        else:
            self.close()

    @property
    def suspicious(self) -> bool:
        """Whether damage was met since the last full check."""
        return os.fstat(self._file).st_size > 0

    @property
    def job(self) -> Job | None:
        """The salvage that was begun and has not ended."""
        content = os.pread(self._file, 4096, 0)
        try:
            return Job(**json.loads(content))
        except (ValueError, TypeError):
            return None

    def suspect(self) -> None:
        """Have the next start check the whole file."""
        if self.job is None:
            os.pwrite(self._file, b"damage was met: check all of it\n", 0)

    def begin(self, job: Job) -> None:
        """Note a salvage, so that the next start goes on with it where this process dies."""
        content = json.dumps(job._asdict()).encode()
        # In one write over all that stands there: nobody ever finds the file empty meanwhile.
        os.pwrite(self._file, content.ljust(os.fstat(self._file).st_size), 0)
        os.fsync(self._file)

    def trust(self) -> None:
        """Forget the suspicion, or the salvage: the file was checked, or a new one is in its place."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._file)
