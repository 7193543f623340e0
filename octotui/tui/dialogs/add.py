"""Add dialog (`a`): paste anything; what is understood of it shows while one types."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TextArea

from octotui.gateway.providers import Provider
from octotui.intake.parse import read
from octotui.intake.result import Intake
from octotui.intake.typed_ids import parse_ids
from octotui.model import NewTask
from octotui.presentation.styled_text import Role, StyledLine, fit
from octotui.sanitize import clean
from octotui.tui.dialogs.base import Dialog, TextLine, key_line
from octotui.tui.rendering.text_widgets import Lines

_PREVIEWED = 50
"""Tasks the preview lists."""
_PASTED_WITHIN = 0.005
"""Seconds between two keys that no hand types: a line end among them is part of a paste."""


class PasteArea(TextArea):
    """Text to paste into. Enter is done, unless it comes as part of a paste the terminal did not mark as one."""

    @dataclass
    class Done(Message):
        """Enter was pressed."""

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, compact=True, highlight_cursor_line=False, id="paste")
        self._last_key_at = 0.0

    def on_key(self, event: events.Key) -> None:
        """Tell Enter from a pasted line end."""
        pasted = event.time - self._last_key_at < _PASTED_WITHIN
        self._last_key_at = event.time
        if event.key == "enter" and not pasted:
            event.stop()
            event.prevent_default()
            self.post_message(self.Done())


def understood(text: str, providers: Sequence[Provider]) -> Intake:
    """What a text says; one word alone is an id, whatever it looks like."""
    intake = read(text, providers)
    words = text.split()
    if len(words) == 1 and not (intake.tasks or intake.unsure or intake.shortened):
        with contextlib.suppress(ValueError):
            return parse_ids(words, providers)
    return intake


def settled(intake: Intake, provider: Provider) -> Intake:
    """The same with the unsure ones given to `provider`."""
    return replace(
        intake,
        tasks=[*intake.tasks, *intake.settle(provider)],
        unsure=[],
        sources=intake.sources or ["what you say"],
        labels={**intake.labels, provider.name: provider.label},
    )


def preview_lines(intake: Intake) -> list[StyledLine]:
    """What was understood, the tasks themselves below."""
    lines: list[StyledLine] = [((intake.says, Role.STRONG),), ()]
    for task in intake.tasks[:_PREVIEWED]:
        label = intake.labels.get(task.provider, task.provider)
        lines.append(((fit(label, 10), Role.TITLE), (task.id, Role.TEXT), (f"  {task.model or ''}", Role.DIM)))
        if (title := intake.title_of(task.id)) is not None:
            lines.append(((fit("", 10), Role.TITLE), (f"“{title}”", Role.DIM)))
    if len(intake.tasks) > _PREVIEWED:
        lines.append(((f"and {len(intake.tasks) - _PREVIEWED:,} more", Role.DIM),))
    lines += [
        ((fit("?", 10), Role.WARN), (clean(task_id), Role.TEXT), ("  whose is it? Tab says", Role.WARN))
        for task_id in intake.unsure[:_PREVIEWED]
    ]
    return lines


class AddTasks(Dialog[Sequence[NewTask]]):
    """Dialog that asks for tasks to watch; the result is the tasks, or None."""

    DEFAULT_CSS = """
    AddTasks #paste { height: 1fr; min-height: 3; border: none; padding: 0; background: $surface; margin-bottom: 1; }
    AddTasks #whose { height: 1; margin-bottom: 1; }
    AddTasks #preview { height: 1fr; }
    AddTasks.-bare #whose { margin-bottom: 0; }
    AddTasks.-bare #paste { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("tab", "provider(1)", "Provider"),
        ("shift+tab", "provider(-1)", "Provider"),
    ]

    def __init__(self, providers: Sequence[Provider]) -> None:
        keys = key_line(("Enter", "Watch"), ("Tab", "Whose"), ("esc", "Back"))
        super().__init__("Add: paste ids, JSON, curl lines or a log", keys)
        self._providers = providers
        self._chosen = -1
        """Which provider the unsure ones belong to; -1: nobody has said."""
        self._intake = Intake()
        self.area = PasteArea()
        self.whose = TextLine(id="whose")
        self.preview = Lines(id="preview")
        self.preview.can_focus = False

    def parts(self) -> list[Widget]:
        """Text above, what it says below."""
        return [self.area, self.whose, self.preview]

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_focus(self.area)
        self._show_whose()

    def on_text_area_changed(self) -> None:
        """Read the text anew."""
        self._read()

    def _read(self) -> None:
        self._intake = understood(self.area.text, self._providers)
        self._show_preview()

    def _show_preview(self) -> None:
        intake = self._intake
        if intake.unsure and self._chosen >= 0:
            intake = settled(intake, self._providers[self._chosen])
        self.preview.show(preview_lines(intake) if self.area.text.strip() else [])
        self._show_whose()
        self.say("")

    def _show_whose(self) -> None:
        if self._chosen < 0:
            self.whose.show((("Whose: ", Role.DIM), ("as id and model say", Role.TEXT), ("  (Tab)", Role.DIM)))
        else:
            label = self._providers[self._chosen].label
            self.whose.show(
                (("Whose: ", Role.DIM), (label, Role.STRONG), (", where id and model do not say", Role.DIM))
            )

    def action_provider(self, step: int) -> None:
        """Choose whose the unsure ones are."""
        count = len(self._providers) + 1
        self._chosen = (self._chosen + 1 + step) % count - 1
        self._show_preview()

    def on_paste_area_done(self) -> None:
        """Watch them, if it is known whose they are."""
        tasks = list(self._intake.tasks)
        if self._intake.unsure:
            if self._chosen < 0:
                self.say("Say with Tab whose they are.")
                return
            tasks += self._intake.settle(self._providers[self._chosen])
        if tasks:
            self.dismiss(tasks)
        else:
            self.say("There is no task in this.")
