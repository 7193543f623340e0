"""The boxes of the soak as processes: started, killed, frozen and woken."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.database_proxy import DatabaseProxy

ROOT = Path(__file__).parents[3]
HOOK = 'printf "%s %s %s\\n" "$OCTOTUI_ID" "$OCTOTUI_EVENT" "$1" >> "$2"'
"""What the boxes run when a task has completed, and when its result is saved."""


class BoxProcess:
    """One box: its settings, and the process that is it now."""

    def __init__(self, name: str, *, folder: Path, videos: Path, offset: float, proxy: DatabaseProxy) -> None:
        """`folder` is its own, `videos` where it saves; `offset` (seconds) is how far its clock is ahead."""
        self.name = name
        self.videos = videos
        self.proxy = proxy
        self._offset = offset
        self._folder = folder
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_frozen = False
        self.ended_alone: list[int] = []
        """Exit codes of processes that nobody had told to end."""
        folder.mkdir(parents=True)
        (folder / "boot").write_text(str(uuid.uuid4()))

    def configure(
        self, *, base_url: str, key: str, ledger: str, hooks: Path, per_minute: int, poll_seconds: float
    ) -> None:
        """Write its settings."""
        lines = {
            "base_url": base_url,
            "download_dir": str(self.videos),
            "file_template": "{id}.mp4",
            "requests_per_minute": per_minute,
            "poll_seconds": poll_seconds,
            "disk_reserve": "1MB",
            "parallel_downloads": 2,
            "on_completed": ["/bin/sh", "-c", HOOK, "hook", self.name, str(hooks)],
            "on_saved": ["/bin/sh", "-c", HOOK, "hook", self.name, str(hooks)],
        }
        text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in lines.items())
        (self._folder / "config.toml").write_text(f"{text}\n")
        self._environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("OCTOTUI", "PG"))
        } | {
            "OCTOTUI_CONFIG": str(self._folder / "config.toml"),
            "OCTOTUI_STATE_DIR": str(self._folder / "state"),
            "OCTOTUI_LEDGER": ledger,
            "OCTOTUI_API_KEY": key,
            "NO_PROXY": "*",
            "PYTHONPATH": str(ROOT),
        }

    @property
    def log(self) -> Path:
        """What its processes have printed."""
        return self._folder / "log"

    @property
    def is_up(self) -> bool:
        """Whether its process is there and runs."""
        with self._lock:
            return self._process is not None and not self._is_frozen

    def start(self) -> None:
        """Start its process, unless it is there."""
        with self._lock:
            self._note_end()
            if self._process is not None:
                return
            arguments = [sys.executable, "-m", "tests.benchmarks.fleet.box", self.name, str(self._offset)]
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*arguments, str(self._folder / "boot")],
                    cwd=ROOT,
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    def kill(self) -> None:
        """Kill it, as a power cut would, but that the disk keeps what was written."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Have it end in order."""
        with self._lock:
            self.wake()
            self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        with self._lock:
            self._note_end()
            if self._process is not None:
                self._process.send_signal(how)
                try:
                    self._process.wait(30)
                except subprocess.TimeoutExpired:
                    self.ended_alone.append(-1)
                    self._process.kill()
                    self._process.wait()
            self._process, self._is_frozen = None, False

    def _note_end(self) -> None:
        code = None if self._process is None else self._process.poll()
        if code is not None:
            self.ended_alone.append(code)
            self._process = None

    def freeze(self) -> None:
        """Stop it where it stands: a host that hangs, a lid that is closed."""
        with self._lock:
            if self._process is not None:
                self._process.send_signal(signal.SIGSTOP)
                self._is_frozen = True

    def wake(self) -> None:
        """Have it go on."""
        with self._lock:
            if self._process is not None and self._is_frozen:
                self._process.send_signal(signal.SIGCONT)
            self._is_frozen = False


@contextmanager
def all_started(boxes: list[BoxProcess]) -> Iterator[None]:
    """Start boxes, and leave none of them behind."""
    try:
        for box in boxes:
            box.start()
        yield
    finally:
        for box in boxes:
            box.kill()
