"""Layout of the panes for Textual: each where the plan has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement

from octotui.tui.table.pane_plan import Place

if TYPE_CHECKING:
    from textual.widget import Widget


class PaneLayout(Layout):
    """Places the panes that are shown."""

    name = "panes"

    def __init__(self, places: Callable[[int, int], Sequence[Place]]) -> None:
        """`places` knows where the panes that are shown stand in a room of so many cells and lines."""
        self._places = places

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002 - Textual's
        """Give each pane its region."""
        return [
            WidgetPlacement(Region(*place), NULL_OFFSET, NULL_SPACING, widget)
            for widget, place in zip(children, self._places(size.width, size.height), strict=False)
        ]
