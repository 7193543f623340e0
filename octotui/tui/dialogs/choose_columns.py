"""Choice of columns (`|`): which columns the tables show, tried out at once, kept with Enter."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from octotui.presentation.columns import AUTOMATIC, Columns
from octotui.presentation.fields import FIELDS
from octotui.presentation.styled_text import Role, StyledLine, fit
from octotui.tui.dialogs.base import Dialog, key_line
from octotui.tui.rendering.text_widgets import Lines

_KEYS = key_line(("space", "On or off"), ("Enter", "Keep"), ("a", "Automatic"), ("esc", "Back"))
_NAMES = (*AUTOMATIC, *(name for name in FIELDS if name not in AUTOMATIC))
"""In the order in which a row has them, the further ones behind them."""


class ChooseColumns(Dialog[Columns]):
    """Dialog that turns columns on and off; the result are those to keep, empty for what there is room for."""

    DEFAULT_CSS = """
    ChooseColumns #dialog { max-width: 84; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("g,home", "move(-100)", "Top"),
        ("G,end", "move(100)", "Bottom"),
        ("space", "switch", "On or off"),
        ("enter", "keep", "Keep"),
        ("a", "automatic", "Automatic"),
        ("q", "close", "Back"),
    ]

    def __init__(self, present: Columns, show: Callable[[Columns], None]) -> None:
        """`present` are the columns chosen so far; `show` tries out others."""
        super().__init__("Columns", _KEYS)
        self._before = present
        self._chosen = set(present)
        self._try = show
        self._place = 0
        self._text = Lines(indent=18)
        self._text.can_focus = False

    def parts(self) -> list[Widget]:
        """The columns."""
        return [self._text]

    def on_mount(self) -> None:
        """Show what there is."""
        self._show()

    @property
    def _columns(self) -> Columns:
        return tuple(name for name in _NAMES if name in self._chosen)

    def _show(self) -> None:
        shown = self._chosen or set(AUTOMATIC)
        lines: list[StyledLine] = []
        for place, name in enumerate(_NAMES):
            is_on = name in shown
            lines.append(
                (
                    ("▸ " if place == self._place else "  ", Role.MARK),
                    ("✓ " if is_on else "· ", Role.GOOD if is_on else Role.DIM),
                    (fit(name, 11), Role.STRONG if is_on else Role.TEXT),
                    (f"  {FIELDS[name].help.partition(';')[0]}", Role.DIM),
                )
            )
        self._text.show(lines)
        height = max(1, self._text.scrollable_content_region.height)
        self._text.scroll_to(y=max(0, self._place - height + 2), animate=False)
        how = "these" if self._chosen else "as many as there is room for"
        self.heading.show((("Columns", Role.TITLE), (f"  {how}", Role.DIM)))

    def action_move(self, by: int) -> None:
        """To another column."""
        self._place = max(0, min(self._place + by, len(_NAMES) - 1))
        self._show()

    def action_switch(self) -> None:
        """Show the column under the cursor, or no longer."""
        self._chosen = self._chosen or set(AUTOMATIC)
        self._chosen ^= {_NAMES[self._place]}
        self._try(self._columns)
        self._show()

    def action_automatic(self) -> None:
        """As many columns as there is room for."""
        self._chosen = set()
        self._try(())
        self._show()

    def action_keep(self) -> None:
        """Keep these columns."""
        self.dismiss(self._columns)

    def action_close(self) -> None:
        """Back to those there were."""
        self._try(self._before)
        self.dismiss(None)
