"""Details of a task on the screen: a dialog over the panes, or beside them where there is room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from octotui.estimates import Expectation
from octotui.ledger import Ledger, LedgerError
from octotui.model import Task
from octotui.presentation.boxes.whereabouts import ALONE, Fleet
from octotui.presentation.highlight import found_rows
from octotui.presentation.styled_text import StyledLine
from octotui.presentation.task_details import detail_lines
from octotui.presentation.task_record import TaskRecord, task_record
from octotui.tui.commands import key_name, show_key
from octotui.tui.dialogs.base import SearchedDialog, key_line
from octotui.tui.dialogs.poster_box import PosterBox
from octotui.tui.dialogs.posters import Pictures
from octotui.tui.rendering.styles import is_ascii
from octotui.tui.rendering.text_widgets import Lines

PASSED_ON = ("download", "pause", "cancel", "ask_now", "copy", "play", "report", "title", "tags", "undo")
"""Commands that work in the dialog as they do on the dashboard, for the task that is shown."""


class DetailView(Lines, can_focus=False):
    """Details of one task: all that is known, kept up to date."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], float],
        pictures: Pictures,
        *,
        hint: str = "space unfolds",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """`hint` says how to see all of the answer."""
        super().__init__(id=id)
        self.poster = PosterBox(pictures)
        """Follows along; whoever shows the view puts it beside or below."""
        self._ledger = ledger
        self._clock = clock
        self._hint = hint
        self._record: TaskRecord | None = None
        self._wanted = ""
        self._found_at: int | None = None
        """The line of the match one is at."""
        self.unfolded = False
        """Whether all of the last answer shows."""

    def show_task(
        self,
        task: Task,
        label: str,
        retention: float | None = None,
        expected: Expectation | None = None,
        *,
        fleet: Fleet = ALONE,
        waits_for: str = "",
    ) -> None:
        """Read what the ledger has and draw what differs.

        `label` is what the provider is called, `retention` for how many seconds it keeps results, `expected` when the
        task should be done; `fleet` is who shares the ledger, `waits_for` for whom of them its download waits.
        """
        if self._record is None or self._record.task.id != task.id:
            self.unfolded = bool(self._wanted)
            self._found_at = None
            self.scroll_to(y=0, animate=False)
        try:
            record = task_record(self._ledger, task, label, retention, expected)
        except LedgerError:
            record = TaskRecord(task, label, retention=retention, expected=expected)
        self._record = record._replace(fleet=fleet, waits_for=waits_for)
        self.poster.show_task(task)
        self.redraw()

    def clear(self) -> None:
        """Show nothing."""
        self._record = None
        self.poster.show_task(None)
        self.redraw()

    def fold(self, width: int) -> list[StyledLine]:
        """The lines for this width."""
        if self._record is None:
            return []
        return detail_lines(
            self._record, self._clock(), width, unfolded=self.unfolded, hint=self._hint, wanted=self._wanted
        )

    def toggle_answer(self) -> None:
        """Fold or unfold the last answer."""
        self.unfolded = not self.unfolded
        self.redraw()

    def search(self, wanted: str) -> str:
        """Mark whatever matches and go to the first of it; returns in words what was found."""
        self._wanted = wanted
        self._found_at = None
        # What is folded away would not be found.
        self.unfolded = self.unfolded or bool(wanted)
        self.redraw()
        return self.step_found(1)

    def step_found(self, by: int) -> str:
        """Go to the next match, or back by -1, round both ends; returns in words which one that is."""
        rows = found_rows(self.text_lines)
        if not rows:
            self._found_at = None
            return "Nothing matches." if self._wanted else ""
        at = self._found_at
        if at is None:
            row = next((row for row in rows if row >= self.scroll_offset.y), rows[0])
        elif by > 0:
            row = next((row for row in rows if row > at), rows[0])
        else:
            row = next((row for row in reversed(rows) if row < at), rows[-1])
        self._found_at = row
        height = self.scrollable_content_region.height
        if not self.scroll_offset.y <= row < self.scroll_offset.y + height:
            self.scroll_to(y=max(0, row - height // 3), animate=False)
        return f"Line {rows.index(row) + 1} of {len(rows)} that match; n and N go on."


class Dock(Vertical):
    """The details beside the panes."""

    DEFAULT_CSS = """
    Dock { width: 60; height: 1fr; border-left: solid $panel; padding: 0 1; }
    Dock.-plain { border-left: ascii $panel; }
    Dock PosterBox { height: 17; padding-top: 1; }
    Dock PosterBox.-words { dock: bottom; width: 100%; max-width: 100%; height: 3; margin: 0; padding: 0; }
    """

    def __init__(self, view: DetailView) -> None:
        super().__init__()
        self.view = view

    def compose(self) -> ComposeResult:
        """The poster below the details, and an edge as the terminal can."""
        self.set_class(is_ascii(self), "-plain")
        yield self.view
        yield self.view.poster


class DetailDialog(SearchedDialog):
    """The details over the panes. `j` and `k` go to the neighbours, the arrows scroll."""

    DEFAULT_CSS = """
    #details { layout: horizontal; height: 1fr; }
    #details PosterBox { width: 34%; max-width: 50; margin-left: 2; }
    #details PosterBox.-words { dock: bottom; width: 100%; max-width: 100%; height: 3; margin: 0; padding: 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("j", "perform('down')", "Next task"),
        ("k", "perform('up')", "Task before"),
        ("space", "fold", "Answer"),
        ("n", "found(1)", "Next match"),
        ("N", "found(-1)", "Match before"),
        ("enter", "close", "Back"),
    ]

    def __init__(self, view: DetailView, keys: Mapping[str, tuple[str, ...]], perform: Callable[[str], None]) -> None:
        """`perform` does a command of the dashboard for the task under its cursor."""
        shown = [("esc", "Back"), ("space", "Answer")]
        for command_id, label in (("download", "Save"), ("report", "Report"), ("copy", "Copy"), ("ask_now", "Ask")):
            if keys[command_id]:
                shown.append((show_key(keys[command_id][0]), label))
        shown += [("/", "Search"), ("j k", "Next")]
        super().__init__("Details", key_line(*shown), view)
        self.view = view
        self._perform = perform
        for command in PASSED_ON:
            for key in keys[command]:
                self.bind_key(key_name(key), f"perform('{command}')")

    def parts(self) -> list[Widget]:
        """A line to search, and the details with the poster beside them."""
        return [self.search, Container(self.view, self.view.poster, id="details")]

    def look_for(self, wanted: str) -> None:
        """Mark what matches, and go to the first of it."""
        self.say(self.view.search(wanted))

    def action_found(self, by: int) -> None:
        """The next match, or the one before."""
        self.say(self.view.step_found(by))

    def action_perform(self, command: str) -> None:
        """What the dashboard can do for this task, or go to the next one, or the one before."""
        self._perform(command)

    def action_fold(self) -> None:
        """All of the answer, or its first lines."""
        self.view.toggle_answer()
