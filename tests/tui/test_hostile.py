"""Hostile text in every field of every view: screen, title and clipboard of the terminal stay ours."""

from __future__ import annotations

import codecs
import re
import time
from pathlib import Path

import pytest

from tests.support.terminal import Terminal, on_terminal
from tests.tui.hostile import HOSTILE, folder_for

OWN = re.compile(
    r"""\x1b(?:
    \[[0-9;]*m                       # colours
    | \[[0-9;]*[HABCDJKX]            # where to draw, and what to wipe
    | D                             # one line down
    | \[6n                          # where is the cursor, to time the line
    | \[\?[0-9;]+(?:[hl]|\$p)        # modes
    | \[[<>=?][0-9;]*u              # how keys are told
    | \]22;[a-z]*\x07               # the pointer's shape
    )""",
    re.VERBOSE,
)
"""Every sequence that Textual and the driver of our own send."""

VIEWS = (
    (b"\r", "│ Details "),
    (b"L", "Follow"),
    (b"0", "Lost next"),
    (b"c", "Contact sheet"),
    (b"w", "│ Views "),
    (b"y", "key Copy"),
    (b"x", "Stop watching"),
    (b":", "Save  (d)"),
    (b"t", "│ Title: "),
    (b"#", "│ Tags: "),
    (b"F", "│ Failures"),
)


def check(terminal: Terminal, width: int) -> None:
    """Nothing got through, and no row is longer or shorter than it should be."""
    text = codecs.getincrementaldecoder("utf-8")().decode(terminal.received)
    rest = OWN.sub("", text)
    # The last sequence may not have come whole yet.
    assert "\x1b" not in rest[:-40], re.findall(r"\x1b.{12}", rest)[:3]
    assert not re.search(r"[\x00-\x06\x07\x0b-\x0c\x0e-\x1a\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", rest)
    # The emulator takes the pointer's shape (OSC 22), which it does not know, for a title (OSC 2).
    assert re.fullmatch(r"(;[a-z]*)?", terminal.title)
    if width >= 60:
        edges = {(terminal.cell(0, y), terminal.cell(width - 1, y)) for y in range(3 if width < 140 else 2, 12)}
        assert edges == {("│", "│")}, terminal.text


@pytest.mark.parametrize("name", HOSTILE)
def test_text_from_outside_stays_text(name: str, tmp_path: Path) -> None:
    folder = folder_for(tmp_path, name, time.time())
    with on_terminal(["-m", "tests.tui.program", str(folder)], size=(80, 24)) as terminal:
        terminal.until(lambda: "● ready" in terminal.text)
        check(terminal, 80)
        for key, shown in VIEWS:
            terminal.press(key)
            terminal.until(lambda: shown in terminal.text)  # noqa: B023 - done before the next round
            terminal.press(b"\x1b")
            terminal.until(lambda: shown not in terminal.text)  # noqa: B023 - as above
        terminal.press(b"Gkk\r")
        terminal.until(lambda: "│ Details " in terminal.text)
        terminal.press(b" ")
        terminal.press(b"\x1b")
        terminal.until(lambda: "│ Details " not in terminal.text)
        for width, height in ((160, 45), (40, 12), (120, 36)):
            terminal.resize(width, height)
            terminal.until(lambda: "Quit" in terminal.lines[-1] and "running" in terminal.text)
            check(terminal, width)
        terminal.press(b"/zzz\r")
        terminal.until(lambda: "none of 10" in terminal.text)
        check(terminal, 120)
        terminal.press(b"q")
        terminal.until(lambda: "Quit?" in terminal.text)
        terminal.press(b"\r")
        assert terminal.exit_code() == 0
