"""The panes there are, which of them is meant, and what is marked in them; where they stand is another module's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octotui.model import Task
    from octotui.tui.table.pane import Pane


class PaneSet:
    """A pane for each provider, and one with the tasks of all of them in their place."""

    current: str
    """The provider whose pane is meant."""

    def __init__(self) -> None:
        self.panes: dict[str, Pane] = {}
        self.together: Pane | None = None
        """The pane with the tasks of all providers; None while it is not shown."""
        self.ignore_marks = False
        """Whether actions mean the task under the cursor alone, as in its details."""

    @property
    def pane(self) -> Pane:
        """The pane that has the focus, or had it last."""
        return self.together or self.panes[self.current]

    @property
    def in_use(self) -> list[Pane]:
        """The panes that keys mean: the one with the tasks of all providers, or else all the others."""
        return [self.together] if self.together is not None else list(self.panes.values())

    @property
    def everyone(self) -> list[Pane]:
        """All there are."""
        return [*self.panes.values(), *([self.together] if self.together is not None else [])]

    @property
    def labels(self) -> dict[str, str]:
        """What each provider that has a pane is called."""
        return {name: pane.facts.label for name, pane in self.panes.items()}

    def label_of(self, task: Task | None) -> str:
        """What a task's provider is called; empty without a task, and where the provider has no pane."""
        pane = self.panes.get(task.provider) if task is not None else None
        return pane.facts.label if pane is not None else ""

    @property
    def is_arranging(self) -> bool:
        """Whether many tasks are being sorted or filtered between keys."""
        return any(pane.table.rows.is_arranging for pane in self.in_use)

    @property
    def marked(self) -> int:
        """How many marked tasks are shown, in all panes."""
        return sum(pane.table.selection.count for pane in self.in_use)

    def targets(self) -> list[Task]:
        """What an action means: everything marked, in all panes, or else the task under the cursor."""
        if self.ignore_marks:
            task = self.pane.table.selection.task
            return [task] if task is not None else []
        marked = [task for pane in self.in_use for task in pane.table.selection.marked_tasks()]
        return marked or self.pane.table.selection.targets()

    def shown_tasks(self) -> list[Task]:
        """What a key for all means: everything marked, in all panes, or else what the panes on the screen list."""
        marked = [task for pane in self.in_use for task in pane.table.selection.marked_tasks()]
        return marked or [task for pane in self.in_use if pane.display for task in pane.table.rows.shown_tasks()]
