"""Axes and what is drawn along them, before anything is drawn: positions in cells, and where something is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from octotui import units
from octotui.presentation.styled_text import Role, StyledLine

SOLID = "hd"
"""The marker that fills quarters of a cell, for bars."""

_TIMES = (
    (1, "1s"),
    (10, "10s"),
    (60, "1m"),
    (600, "10m"),
    (3600, "1h"),
    (6 * 3600, "6h"),
    (86400, "1d"),
    (7 * 86400, "7d"),
    (30 * 86400, "30d"),
    (365 * 86400, "1y"),
)
_GAP = 2
"""Cells between what is written at an axis."""


class Series(NamedTuple):
    """Points that are drawn alike; a later one covers an earlier one."""

    points: tuple[tuple[float, float], ...]
    marker: str
    """One character, or `SOLID`."""
    role: Role
    joined: bool = False
    """Whether a line goes from point to point."""
    bars: bool = False
    """Whether each point is the top of a bar."""


class Axis(NamedTuple):
    """From where to where an axis goes, and where on it something is written."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()


Draw = Callable[[int, int, Axis, Axis, tuple[Series, ...]], Sequence[StyledLine]]
"""Draws series into so many cells and rows, by the axis at the bottom and the one at the left: `canvas.draw`."""


class TimeScale:
    """Lengths of time along a row of cells, by their logarithm: seconds and days find room on the same one."""

    def __init__(self, seconds: Sequence[float], cells: int) -> None:
        """`seconds` must all find room, an hour at least."""
        known = [each for each in seconds if each > 0]
        self.cells = cells
        self._low = math.log(next((at for at, _ in reversed(_TIMES) if at <= min(known, default=60)), 1))
        self._high = math.log(max([3600.0, *known]))

    def cell(self, seconds: float) -> int:
        """Return the cell of a length of time, the nearest end where it is beyond one."""
        if seconds <= 0:
            return 0
        share = (math.log(seconds) - self._low) / (self._high - self._low or 1.0)
        return round(max(0.0, min(1.0, share)) * (self.cells - 1))

    @property
    def axis(self) -> Axis:
        """The axis in cells, with as many times at it as find room."""
        low, high = math.exp(self._low) - 1e-9, math.exp(self._high) + 1e-9
        return cell_axis([(self.cell(at), text) for at, text in _TIMES if low <= at <= high], self.cells)


def cell_axis(ticks: Sequence[tuple[int, str]], cells: int) -> Axis:
    """Return an axis of `cells` cells; of the `ticks` those are kept that leave room for the ones before them."""
    kept: list[tuple[float, str]] = []
    taken: list[tuple[int, int]] = []
    for cell, text in ticks:
        start = max(0, min(cells - len(text), cell - len(text) // 2))
        end = start + len(text)
        if len(text) <= cells and all(end + _GAP <= other or start >= until + _GAP for other, until in taken):
            kept.append((cell, text))
            taken.append((start, end))
    return Axis(0, max(1, cells - 1), tuple(kept))


def count_axis(most: int, cells: int) -> Axis:
    """Return an axis of counts from 0 to `most`."""
    half = [((cells - 1) // 2, f"{most // 2:,}")] if most % 2 == 0 else []
    return cell_axis([(0, "0"), (cells - 1, f"{most:,}"), *half], cells)


def size_axis(most: float) -> Axis:
    """Return an axis of sizes from 0 to `most` bytes."""
    if most <= 0:
        return Axis(0, 1, ((0, "0"),))
    return Axis(0, most, ((0, "0"), (most / 2, units.size(most / 2)), (most, units.size(most))))
