"""One provider's pane: its title with the counts, its table, and a frame that shows where the focus is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.message import Message

from octotui.estimates import Expectation
from octotui.model import Task
from octotui.presentation.counts import Counts
from octotui.presentation.sorting import DEFAULT_ORDER, order_words
from octotui.presentation.styled_text import StyledLine
from octotui.sanitize import clean
from octotui.tui.table.pane_frame import PaneFacts, PaneFrame
from octotui.tui.table.rows import Rows
from octotui.tui.table.table import TaskTable

_LONGEST_FILTER = 24
"""Characters of a filter that a title shows."""

QUIET_NOTES = 2
"""From this one on, the notes do not speak of the order while it is the usual one."""


def notes_of(rows: Rows, marked: int, marked_in_all: int, *, is_brief: bool = False) -> tuple[str, ...]:
    """What is special about what a pane shows, from all of it down to what must be known: filter, order, marks.

    Where it is to be brief, nothing is said of the usual order: headings have its mark.
    """
    count = f"{len(rows):,} of {len(rows.tasks):,}" if rows.filter.text else ""
    text = clean(rows.filter.text, _LONGEST_FILTER)
    order = f"by {order_words(rows.order)}"
    unusual = "" if rows.order == DEFAULT_ORDER else order
    order = unusual if is_brief else order
    elsewhere = f", {marked_in_all:,} in all" if marked_in_all > marked else ""
    marks = f"{marked:,} marked{elsewhere}" if marked_in_all else ""
    choices = (
        (f"/{text} {count}" if text else "", order, marks),
        (count, order, marks),
        (count, unusual, marks),
        (count, marks),
        (marks,),
    )
    return tuple(" · ".join(word for word in words if word) for words in choices)


class Pane(PaneFrame):
    """A provider's tasks."""

    @dataclass
    class Focused(Message):
        """The focus came to this pane, or left it."""

        pane: Pane

    def __init__(
        self,
        facts: PaneFacts,
        *,
        clock: Callable[[], float],
        expects: Callable[[Task], Expectation | None],
        hints: tuple[StyledLine, ...],
    ) -> None:
        super().__init__(facts)
        self._margin: tuple[int, int, int, int] | None = None
        self.table = TaskTable(
            accent=facts.accent, clock=clock, expects=expects, hints=hints, show_headings=self.show_headings
        )

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table

    def show_frame(self, shown: bool, *, headed: bool) -> None:
        """Frames only take room on a small screen, and so do headings in a low pane."""
        self.headed = shown and headed
        above = 2 if headed else 1
        margin = (above, 1, 1, 1) if shown else (0, 0, 0, 0)
        if margin != self._margin:  # setting a style repaints, even to what it was
            self._margin = margin
            self.table.styles.margin = margin

    def show_counts(self, counts: Counts, marked: int = 0) -> None:
        """Draw the title, as far as it differs; `marked` is how many tasks are marked in all panes together.

        `counts` are those of all its tasks: where there is a filter, those it lets through are counted instead.
        """
        filtered = self.table.rows.counts
        self.counts = counts if filtered is None else filtered
        is_brief = self.headed or self.size.height == 1
        self.notes = notes_of(self.table.rows, self.table.selection.count, marked, is_brief=is_brief)
        self.redraw()

    def on_descendant_focus(self) -> None:
        """Colour the frame."""
        self.light(True)
        self.post_message(self.Focused(self))

    def on_descendant_blur(self) -> None:
        """Fade the frame."""
        self.light(False)
