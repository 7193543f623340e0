"""Characters that some terminals draw two cells wide: rows line up on a terminal of either setting."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from octotui.ledger import Ledger
from octotui.presentation.task_row import GLYPHS
from octotui.tui.rendering.stand_ins import to_steady_width
from octotui.tui.terminal.ambiguous_width import SAMPLE, is_wide
from tests.support.terminal import Terminal, on_terminal
from tests.tui.hostile import HOSTILE, folder_for
from tests.tui.tasks import NOW, ready, record, running

QUESTION = f"\x1b[H{SAMPLE}\x1b[6n\x1b[H\x1b[K".encode()
VIEWS = (
    (b"\r", "title      "),
    (b"?", "Save the result"),
    (b"LG", "Follow"),
    (b"0", "Lost next"),
    (b"c", "Tab All or pane"),
    (b"w", "Save this one"),
    (b"y", "key Copy"),
    (b"x", "Stop watching"),
    (b"a", "paste ids"),
    (b"a" + "video_“ü”…●".encode(), "paste ids"),
)
"""Keys, and what shows then."""


@contextmanager
def program(
    folder: Path, *, wide: bool, size: tuple[int, int], answers: bool = True, settings: str = "{}"
) -> Iterator[Terminal]:
    with on_terminal(
        ["-m", "tests.tui.program", str(folder), settings],
        size=size,
        ambiguous_wide=wide,
        answers_after=0.0 if answers else None,
    ) as terminal:
        yield terminal


@contextmanager
def both(folder: Path, size: tuple[int, int], settings: str = "{}") -> Iterator[tuple[Terminal, Terminal]]:
    """The program on a terminal of either setting, with the same ledger: the wide one first."""
    with (
        program(folder, wide=True, size=size, settings=settings) as wide,
        program(folder, wide=False, size=size, settings=settings) as narrow,
    ):
        yield wide, narrow


def is_alike(wide: Terminal, narrow: Terminal) -> bool:
    """Whether a terminal set for East Asian text shows in each cell what another one does, or its stand-in."""
    return not differing(wide, narrow)


def differing(wide: Terminal, narrow: Terminal) -> list[str]:
    """The rows that are not alike, each as one terminal has it and as the other."""
    pairs = zip(wide.cells(), narrow.cells(), strict=True)
    return [f"{''.join(one)}\n{''.join(other)}" for one, other in pairs if not all(map(_is_stand_in, one, other))]


def _is_stand_in(cell: str, whole: str) -> bool:
    # The ends of a scrollbar's thumb are rounded to eighths of a cell, where there are such characters.
    return cell == to_steady_width(whole) or (cell == " " and whole in "▁▂▃▄▅▆▇")


def alike(wide: Terminal, narrow: Terminal, shown: str, *, gone: str = "\n\n") -> None:
    """Wait until the two show `shown` and no more what has `gone`, and in each cell the same: both have clocks."""

    def are_alike() -> bool:
        narrow.read()
        return shown in narrow.text and gone not in narrow.text and is_alike(wide, narrow)

    try:
        wide.until(are_alike)
    except AssertionError:
        raise AssertionError("\n".join([f"not alike with {shown!r}:", *differing(wide, narrow), narrow.text])) from None


def ambiguous_in(received: bytes) -> set[str]:
    """The characters of ambiguous width that were sent besides the question."""
    text = received.replace(QUESTION, b"").decode(errors="ignore")
    return {char for char in text if unicodedata.east_asian_width(char) == "A" and not unicodedata.combining(char)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        record(ledger, ready("video_1", time.time() - NOW + 90_000), running("video_2"))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("ambiguous", (200, 50)),
        ("ambiguous", (80, 24)),
        ("ambiguous", (40, 12)),
        ("wide", (120, 36)),
        ("mixed", (80, 24)),
    ],
)
def test_rows_line_up_on_both_in_every_view(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    folder = folder_for(tmp_path, name, time.time())
    with both(folder, size) as (wide, narrow):
        alike(wide, narrow, "running")
        answered = len(wide.received)
        for keys, shown in VIEWS:
            for terminal in (wide, narrow):
                terminal.press(keys)
            alike(wide, narrow, shown)
            for terminal in (wide, narrow):
                terminal.press(b"\x1b")
            alike(wide, narrow, "? Help", gone=shown)
        # The palette is Textual's own, and has no borders where it cannot have them.
        wide.press(b":")
        wide.until(lambda: "Save  (d)" in wide.text)
        assert ambiguous_in(wide.received[answered:]) == set()
        assert "●" in ambiguous_in(narrow.received)


def test_rows_line_up_after_changes_of_size_and_of_what_is_shown(tmp_path: Path) -> None:
    folder = folder_for(tmp_path, "ambiguous", time.time())
    with both(folder, (120, 36)) as (wide, narrow), Ledger.open(folder / "ledger.db") as ledger:
        alike(wide, narrow, "running")
        answered = len(wide.received)
        for step, (width, height) in enumerate([(119, 36), (100, 30), (160, 45), (40, 12), (200, 50), (81, 25)]):
            for terminal in (wide, narrow):
                terminal.resize(width, height)
            alike(wide, narrow, "Quit")
            for task in ledger.tasks():
                if task.progress is not None:
                    ledger.record(replace(task, progress=10 * step + 5))
            ledger.flush()
            for terminal in (wide, narrow):
                terminal.press(b"jj" if step % 2 else b"k ")
            alike(wide, narrow, f" {10 * step + 5}%")
        edges = {(row[0], row[80]) for row in wide.cells()[3:-3]}
        assert edges == {("|", "|")}
        assert ambiguous_in(wide.received[answered:]) == set()


def test_the_question_costs_nothing_that_is_seen(folder: Path) -> None:
    """It stands before the first frame, in one write with what erases it, and is asked once."""
    with program(folder, wide=True, size=(80, 24)) as terminal:
        terminal.until(lambda: "q Quit" in terminal.lines[-1] and (folder / "started").exists())
        before, found, after = terminal.received.partition(QUESTION)
        assert found
        assert b"video_1" not in before
        assert b"video_1" in after
        assert QUESTION not in after
        assert SAMPLE not in terminal.text


@pytest.mark.parametrize(("setting", "mark"), [(True, "* ready"), (False, "● ready")])
@pytest.mark.parametrize("wide", [True, False])
def test_what_the_setting_says_wins_and_nothing_is_asked(folder: Path, setting: bool, mark: str, wide: bool) -> None:
    settings = json.dumps({"ambiguous_wide": setting})
    with program(folder, wide=wide, size=(80, 24), settings=settings) as terminal:
        terminal.until(lambda: mark in terminal.text and (folder / "started").exists())
        assert QUESTION not in terminal.received


def test_where_nothing_is_answered_rows_line_up_by_the_setting(tmp_path: Path) -> None:
    folder = folder_for(tmp_path, "ambiguous", time.time())
    settings = json.dumps({"ambiguous_wide": True})
    with (
        program(folder, wide=True, size=(80, 24), answers=False, settings=settings) as wide,
        program(folder, wide=False, size=(80, 24), answers=False) as narrow,
    ):
        alike(wide, narrow, "running")
        assert ambiguous_in(wide.received) == set()


def test_a_terminal_that_never_answers_is_not_waited_for(folder: Path) -> None:
    with program(folder, wide=False, size=(80, 24), answers=False) as terminal:
        terminal.press(b"j?")  # typed ahead
        terminal.until(lambda: "Save the result" in terminal.text)
        terminal.press(b"q")
        terminal.until(lambda: "● ready" in terminal.text and "╰───" in terminal.text)
        terminal.press(b"q")
        assert terminal.exit_code() == 0


@pytest.mark.parametrize("wide", [True, False])
def test_an_answer_that_comes_late_is_no_key(folder: Path, wide: bool) -> None:
    """It comes between keys, after the first frame: these do what they would, and all is drawn anew where it must."""
    cells = 1 + sum(2 if wide and unicodedata.east_asian_width(char) == "A" else 1 for char in SAMPLE)
    with (
        program(folder, wide=wide, size=(80, 24), answers=False) as terminal,
        program(folder, wide=False, size=(80, 24), answers=False) as other,
    ):
        for one in (terminal, other):
            one.until(lambda: "q Quit" in one.lines[-1] and "ready" in one.text)  # noqa: B023 - done before the next round
        terminal.press(b"2/x" + f"\x1b[1;{cells}R".encode() + b"y\r")
        other.press(b"2/xy\r")

        def are_alike() -> bool:
            other.read()
            is_same = is_alike(terminal, other) if wide else terminal.cells() == other.cells()
            return "/xy 0 of 0" in other.text and is_same

        terminal.until(are_alike)


def test_ascii_needs_no_answer(folder: Path) -> None:
    with program(folder, wide=True, size=(80, 24), settings='{"ascii": true}') as terminal:
        terminal.until(lambda: "* ready" in terminal.text and (folder / "started").exists())
        assert QUESTION not in terminal.received
        assert ambiguous_in(terminal.received) == set()


def test_an_answer_is_judged_by_the_cells_of_the_sample() -> None:
    assert is_wide(len(SAMPLE)) is False
    assert is_wide(2 * len(SAMPLE)) is True
    assert is_wide(len(SAMPLE) + 1) is True, "one kind of them is enough"
    assert is_wide(0) is None, "a terminal that always says it is at home, or has no room"


def test_the_sample_has_a_mark_of_each_kind() -> None:
    assert set(GLYPHS.values()) & set(SAMPLE) == set("●◐▽↓⊘◌✓")
    assert cell_len(SAMPLE) == len(SAMPLE)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"])))
def test_stand_ins_take_as_many_cells(text: str) -> None:
    shown = to_steady_width(text)
    assert cell_len(shown) == cell_len(text)
    assert to_steady_width(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("“你好”……①×2—", '"你好"~~1x2-'),
        ("Видео о кошке", "Video o kowke"),
        ("Ünïcødé Straße", "Ünïcode Strase"),
        ("┏━┓ ╔═╗ ┆", "+=+ +-+ |"),
        ("影片 😀 한글 ｱ", "影片 😀 한글 ｱ"),
        ("▀", " "),  # a picture in half blocks: what is left are its lower halves, the cells' grounds
        ("☎️ ✓️ 🏃‍♀️", "?? + 🏃‍♀️"),
        ("\ue000\U0010eeee", "?\U0010eeee"),
    ],
)
def test_what_stands_in(text: str, shown: str) -> None:
    assert to_steady_width(text) == shown


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_keeps_a_character_of_ambiguous_width(name: str) -> None:
    shown = to_steady_width(re.sub("\u200d.", "", HOSTILE[name]))
    assert [char for char in shown if unicodedata.east_asian_width(char) == "A" and cell_len(char)] == []
