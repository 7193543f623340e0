"""The watched folder: whatever is dropped there is read like a paste, then moved to `done`, or to `unread` and why."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from octotui.config import Config
from octotui.gateway.providers import Provider
from octotui.intake.cleaning.text import MAX_TEXT, decode
from octotui.intake.parse import read
from octotui.intake.result import Intake
from octotui.ledger import Ledger, LedgerError
from octotui.model import EventKind, LogEntry
from octotui.sanitize import clean

DONE, UNREAD = "done", "unread"
SETTLED = 1.0
"""Seconds a file must stay as it is before it counts as written whole."""
_EMPTY_FOR = 60.0
"""Seconds after which a file that is still empty holds nothing."""
_LOOK_EVERY = 1.0
_UNFINISHED = (".part", ".tmp", ".temp", ".swp", ".crdownload", "~")
"""How names end that writers use until they are done."""

_Mark = tuple[int, int, int]


@dataclass(slots=True)
class _Seen:
    mark: _Mark
    """inode, size, time of change: the same for as long as nobody writes."""
    since: float


class Inbox:
    """One folder. Not for two processes at once: the holder of the lease looks after it."""

    def __init__(
        self,
        folder: Path,
        providers: Sequence[Provider],
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._providers = providers
        self._ledger = ledger
        self._clock = clock
        self._monotonic = monotonic
        self._seen: dict[str, _Seen] = {}
        self._stuck: dict[str, _Mark] = {}
        self._complaint: str | None = None

    def scan(self) -> int:
        """Read what is whole by now; returns how many tasks were added. Trouble goes to the log, once each."""
        now = self._monotonic()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            files = dict(_candidates(self._folder))
        except OSError as error:
            self._complain(f"inbox {self._folder}: {error.strerror or error}")
            return 0
        self._complaint = None
        for gone in self._seen.keys() - files.keys():
            del self._seen[gone]
            self._stuck.pop(gone, None)
        return sum(self._import_file(name) for name in sorted(files) if self._is_whole(name, files[name], now))

    def _is_whole(self, name: str, mark: _Mark, now: float) -> bool:
        """Whether a file has stayed as it is for long enough, and is not one that could not be moved."""
        seen = self._seen.get(name)
        if seen is None or seen.mark != mark:
            self._seen[name] = _Seen(mark, now)
            return False
        needed = SETTLED if mark[1] else _EMPTY_FOR
        return now - seen.since >= needed and self._stuck.get(name) != mark

    def _import_file(self, name: str) -> int:
        """Read one file and put it away; the ledger has its tasks before it is moved, so that none is lost."""
        mark = self._seen[name].mark
        try:
            text = _text_of(self._folder / name, mark)
            if text is None:
                return 0
            intake = read(text, self._providers)
            added = self._ledger.add(intake.tasks, self._clock())[0] if intake.tasks else []
            reason = why_unread(intake)
            self._put_away(name, reason)
        except OSError as error:
            self._stuck[name] = mark
            self._log(f"inbox: {name} stays where it is: {error.strerror or error}")
            return 0
        self._log(f"inbox: {name}: {reason or intake.says}")
        return len(added)

    def _put_away(self, name: str, reason: str | None) -> None:
        target = self._folder / (DONE if reason is None else UNREAD)
        target.mkdir(exist_ok=True)
        place = _free_name(target, name)
        (self._folder / name).rename(place)
        if reason is not None:
            # An earlier reason belongs to an earlier file; a link that lies there leads to somebody's.
            beside = place.with_name(f"{place.name}.reason.txt")
            beside.unlink(missing_ok=True)
            with beside.open("x", encoding="utf-8") as file:
                file.write(f"{reason}\n")

    def _complain(self, words: str) -> None:
        if words != self._complaint:
            self._complaint = words
            self._log(words)

    def _log(self, words: str) -> None:
        self._ledger.log(LogEntry(self._clock(), EventKind.INBOX, None, clean(words, 600)))


def why_unread(intake: Intake) -> str | None:
    """Say why somebody should look at a file; None when all of it was understood."""
    if intake.unsure:
        shown = ", ".join(clean(task_id, 300) for task_id in intake.unsure[:20])
        return f"whose tasks are these? octotui add --provider NAME adds them: {shown}"
    if intake.was_cut:
        return f"too long to be read at once; what was read: {intake.says}"
    return None if intake.tasks else "no task found"


@contextmanager
def watching_folder(config: Config, ledger: Ledger, on_added: Callable[[], None]) -> Iterator[None]:
    """Look after the configured inbox, in a thread of its own, while the block runs; nothing where there is none."""
    folder = config.inbox
    if folder is None:
        yield
        return
    if config.download_dir.is_relative_to(folder):
        # Saved results would be read as texts and moved away.
        words = f"inbox {folder} holds the folder that results are saved in: name another folder; it is not watched"
        ledger.log(LogEntry(time.time(), EventKind.INBOX, None, clean(words, 600)))
        yield
        return
    over = threading.Event()
    inbox = Inbox(folder, config.providers, ledger)

    def keep_looking() -> None:
        while not over.wait(_LOOK_EVERY):
            # A ledger that is busy or full now is asked again at the next look; the file waits in its place.
            with contextlib.suppress(LedgerError):
                if inbox.scan():
                    on_added()

    thread = threading.Thread(target=keep_looking, name="octotui-inbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(1.0)


def _candidates(folder: Path) -> Iterator[tuple[str, _Mark]]:
    """Yield the regular files of a folder that look finished by their name."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                continue
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield entry.name, _mark_of(status)


def _mark_of(status: os.stat_result) -> _Mark:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _text_of(path: Path, mark: _Mark) -> str | None:
    """Return what a file holds, as far as one paste goes; None while somebody writes it, or once `mark` is not its."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb") as opened:
        if _is_being_written(file):
            return None
        text = decode(opened.read(MAX_TEXT + 1))
        return text if _mark_of(os.fstat(file)) == mark else None


def _is_being_written(file: int) -> bool:
    """Whether a process has the file open for writing: Linux grants a read lease only where none has.

    Where leases are not to be had (other systems, network disks, other people's files) nobody can tell: False.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        # A writer that comes while we hold the lease makes the kernel signal us, with SIGIO, which kills: not SIGURG.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _free_name(folder: Path, name: str) -> Path:
    """Return a place for `name` in `folder` at which nothing lies yet."""
    stem, suffix = Path(name).stem, Path(name).suffix
    place, number = folder / name, 1
    while place.exists() or place.is_symlink():
        number += 1
        place = folder / f"{stem}-{number}{suffix}"
    return place
