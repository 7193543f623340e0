"""List of sorts (`s`): one picks an order here; the one that holds already is turned round."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from octotui.presentation.columns import DOWN, UP
from octotui.presentation.sorting import HELP, ORDERS, is_turned, plain_order, turned
from octotui.presentation.styled_text import Role, StyledLine, fit
from octotui.tui.dialogs.base import Dialog, key_line
from octotui.tui.rendering.text_widgets import Lines

COLUMNS = "columns"
"""What the list brings where somebody wants to choose columns instead."""
_KEYS = key_line(("1…9 Enter", "Sort"), ("again", "Reverse"), ("c", "Columns"), ("esc", "Back"))


class SortList(Dialog[str]):
    """Dialog that lists the orders; the result is one of them, `-age` where it is turned round, or `COLUMNS`."""

    DEFAULT_CSS = """
    SortList #dialog { max-width: 72; height: 15; max-height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("enter,s", "pick", "Sort"),
        ("c", "columns", "Columns"),
        *((str(number), f"number({number})", "Sort") for number in range(1, len(ORDERS) + 1)),
        ("q", "close", "Back"),
    ]

    def __init__(self, present: str) -> None:
        """`present` is the order that holds now."""
        super().__init__("Sort", _KEYS)
        self._present = present
        self._names = list(ORDERS)
        self._place = self._names.index(plain_order(present))
        self._text = Lines(indent=6)
        self._text.can_focus = False

    def parts(self) -> list[Widget]:
        """The orders."""
        return [self._text]

    def on_mount(self) -> None:
        """Show what there is."""
        self._show()

    def _show(self) -> None:
        lines: list[StyledLine] = []
        for place, name in enumerate(self._names):
            holds = name == plain_order(self._present)
            sign = (DOWN if is_turned(self._present) else UP) if holds else " "
            lines.append(
                (
                    ("▸ " if place == self._place else "  ", Role.MARK),
                    (f"{place + 1}", Role.KEY),
                    (f"  {fit(name, 9)} {sign} ", Role.STRONG if holds else Role.TEXT),
                    (f" {HELP[name]}{', reversed' if holds and is_turned(self._present) else ''}", Role.DIM),
                )
            )
        self._text.show(lines)
        self._text.scroll_to(y=max(0, self._place - 2), animate=False)

    def action_move(self, by: int) -> None:
        """To another order."""
        self._place = max(0, min(self._place + by, len(self._names) - 1))
        self._show()

    def action_number(self, number: int) -> None:
        """Sort by the order with this number."""
        self._place = number - 1
        self.action_pick()

    def action_pick(self) -> None:
        """Sort by the order under the cursor, the other way round where it holds already."""
        name = self._names[self._place]
        self.dismiss(turned(self._present) if name == plain_order(self._present) else name)

    def action_columns(self) -> None:
        """Choose columns instead."""
        self.dismiss(COLUMNS)
