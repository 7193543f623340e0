"""Rows of a table as they are on the screen: what differs from them is repainted, and no row is styled twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual.geometry import Region, Size
from textual.strip import Strip

from octotui.presentation.styled_text import Role, StyledLine, cut, difference, fit
from octotui.tui.rendering.styles import RoleStyles


class DrawnRow(NamedTuple):
    """One row as it is on the screen."""

    line: StyledLine
    cursor: bool


def no_rows(hidden: int, hints: Iterable[StyledLine], width: int) -> list[DrawnRow]:
    """What a table without rows says: that a filter hides its `hidden` tasks, or `hints` where it has none."""
    words = f"  none of {hidden} match the filter"
    lines = [((fit(words, width), Role.DIM),)] if hidden else [cut(line, width) for line in hints]
    return [DrawnRow(line, cursor=False) for line in lines]


class DrawnRows:
    """Rows that one table draws, from the first in view to the last."""

    def __init__(self) -> None:
        self.rows: list[DrawnRow] = []
        self.size = Size(0, 0)
        """The size of the table that `rows` was made for, in cells."""
        self._strips: dict[DrawnRow, Strip] = {}
        self._styles: RoleStyles | None = None
        """Those that `_strips` was made with."""

    def replace(self, rows: list[DrawnRow], width: int) -> list[Region] | None:
        """Take the rows in view in; returns what differs of `width` cells a row, None for all where their number does.

        At most one region a row, from the first cell that differs to the last.
        """
        if len(rows) != len(self.rows):
            self.rows = rows
            return None
        regions = []
        for y, (old, new) in enumerate(zip(self.rows, rows, strict=True)):
            span = (0, width) if old.cursor != new.cursor else difference(old.line, new.line)
            if span is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.rows = rows
        return regions

    def strip(self, y: int, styles: RoleStyles, *, ascii_only: bool) -> Strip:
        """Row `y` in `styles`, as wide as the table; blank below the last."""
        if styles is not self._styles:
            self._styles = styles
            self._strips.clear()
        width, height = self.size
        if y >= len(self.rows):
            return Strip.blank(width, styles.style(Role.TEXT))
        row = self.rows[y]
        strip = self._strips.get(row)
        if strip is None:
            if len(self._strips) > 4 * max(1, height):
                self._strips.clear()
            strip = self._strips[row] = styles.strip(row.line, cursor=row.cursor, ascii_only=ascii_only)
        return strip.adjust_cell_length(width, styles.style(Role.TEXT, cursor=row.cursor))
