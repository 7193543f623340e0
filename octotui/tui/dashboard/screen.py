"""The main screen: a list of parts, and the one place where a second's tick and a key's command come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widget import Widget

from octotui.config import Config
from octotui.presentation.remedies import refusal
from octotui.presentation.styled_text import Role, StyledLine
from octotui.presentation.terminal_alerts import Alerts
from octotui.tui.commands import BY_ID, LOOK_ONLY, first_key, keys_in_use, problems, show_key
from octotui.tui.dashboard.confirmation import Confirmation
from octotui.tui.dashboard.context import NO_REPORTING, Reporting
from octotui.tui.dashboard.detail_actions import DetailActions
from octotui.tui.dashboard.header import reading_words
from octotui.tui.dashboard.navigation import Navigation
from octotui.tui.dashboard.refresh import SnapshotRefresh
from octotui.tui.dashboard.side_panel import DOCK_FROM, DOCK_WIDTH, SidePanel
from octotui.tui.dashboard.status_lines import ARRANGING, StatusLines
from octotui.tui.dashboard.task_actions import TaskActions
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.other_boxes import FleetWatch
from octotui.tui.playback import Playback
from octotui.tui.table.pane_grid import Panes
from octotui.tui.table.table import TaskTable
from octotui.tui.terminal import caches
from octotui.tui.terminal.driver_choice import write_between_frames
from octotui.tui.terminal.fast_screen import FastScreen
from octotui.tui.undo import UndoHistory

if TYPE_CHECKING:
    from octotui.tui.dashboard.command_actions import CommandActions
    from octotui.tui.dashboard.context import Program
    from octotui.tui.dashboard.filter_bar import FilterBar
    from octotui.tui.dialogs.base import Dialog

Result = TypeVar("Result")


def _pane_hints(keys: Mapping[str, tuple[str, ...]], *, has_key: bool) -> tuple[StyledLine, ...]:
    """What an empty pane says."""
    add = show_key(keys["add"][0]) if keys["add"] else ":"
    lines: list[StyledLine] = [
        ((" ", Role.TEXT),),
        ((f"   {add}", Role.KEY), (" to add tasks, or: ", Role.DIM), ("octotui add ID", Role.TEXT)),
    ]
    if not has_key:
        lines += [
            ((" ", Role.TEXT),),
            (("   No key yet: ", Role.DIM), ("export OCTOTUI_API_KEY=…", Role.TEXT)),
            (("   or a file: ", Role.DIM), ("octotui config init", Role.TEXT)),
        ]
    return tuple(lines)


_LOOKING: tuple[StyledLine, ...] = (((" ", Role.TEXT),), (("   nothing to look at", Role.DIM),))
"""The same where nothing can be added."""


_MEAN_ALL = frozenset({"download_all", "cancel_all", "mark_all", "bottom"})
"""Commands for which it does not do to know the first of many tasks alone."""


class Dashboard(FastScreen, inherit_bindings=False):
    """Main screen: all tasks, by provider."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Dashboard { background: $background; color: $foreground; }
    #top { height: 1; width: 1fr; }
    #middle { height: 1fr; }
    """
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual has it, which repaints the whole screen whenever the focus moves."""

    def __init__(
        self,
        config: Config,
        snapshot: LedgerSnapshot,
        clock: Callable[[], float],
        program: Program,
        reporting: Reporting = NO_REPORTING,
        *,
        read_only: bool = False,
    ) -> None:
        """`clock` gives unix seconds, `program` is the application the screen is in, `reporting` keeps reports."""
        super().__init__(id="dashboard")
        self._program = program
        self._reporting = reporting
        self.config = config
        self.clock = clock
        self.snapshot = snapshot
        snapshot.fleet_watch = FleetWatch(snapshot.ledger, config.download_dir, read_only=read_only)
        self.read_only = read_only
        self.keys = keys_in_use(config.keys, read_only=read_only)
        hints = _LOOKING if read_only else _pane_hints(self.keys, has_key=config.api_key is not None)
        self.panes = Panes(config.providers, clock=clock, expects=snapshot.expects, hints=hints)
        self.lines = StatusLines(config, snapshot, self.panes, clock, self.keys, read_only=read_only)
        self.middle = Horizontal(id="middle")
        """The panes, and what stands beside them or in their place."""
        self.navigation = Navigation(self.panes, snapshot, self.say)
        self.side_panel = SidePanel(self, self.middle, program.wake_engine)
        self._confirmation = Confirmation(self)
        self._undo_history = UndoHistory()
        run = partial(self.run_worker, group="links", exclusive=True, exit_on_error=False)
        self.playback = Playback(config.player, self.say, run, snapshot, partial(first_key, self.keys, "copy"))
        self.actions = TaskActions(
            self.panes,
            snapshot,
            say=self.say,
            confirm=self._confirmation.confirm,
            wake=program.wake_engine,
            clock=clock,
            playback=self.playback,
            key_of=partial(first_key, self.keys),
            undo_history=self._undo_history,
        )
        self.details = DetailActions(self, self.side_panel)
        # Made here and not when mounted: on a busy machine the first tick comes before that.
        self.alerts = Alerts(config, clock(), self._write)
        self.refresher = SnapshotRefresh(
            self, self.alerts, self.side_panel.show_welcome, partial(self.run_worker, group="pulling")
        )
        self._is_shown = False
        """Whether the first frame is ready to be drawn."""

    @cached_property
    def commands(self) -> CommandActions:
        """What commands do; made for the first key, for which the first frame does not wait."""
        from octotui.tui.dashboard.command_actions import CommandActions  # noqa: PLC0415 - as it says

        return CommandActions(
            self,
            self._program,
            confirmation=self._confirmation,
            details=self.details,
            header=self.lines.header,
            navigation=self.navigation,
            reporting=self._reporting,
            side_panel=self.side_panel,
            tasks=self.actions,
            undo_history=self._undo_history,
        )

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        with Horizontal(id="top"):
            yield self.lines.header
            yield self.lines.next_loss
        yield self.lines.tabs
        with self.middle:
            yield self.panes
        yield self.lines.news
        yield self.lines.footer

    def on_mount(self) -> None:
        """Show what the ledger has."""
        self.refresher.follow()
        self.lay_out(self.app.size)
        self.refresher.begin()
        self.panes.focus_pane(self.panes.current)
        self._is_shown = True
        wrong = problems(self.config.keys)
        if wrong:
            command_id, problem = next(iter(wrong.items()))
            self.say(f"[keys] {command_id}: {problem}")

    def take_settings(self, config: Config) -> None:
        """Go on with other settings, as far as the parts can."""
        self.config = config
        self.keys.clear()  # the parts have this very mapping
        self.keys.update(keys_in_use(config.keys))
        self.panes.show_hints(_pane_hints(self.keys, has_key=config.api_key is not None))
        self.actions.take_settings(config.player)
        self.alerts.take_settings(config, self.clock(), self.snapshot.tasks.values())
        self.draw_lines()

    def _write(self, sequence: str) -> None:
        """Send a sequence to the terminal between two frames, as Textual itself sends its bell."""
        write_between_frames(self.app, sequence)

    # What comes in

    def on_unmount(self) -> None:
        """Hear of the ledger no more."""
        self.refresher.stop()

    def pull(self) -> None:
        """Read the ledger and draw what differs."""
        self.refresher.pull()

    def tick(self) -> None:
        """A second has passed."""
        if not self.app.screen_stack or not self._is_shown:
            # The clock begins before the first frame on a slow machine, and goes on a moment longer than the screens.
            return
        self.lines.tick()
        self.refresher.tick()
        self.panes.tick(self.snapshot.speed)
        self.details.follow()
        dialog = self._dialog()
        if dialog is not None:
            dialog.tick()

    def perform(self, command_id: str, number: int = 1) -> None:
        """Do what a command says; `number` is for the few whose keys are counted."""
        self.lines.fall_silent()  # the answer to the key before is none to this one
        if self.read_only and BY_ID[command_id].changes:
            self.say(LOOK_ONLY)
            return
        if self.snapshot.unread and command_id in _MEAN_ALL:
            self.say(f"{reading_words(self.snapshot.unread)} Press it again in a moment.")
            return
        do = self.commands.action(command_id, number)
        if BY_ID[command_id].moves_only:
            do()  # nothing but the screen changes: the ledger need not be read
            self.draw_lines()
        else:
            self.attempt(do)

    def attempt(self, do: Callable[[], None]) -> str | None:
        """Do something that may write to the ledger, then show what came of it; returns why nothing did, in words."""
        words = refusal(do)
        if words is not None:
            self.say(words)
        self.pull()
        return words

    # What is shown

    def say(self, text: str) -> None:
        """Answer a key, for a few seconds; also in the dialog that lies over the panes."""
        dialog = self._dialog()
        if dialog is not None:
            dialog.say(text)
        self.lines.say(text)

    def _dialog(self) -> Dialog[object] | None:
        """The dialog that lies over the panes."""
        screen = self.app.screen
        if screen is self:
            return None
        from octotui.tui.dialogs.base import Dialog  # noqa: PLC0415 - the first frame does not wait for it

        return screen if isinstance(screen, Dialog) else None

    def show_dialog(self, dialog: Dialog[Result], answered: Callable[[Result | None], None] | None = None) -> None:
        """Lay a dialog over everything; `answered` is told what it brought, None where nothing was chosen."""
        self.app.push_screen(dialog, answered)

    def close_dialog(self) -> None:
        """Take away the dialog on top; nobody is told."""
        self.app.pop_screen()

    def draw_lines(self) -> None:
        """Draw header, titles, tabs and news, as far as they differ."""
        self.lines.draw(self.size.width, self.actions.useless)

    def lay_out(self, size: Size | None = None) -> None:
        """Place everything on a screen of this size, or of the one it has."""
        size = self.size if size is None else size
        beside = DOCK_WIDTH if self.side_panel.dock is not None else 0
        self.panes.lay_out(size.width - beside, size.height)
        self.lines.lay_out(size)
        self._show_tabs()

    def _show_tabs(self) -> None:
        self.lines.tabs.display = self.panes.alone and not self.side_panel.is_welcoming

    # Textual's messages

    def on_resize(self, event: events.Resize) -> None:
        """Place everything anew, before Textual lays it out: its breakpoint classes come a whole frame later."""
        if event.size.width < DOCK_FROM:
            self.side_panel.hide_dock()
        self.lay_out(event.size)

    def on_screen_resume(self) -> None:
        """Catch up with what happened behind a dialog, which is gone."""
        caches.clear()
        if self.is_mounted:
            self.pull()

    def on_panes_switched(self) -> None:
        """The tabs follow the focus."""
        self._show_tabs()
        self.draw_lines()

    def on_task_table_moved(self) -> None:
        """The details beside the panes and the keys below follow the cursor."""
        self.details.follow()
        self.lines.show_useless(self.actions.useless)

    def on_task_table_opened(self) -> None:
        """A click on the cursor's row is Enter."""
        self.perform("details")

    def on_task_table_arranging(self, message: TaskTable.Arranging) -> None:
        """Say that many tasks are being sorted or filtered where it takes a while, and what came of it."""
        if not message.is_done:
            if not self.lines.news.said:
                self.say(ARRANGING)
            return
        if not self.panes.is_arranging:
            self.lines.arranged()
        self.navigation.arranged()
        self.draw_lines()

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Filter while typing."""
        if self.side_panel.filter_bar is not None:
            self.side_panel.show_filter(message.filter)
