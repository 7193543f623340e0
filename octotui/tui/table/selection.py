"""The cursor and the marks of one pane: they stay with their tasks, wherever those go."""

from __future__ import annotations

from collections.abc import Iterable

from octotui.model import Task
from octotui.presentation.sorting import SortKey
from octotui.tui.table.rows import Rows

_FEW = 50
"""Rows to pass by in the time that one is looked up in."""


class Selection:
    """Cursor and marks of one pane. Knows ids only; positions are looked up when they are needed."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.cursor_id: str | None = None
        self.marked: set[str] = set()
        self._key: SortKey | None = None
        """Where the cursor's task stood, for when it goes."""
        self._home_id: str | None = None
        """The task the person put the cursor on: it goes back there when a filter lets it. None: on none so far."""
        self._range_from: str | None = None

    @property
    def position(self) -> int | None:
        """The row the cursor is on."""
        return self.rows.position(self.cursor_id)

    @property
    def task(self) -> Task | None:
        """The task the cursor is on."""
        return self.rows.tasks.get(self.cursor_id) if self.cursor_id is not None else None

    @property
    def is_held(self) -> bool:
        """Whether the person means the task under the cursor, and not whatever comes first."""
        return self._home_id is not None

    @property
    def in_range(self) -> bool:
        """Whether moving marks what is passed."""
        return self._range_from is not None

    def targets(self) -> list[Task]:
        """What an action means: the marked tasks that are shown, in order, or else the one under the cursor."""
        task = self.task
        return self.marked_tasks() or ([task] if task is not None else [])

    def marked_tasks(self) -> list[Task]:
        """The marked tasks that are shown, in order."""
        if _FEW * len(self.marked) < len(self.rows):
            places = (self.rows.position(task_id) for task_id in self.marked)
            return [self.rows.tasks[self.rows.ids[place]] for place in sorted(p for p in places if p is not None)]
        return [self.rows.tasks[task_id] for task_id in self.rows.ids if task_id in self.marked]

    @property
    def count(self) -> int:
        """How many marked tasks are shown: as many as an action means."""
        return sum(1 for task_id in self.marked if self.rows.key(task_id) is not None)

    def move_to(self, position: int) -> int | None:
        """Put the cursor on a row, as near as there is one; returns which."""
        if not self.rows.ids:
            return None
        position = max(0, min(position, len(self.rows.ids) - 1))
        self._put(self.rows.ids[position])
        self._home_id = self.cursor_id
        if self._range_from is not None:
            self._mark_range(position)
        return position

    def follow(self) -> int | None:
        """After rows changed: find the cursor's task again, or the one that took its place; returns its row.

        Until the person has put it on a task the cursor stays in the first row: what is there matters most.
        """
        home = self.rows.position(self._home_id)
        position = home if home is not None else self.position
        if position is None:
            position = self.rows.place_of(self._key)
        if self._home_id is None:
            position = 0
        self._put(self.rows.ids[position] if self.rows.ids else None)
        return position if self.rows.ids else None

    def hold(self) -> None:
        """The person means the task under the cursor: from now on the cursor goes where that goes."""
        self._home_id = self._home_id or self.cursor_id

    def forget_tasks(self, removed: Iterable[str]) -> None:
        """Tasks that are gone have no marks."""
        self.marked.difference_update(removed)

    def adopt(self, other: Selection, marked: set[str]) -> None:
        """Mark what is `marked`, and go to the task another cursor is on where that is here."""
        self.marked = marked
        self._range_from = None
        if other.cursor_id in self.rows.tasks:
            self._home_id = self.cursor_id = other.cursor_id
        self.follow()

    def toggle_mark(self) -> None:
        """Mark the cursor's task, or take its mark away."""
        self.hold()
        if self.cursor_id is not None:
            self.marked ^= {self.cursor_id}

    def toggle_all(self) -> None:
        """Mark everything that is shown, or nothing when all of it is marked."""
        self.hold()
        shown = set(self.rows.ids)
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown

    def toggle_range(self) -> None:
        """Begin to mark what the cursor passes, or end it."""
        if self._range_from is not None or self.cursor_id is None:
            self._range_from = None
            return
        self.hold()
        self._range_from = self.cursor_id
        self.marked.add(self.cursor_id)

    def clear(self) -> None:
        """Take all marks away."""
        self._range_from = None
        self.marked.clear()

    def _put(self, task_id: str | None) -> None:
        self.cursor_id = task_id
        self._key = self.rows.key(task_id) or self._key

    def _mark_range(self, position: int) -> None:
        start = self.rows.position(self._range_from)
        if start is None:
            self._range_from = None
            return
        first, last = sorted((start, position))
        self.marked.update(self.rows.ids[first : last + 1])
