from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from octotui.presentation.styled_text import (
    Role,
    StyledLine,
    cut,
    difference,
    fit,
    fit_middle,
    fit_right,
    plain,
    width_of,
    wrap,
)
from octotui.sanitize import clean

hostile = st.text(st.sampled_from("ab 🎬字é́‍🏽❤️עָ\x1b\n[/]")) | st.text()
"""Wide, combining, right to left, emoji made of several, markup."""


@given(hostile.map(clean), st.integers(0, 60))
def test_fitted_text_takes_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit_middle(text, width)) == width
    assert cell_len(fit_right(text, width)) == width


@pytest.mark.parametrize("text", ["x" * 10_000, "字" * 10_000, "é" + "́" * 10_000, "👩‍👩‍👧" * 3_000])
def test_ten_thousand_characters_are_cut(text: str) -> None:
    for width in (1, 7, 40):
        assert cell_len(fit(text, width)) == width
        assert cell_len(fit_middle(text, width)) == width


def test_an_id_is_cut_in_its_middle() -> None:
    assert fit_middle("task_01k6x15v9abcdefghijk", 14) == "task_01k…ghijk"
    assert fit_middle("video_1", 10) == "video_1   "
    assert fit("seedance-1-5-pro", 8) == "seedanc…"


@given(st.lists(st.tuples(hostile.map(clean), st.sampled_from(Role)), max_size=6).map(tuple), st.integers(0, 50))
def test_a_cut_line_takes_exactly_its_cells(line: StyledLine, width: int) -> None:
    assert width_of(cut(line, width)) == width


@given(st.text("ab字 ", max_size=80), st.integers(3, 30), st.integers(0, 4))
def test_wrapping_loses_no_letter_and_no_line_is_too_wide(text: str, width: int, indent: int) -> None:
    rows = wrap(((text, Role.TEXT),), width, indent)
    assert all(width_of(row) <= max(width, indent + 2) for row in rows)
    assert "".join(plain(row) for row in rows).replace(" ", "") == text.replace(" ", "")


def test_wrapping_prefers_blanks() -> None:
    rows = wrap((("name   ", Role.DIM), ("one two three", Role.TEXT)), 15, 7)
    assert [plain(row) for row in rows] == ["name   one two ", "       three"]


spans = st.lists(st.tuples(st.text("abc", min_size=1, max_size=4), st.sampled_from([Role.TEXT, Role.DIM])), max_size=6)


@given(spans.map(tuple), spans.map(tuple))
def test_a_difference_covers_every_cell_that_differs(first: StyledLine, second: StyledLine) -> None:
    old, new = cut(first, 24), cut(second, 24)
    span = difference(old, new)
    cells = [(char, role) for text, role in old for char in text], [(char, role) for text, role in new for char in text]
    changed = [x for x, (before, after) in enumerate(zip(*cells, strict=True)) if before != after]
    if old == new:
        assert span is None
    else:
        assert span is not None
        assert all(span[0] <= x < span[1] for x in changed)
        assert 0 <= span[0] < span[1] <= 24


def test_a_tick_differs_in_its_own_cells_only() -> None:
    old: StyledLine = ((" ", Role.MARK), ("4m 10s   ", Role.ALARM), ("● ", Role.GOOD), ("ready", Role.STRONG))
    new: StyledLine = ((" ", Role.MARK), ("4m 09s   ", Role.ALARM), ("● ", Role.GOOD), ("ready", Role.STRONG))
    assert difference(old, new) == (1, 10)


def test_a_word_behind_another_span_is_not_cut_where_it_fits_into_the_next_line() -> None:
    rows = wrap((("in 23 hours", Role.TEXT), ("  2026-09-22 14:11", Role.DIM)), 21, 2)
    assert [plain(row).rstrip() for row in rows] == ["in 23 hours", "  2026-09-22 14:11"]
