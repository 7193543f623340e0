"""A pane's frame, drawn by itself: a border of Textual's repaints everything inside when its colour changes."""

from __future__ import annotations

from typing import NamedTuple

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from octotui.presentation.counts import Counts, tally
from octotui.presentation.styled_text import Role, Span, StyledLine, cut, difference, fit, width_of
from octotui.tui.rendering.styles import RoleStyles, is_ascii, styles_of
from octotui.tui.rendering.text_widgets import undecorated

_KEPT = 12
"""Strips held ready."""


class PaneFacts(NamedTuple):
    """Facts of a pane: whose it is, how it is called, its colour and its number."""

    name: str
    """The provider's name."""
    label: str
    accent: str | None
    """`#rrggbb`; None: the theme's own."""
    number: int
    """The key that goes there."""


class PaneFrame(Widget):
    """A frame with name and counts in its upper edge; what is in it leaves the outermost cells free."""

    DEFAULT_CSS = """
    PaneFrame { height: 1fr; overflow: hidden hidden; }
    """

    def __init__(self, facts: PaneFacts) -> None:
        super().__init__(id=f"pane-{facts.number}")
        self.facts = facts
        self.counts: Counts = {}
        self.notes: tuple[str, ...] = ()
        """What is special about what the pane shows, from all of it down to what must be known; the first that fits."""
        self._is_lit = False
        """Whether the pane has the focus."""
        self.headed = False
        """Whether there is a line of headings below the title."""
        self._headings: StyledLine = ()
        self._title: StyledLine = ()
        self._strips: dict[StyledLine, Strip] = {}
        self._styles: RoleStyles | None = None
        self._fitted = Size(0, 0)
        """The size `_title` was made for."""

    def redraw(self) -> None:
        """Draw what differs of the upper edge."""
        width = self.size.width
        if not width:
            return
        new = self._new_title(width)
        span = difference(self._title, new)
        if span is not None:
            self._title = new
            self.refresh(Region(span[0], 0, span[1] - span[0], 1))

    def show_headings(self, headings: StyledLine) -> None:
        """Draw the line over the columns, as far as it differs."""
        if headings != self._headings:
            self._headings = headings
            width = self.size.width
            if self.headed and width > 2:
                self.refresh(Region(1, 1, width - 2, 1))

    def _new_title(self, width: int) -> StyledLine:
        is_closed = self.size.height == 1
        return title(self.facts, self.counts, self.notes, width, lit=self._is_lit, is_closed=is_closed)

    def light(self, lit: bool) -> None:
        """Show where the focus is, or that it is elsewhere."""
        if lit == self._is_lit:
            return
        self._is_lit = lit
        self.redraw()
        width, height = self.size
        if width and height:
            edge = Region(0, 1, 1, height - 1)
            self.refresh(edge, edge.translate((width - 1, 0)), Region(0, height - 1, width, 1))

    def on_resize(self) -> None:
        """Fit the title to the new width, where no frame has done so already."""
        if self._fitted != self.size:
            self._title = ()
        self.redraw()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines (Textual's line API)."""
        size = self.size
        if self._fitted.width != size.width or 1 in {self._fitted.height, size.height}:
            # The frame after a layout comes before `on_resize`: without this it would show an old title, or none.
            self._title = self._new_title(size.width)
        self._fitted = size
        return undecorated(self, crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line; of those in the middle only the ends are ever seen."""
        width, height = self._fitted
        frame = Role.ACCENT if self._is_lit else Role.FRAME
        inner = max(0, width - 2)
        if y == 0:
            line = self._title
        elif y == height - 1:
            line = ((f"╰{'─' * inner}╯", frame),)
        elif y == 1 and self.headed:
            line = (("│", frame), *cut(self._headings, inner), ("│", frame))
        else:
            line = (("│", frame), (" " * inner, Role.TEXT), ("│", frame))
        return self._strip(line)

    def _strip(self, line: StyledLine) -> Strip:
        """The strip of a line; one and the same for all those in the middle, so that Textual divides it once."""
        styles = styles_of(self, self.facts.accent)
        if styles is not self._styles or len(self._strips) > _KEPT:
            self._styles = styles
            self._strips.clear()
        strip = self._strips.get(line)
        if strip is None:
            strip = self._strips[line] = styles.strip(line, ascii_only=is_ascii(self))
        return strip


def title(
    facts: PaneFacts, counts: Counts, notes: tuple[str, ...], width: int, *, lit: bool, is_closed: bool = False
) -> StyledLine:
    """The upper edge: `╭─ 1 Sora  ● 1  ◐ 3  ──── by deadline ─╮`; one without corners where there is no more of it."""
    frame = Role.ACCENT if lit else Role.FRAME
    name = fit(facts.label, min(24, len(facts.label) * 2)).rstrip()
    number = f"{facts.number} " if facts.number <= 9 else ""
    left: list[Span] = [("── " if is_closed else "╭─ ", frame), (f"{number}{name}", Role.TITLE), ("  ", Role.TEXT)]
    right: list[Span] = [("──" if is_closed else "─╮", frame)]
    room = width - width_of((*left, *right))
    note = _fitting(notes, counts, room)
    if note:
        right.insert(0, (f" {note} ", Role.DIM))
        room -= width_of((right[0],))
    counted = tally(counts, room - 2)
    gap = " " if counted else ""
    return cut((*left, *counted, (gap + "─" * max(0, room - width_of(counted) - len(gap)), frame), *right), width)


def _fitting(notes: tuple[str, ...], counts: Counts, room: int) -> str:
    """The fullest note that leaves the counts their room; the last one is worth more than all of the counts."""
    counted = width_of(tally(counts, room)) + 3
    for note in notes:
        if width_of(((note, Role.DIM),)) + 2 + counted <= room:
            return note
    last = notes[-1] if notes else ""
    return last if width_of(((last, Role.DIM),)) + 10 <= room else ""
