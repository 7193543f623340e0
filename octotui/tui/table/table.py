"""The task table: one widget that builds only the rows one can see and repaints only the cells that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from octotui import garbage
from octotui.estimates import Expectation
from octotui.model import Task
from octotui.presentation.filters import Filter
from octotui.presentation.styled_text import StyledLine
from octotui.tui.rendering.cooperative import Patience, in_turns
from octotui.tui.rendering.styles import is_ascii, is_coarse, styles_of
from octotui.tui.rendering.text_widgets import undecorated
from octotui.tui.table.cells import Cells
from octotui.tui.table.drawn_rows import DrawnRow, DrawnRows, no_rows
from octotui.tui.table.rows import Rows, run
from octotui.tui.table.selection import Selection

if TYPE_CHECKING:
    from textual.worker import Worker

AT_ONCE = 2000
"""Tasks up to which they are sorted and filtered before the next key: that takes some ten milliseconds."""


class TaskTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The tasks of one provider. Cursor, marks and view stay with their task, whatever happens around it."""

    DEFAULT_CSS = """
    TaskTable { height: 1fr; width: 1fr; overflow-x: hidden; scrollbar-size: 1 1; }
    """

    @dataclass
    class Moved(Message):
        """The cursor is on another task, or its task changed."""

        table: TaskTable

    @dataclass
    class Opened(Message):
        """A task was clicked on where the cursor was already."""

        table: TaskTable

    @dataclass
    class Arranging(Message):
        """Sorting or filtering many tasks takes a while, or is done."""

        is_done: bool

    def __init__(
        self,
        *,
        accent: str | None,
        clock: Callable[[], float],
        expects: Callable[[Task], Expectation | None] = lambda _: None,
        hints: tuple[StyledLine, ...] = (),
        show_headings: Callable[[StyledLine], None] = lambda _: None,
    ) -> None:
        """`hints` are what an empty table says; `expects` knows when a task should be done.

        `show_headings` is given the line over the columns with each drawing.
        """
        super().__init__()
        self.rows = Rows()
        self.selection = Selection(self.rows)
        self.hints = hints
        self.cells = Cells(clock, expects)
        self._show_headings = show_headings
        self._accent = accent
        self._clock = clock
        self._patience = Patience()
        self._is_drawing = True
        """Whether scrolling shows: not between changes of which more come at once."""
        self._drawn = DrawnRows()

    # What is in it

    def apply_changes(self, changed: Iterable[Task], removed: Iterable[str], *, draw: bool = True) -> None:
        """Take in changes of the ledger and draw what they changed, unless more of them are to come at once."""
        removed = list(removed)
        offset = self._cursor_offset()
        self.rows.update(changed, removed, self._clock())
        self.selection.forget_tasks(removed)
        self._follow(offset, draw=draw)

    def rearrange(self, *, order: str | None = None, filter_: Filter | None = None) -> None:
        """Sort or filter anew, many tasks a few at a time between keys; the cursor stays on its task."""
        offset = self._cursor_offset()
        self._go_through(self.rows.arranging(self._clock(), order=order, filter_=filter_), offset)

    def fill(self, tasks: Iterable[Task], *, order: str, filter_: Filter) -> None:
        """Have these tasks alone, sorted and filtered, many of them a few at a time between keys."""
        self._go_through(self.rows.replace(tasks, self._clock(), order=order, filter_=filter_), None)

    def _go_through(self, steps: Iterator[None], offset: int | None) -> None:
        if len(self.rows.tasks) <= AT_ONCE or not self.is_attached:
            run(steps)
            self._follow(offset)
        else:
            # Not a coroutine: one that is cancelled before it begins would complain that nobody awaited it.
            work = partial(self._rearrange_aside, steps)
            _: Worker[None] = self.run_worker(work, group="arranging", exclusive=True)

    async def _rearrange_aside(self, steps: Iterator[None]) -> None:
        self._patience.begin()
        offset = self._cursor_offset()
        with garbage.kept_off():
            async for _ in in_turns(steps):
                offset = self._cursor_offset()
                if self._patience.runs_out():
                    self.post_message(self.Arranging(is_done=False))
        self._patience.end()
        self._follow(offset)
        self.post_message(self.Arranging(is_done=True))

    def tick(self) -> None:
        """A second has passed: look whether that shows."""
        if self.rows.is_outdated(self._clock()) and not self._patience.is_resting:
            self.rearrange()
        else:
            self.redraw()

    # Moving

    def move_to(self, position: int) -> None:
        """Put the cursor on a row, as near as there is one."""
        before = self.selection.cursor_id
        row_number = self.selection.move_to(position)
        if row_number is None:
            return
        self._show_row(row_number)
        self.redraw()
        if self.selection.cursor_id != before:
            self.post_message(self.Moved(self))

    def move_by(self, count: int) -> None:
        """Move the cursor down, or up by a negative number."""
        self.move_to((self.selection.position or 0) + count)

    def move_to_task(self, task_id: str) -> bool:
        """Put the cursor on a task; False when it is not shown."""
        position = self.rows.position(task_id)
        if position is None:
            return False
        self.move_to(position)
        return True

    @property
    def page(self) -> int:
        """Rows in view, less one to keep one's place by."""
        return max(1, self._height - 1)

    def _cursor_offset(self) -> int | None:
        """On which line of the view the cursor is."""
        position = self.selection.position
        return None if position is None else position - self.scroll_offset.y

    def _follow(self, offset: int | None, *, draw: bool = True) -> None:
        """After a change: keep the cursor's task on its line of the view where it can be."""
        # Only the height matters, for the scrollbar; a width would have to be put right at every resize.
        self.virtual_size = Size(1, len(self.rows))
        position = self.selection.follow()
        self._is_drawing = draw
        if position is not None:
            if offset is not None and self.scroll_offset.y > 0:
                self._scroll_rows(position - offset)
            else:
                self._show_row(position)
        self._is_drawing = True
        if draw:
            self.redraw()
            self.post_message(self.Moved(self))

    # The view

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _show_row(self, position: int) -> None:
        top = self.scroll_offset.y
        if position < top:
            self._scroll_rows(position)
        elif self._height and position >= top + self._height:
            self._scroll_rows(position - self._height + 1)

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the rows that came into view."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value) and self._is_drawing:
            self.redraw()

    def on_resize(self) -> None:
        """Fit the columns to the new width and keep the cursor in view."""
        position = self.selection.position
        if position is not None:
            self._show_row(position)
        if self._drawn.size != self.size:
            self._drawn.rows = []
            self.refresh()
        self.redraw()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Focus has no style here, and looking for one would repaint the whole table."""

    def on_focus(self, event: events.Focus) -> None:
        """Show the cursor; what Textual does besides is a repaint of all rows."""
        event.prevent_default()
        self._show_focus(focused=True, tell=events.DescendantFocus(self))

    def on_blur(self, event: events.Blur) -> None:
        """Without focus there is no cursor."""
        event.prevent_default()
        self._show_focus(focused=False, tell=events.DescendantBlur(self))

    def _show_focus(self, *, focused: bool, tell: events.Event) -> None:
        self.has_focus = focused
        self.redraw()
        if self.parent is not None:
            self.parent.post_message(tell)

    def redraw(self) -> None:
        """Build the rows in view and repaint the cells that differ from what is on the screen."""
        if not self.is_attached or not self._height:
            return
        regions = self._drawn.replace(self._visible(), self._width)
        if regions is None:
            self.refresh()
        elif regions:
            self.refresh(*regions)

    def _visible(self) -> list[DrawnRow]:
        layout = self.cells.layout(self.rows, self._width)
        self._show_headings(self.cells.headings(layout, self.rows.order) if self.rows.tasks else ())
        if not self.rows.ids:
            return no_rows(len(self.rows.tasks), self.hints, self._width)
        cursor_id = self.selection.cursor_id if self.has_focus else None
        top = self.scroll_offset.y
        ids = self.rows.ids[top : top + self._height]
        return self.cells.drawn(ids, self.selection, layout, cursor_id, coarse=is_coarse(self))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw rows (Textual's line API); size and ink are asked for once, not for each of them."""
        if self._drawn.size != self.size:
            # The frame after a layout comes before `on_resize`: without this it would show the old rows, or none.
            self._drawn.size = self.size
            self._drawn.rows = self._visible()
        return undecorated(self, crop)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        return self._drawn.strip(y, styles_of(self, self._accent), ascii_only=is_ascii(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a second click opens the task."""
        position = self.scroll_offset.y + event.y
        if position >= len(self.rows):
            return
        if self.rows.ids[position] == self.selection.cursor_id:
            self.post_message(self.Opened(self))
        self.move_to(position)
