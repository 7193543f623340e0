"""Numbers over time in one line of blocks: the higher the block, the larger the number."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_CELLS = (60, 30, 20, 15, 12, 10, 6)
"""Widths into which sixty minutes can be put without a remainder."""


def cells_for(width: int) -> int:
    """How many cells an hour takes in `width` cells: as many as fit and divide it; 0 when that is too narrow."""
    return next((cells for cells in _CELLS if cells <= width), 0)


def sparkline(values: Sequence[float]) -> str:
    """One block a value, against the largest of them; a blank where there is nothing."""
    largest = max(values, default=0.0)
    if largest <= 0:
        return " " * len(values)
    return "".join(_block(value / largest) for value in values)


def _block(share: float) -> str:
    if share <= 0:
        return " "
    return _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))]
