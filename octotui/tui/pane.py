"""One provider's pane: its title with the counts, its table, and a frame that shows where the focus is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Vertical
from textual.css.types import EdgeType
from textual.message import Message

from octotui.model import Task
from octotui.tui.ink import ink_of, is_ascii
from octotui.tui.lines import OneLine
from octotui.tui.order import DEFAULT_ORDER
from octotui.tui.pieces import Line, Piece, Role, fit, width_of
from octotui.tui.table import TaskTable
from octotui.tui.tally import Counts, tally


@dataclass(slots=True, frozen=True)
class PaneFacts:
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
        """What is special about what the pane shows: order, filter, marks."""
        self.is_focused = False

    def line(self, width: int) -> Line:
        """`╭─ 1 Sora  ● 1  ◐ 3  ─────── by age ─╮`."""
        frame = Role.ACCENT if self.is_focused else Role.FRAME
        name = fit(self._facts.label, min(24, len(self._facts.label) * 2)).rstrip()
        number = f"{self._facts.number} " if self._facts.number <= 9 else ""
        left: list[Piece] = [("╭─ ", frame), (f"{number}{name}", Role.TITLE), ("  ", Role.TEXT)]
        right: list[Piece] = [("─╮", frame)]
        if self.notes:
            right.insert(0, (f" {' · '.join(self.notes)} ", Role.DIM))
        room = width - width_of((*left, *right))
        if room < 8 and self.notes:
            right = right[1:]
            room = width - width_of((*left, *right))
        counted = tally(self.counts, room - 2)
        gap = " " if counted else ""
        return *left, *counted, (gap + "─" * max(0, room - width_of(counted) - len(gap)), frame), *right


class Pane(Vertical):
    """A provider's tasks."""

    DEFAULT_CSS = """
    Pane { height: 1fr; }
    Pane > #body { height: 1fr; }
    """

    @dataclass
    class Focused(Message):
        """The focus came to this pane, or left it."""

        pane: Pane

    def __init__(
        self,
        facts: PaneFacts,
        *,
        clock: Callable[[], float],
        typical: Callable[[Task], float | None],
        hints: tuple[Line, ...],
    ) -> None:
        super().__init__(id=f"pane-{facts.number}")
        self.facts = facts
        self.title_line = PaneTitle(facts)
        self.table = TaskTable(accent=facts.accent, clock=clock, typical=typical, hints=hints)
        self.body = Vertical(self.table, id="body")

    def compose(self) -> ComposeResult:
        """Title above, table in a frame below."""
        yield self.title_line
        yield self.body

    def show_counts(self, counts: Counts) -> None:
        """Draw the title, as far as it differs."""
        rows = self.table.rows
        notes = []
        if rows.filter.tests:
            notes.append(f"{len(rows):,} of {len(rows.tasks):,}")
        if rows.order != DEFAULT_ORDER:
            notes.append(f"by {rows.order}")
        if self.table.selection.marked:
            notes.append(f"{len(self.table.selection.marked):,} marked")
        self.title_line.counts = counts
        self.title_line.notes = tuple(notes)
        self.title_line.redraw()

    def on_descendant_focus(self) -> None:
        """Colour the frame."""
        self._show_focus(focused=True)
        self.post_message(self.Focused(self))

    def on_descendant_blur(self) -> None:
        """Fade the frame."""
        self._show_focus(focused=False)

    def _show_focus(self, *, focused: bool) -> None:
        self.title_line.is_focused = focused
        self.title_line.redraw()
        self.paint_frame()

    def paint_frame(self) -> None:
        """Give the frame the colour that goes with focus and theme."""
        role = Role.ACCENT if self.title_line.is_focused else Role.FRAME
        edge: tuple[EdgeType, Color] = (
            "ascii" if is_ascii(self) else "round",
            ink_of(self, self.facts.accent).color(role),
        )
        styles = self.body.styles
        if self.has_class("-bare"):
            styles.border = None
        elif styles.border_left != edge:
            styles.border_left = styles.border_right = styles.border_bottom = edge
