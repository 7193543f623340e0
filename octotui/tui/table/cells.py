"""Cells of one table: which columns it has, their headings, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from octotui.presentation.columns import HEADINGS, Choice, Columns, Layout, heading_line, layout_for
from octotui.presentation.task_row import View, row
from octotui.tui.table.drawn_rows import DrawnRow

if TYPE_CHECKING:
    from octotui.estimates import Expectation
    from octotui.model import Task
    from octotui.presentation.styled_text import StyledLine
    from octotui.tui.table.rows import Rows
    from octotui.tui.table.selection import Selection


class Cells:
    """Columns of one table, and what stands in them."""

    def __init__(self, clock: Callable[[], float], expects: Callable[[Task], Expectation | None]) -> None:
        """`clock` gives unix seconds, `expects` knows when a task should be done."""
        self.alone = False
        """Whether the table has the whole screen."""
        self.columns: Columns = ()
        """Those somebody has chosen; empty: whatever there is room for."""
        self.labels: Mapping[str, str] | None = None
        """What the providers are called where tasks of all of them are in one table."""
        self._clock = clock
        self._expects = expects
        self._headings: StyledLine = ()
        self._headed: tuple[Layout, str] | None = None
        """What `_headings` was made for."""

    def layout(self, rows: Rows, width: int) -> Layout:
        """The columns for `rows` in `width` cells."""
        is_titled = rows.titled > 0
        choice = Choice(
            alone=self.alone,
            titled=is_titled,
            short_id=rows.short_ids.width if is_titled else 0,
            everybody=self.labels is not None,
            columns=self.columns,
        )
        return layout_for(width, choice)

    def headings(self, layout: Layout, order: str) -> StyledLine:
        """The line over the columns."""
        if self._headed != (layout, order):
            self._headed = (layout, order)
            names = HEADINGS
            if layout.more:
                from octotui.presentation.fields import FIELDS  # noqa: PLC0415 - most people choose no columns

                names = {name: field.heading for name, field in FIELDS.items()}
            self._headings = heading_line(layout, order, names)
        return self._headings

    def drawn(
        self, ids: Iterable[str], selection: Selection, layout: Layout, cursor_id: str | None, *, coarse: bool
    ) -> list[DrawnRow]:
        """The rows of some tasks, as they are to be drawn now."""
        now, tasks, marked = self._clock(), selection.rows.tasks, selection.marked
        short = selection.rows.short_ids.short if layout.id else None
        drawn = []
        for task_id in ids:
            task = tasks[task_id]
            view = View(
                now,
                layout,
                self._expects(task),
                marked=task_id in marked,
                coarse=coarse,
                short_id=short(task_id) if short else "",
            )
            if layout.provider or layout.more:
                view = self._completed(view, task)
            drawn.append(DrawnRow(row(task, view), cursor=task_id == cursor_id))
        return drawn

    def _completed(self, view: View, task: Task) -> View:
        """With what only some tables show."""
        labels = self.labels or {}
        view = view._replace(label=labels.get(task.provider, task.provider))
        if view.layout.more:
            from octotui.presentation.fields import FIELDS  # noqa: PLC0415 - most people choose no columns

            view = view._replace(more=tuple(FIELDS[name].text(task, view.now, labels) for name, _ in view.layout.more))
        return view
