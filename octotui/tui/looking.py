"""Commands that show something more: details, log, help, palette, and the dialogs that ask.

What lies over the panes is imported by the command that shows it: the first frame does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from octotui.gateway.text import clean
from octotui.ledger import SavedView
from octotui.model import NewTask, Task
from octotui.tui.advice import BUSY
from octotui.tui.clipboard import copy
from octotui.tui.driver import forget_screen
from octotui.tui.figures import clock_time, plural
from octotui.tui.filters import NO_FILTER, parse
from octotui.tui.order import DEFAULT_ORDER, ORDERS

if TYPE_CHECKING:
    from octotui.tui.app import OctoApp
    from octotui.tui.dashboard import Dashboard
    from octotui.tui.detail_view import DetailView
    from octotui.tui.sheets import Sheet


class Looking:
    """What is shown over or beside the panes. Methods are named as their commands."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._retention = {provider.name: provider.retention for provider in dashboard.config.providers}
        self._over: DetailView | None = None
        """The details that lie over the panes; None while none do."""

    @property
    def _task(self) -> Task | None:
        return self._dashboard.panes.pane.table.selection.task

    @property
    def _sheet(self) -> Sheet[Any] | None:
        """The sheet that lies over the panes."""
        screen = self._dashboard.app.screen
        if screen is self._dashboard:
            return None
        from octotui.tui.sheets import Sheet  # noqa: PLC0415 - see the top

        return screen if isinstance(screen, Sheet) else None

    # The details

    def details(self) -> None:
        """Beside the panes where there is room; else, or the second time, over them with all there is."""
        board = self._dashboard
        board.panes.pane.table.selection.hold()
        if board.annex.can_dock and board.annex.dock is None:
            board.annex.show_dock()
            self.follow()
        elif self._task is None:
            board.say("There is no task here.")
        else:
            from octotui.tui.detail_view import DetailSheet, DetailView  # noqa: PLC0415 - see the top

            board.panes.ignore_marks = True
            self._over = DetailView(board.store.ledger, board.clock, board.annex.pictures)
            sheet = DetailSheet(self._over, board.keys, board.perform)
            board.app.push_screen(sheet, lambda _: self._close_details())
            self.follow()

    def _close_details(self) -> None:
        self._dashboard.panes.ignore_marks = False
        self._over = None

    def follow(self) -> None:
        """Show the details of the task under the cursor, where they are open."""
        board = self._dashboard
        views = [board.annex.dock.view] if board.annex.dock is not None else []
        if self._over is not None:
            views.append(self._over)
        task = self._task
        for view in views:
            if task is None:
                view.clear()
            else:
                retention, expected = self._retention.get(task.provider), board.store.expects(task)
                view.show_task(task, board.label_of(task), retention, expected)

    def tick(self) -> None:
        """A second has passed: what lies over the panes may have changed too."""
        self.follow()
        sheet = self._sheet
        if sheet is not None:
            sheet.tick()

    def say(self, text: str) -> None:
        """Answer a key in the sheet that lies over the panes, if one does."""
        sheet = self._sheet
        if sheet is not None:
            sheet.say(text)

    # Dialogs

    def confirm(self, question: str, deed: str, do: Callable[[], None]) -> None:
        """Ask, and do it on yes."""
        from octotui.tui.confirm import Confirm  # noqa: PLC0415 - see the top

        board = self._dashboard

        def answered(yes: bool | None) -> None:
            if yes:
                self._attempt(do)

        board.app.push_screen(Confirm(question, deed), answered)

    def _attempt(self, do: Callable[[], None]) -> None:
        """Do what a dialog has brought; where the ledger is busy it is kept: no key would bring it again."""
        if self._dashboard.attempt(do) == BUSY:
            self.confirm("The ledger is busy: nothing was done yet. Try again?", "Try again", do)

    def add(self) -> None:
        """Paste tasks to watch."""
        # TextArea is the heaviest widget there is: 30 ms that the first frame need not wait for.
        from octotui.tui.add import AddTasks  # noqa: PLC0415

        board = self._dashboard

        def answered(tasks: Sequence[NewTask] | None) -> None:
            if tasks:
                self._attempt(lambda: board.acting.add_tasks(tasks))

        board.app.push_screen(AddTasks(board.config.providers), answered)

    def copy(self) -> None:
        """Copy something of this task, or of all that are marked."""
        from octotui.tui.copies import copies_of, copies_of_all  # noqa: PLC0415 - see the top
        from octotui.tui.copy_menu import CopyMenu  # noqa: PLC0415 - see the top

        board = self._dashboard
        tasks = board.panes.targets()
        if not tasks:
            board.say("There is no task here.")
            return
        several = len(tasks) > 1
        base_url = board.config.base_url
        if several:
            copies = copies_of_all(tasks, base_url)
        else:
            copies = copies_of(tasks[0], base_url, board.store.ledger.raw_answer(tasks[0].id))
        whose = plural(len(tasks), "task") if several else ""
        board.app.push_screen(CopyMenu(copies, lambda text: copy(text, board.app.copy_to_clipboard), whose=whose))

    def report(self) -> None:
        """Tell the gateway's owner about this task."""
        board = self._dashboard
        task = self._task
        if task is None:
            board.say("There is no task here.")
            return
        from octotui.tui.bug_report import bug_report  # noqa: PLC0415 - see the top
        from octotui.tui.dossier import dossier_of  # noqa: PLC0415 - see the top
        from octotui.tui.report_sheet import ReportSheet  # noqa: PLC0415 - see the top

        reporting = board.reporting
        dossier = dossier_of(board.store.ledger, task, board.label_of(task), self._retention.get(task.provider))
        text = bug_report(dossier, board.clock(), base_url=board.config.base_url, hidden=reporting.hidden)
        copied = copy(text, board.app.copy_to_clipboard)
        board.app.push_screen(ReportSheet(text, reporting.save(task.id, text), copied))

    def overview(self) -> None:
        """All at a glance."""
        from octotui.tui.overview_view import Overview, OverviewText  # noqa: PLC0415 - see the top

        board = self._dashboard
        labels = {name: pane.facts.label for name, pane in board.panes.panes.items()}

        def chosen(task_id: str | None) -> None:
            task = board.store.tasks.get(task_id or "")
            if task is not None:
                board.moving.go_to(task)

        board.app.push_screen(Overview(OverviewText(board.store, board.clock, labels), board.keys["overview"]), chosen)

    def contact_sheet(self) -> None:
        """Pictures of what is saved."""
        from octotui.tui.contact import ContactSheet  # noqa: PLC0415 - see the top

        board = self._dashboard
        name = board.panes.current

        def tasks_of(everybody: bool) -> list[Task]:
            return [task for task in board.store.tasks.values() if everybody or task.provider == name]

        label = board.panes.pane.facts.label
        sheet = ContactSheet(
            board.annex.pictures,
            label,
            tasks_of,
            keys=board.keys,
            details=self._details_of,
            play=board.acting.play_task,
        )
        board.app.push_screen(sheet)

    def _details_of(self, task: Task) -> None:
        """The details of a task of the contact sheet: over it, or beside the panes where there is room."""
        board = self._dashboard
        board.panes.focus_pane(task.provider)
        if not board.panes.pane.table.move_to_task(task.id):
            board.say(f"{task.id} is hidden by the filter.")
        elif board.annex.can_dock:
            board.app.pop_screen()
            board.annex.show_dock()
            self.follow()
        else:
            self.details()

    def log(self) -> None:
        """What happened."""
        from octotui.tui.log_view import LogView  # noqa: PLC0415 - see the top

        board = self._dashboard
        board.app.push_screen(LogView(board.store.ledger, lambda id_: board.label_of(board.store.tasks.get(id_ or ""))))

    def help(self) -> None:
        """Every key."""
        from octotui.tui.help import Help  # noqa: PLC0415 - see the top

        self._dashboard.app.push_screen(Help(self._dashboard.keys))

    def palette(self) -> None:
        """Any command by its name."""
        self._dashboard.app.action_command_palette()

    # Finding and leaving

    def filter(self) -> None:
        """Type a filter."""
        self._dashboard.annex.edit_filter()

    def views(self) -> None:
        """Show, save and delete views."""
        from octotui.tui.views_sheet import ViewsSheet  # noqa: PLC0415 - see the top

        board = self._dashboard
        panes = board.panes
        present = SavedView("", panes.filter.text, panes.order, panes.current if panes.zoomed else None)
        labels = {name: pane.facts.label for name, pane in panes.panes.items()}

        def answered(view: SavedView | None) -> None:
            if view is not None:
                self.show_view(view)

        board.app.push_screen(ViewsSheet(board.store.ledger, present, panes.current, labels), answered)

    def show_view(self, view: SavedView) -> None:
        """Filter, sort and zoom as a saved view says."""
        board = self._dashboard
        panes = board.panes
        name = clean(view.name)
        panes.rearrange(order=view.order if view.order in ORDERS else DEFAULT_ORDER, filter_=parse(view.filter))
        is_missing = view.provider is not None and view.provider not in panes.panes
        alone = view.provider is not None and not is_missing
        if alone != panes.zoomed:
            panes.toggle_zoom()
        if view.provider is not None and not is_missing:
            panes.focus_pane(view.provider)
        board.say(f"View {name}; its pane is no longer there." if is_missing else f"View {name}.")
        board.draw_lines()

    def back(self) -> None:
        """Take away what came last: range and marks, filter, zoom, the details beside the panes."""
        board = self._dashboard
        panes = board.panes
        tables = [pane.table for pane in panes.panes.values()]
        if any(table.selection.marked or table.selection.in_range for table in tables):
            for table in tables:
                table.selection.clear()
                table.redraw()
        elif panes.filter.text:
            board.show_filter(NO_FILTER)
        elif panes.zoomed:
            board.moving.zoom()
        elif board.annex.dock is not None:
            board.annex.hide_dock()
            board.lay_out(board.size)

    def quit(self) -> None:
        """Leave; asks while this process saves files, or knows what the ledger does not."""
        self._leave("Quit", lambda: self._dashboard.app.exit(0))

    def switch_profile(self, name: str) -> None:
        """Go on with another profile, its own gateway and its own ledger; asks as `quit` does."""
        app = cast("OctoApp", self._dashboard.app)

        def switch() -> None:
            app.next_profile = name
            app.exit(0)

        self._leave(f"Go to {name}", switch)

    def _leave(self, deed: str, do: Callable[[], None]) -> None:
        board = self._dashboard
        is_saving = board.header.works_here and board.header.error is None
        running = board.store.under_way() if is_saving else 0
        unwritten = board.store.ledger.unwritten
        if unwritten is not None and unwritten.are_facts_waiting:
            since = clock_time(unwritten.since)
            self.confirm(f"What came in since {since} is not written, and may be lost. {deed}?", deed, do)
        elif running:
            files = plural(running, "file")
            now, then = ("is", "It goes") if running == 1 else ("are", "They go")
            question = f"{files} {now} being saved. {deed}? {then} on at the next start."
            self.confirm(question, deed, do)
        else:
            do()

    def redraw(self) -> None:
        """What somebody else wrote over the screen goes."""
        forget_screen(self._dashboard.app)
        self._dashboard.refresh()

    def suspend(self) -> None:
        """Back to the shell."""
        self._dashboard.app.action_suspend_process()
