"""Details of the task under the cursor: beside the panes where there is room, else over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.model import Task

if TYPE_CHECKING:
    from octotui.tui.dashboard.context import Context
    from octotui.tui.dashboard.side_panel import SidePanel
    from octotui.tui.dialogs.details import DetailView


class DetailActions:
    """Details that open and follow the cursor."""

    def __init__(self, context: Context, side_panel: SidePanel) -> None:
        self._context = context
        self._side_panel = side_panel
        self._retention = {provider.name: provider.retention for provider in context.config.providers}
        self._over: DetailView | None = None
        """The details that lie over the panes; None while none do."""

    def details(self) -> None:
        """Beside the panes where there is room; else, or the second time, over them with all there is."""
        context = self._context
        selection = context.panes.pane.table.selection
        selection.hold()
        if self._side_panel.can_dock and self._side_panel.dock is None:
            self._side_panel.show_dock()
            self.follow()
        elif selection.task is None:
            context.say("There is no task here.")
        else:
            from octotui.tui.dialogs.details import (  # noqa: PLC0415 - the first frame does not wait for it
                DetailDialog,
                DetailView,
            )

            context.panes.ignore_marks = True
            self._over = DetailView(context.snapshot.ledger, context.clock, self._side_panel.pictures)
            context.show_dialog(DetailDialog(self._over, context.keys, context.perform), lambda _: self._closed())
            self.follow()

    def _closed(self) -> None:
        self._context.panes.ignore_marks = False
        self._over = None

    def show_details_of(self, task: Task) -> None:
        """The details of a task of the contact sheet: over it, or beside the panes where there is room."""
        context = self._context
        context.panes.focus_pane(task.provider)
        if not context.panes.pane.table.move_to_task(task.id):
            context.say(f"{task.id} is hidden by the filter.")
        elif self._side_panel.can_dock:
            context.close_dialog()
            self._side_panel.show_dock()
            self.follow()
        else:
            self.details()

    def follow(self) -> None:
        """Show the details of the task under the cursor, where they are open."""
        context = self._context
        views = [self._side_panel.dock.view] if self._side_panel.dock is not None else []
        if self._over is not None:
            views.append(self._over)
        task = context.panes.pane.table.selection.task
        for view in views:
            if task is None:
                view.clear()
            else:
                snapshot = context.snapshot
                view.show_task(
                    task,
                    context.panes.label_of(task),
                    self._retention.get(task.provider),
                    snapshot.expects(task),
                    fleet=snapshot.fleet,
                    waits_for=snapshot.waiting.waits_for(task),
                )
