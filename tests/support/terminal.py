"""A program on a terminal of its own, and what a person sees there, through a terminal emulator."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyte
import pyte.screens
import pytest
from wcwidth import wcwidth

PATIENCE = 20.0
"""Seconds a condition may take on a busy machine."""


class Emulator(pyte.Screen):
    """An emulator that says where its cursor is, and may draw characters of ambiguous width in two cells."""

    def __init__(self, size: tuple[int, int], answer: Callable[[bytes], None], *, ambiguous_wide: bool) -> None:
        self._answer = answer
        self._ambiguous_wide = ambiguous_wide
        super().__init__(*size)

    def draw(self, data: str) -> None:
        """Draw `data` (pyte's API)."""
        if not self._ambiguous_wide:
            super().draw(data)
            return
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pyte.screens, "wcwidth", wide_wcwidth)
            super().draw(data)

    def write_process_input(self, data: str) -> None:
        """Answer the program (pyte's API)."""
        self._answer(data.encode())


def wide_wcwidth(char: str) -> int:
    """The cells a terminal gives one character that is set for East Asian text."""
    width = wcwidth(char)
    return 2 if width == 1 and unicodedata.east_asian_width(char) == "A" else width


class Terminal:
    """One program and its screen."""

    def __init__(self, pid: int, descriptor: int, size: tuple[int, int], *, ambiguous_wide: bool = False) -> None:
        self.pid = pid
        self.received = b""
        """Every byte the program has sent."""
        self.answers_after: float | None = None
        """Seconds it takes to say where the cursor is; without them nothing is said."""
        self._answers: list[tuple[float, bytes]] = []
        """Answers that are on their way, and when they arrive."""
        self._descriptor = descriptor
        self._screen = Emulator(size, self._will_answer, ambiguous_wide=ambiguous_wide)
        self._stream = pyte.ByteStream(self._screen)
        self._exit_code: int | None = None
        self.resize(*size)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen."""
        # `display` of the emulator fails where half of a wide character was painted over.
        return ["".join(row[x].data for x in range(self._screen.columns)) for row in self._rows]

    @property
    def _rows(self) -> list[Any]:
        return [self._screen.buffer[y] for y in range(self._screen.lines)]

    @property
    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.lines)

    def cell(self, x: int, y: int) -> str:
        """The character in one cell; wide ones leave the cell after them empty."""
        character: str = self._screen.buffer[y][x].data
        return character

    def cells(self) -> list[list[str]]:
        """The characters of all cells, line by line."""
        return [[row[x].data for x in range(self._screen.columns)] for row in self._rows]

    def styled_cells(self) -> list[list[Any]]:
        """All cells with their looks, line by line, as the emulator has them."""
        return [[row[x] for x in range(self._screen.columns)] for row in self._rows]

    @property
    def title(self) -> str:
        """The window's title, as the emulator has it."""
        title: str = self._screen.title
        return title

    def reverse_rows(self) -> list[int]:
        """The rows that have a cell in reverse video."""
        return [y for y, row in enumerate(self._rows) if any(row[x].reverse for x in range(self._screen.columns))]

    def background(self, x: int, y: int) -> str:
        """The colour behind one cell."""
        color: str = self._screen.buffer[y][x].bg
        return color

    def press(self, keys: bytes) -> None:
        """Send what a keyboard would."""
        os.write(self._descriptor, keys)

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size, in cells."""
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._screen.resize(height, width)

    def overwrite(self, sent: bytes) -> None:
        """Draw on the screen as somebody else would (`wall`, a job in the background)."""
        self._stream.feed(sent)

    def hang_up(self) -> None:
        """Drop the line, as a broken SSH connection does."""
        os.close(self._descriptor)
        self._descriptor = -1

    def until(self, condition: Callable[[], object]) -> None:
        """Read what the program sends until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain; the screen:\n{self.text}")
            self.read(0.05)

    def rest(self, seconds: float) -> None:
        """Read until nothing has come for `seconds`; for tools that draw pictures, tests wait for a condition."""
        while True:
            before = len(self.received)
            self.read(seconds)
            if len(self.received) == before:
                return

    def exit_code(self) -> int:
        """Wait for the program's end; its exit code, negative for a signal."""

        def ended() -> bool:
            if self._exit_code is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self._exit_code = os.waitstatus_to_exitcode(status)
            return self._exit_code is not None

        self.until(ended)
        assert self._exit_code is not None
        return self._exit_code

    def close(self) -> None:
        """End the program, if it has not ended."""
        if self._exit_code is None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def _will_answer(self, answer: bytes) -> None:
        if self.answers_after is not None:
            self._answers.append((time.monotonic() + self.answers_after, answer))

    def _answer(self) -> None:
        while self._answers and time.monotonic() >= self._answers[0][0]:
            self.press(self._answers.pop(0)[1])

    def read(self, patience: float = 0.0) -> None:
        """Take in what the program sends, and wait so many seconds for it where nothing has come."""
        self._answer()
        if self._descriptor < 0:
            time.sleep(patience)
            return
        if select.select([self._descriptor], [], [], patience)[0]:
            try:
                sent = os.read(self._descriptor, 1 << 16)
            except OSError:  # the program has closed its side
                time.sleep(patience)
                return
            self.received += sent
            self._stream.feed(sent)


@contextmanager
def on_terminal(
    arguments: Sequence[str],
    *,
    size: tuple[int, int] = (80, 24),
    environ: Mapping[str, str] | None = None,
    program: str = sys.executable,
    ambiguous_wide: bool = False,
    answers_after: float | None = None,
) -> Iterator[Terminal]:
    """Run Python (or another program) with `arguments` on a terminal of `size` (width, height).

    `ambiguous_wide`: the terminal is set for East Asian text; `answers_after`: seconds it takes to say its cursor.
    """
    pid, descriptor = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        # Whoever started the tests may have said how large *its* terminal is; that would win over ours.
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        named = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environ or {})}
        os.execve(program, [program, *arguments], {**inherited, **named})  # noqa: S606 - a test's child
    terminal = Terminal(pid, descriptor, size, ambiguous_wide=ambiguous_wide)
    terminal.answers_after = answers_after
    try:
        yield terminal
    finally:
        terminal.close()
