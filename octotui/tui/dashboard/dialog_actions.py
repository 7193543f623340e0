"""Commands that lay a dialog over the panes: overview, log, help, pictures, and those that copy, report or add.

A dialog is imported by the command that shows it: the first frame does not wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from octotui.failed_answer import last_good
from octotui.model import NewTask, Task
from octotui.sanitize import clean
from octotui.tui.terminal.clipboard import copy
from octotui.units import plural

if TYPE_CHECKING:
    from octotui.presentation.bulk.failure_groups import FailureGroup
    from octotui.tui.dashboard.confirmation import Confirmation
    from octotui.tui.dashboard.context import Context, Program, Reporting
    from octotui.tui.dashboard.detail_actions import DetailActions
    from octotui.tui.dashboard.navigation import Navigation
    from octotui.tui.dashboard.side_panel import SidePanel
    from octotui.tui.dashboard.task_actions import TaskActions


class DialogActions:
    """Dialogs to open, and what is done with what they bring. Methods are named as their commands."""

    def __init__(
        self,
        context: Context,
        program: Program,
        *,
        confirmation: Confirmation,
        details: DetailActions,
        navigation: Navigation,
        reporting: Reporting,
        side_panel: SidePanel,
        tasks: TaskActions,
    ) -> None:
        self._context = context
        self._program = program
        self._confirmation = confirmation
        self._details = details
        self._navigation = navigation
        self._reporting = reporting
        self._side_panel = side_panel
        self._tasks = tasks

    def add(self) -> None:
        """Paste tasks to watch."""
        # TextArea is the heaviest widget there is: 30 ms that the first frame need not wait for.
        from octotui.tui.dialogs.add import AddTasks  # noqa: PLC0415

        def answered(tasks: Sequence[NewTask] | None) -> None:
            if tasks:
                self._confirmation.attempt(lambda: self._tasks.add_tasks(tasks))

        self._context.show_dialog(AddTasks(self._context.config.providers), answered)

    def copy(self) -> None:
        """Copy something of this task, or of all that are marked."""
        from octotui.presentation.copy_choices import copies_of, copies_of_all  # noqa: PLC0415 - see the top
        from octotui.tui.dialogs.copy import CopyMenu  # noqa: PLC0415 - see the top

        tasks = self._context.panes.targets()
        if not tasks:
            self._context.say("There is no task here.")
            return
        several = len(tasks) > 1
        base_url, fleet = self._context.config.base_url, self._context.snapshot.fleet
        if several:
            copies = copies_of_all(tasks, base_url, fleet)
        else:
            task_id, ledger = tasks[0].id, self._context.snapshot.ledger
            answer = last_good(ledger.raw_answer(task_id), ledger.previous_answer(task_id))
            copies = copies_of(tasks[0], base_url, answer, fleet)
        whose = plural(len(tasks), "task") if several else ""
        self._context.show_dialog(
            CopyMenu(
                copies,
                lambda text: copy(text, self._program.copy_to_clipboard),
                self._tasks.playback.use_link,
                whose=whose,
            )
        )

    def report(self) -> None:
        """Tell the gateway's owner about this task."""
        context = self._context
        task = context.panes.pane.table.selection.task
        if task is None:
            context.say("There is no task here.")
            return
        from octotui.presentation.bug_report import bug_report  # noqa: PLC0415 - see the top
        from octotui.presentation.task_record import task_record  # noqa: PLC0415 - see the top

        config = context.config
        retention = next((one.retention for one in config.providers if one.name == task.provider), None)
        record = task_record(context.snapshot.ledger, task, context.panes.label_of(task), retention)
        text = bug_report(record, context.clock(), base_url=config.base_url, hidden=self._reporting.hidden)
        self._show_report(task.id, text)

    def failures(self) -> None:
        """What failed, by reason, of all that the filter lets through."""
        from octotui.presentation.bulk.failure_groups import filter_of  # noqa: PLC0415 - see the top
        from octotui.presentation.filters import parse  # noqa: PLC0415 - see the top
        from octotui.tui.dialogs.failures import Failures, FailuresText  # noqa: PLC0415 - see the top

        context, panes = self._context, self._context.panes
        held = panes.filter

        def tasks() -> list[Task]:
            now = context.clock()
            return [task for task in context.snapshot.tasks.values() if held.matches(task, now)]

        def chosen(group: FailureGroup | None) -> None:
            if group is not None:
                self._side_panel.show_filter(parse(f"{held.text} {filter_of(group)}".strip()))
                panes.focus_pane(group.providers.most_common(1)[0][0])

        text = FailuresText(context.clock, lambda name: panes.labels.get(name, name))
        whose = f", of /{clean(held.text, 30)}" if held.text else ""
        context.show_dialog(Failures(text, tasks, self._report_failures, context.keys, whose=whose), chosen)

    def _report_failures(self, group: FailureGroup) -> None:
        from octotui.presentation.bulk.failure_report import failure_report  # noqa: PLC0415 - see the top

        context, labels = self._context, self._context.panes.labels
        text = failure_report(
            group,
            context.clock(),
            context.snapshot.ledger.raw_answer,
            lambda name: labels.get(name, name),
            base_url=context.config.base_url,
            hidden=self._reporting.hidden,
        )
        self._show_report(f"failures {group.reason}", text)

    def _show_report(self, name: str, text: str) -> None:
        """Copy a report, keep it under a name, and show it."""
        from octotui.tui.dialogs.report import ReportDialog  # noqa: PLC0415 - see the top

        copied = copy(text, self._program.copy_to_clipboard)
        self._context.show_dialog(ReportDialog(text, self._reporting.save(name, text), copied))

    def overview(self) -> None:
        """All at a glance."""
        from octotui.tui.dialogs.overview import Overview, OverviewText  # noqa: PLC0415 - see the top

        context = self._context

        def chosen(task_id: str | None) -> None:
            task = context.snapshot.tasks.get(task_id or "")
            if task is not None:
                self._navigation.go_to(task)

        text = OverviewText(context.snapshot, context.clock, context.panes.labels)
        context.show_dialog(Overview(text, context.keys["overview"]), chosen)

    def contact_sheet(self) -> None:
        """Pictures of what is saved."""
        from octotui.tui.dialogs.contact_sheet import ContactSheet  # noqa: PLC0415 - see the top

        context = self._context
        name = context.panes.current

        def tasks_of(everybody: bool) -> list[Task]:
            return [task for task in context.snapshot.tasks.values() if everybody or task.provider == name]

        dialog = ContactSheet(
            self._side_panel.pictures,
            context.panes.labels[name],
            tasks_of,
            keys=context.keys,
            details=self._details.show_details_of,
            play=self._tasks.play_task,
        )
        context.show_dialog(dialog)

    def log(self) -> None:
        """What happened."""
        from octotui.tui.dialogs.log import LogView  # noqa: PLC0415 - see the top

        snapshot, panes = self._context.snapshot, self._context.panes
        self._context.show_dialog(
            LogView(
                snapshot.ledger, self._context.clock, lambda task_id: panes.label_of(snapshot.tasks.get(task_id or ""))
            )
        )

    def help(self) -> None:
        """Every key."""
        from octotui.tui.dialogs.help import Help  # noqa: PLC0415 - see the top

        self._context.show_dialog(Help(self._context.keys, read_only=self._context.read_only))
