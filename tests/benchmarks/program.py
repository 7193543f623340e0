"""A program on a pty, watched from outside: what it sends, how soon, and what it costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 30.0
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[6n": b"\x1b[1;1R"}
"""What a terminal of today says when it is asked for synchronised output, and where its cursor is."""


class Program:
    """A program on a terminal of `size` (width, height), answered as a terminal of today would."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], size: tuple[int, int]) -> None:
        self.began = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            # An installed program has its bytecode: it is not compiled anew at each start.
            dropped = {
                "PYTHONDONTWRITEBYTECODE",
                "COLUMNS",
                "LINES",
                "OCTOTUI_API_KEY",
                "OPENAI_API_KEY",
                "TMUX",
                "STY",
            }
            kept = {name: value for name, value in os.environ.items() if name not in dropped}
            terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
            os.execvpe(command[0], list(command), {**kept, **terminal, **environ})  # noqa: S606

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def read(self, seconds: float) -> bytes:
        """What it sends for so long."""
        end = time.perf_counter() + seconds
        sent = []
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                sent.append(self._take())
        return b"".join(sent)

    def until(self, wanted: bytes) -> float:
        """Read until it has sent `wanted`; returns when (seconds of `time.perf_counter`) that was."""
        end = time.perf_counter() + _PATIENCE
        sent = b""
        while wanted not in sent:
            left = end - time.perf_counter()
            if left < 0:
                message = f"waited in vain for {wanted!r}; the last of {len(sent)} bytes: {sent[-2000:]!r}"
                raise SystemExit(message)
            if select.select([self.terminal], [], [], left)[0]:
                sent += self._take()
        return time.perf_counter()

    def press(self, keys: bytes) -> float:
        """Send keys; returns when."""
        now = time.perf_counter()
        os.write(self.terminal, keys)
        return now

    def cpu_seconds(self) -> float:
        """Processor time it has used so far, its own and the kernel's for it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Resident memory (RSS) in MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        return 0.0

    def _take(self) -> bytes:
        try:
            sent = os.read(self.terminal, 1 << 16)
        except OSError as error:
            message = "the program has ended"
            raise SystemExit(message) from error
        for question, answer in _ANSWERS.items():
            if question in sent:
                os.write(self.terminal, answer)
        return sent
