"""The main views as text: which there are, how one gets there, and what a terminal emulator shows of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.terminal import Terminal, on_terminal

FOLDER = Path(__file__).parent / "snapshots"
SIZES = ((200, 50), (120, 36), (80, 24), (40, 12))
STILL = {"TZ": "UTC", "LOGNAME": "me"}
"""Surroundings that would show."""


@dataclass(slots=True, frozen=True)
class Picture:
    """One view."""

    name: str
    keys: bytes
    """From the dashboard, typed without a pause."""
    shows: str
    """Words that are there once it is drawn, at every size."""
    back: bytes = b"\x1b"
    """From it to the dashboard."""


DASHBOARD = Picture("dashboard", b"", "running", back=b"")
PICTURES = (
    Picture("titled", b"3", "Hero shot", back=b"1"),
    Picture("sorts", b"s", "deadline"),
    Picture("columns", b"|", "On or off"),
    Picture("details", b"\r", "provider"),
    Picture("help", b"?", "Saving"),
    Picture("add", b"a", "Whose"),
    Picture("log", b"L", "Follow"),
    Picture("overview", b"0", "Lost next"),
    Picture("contact", b"c", "Contact sheet"),
    Picture("views", b"w", "No view"),
    Picture("copy", b"y", "curl"),
    Picture("settings", b",", "The gateway"),
    Picture("confirm", b"x", "Stop watching"),
    Picture("title", b"t", "Title: "),
    Picture("tags", b"#", "Tags: "),
    Picture("failures", b"F", "Failures"),
    Picture("filtered", b"/state:run\rs2 ", "1 marked", back=b""),
    Picture("zoomed", b"z", "running", back=b""),
)
"""In order. What a key is answered with never fades here: nobody comes back from the last two."""
EMPTY = Picture("empty", b"", "add", back=b"")


@contextmanager
def still(folder: Path, size: tuple[int, int], kind: str) -> Iterator[Terminal]:
    """The real app on a terminal, with the clock, the ledger and the engine's word held still."""
    arguments = ["-m", "tests.tui.still", str(folder), kind]
    with on_terminal(arguments, size=size, environ=STILL) as terminal:
        yield terminal


def place(name: str, size: tuple[int, int]) -> Path:
    """Where a picture is kept."""
    return FOLDER / f"{name}-{size[0]}x{size[1]}.txt"


def drawn(terminal: Terminal) -> str:
    """What stands on the terminal, without the blanks at the ends of its lines."""
    return "\n".join(line.rstrip() for line in terminal.lines) + "\n"


def compare(terminal: Terminal, path: Path) -> None:
    """Wait until the terminal shows the picture that is kept; say in which lines it differs when it never does."""
    kept = path.read_text()
    try:
        terminal.until(lambda: drawn(terminal) == kept)
    except AssertionError:
        lines = difflib.unified_diff(kept.splitlines(), drawn(terminal).splitlines(), "kept", "now", lineterm="", n=1)
        message = "\n".join([f"{path.name}: renew it with `python -m tests.tools.renew_snapshots`", *lines])
        raise AssertionError(message) from None


def walk(terminal: Terminal, look: Callable[[Picture], None]) -> None:
    """Go through every view and look at it, and at the dashboard between them."""
    look(DASHBOARD)
    for picture in PICTURES:
        terminal.press(picture.keys)
        look(picture)
        if picture.back:
            terminal.press(picture.back)
            look(DASHBOARD)
