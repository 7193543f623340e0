"""The main screen: a list of parts, and the one place where a second's tick and a key's command come in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from octotui.config import Config
from octotui.model import Task
from octotui.presentation.filters import Filter
from octotui.presentation.remedies import advice, refusal
from octotui.presentation.styled_text import Role, StyledLine
from octotui.presentation.terminal_alerts import Alerts
from octotui.tui.commands import COMMANDS, keys_in_use, problems, show_key
from octotui.tui.dashboard.dialog_actions import DialogActions
from octotui.tui.dashboard.footer import Footer
from octotui.tui.dashboard.header import Header, NewsLine, NextLoss
from octotui.tui.dashboard.navigation import Navigation
from octotui.tui.dashboard.refresh import SnapshotRefresh
from octotui.tui.dashboard.report_sink import NO_REPORTING, Reporting
from octotui.tui.dashboard.side_panel import DOCK_FROM, DOCK_WIDTH, SidePanel
from octotui.tui.dashboard.tabs import TabStrip
from octotui.tui.dashboard.task_actions import TaskActions
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.table.pane import QUIET_NOTES
from octotui.tui.table.pane_grid import Panes
from octotui.tui.table.table import TaskTable
from octotui.tui.terminal.compositor import PartialCompositor

if TYPE_CHECKING:
    from octotui.tui.dashboard.filter_bar import FilterBar

NEWS_FROM = 16
"""Lines of height from which there is a line for the news."""
LOSS_WIDTHS = ((110, 46), (60, 40), (0, 0))
"""From how many cells of width on the next loss has how many; 0: all but the gateway's word."""
ARRANGING = "Looking through many tasks …"
"""Said while the tasks are sorted or filtered between keys and that takes a while."""
SAID_FOR = 5.0
"""Seconds an answer to a key stays."""
_BEAT = 0.005
"""Seconds between two frames at the least. A key that comes just after a frame may have to wait for two beats, which is
33 ms with Textual's own."""


class Dashboard(Screen[None], inherit_bindings=False):
    """All tasks, by provider."""

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
        wake: Callable[[], None],
        reporting: Reporting = NO_REPORTING,
    ) -> None:
        super().__init__(id="dashboard")
        self._compositor = PartialCompositor()
        self.reporting = reporting
        self.config = config
        self.clock = clock
        self.snapshot = snapshot
        self.wake = wake
        self.keys = keys_in_use(config.keys)
        self.header = Header(config.base_url, config.profile, clock, has_key=config.api_key is not None)
        self.next_loss = NextLoss(clock)
        self.tabs = TabStrip()
        self.panes = Panes(config.providers, clock=clock, expects=self.snapshot.expects, hints=self._hints())
        self.middle = Horizontal(id="middle")
        """The panes, and what stands beside them or in their place."""
        self.news = NewsLine()
        self.footer = Footer(self.keys)
        self.navigation = Navigation(self.panes, self.snapshot, self.say)
        self.side_panel = SidePanel(self)
        self.dialogs = DialogActions(self)
        self.refresher = SnapshotRefresh(self)
        self.actions = TaskActions(
            self.panes,
            self.snapshot,
            say=self.say,
            confirm=self.dialogs.confirm,
            wake=wake,
            clock=clock,
            player=config.player,
            pause_key=next(map(show_key, self.keys["pause_all"]), ""),
        )
        # Made here and not when mounted: on a busy machine the first tick comes before that.
        self.alerts = Alerts(config, clock(), self._write)
        self._said_until = 0.0
        self._is_shown = False
        """Whether the first frame is ready to be drawn."""
        self._frames: Timer | None = None
        self._loss_width = 0
        self._handlers = self._find_handlers()

    def _find_handlers(self) -> dict[str, Callable[..., None]]:
        """Each command's method: it has the command's name and is in one of the three parts."""
        parts = (self.navigation, self.actions, self.dialogs)
        return {
            command.id: next(getattr(part, command.id) for part in parts if hasattr(part, command.id))
            for command in COMMANDS
        }

    @property
    def _update_timer(self) -> Timer:
        """The frames' clock: Textual's, but faster."""
        if self._frames is None:
            self._frames = self.set_interval(_BEAT, self._on_timer_update, name="frames", pause=True)
        return self._frames

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        with Horizontal(id="top"):
            yield self.header
            yield self.next_loss
        yield self.tabs
        with self.middle:
            yield self.panes
        yield self.news
        yield self.footer

    def on_mount(self) -> None:
        """Show what the ledger has."""
        self.lay_out(self.app.size)
        self.refresher.begin()
        self.panes.focus_pane(self.panes.current)
        self._is_shown = True
        wrong = problems(self.config.keys)
        if wrong:
            command_id, problem = next(iter(wrong.items()))
            self.say(f"[keys] {command_id}: {problem}")

    def _hints(self) -> tuple[StyledLine, ...]:
        """What an empty pane says."""
        add = show_key(self.keys["add"][0]) if self.keys["add"] else ":"
        lines: list[StyledLine] = [
            ((" ", Role.TEXT),),
            ((f"   {add}", Role.KEY), (" to add tasks, or: ", Role.DIM), ("octotui add ID", Role.TEXT)),
        ]
        if self.config.api_key is None:
            lines += [
                ((" ", Role.TEXT),),
                (("   No key yet: ", Role.DIM), ("export OCTOTUI_API_KEY=…", Role.TEXT)),
                (("   or a file: ", Role.DIM), ("octotui config init", Role.TEXT)),
            ]
        return tuple(lines)

    def _write(self, sequence: str) -> None:
        """Send a sequence to the terminal between two frames, as Textual itself sends its bell."""
        driver = self.app._driver  # noqa: SLF001 - Textual has no other way to its terminal
        if driver is not None and not self.app.is_headless:
            driver.write(sequence)

    # What comes in

    def pull(self) -> None:
        """Read the ledger and draw what differs."""
        self.refresher.pull()

    def tick(self) -> None:
        """A second has passed."""
        if not self.app.screen_stack or not self._is_shown:
            # The clock begins before the first frame on a slow machine, and goes on a moment longer than the screens.
            return
        if self.clock() >= self._said_until:
            self._fall_silent()
        self.refresher.tick()
        self.panes.tick(self.snapshot.speed)
        self.dialogs.tick()

    def perform(self, command_id: str, number: int | None = None) -> None:
        """Do what a command says; `number` is for the few whose keys are counted."""
        self._fall_silent()  # the answer to the key before is none to this one
        handler = self._handlers[command_id]
        do = handler if number is None else partial(handler, number)
        if hasattr(self.navigation, command_id):
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

    # What is shown around the panes

    def say(self, text: str) -> None:
        """Answer a key, for a few seconds."""
        self._said_until = self.clock() + SAID_FOR
        self.dialogs.say(text)
        self.news.said = text
        self.footer.said = None if self.news.display else text
        self.news.redraw()
        self.footer.redraw()

    def _fall_silent(self) -> None:
        if self.news.said:
            self.news.said = self.footer.said = None
            self.news.redraw()
            self.footer.redraw()

    def draw_lines(self) -> None:
        """Draw header, titles, tabs and news, as far as they differ."""
        snapshot = self.snapshot
        self.header.status = snapshot.status
        self.header.paused_since = snapshot.paused_since
        # Never told by the ledger itself: it is what cannot be written.
        self.header.unwritten = snapshot.ledger.unwritten
        self.header.is_waiting = any(
            counts.get(word) for counts in snapshot.counts.values() for word in ("queued", "running", "unknown")
        )
        self.next_loss.loss = snapshot.next_loss()
        self.next_loss.label = self.label_of(self.next_loss.loss)
        self._share_top(self.size.width)
        self.news.latest = snapshot.latest
        self.news.trouble = snapshot.trouble
        notice = snapshot.ledger.notices.urgent(self.clock())
        self.news.advice = advice(self.header.error, self.header.unwritten, self.config.withheld_key, notice)
        event_task = snapshot.tasks.get(snapshot.latest.task_id or "") if snapshot.latest else None
        self.news.label = self.label_of(event_task)
        self.panes.show_counts(snapshot.counts.__getitem__)
        self.tabs.tabs = [(pane.facts, snapshot.counts[name]) for name, pane in self.panes.panes.items()]
        self.tabs.current = self.panes.current
        self.footer.useless = self.actions.useless
        self.footer.notes = self.panes.pane.notes[QUIET_NOTES:] if self.panes.bare else ()
        for line in (self.header, self.next_loss, self.tabs, self.news, self.footer):
            line.redraw()

    def lay_out(self, size: Size) -> None:
        """Place everything on a screen of this size."""
        width, height = size
        self.panes.lay_out(width - (DOCK_WIDTH if self.side_panel.dock is not None else 0), height)
        self.news.display = height >= NEWS_FROM
        self.tabs.display = self.panes.alone and not self.side_panel.is_welcoming
        self._share_top(width)

    def _share_top(self, width: int) -> None:
        """Give the next loss its part of the first line, but never what the header needs to say how things stand."""
        loss_width = next(cells for least, cells in LOSS_WIDTHS if width >= least) or width
        loss_width = min(loss_width, width - max(12, self.header.least_width))
        if loss_width != self._loss_width:
            self._loss_width = loss_width
            self.next_loss.styles.width = loss_width

    def label_of(self, task: Task | None) -> str:
        """What a task's provider is called."""
        pane = self.panes.panes.get(task.provider) if task is not None else None
        return pane.facts.label if pane is not None else ""

    # Textual's messages

    def on_resize(self, event: events.Resize) -> None:
        """Place everything anew, before Textual lays it out: its breakpoint classes come a whole frame later."""
        if event.size.width < DOCK_FROM:
            self.side_panel.hide_dock()
        self.lay_out(event.size)

    def on_screen_resume(self) -> None:
        """Catch up with what happened behind a dialog."""
        if self.is_mounted:
            self.pull()

    def on_panes_switched(self) -> None:
        """The tabs follow the focus."""
        self.tabs.display = self.panes.alone and not self.side_panel.is_welcoming
        self.draw_lines()

    def on_task_table_moved(self) -> None:
        """The details beside the panes and the keys below follow the cursor."""
        self.dialogs.follow()
        self.footer.useless = self.actions.useless
        self.footer.redraw()

    def on_task_table_opened(self) -> None:
        """A click on the cursor's row is Enter."""
        self.perform("details")

    def on_task_table_arranging(self, message: TaskTable.Arranging) -> None:
        """Say that many tasks are being sorted or filtered where it takes a while, and what came of it."""
        if not message.is_done:
            if not self.news.said:
                self.say(ARRANGING)
            return
        if self.news.said == ARRANGING and not self.panes.is_arranging:
            self._fall_silent()
        self.navigation.arranged()
        self.draw_lines()
        self._explain_filter()

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """Filter while typing."""
        if self.side_panel.filter_bar is not None:
            self.show_filter(message.filter)
            self._explain_filter()

    def _explain_filter(self) -> None:
        bar = self.side_panel.filter_bar
        if bar is not None and not self.panes.is_arranging:
            bar.explain(nothing_shown=not any(pane.table.rows.ids for pane in self.panes.panes.values()))

    def close_filter(self, filter_: Filter) -> None:
        """Back to the tasks."""
        self.show_filter(filter_)
        self.set_focus(self.panes.pane.table)

    def show_filter(self, filter_: Filter) -> None:
        """Show only what `filter_` wants."""
        self.panes.rearrange(filter_=filter_)
        self.draw_lines()
