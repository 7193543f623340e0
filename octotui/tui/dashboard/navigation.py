"""Commands that move about and mark: nothing outside of the screen changes."""

from __future__ import annotations

from collections.abc import Callable

from octotui.model import Task
from octotui.presentation.sorting import order_words
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.table.pane_grid import Panes
from octotui.tui.table.table import TaskTable

Say = Callable[[str], None]
"""Shows an answer to a key for a few seconds."""


class Navigation:
    """Cursor, marks and current pane, as commands move them. Methods are named as their commands."""

    def __init__(self, panes: Panes, snapshot: LedgerSnapshot, say: Say) -> None:
        self._panes = panes
        self._snapshot = snapshot
        self._say = say
        self._is_sorting = False
        """Whether it is still to be said that the tasks are sorted."""

    @property
    def _table(self) -> TaskTable:
        return self._panes.pane.table

    def down(self) -> None:
        """To the next task."""
        self._table.move_by(1)

    def up(self) -> None:
        """To the task before."""
        self._table.move_by(-1)

    def top(self) -> None:
        """To the first task."""
        self._table.move_to(0)

    def bottom(self) -> None:
        """To the last task."""
        self._table.move_to(len(self._table.rows))

    def page_down(self) -> None:
        """One page down."""
        self._table.move_by(self._table.page)

    def page_up(self) -> None:
        """One page up."""
        self._table.move_by(-self._table.page)

    def pane(self, number: int) -> None:
        """To the pane with this number."""
        names = list(self._panes.panes)
        if number <= len(names):
            self._panes.focus_pane(names[number - 1])
        else:
            self._say(f"There is no pane {number}: there are {len(names)}.")

    def next_pane(self) -> None:
        """To the next pane."""
        self._panes.step(1)

    def previous_pane(self) -> None:
        """To the pane before."""
        self._panes.step(-1)

    def next_loss(self) -> None:
        """To the result that is lost first."""
        task = self._snapshot.next_loss()
        if task is None:
            self._say("Nothing can be lost.")
        else:
            self.go_to(task)

    def go_to(self, task: Task) -> None:
        """To a task, wherever it is."""
        if self._panes.together is None:
            self._panes.focus_pane(task.provider)
        if not self._table.move_to_task(task.id):
            self._say(f"{task.id} is hidden by the filter.")

    def together(self) -> None:
        """The tasks of all providers in one table, and back."""
        if self._panes.together is None:
            self._panes.gather(self._snapshot.tasks)
        else:
            task = self._table.selection.task
            self._panes.focus_pane(task.provider if task is not None else self._panes.current)

    def zoom(self) -> None:
        """The pane alone, and back."""
        if self._panes.alone and not self._panes.zoomed:
            self._say("This pane has the screen already.")
        else:
            self._panes.toggle_zoom()

    def sort_by(self, order: str) -> None:
        """Sort all panes; `-age` turns the order round."""
        self._panes.rearrange(order=order)
        self._is_sorting = self._panes.is_arranging
        words = order_words(order)
        self._say(f"Sorting by {words} …" if self._is_sorting else f"Sorted by {words}.")

    def arranged(self) -> None:
        """What was sorted or filtered between keys is shown."""
        if self._is_sorting and not self._panes.is_arranging:
            self._is_sorting = False
            self._say(f"Sorted by {order_words(self._panes.order)}.")

    def mark(self) -> None:
        """Mark this task and go on."""
        self._table.selection.toggle_mark()
        self._table.move_by(1)

    def mark_range(self) -> None:
        """Begin or end a range."""
        self._table.selection.toggle_range()
        self._table.redraw()
        if self._table.selection.in_range:
            self._say("Move to mark a range; v ends it.")

    def mark_all(self) -> None:
        """All of this pane, or none."""
        self._table.selection.toggle_all()
        self._table.redraw()
