"""How long a key press takes to its frame: the whole program on a pty, idle and while downloads run flat out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from dataclasses import replace
from pathlib import Path

from octotui.ledger import Ledger
from octotui.model import NewTask, Task, TaskState
from tests.benchmarks.nginx import SHARED, Nginx

_KEYS = (b"j", b"k")
_PAUSE = 0.1
"""Seconds between two key presses."""


class Screen:
    """A program on a pty of 160 by 45 cells."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.execvpe(command[0], command, {**os.environ, **environment, "TERM": "xterm-256color"})  # noqa: S606
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 160, 0, 0))

    def read_for(self, seconds: float) -> int:
        """Read what the program draws for so long; returns how many bytes that were."""
        end = time.monotonic() + seconds
        drawn = 0
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                drawn += len(os.read(self.terminal, 65536))
        return drawn

    def press(self, key: bytes) -> float:
        """Press `key` and return the seconds until something is drawn."""
        began = time.perf_counter()
        os.write(self.terminal, key)
        if not select.select([self.terminal], [], [], 2.0)[0]:
            message = f"nothing was drawn after {key!r}"
            raise SystemExit(message)
        return time.perf_counter() - began

    def close(self) -> None:
        """End the program."""
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def latencies(server: Nginx, names: list[str], *, rounds: int) -> None:
    """Print the percentiles of the time from a key press to its frame, idle and under load, until the last checksum."""
    idle: list[float] = []
    busy: list[float] = []
    fetched, seconds = 0, 0.0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=SHARED) as name, Ledger.open(Path(name) / "ledger.db") as ledger:
            fill(ledger, server.url, names)
            ledger.cancel_download(names)
            screen = Screen([sys.executable, "-m", "octotui"], environment(Path(name), server))
            screen.read_for(4.0)
            idle += [screen.press(_KEYS[number % 2]) for number in range(20) if screen.read_for(_PAUSE) >= 0]
            ledger.request_download(names)
            began = time.monotonic()
            saved_at = None
            while not all(task.download.sha256 for task in ledger.tasks()):
                screen.read_for(_PAUSE)
                busy.append(screen.press(_KEYS[len(busy) % 2]))
                if saved_at is None and all(task.is_saved for task in ledger.tasks()):
                    saved_at = time.monotonic()
            seconds += (saved_at or time.monotonic()) - began
            fetched += sum(task.download.bytes_done for task in ledger.tasks())
            screen.close()
    for word, taken in (("idle", sorted(idle)), ("busy", sorted(busy))):
        shares = "  ".join(f"p{share} {taken[len(taken) * share // 100] * 1e3:.1f} ms" for share in (50, 90, 99))
        sys.stdout.write(f"{word}: {len(taken)} key presses  {shares}\n")
    sys.stdout.write(f"while {fetched / seconds / 1e6:.0f} MB/s were saved\n")


def environment(folder: Path, server: Nginx) -> dict[str, str]:
    """Return what makes octotui use the ledger and the server of this run."""
    settings = [
        f'base_url = "{server.url}"',
        f'download_dir = "{folder}"',
        'file_template = "{id}"',
        "parallel_downloads = 8",
        'disk_reserve = "0 B"',
    ]
    (folder / "config.toml").write_text("\n".join(settings))
    return {
        "OCTOTUI_CONFIG": str(folder / "config.toml"),
        "OCTOTUI_STATE_DIR": str(folder),
        "OCTOTUI_API_KEY": "sk-test",
        "SSL_CERT_FILE": str(server.pem),
    }


def fill(ledger: Ledger, url: str, names: list[str]) -> None:
    """Make a completed, wanted task of each file."""
    now = time.time()
    ledger.add([NewTask(name, "sora", "videos", "sora-2") for name in names], now)
    for name in names:
        known = Task(name, "sora", "videos", now, state=TaskState.COMPLETED, completed_at=now, last_answer_at=now)
        ledger.record(replace(known, result_url=f"{url}/{name}"))
    ledger.flush()
    ledger.request_download(names)
