"""Posters of saved videos: made one at a time, after everything else, in a process that may be killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec

from octotui.config import Config
from octotui.engine.media.poster_frame import JPEG, MAX_BYTES
from octotui.engine.worker_pool import WorkerPool
from octotui.ledger import Ledger, LedgerError, Poster
from octotui.model import Task
from octotui.sanitize import clean

TIME_LIMIT = 20.0
"""Seconds one picture may take; then it is given up."""
_MOST_WAITING = 300
_PROGRAM = ("-P", "-m", "octotui.engine.media.poster_frame")
"""`-P`: whatever lies in the folder we stand in is not imported."""
_LEAVING = 0.2
"""Seconds at the end in which a picture that is nearly there may still come."""


def can_make_posters() -> bool:
    """Whether the extra `preview` is installed; imports nothing of it."""
    return all(find_spec(name) is not None for name in ("av", "PIL"))


class PosterMaker:
    """Makes the posters that are asked for, and those of what has just been saved."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.time,
        limit: float = TIME_LIMIT,
        installed: Callable[[], bool] = can_make_posters,
    ) -> None:
        """`limit`: seconds one picture may take."""
        self._ledger = ledger
        self._clock = clock
        self._limit = limit
        self._is_on = config.pictures != "none" and installed()
        self._since = clock()
        self._seen: dict[str, float] = {}
        """Of what was saved while we work: when."""
        self._pool: WorkerPool[str] = WorkerPool(self._make, name="octotui-posters", at_once=1, most=_MOST_WAITING)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_stopping = False
        self._environ = _without_keys(os.environ, config.api_key)

    @property
    def is_busy(self) -> bool:
        """Whether posters are being made."""
        return self._pool.is_busy

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in tasks as they are now: those saved since we began get their poster without being asked for."""
        if not self._is_on:
            return
        for task in tasks:
            saved_at = task.download.saved_at if task.is_saved else None
            if saved_at is not None and saved_at >= self._since and self._seen.get(task.id) != saved_at:
                self._seen[task.id] = saved_at
                self._pool.put(task.id)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        for task_id in ids:
            self._seen.pop(task_id, None)

    def take_asks(self) -> None:
        """Take up what people want to see. Without the extra their wishes stay, for an engine that has it."""
        if self._is_on:
            for task_id in self._ledger.take_poster_asks():
                self._pool.put(task_id)

    def stop(self) -> None:
        """Make no more; what is being made is given up."""
        self._pool.stop(_LEAVING if self._pool.is_busy else 0.0)
        with self._lock:
            self._is_stopping = True
            if self._process is not None:
                self._process.kill()

    def _make(self, ids: list[str]) -> None:
        """What the thread does; a ledger that was closed or cannot be written leaves the poster for the next time."""
        for task_id in ids:
            with contextlib.suppress(LedgerError):
                task = self._ledger.task(task_id)
                if task is None or not task.is_saved or task.download.file is None:
                    continue
                poster = self._poster(task.download.file)
                if poster is not None:
                    self._ledger.record_poster(task_id, poster)

    def _poster(self, file: str) -> Poster | None:
        """The poster of a file; None when we are stopping."""
        said, words = self._run(file)
        if self._is_stopping:
            return None
        if said.startswith(JPEG) and len(said) <= MAX_BYTES:
            return Poster(self._clock(), said)
        return Poster(self._clock(), None, words or clean(said.decode(errors="replace"), 200))

    def _run(self, file: str) -> tuple[bytes, str]:
        """(What the program said, why that is nothing to go by or an empty text)."""
        with self._lock:
            if self._is_stopping:
                return b"", ""
            try:
                process = subprocess.Popen(  # noqa: S603 - ourselves, and a file's name as one word
                    [sys.executable, *_PROGRAM, file],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=self._environ,
                )
            except (OSError, ValueError) as error:
                return b"", f"no process for it: {error}"
            self._process = process
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._limit, give_up)
        timer.daemon = True
        timer.start()
        try:
            with process:
                assert process.stdout is not None  # noqa: S101 - it was started with a pipe
                said = process.stdout.read(MAX_BYTES + 1)
                if len(said) > MAX_BYTES:
                    process.kill()
        finally:
            timer.cancel()
            with self._lock:
                self._process = None
        if late.is_set():
            return b"", f"it took longer than {self._limit:g} s"
        if process.returncode < 0:
            return b"", f"its decoder was ended by signal {-process.returncode}"
        return said, "" if said else "its decoder failed"


def _without_keys(environ: Mapping[str, str], api_key: str | None) -> dict[str, str]:
    """`environ` for a program that reads what came from the network: it gets no key."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(("OCTOTUI_", "OPENAI_")) and not (api_key and api_key in value)
    }
