"""One provider's pane: its title with the counts, its table, and a frame that shows where the focus is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from octotui.model import Task
from octotui.tui.frame import Bottom, PaneFacts, PaneTitle, Side
from octotui.tui.order import DEFAULT_ORDER
from octotui.tui.pieces import Line
from octotui.tui.table import TaskTable
from octotui.tui.tally import Counts


class Pane(Vertical):
    """A provider's tasks."""

    DEFAULT_CSS = """
    Pane { height: 1fr; }
    Pane > Horizontal { height: 1fr; }
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
        self.sides = Side(facts.accent), Side(facts.accent)
        self.bottom = Bottom(accent=facts.accent)

    def compose(self) -> ComposeResult:
        """The table and its frame."""
        yield self.title_line
        with Horizontal():
            yield self.sides[0]
            yield self.table
            yield self.sides[1]
        yield self.bottom

    def show_frame(self, shown: bool) -> None:
        """Frames only take room on a small screen."""
        for part in (self.title_line, *self.sides, self.bottom):
            part.display = shown

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
        self.title_line.is_lit = self.bottom.is_lit = focused
        self.title_line.redraw()
        self.bottom.redraw()
        for side in self.sides:
            side.light(focused)
