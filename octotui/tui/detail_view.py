"""The details on the screen: a sheet over the panes, or beside them where there is room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from octotui.ledger import Ledger, LedgerError
from octotui.model import Task
from octotui.tui.commands import key_name, show_key
from octotui.tui.detail import Dossier, detail_lines
from octotui.tui.lines import Lines
from octotui.tui.pieces import Line
from octotui.tui.sheets import TextSheet, key_line

PASSED_ON = ("download", "pause", "cancel", "ask_now", "copy", "play")
"""Commands that work in the sheet as they do on the dashboard, for the task that is shown."""


class DetailView(Lines, can_focus=False):
    """All that is known about one task, kept up to date."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ledger = ledger
        self._clock = clock
        self._dossier: Dossier | None = None
        self.unfolded = False
        """Whether all of the last answer shows."""

    def show_task(self, task: Task, label: str) -> None:
        """Read what the ledger has and draw what differs; `label` is what the provider is called."""
        if self._dossier is None or self._dossier.task.id != task.id:
            self.unfolded = False
            self.scroll_to(y=0, animate=False)
        try:
            self._dossier = Dossier(
                task,
                label,
                self._ledger.attempts(task.id),
                self._ledger.events(task_id=task.id, limit=20),
                self._ledger.raw_answer(task.id),
            )
        except LedgerError:
            self._dossier = Dossier(task, label)
        self.redraw()

    def clear(self) -> None:
        """Show nothing."""
        self._dossier = None
        self.redraw()

    def fold(self, width: int) -> list[Line]:
        """The lines for this width."""
        if self._dossier is None:
            return []
        return detail_lines(self._dossier, self._clock(), width, unfolded=self.unfolded)

    def toggle_answer(self) -> None:
        """Fold or unfold the last answer."""
        self.unfolded = not self.unfolded
        self.redraw()


class DetailSheet(TextSheet[None]):
    """The details over the panes. `j` and `k` go to the neighbours, the arrows scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("j", "step('down')", "Next task"),
        ("k", "step('up')", "Task before"),
        ("space", "fold", "Answer"),
        ("enter", "close", "Back"),
    ]

    def __init__(self, view: DetailView, keys: Mapping[str, tuple[str, ...]], perform: Callable[[str], None]) -> None:
        """`perform` does a command of the dashboard for the task under its cursor."""
        shown = [("space", "Answer"), ("esc", "Back"), ("j k", "Next")]
        for command_id, label in (("download", "Download"), ("copy", "Copy"), ("ask_now", "Ask")):
            if keys[command_id]:
                shown.append((show_key(keys[command_id][0]), label))
        super().__init__("Details", key_line(*shown), view)
        self.view = view
        self._perform = perform
        self._passed_on = {key_name(key): command for command in PASSED_ON for key in keys[command]}

    def on_key(self, event: events.Key) -> None:
        """Pass on what the dashboard can do for this task."""
        command = self._passed_on.get(event.key)
        if command is not None:
            event.stop()
            event.prevent_default()
            self._perform(command)

    def action_step(self, command: str) -> None:
        """Show the next task, or the one before."""
        self._perform(command)

    def action_fold(self) -> None:
        """All of the answer, or its first lines."""
        self.view.toggle_answer()
