"""A pane's frame, drawn by itself: a border of Textual's repaints everything inside when its colour changes."""

from __future__ import annotations

from typing import NamedTuple

from textual.strip import Strip
from textual.widget import Widget

from octotui.tui.ink import ink_of, is_ascii
from octotui.tui.lines import OneLine
from octotui.tui.pieces import Line, Piece, Role, fit, width_of
from octotui.tui.tally import Counts, tally


class PaneFacts(NamedTuple):
    """Who a pane belongs to."""

    name: str
    """The provider's name."""
    label: str
    accent: str
    number: int
    """The key that goes there."""


class PaneTitle(OneLine):
    """The upper edge of a pane's frame, with name and counts in it."""

    def __init__(self, facts: PaneFacts) -> None:
        super().__init__(accent=facts.accent)
        self._facts = facts
        self.counts: Counts = {}
        self.notes: tuple[str, ...] = ()
        """What is special about what the pane shows, from all of it down to what must be known; the first that fits."""
        self.is_lit = False
        """Whether the pane has the focus."""

    def line(self, width: int) -> Line:
        """`╭─ 1 Sora  ● 1  ◐ 3  ──── by deadline ─╮`."""
        frame = Role.ACCENT if self.is_lit else Role.FRAME
        name = fit(self._facts.label, min(24, len(self._facts.label) * 2)).rstrip()
        number = f"{self._facts.number} " if self._facts.number <= 9 else ""
        left: list[Piece] = [("╭─ ", frame), (f"{number}{name}", Role.TITLE), ("  ", Role.TEXT)]
        right: list[Piece] = [("─╮", frame)]
        room = width - width_of((*left, *right))
        note = self._note(room)
        if note:
            right.insert(0, (f" {note} ", Role.DIM))
            room -= width_of((right[0],))
        counted = tally(self.counts, room - 2)
        gap = " " if counted else ""
        return *left, *counted, (gap + "─" * max(0, room - width_of(counted) - len(gap)), frame), *right

    def _note(self, room: int) -> str:
        """The fullest note that leaves the counts their room; the last one is worth more than all of the counts."""
        counted = width_of(tally(self.counts, room)) + 3
        for note in self.notes:
            if width_of(((note, Role.DIM),)) + 2 + counted <= room:
                return note
        last = self.notes[-1] if self.notes else ""
        return last if width_of(((last, Role.DIM),)) + 10 <= room else ""


class Side(Widget):
    """The left or right edge."""

    DEFAULT_CSS = """
    Side { width: 1; height: 1fr; }
    """

    def __init__(self, accent: str) -> None:
        super().__init__()
        self._accent = accent
        self._is_lit = False

    def light(self, lit: bool) -> None:
        """Show where the focus is, or that it is elsewhere."""
        if lit != self._is_lit:
            self._is_lit = lit
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - every line is the same
        """Draw one cell (Textual's line API)."""
        role = Role.ACCENT if self._is_lit else Role.FRAME
        return ink_of(self, self._accent).strip((("│", role),), ascii_only=is_ascii(self))


class Bottom(OneLine):
    """The lower edge."""

    is_lit = False

    def line(self, width: int) -> Line:
        """`╰────╯`."""
        return ((f"╰{'─' * max(0, width - 2)}╯", Role.ACCENT if self.is_lit else Role.FRAME),)
