"""How many cells a terminal gives a text, asked of the terminal itself."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty

_ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")


def cells_of(text: str, patience: float = 1.0) -> int | None:
    """Write `text` where a line begins, ask for the cursor, and erase it; None without an answer in `patience` seconds.

    Standard input and output must be the terminal. Keys typed meanwhile are lost.
    """
    terminal = sys.stdin.fileno()
    if os.tcgetpgrp(terminal) != os.getpgrp():
        return None  # in the background whoever changes the terminal's settings is stopped
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSANOW)
    try:
        sys.stdout.write(f"\r{text}\x1b[6n\r\x1b[K")
        sys.stdout.flush()
        return _column(terminal, time.monotonic() + patience)
    finally:
        # What came too late, or was no answer, is nothing for the shell that reads next.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _column(terminal: int, deadline: float) -> int | None:
    """The column the cursor is in, from 0."""
    received = b""
    while (found := _ANSWER.search(received)) is None:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            return None
        received += os.read(terminal, 1024)
    return int(found[1]) - 1
