"""What is left out of frames must not be missed: an emulator that gets the frames as they were shows the same."""

from __future__ import annotations

import random
from typing import Any

import pyte
import pytest

from octotui.tui.terminal.frame_diff import FrameDiff, change_of_style, is_steady

SIZE = (40, 12)
STYLES = [
    "",
    "38;2;214;220;228;48;2;17;21;27",
    "1;38;2;240;128;128;48;2;17;21;27",
    "38;5;9;48;2;37;51;66",
    "7",
    "2;31;49",
]
TEXTS = [
    "4m 10s",
    "4m 09s",
    "━━╸────",
    "━━━────",
    "● ready",
    "视频任务",
    "é",
    "é",
    "👩‍👩‍👧",
    "x",
    "    ",
    "video_0012 42%",
]


class Watched:
    """An emulator fed with some bytes."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(*SIZE)
        self._stream = pyte.Stream(self.screen)
        self.received = 0
        self.feed("\x1b[?7l")

    def feed(self, data: str) -> None:
        self.received += len(data)
        self._stream.feed(data)

    def cells(self) -> list[list[Any]]:
        return [[self.screen.buffer[y][x] for x in range(SIZE[0])] for y in range(SIZE[1])]


def span(dice: random.Random, y: int) -> str:
    """Two styled texts in a row, as Textual writes them."""
    x = dice.randrange(SIZE[0] - 16)
    styled = [(dice.choice(STYLES), dice.choice(TEXTS)), (dice.choice(STYLES), " | ")]
    written = "".join(f"\x1b[{style}m{part}\x1b[0m" if style else part for style, part in styled)
    return f"\x1b[{y + 1};{x + 1}H{written}"


def row(dice: random.Random, y: int) -> str:
    """A whole row, to the last column."""
    style = dice.choice(STYLES[1:])
    return f"\x1b[{y + 1};1H\x1b[{style}m{dice.choice('ab ') * SIZE[0]}\x1b[0m"


@pytest.mark.parametrize("seed", range(20))
def test_the_screen_is_what_it_would_have_been(seed: int) -> None:
    dice = random.Random(seed)
    diff = FrameDiff()
    whole, saved = Watched(), Watched()
    for _ in range(40):
        rows = dice.sample(range(SIZE[1]), dice.randrange(SIZE[1]))
        frame = "\n".join(span(dice, y) if dice.randrange(3) else row(dice, y) for y in sorted(rows)) + "\x1b[1;1H"
        whole.feed(frame)
        saved.feed(diff.passed(frame))
        assert saved.cells() == whole.cells()
        assert (saved.screen.cursor.x, saved.screen.cursor.y) == (whole.screen.cursor.x, whole.screen.cursor.y)
    assert saved.received < whole.received


def test_the_same_frame_again_is_nothing() -> None:
    diff = FrameDiff()
    frame = "\x1b[3;5H\x1b[31mready\x1b[0m \x1b[1;1H"
    assert diff.passed(frame)
    assert diff.passed(frame) == ""


def test_one_digit_of_a_column_is_a_few_bytes_a_row() -> None:
    def frame(last: int) -> str:
        style = "1;38;2;240;128;128;48;2;17;21;27"
        rows = [f"\x1b[{y};2H\x1b[{style}m4m 1{last}s  \x1b[0m\n" for y in range(1, 101)]
        return "".join(rows) + "\x1b[1;1H"

    diff = FrameDiff()
    diff.passed(frame(8))
    assert len(diff.passed(frame(7))) < 100 * 4 + 60


@pytest.mark.parametrize(
    "foreign",
    ["\x1b[?1049h", "\x1b[2J", "\x1b_Gi=1;AAAA\x1b\\", "\x1bPq#0\x1b\\", "\x1b[2;2Hx\x1b]8;;http://x\x1b\\y", "plain"],
)
def test_after_pictures_and_other_screens_everything_is_sent(foreign: str) -> None:
    diff = FrameDiff()
    frame = "\x1b[3;5H\x1b[31mready\x1b[0m\x1b[1;1H"
    first = diff.passed(frame)
    assert diff.passed(foreign) == foreign
    assert diff.passed(frame) == first


@pytest.mark.parametrize("harmless", ["\x1b[?2026$p", "\x1b[?25l\x1b[?2004h", "\x07", "\x1b]52;c;aGk=\x07", "\x1b[6n"])
def test_modes_questions_and_the_clipboard_change_nothing(harmless: str) -> None:
    diff = FrameDiff()
    frame = "\x1b[3;5H\x1b[31mready\x1b[0m\x1b[1;1H"
    diff.passed(frame)
    assert diff.passed(harmless) == harmless
    assert diff.passed(frame) == ""


@pytest.mark.parametrize(
    ("worn", "wanted", "sequence"),
    [
        ("", "1;31", "\x1b[1;31m"),
        ("38;2;1;2;3;48;2;4;5;6", "38;2;7;8;9;48;2;4;5;6", "\x1b[38;2;7;8;9m"),
        ("38;5;1;48;5;2", "1;38;5;1;48;5;2", "\x1b[1m"),
        ("1;31", "31", "\x1b[0;31m"),
        ("1;31", "", "\x1b[0m"),
        ("31;49", "91;49", "\x1b[91m"),
    ],
)
def test_styles_change_by_what_differs(worn: str, wanted: str, sequence: str) -> None:
    assert change_of_style(worn, wanted) == sequence


def test_what_terminals_do_not_agree_on_is_not_steady() -> None:
    assert is_steady("━╸─ ● ready é")
    assert not any(map(is_steady, ("视", "e\u0301", "✅", "👩", "\u200d", "\u00ad", "\u0100字")))


def test_on_a_narrower_terminal_the_cursor_is_never_thought_beyond_the_last_column() -> None:
    diff = FrameDiff()
    diff.fit(12, 4)
    diff.passed(f"\x1b[1;1H{'a' * 11}|\x1b[2;1H{'b' * 11}|")
    diff.fit(11, 4)
    sent = diff.passed(f"\x1b[1;1H{'a' * 11}|\x1b[2;1H{'b' * 11}|\x1b[5;1Hbelow")
    assert "|" not in sent, "a frame of the size before"
    assert "below" not in sent
    sent = diff.passed(f"\x1b[1;1H{'a' * 10}|\x1b[2;1H{'b' * 10}|")
    assert sent.count("|") == 2
    assert "\b" not in sent
    assert "\x1b[2;11H|" in sent
