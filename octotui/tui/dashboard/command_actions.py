"""Actions of the commands: for each command of the table, the method of the part that does it.

They are named here as attributes, so that the type check sees one that is missing. The table itself cannot name them:
commands that draw nothing read it, too, and would import the whole dashboard.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from octotui.tui.dashboard.dialog_actions import DialogActions
from octotui.tui.dashboard.exit_actions import ExitActions
from octotui.tui.dashboard.label_actions import LabelActions
from octotui.tui.dashboard.view_actions import ViewActions

if TYPE_CHECKING:
    from octotui.tui.dashboard.confirmation import Confirmation
    from octotui.tui.dashboard.context import Context, Program, Reporting
    from octotui.tui.dashboard.detail_actions import DetailActions
    from octotui.tui.dashboard.header import Header
    from octotui.tui.dashboard.navigation import Navigation
    from octotui.tui.dashboard.side_panel import SidePanel
    from octotui.tui.dashboard.task_actions import TaskActions
    from octotui.tui.undo import UndoHistory


class CommandActions:
    """What each command of the table does, by its id."""

    def __init__(
        self,
        context: Context,
        program: Program,
        *,
        confirmation: Confirmation,
        details: DetailActions,
        header: Header,
        navigation: Navigation,
        reporting: Reporting,
        side_panel: SidePanel,
        tasks: TaskActions,
        undo_history: UndoHistory,
    ) -> None:
        """Parts that do more than commands say are given; those that only commands need are made here."""
        dialogs = DialogActions(
            context,
            program,
            confirmation=confirmation,
            details=details,
            navigation=navigation,
            reporting=reporting,
            side_panel=side_panel,
            tasks=tasks,
        )
        self.leaving = ExitActions(context, program, header, confirmation, tasks)
        self.views = ViewActions(context, side_panel, navigation)
        labels = LabelActions(context, confirmation, undo_history)
        self.by_id: dict[str, Callable[[], None]] = {
            "download": tasks.download,
            "download_all": tasks.download_all,
            "pause": tasks.pause,
            "pause_all": tasks.pause_all,
            "cancel": tasks.cancel,
            "cancel_all": tasks.cancel_all,
            "play": tasks.play,
            "ask_now": tasks.ask_now,
            "remove": tasks.remove,
            "title": labels.title,
            "tags": labels.tags,
            "undo": labels.undo,
            "add": dialogs.add,
            "contact_sheet": dialogs.contact_sheet,
            "copy": dialogs.copy,
            "report": dialogs.report,
            "overview": dialogs.overview,
            "log": dialogs.log,
            "failures": dialogs.failures,
            "help": dialogs.help,
            "details": details.details,
            "filter": side_panel.edit_filter,
            "views": self.views.views,
            "back": self.views.back,
            "zoom": navigation.zoom,
            "together": navigation.together,
            "next_pane": navigation.next_pane,
            "previous_pane": navigation.previous_pane,
            "next_loss": navigation.next_loss,
            "sort": self.views.sort,
            "columns": self.views.columns,
            "mark": navigation.mark,
            "mark_range": navigation.mark_range,
            "mark_all": navigation.mark_all,
            "down": navigation.down,
            "up": navigation.up,
            "top": navigation.top,
            "bottom": navigation.bottom,
            "page_down": navigation.page_down,
            "page_up": navigation.page_up,
            "palette": program.action_command_palette,
            "settings": program.show_settings,
            "redraw": program.redraw,
            "suspend": program.action_suspend_process,
            "quit": self.leaving.quit,
        }
        self.by_number: dict[str, Callable[[int], None]] = {"pane": navigation.pane}
        """Those that are told which of their keys it was."""

    def action(self, command_id: str, number: int) -> Callable[[], None]:
        """What a command does; `number` says which of its keys it was, 1 for the first."""
        if command_id in self.by_number:
            return partial(self.by_number[command_id], number)
        return self.by_id[command_id]
