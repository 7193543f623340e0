"""The way to the terminal: Textual's own, less what it shows already, and with a watch on how soon it answers.

Held against Textual 8.2.5 to 8.2.8: all that is sent goes through `write`, frames between two marks where the terminal
takes them, and all that comes through `process_message`; both are called from several threads.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TextIO

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from octotui.tui.terminal.frame_diff import FrameDiff

_BEGIN = "\x1b[?2026h"
_END = "\x1b[?2026l"
"""Around a frame, where the terminal shows frames in one piece."""
_CURSOR = "\x1b[6n"
"""Asks for the cursor's place."""
_OUTLIVES_THE_LINE = re.compile(r"\x1b\[(?:\?1004h|>\d+u|\?2048\$p|\?2048h)")
"""Reports of focus, keys by the keyboard protocol, reports of sizes (and the question for them, which turns them on).

A line that is lost leaves them on, and the shell that is there then reads them as text for ever.
"""


class DiffingDriver(LinuxDriver):
    """Sends what differs, and nothing where nothing does."""

    _diff: FrameDiff | None = None
    _held = ""
    _is_remote: bool | None = None
    _asked: deque[Callable[[events.CursorPosition], object]] | None = None
    """Who waits for an answer, in the order in which the terminal gives them."""

    def write(self, data: str) -> None:
        """Send `data`, as far as it changes what is shown."""
        if self._diff is None:
            self._diff = FrameDiff()
            self._is_remote = is_remote(os.environ)
        if self._is_remote and _OUTLIVES_THE_LINE.fullmatch(data):
            return
        if data == _BEGIN:
            self._held = data
        elif data == _END and self._held:
            self._held = ""
        else:
            if sys.__stderr__ is not None:  # which Textual writes to
                with contextlib.suppress(OSError):  # no terminal: nothing is known of its size
                    self._diff.fit(*os.get_terminal_size(sys.__stderr__.fileno()))
            sent = self._diff.passed(data)
            if sent:
                held, self._held = self._held, ""
                super().write(held + sent)

    def time_an_answer(self, told: Callable[[float], object]) -> None:
        """Ask the terminal for its cursor; `told` gets the seconds it took, if ever, in the thread that reads."""
        asked_at = time.monotonic()
        self._ask(lambda _: told(time.monotonic() - asked_at), _CURSOR)

    def measure(self, text: str, told: Callable[[int], object]) -> None:
        """Have the terminal say how many cells `text` takes, before anything is drawn: the first row is erased.

        `told` gets the number, if ever, in the thread that reads. It is too small where the row has no room.
        """
        # One write, so that a terminal paints nothing between text and erasing.
        self._ask(lambda answer: told(answer.x), f"\x1b[H{text}{_CURSOR}\x1b[H\x1b[K")

    def _ask(self, told: Callable[[events.CursorPosition], object], question: str) -> None:
        if self._asked is None:
            self._asked = deque()
        self._asked.append(told)
        self.write(question)
        self.flush()

    def process_message(self, message: Message) -> None:
        """Keep the answer from the application, which has not asked; called in the thread that reads."""
        if isinstance(message, events.CursorPosition) and self._asked:
            self._asked.popleft()(message)
        else:
            super().process_message(message)

    def disable_input(self) -> None:
        """Stop reading; only then is it sure that no late answer of the terminal turns a mode on again.

        Textual itself leaves on that the mouse is told in pixels, for the next program.
        """
        super().disable_input()
        self.write("\x1b[?1016l")
        self._disable_in_band_window_resize()

    def close(self) -> None:
        """Let go of the terminal, also of one that has gone."""
        super().close()
        if sys.__stderr__ is not None:  # which Textual writes to
            let_go(sys.__stderr__)

    def forget_screen(self) -> None:
        """Of the next frame send everything: the terminal may have lost something."""
        if self._diff is not None:
            self._diff.forget_screen()


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH line."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def let_go(file: TextIO) -> None:
    """Drop what a terminal that has gone (a dropped line) did not take: Python would end with code 120 over it."""
    try:
        file.flush()
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, file.fileno())
        os.close(nothing)
