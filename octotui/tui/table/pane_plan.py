"""Plan of the panes: how they share the screen by what is in them. Numbers only; no widget is needed for it.

An empty pane is its title line; a pane of which not all fits scrolls. A plan is kept while it is good enough, so that
nothing moves when a task comes or goes, and the pane with the focus stays where it is until a person moves about.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

WIDE = 140
"""Cells from which on two panes stand side by side."""
WIDEST = 260
"""Cells from which on three of more than four do."""
STACKED = 100
"""Cells from which on panes stand below each other."""
TALL = 30
"""Lines of a screen from which on there is more than one pane."""
AROUND = 3
"""Title, headings and lower edge of a pane."""
CLOSED = 1
"""Lines of a pane that is its title line."""
LEAST_OPEN = AROUND + 5
"""Lines in which a pane is of use."""
_SLACK = 2
"""Lines that a pane of which not all is seen must gain before others are moved for it."""


class Place(NamedTuple):
    """Where a pane is, in cells of the room there is."""

    x: int
    y: int
    width: int
    height: int

    @property
    def is_open(self) -> bool:
        """Whether there is more of the pane than its title line."""
        return self.height > CLOSED


def columns_for(width: int, height: int, count: int) -> int:
    """How many panes stand beside each other on a screen of this size; 0 means that only one of `count` is shown."""
    if count < 2 or height < TALL or width < STACKED:
        return 0
    if width < WIDE:
        return 1
    return 3 if width >= WIDEST and count > 4 else 2


def plan(width: int, height: int, needs: Sequence[int], focus: int, columns: int) -> list[Place]:
    """Places of all panes in so much room; `needs` are how many tasks each has, `focus` is the one a person is in."""
    if not any(needs):
        needs = [1] * len(needs)
    if columns == 1:
        places = []
        y = 0
        for lines in _heights(height, needs, focus):
            places.append(Place(0, y, width, lines))
            y += lines
        return places
    shown = [number for number, need in enumerate(needs) if need]
    closed = [number for number, need in enumerate(needs) if not need]
    rows = _rows(shown, columns)
    below = _rows(closed, columns)
    focused = next((place for place, row in enumerate(rows) if focus in row), -1)
    heights = _heights(height - len(below), [max(needs[number] for number in row) for row in rows], focused)
    found: dict[int, Place] = {}
    y = 0
    for row, lines in zip([*rows, *below], [*heights, *[CLOSED] * len(below)], strict=True):
        for number, (x, cells) in zip(row, _widths(width, len(row)), strict=True):
            found[number] = Place(x, y, cells, lines)
        y += lines
    return [found[number] for number in range(len(needs))]


def is_better(new: Sequence[Place], old: Sequence[Place], needs: Sequence[int], focus: int, line: int | None) -> bool:
    """Whether a plan is worth that something moves: it opens a pane with tasks, or shows more of one that overflows.

    The pane with the focus stays where it is, with the `line` in view that the cursor is on, counted from 0; None where
    nobody has put the cursor anywhere yet.
    """
    if line is not None:
        before, after = old[focus], new[focus]
        if before[:3] != after[:3] or after.height < min(before.height, line + 1 + AROUND):
            return False
    return any(
        need and (not before.is_open or before.height < need + AROUND) and after.height >= before.height + _SLACK
        for before, after, need in zip(old, new, needs, strict=True)
    )


class HeldPlan:
    """The plan that holds: made anew when a person moves about, and else only where that is worth it."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._room = (0, 0)
        """Cells and lines that `places` was made for."""
        self._needs: list[int] = []

    def make(self, room: tuple[int, int], needs: list[int], focus: int, columns: int) -> bool:
        """Make a plan by what there is now; returns whether it is another one."""
        self._room, self._needs = room, needs
        return self._replace(plan(*room, needs, focus, columns))

    def fit(self, room: tuple[int, int], focus: int, columns: int) -> list[Place]:
        """The plan for a room of this size, which can be a line lower while somebody types."""
        if room != self._room:
            self._room = room
            self.places = plan(*room, self._needs, focus, columns)
        return self.places

    def follow(self, needs: list[int], focus: int, columns: int, line: int | None) -> bool:
        """Share the room anew where that shows more (`is_better`); returns whether it did."""
        if needs == self._needs or not all(self._room):
            return False
        new = plan(*self._room, needs, focus, columns)
        if not is_better(new, self.places, needs, focus, line):
            return False
        self._needs = needs
        return self._replace(new)

    def _replace(self, places: list[Place]) -> bool:
        before, self.places = self.places, places
        return places != before


def _rows(numbers: Sequence[int], columns: int) -> list[Sequence[int]]:
    return [numbers[start : start + columns] for start in range(0, len(numbers), columns)]


def _widths(width: int, count: int) -> list[tuple[int, int]]:
    """Start and cells of panes beside each other."""
    edges = [width * number // count for number in range(count + 1)]
    return [(start, end - start) for start, end in pairwise(edges)]


def _heights(height: int, needs: Sequence[int], focus: int) -> list[int]:
    """Lines of panes, or of rows of them, below each other."""
    heights = [min(need + AROUND, LEAST_OPEN) if need else CLOSED for need in needs]
    # Where not all fit, the last ones are their title lines, but never the one with the focus.
    for number in sorted(range(len(needs)), key=lambda number: (number == focus, -number)):
        if sum(heights) <= height:
            break
        heights[number] = CLOSED
    growing = [number for number, lines in enumerate(heights) if lines > CLOSED]
    rest = height - sum(heights)
    wanting = list(growing)
    while rest > 0 and wanting:
        for number in wanting[:rest]:
            heights[number] += 1
        rest -= min(rest, len(wanting))
        wanting = [number for number in wanting if heights[number] < needs[number] + AROUND]
    for place, number in enumerate(growing):
        more, left = divmod(max(0, rest), len(growing))
        heights[number] += more + (place < left)
    return heights
