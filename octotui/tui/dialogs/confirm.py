"""Confirm dialog: a question before something that cannot be taken back."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from octotui.presentation.styled_text import Role
from octotui.tui.commands import key_name, show_key
from octotui.tui.dialogs.base import Dialog, key_line
from octotui.tui.rendering.text_widgets import Lines


class Confirm(Dialog[bool]):
    """Dialog with one question; the result is True for yes, False for something else first, None for no."""

    DEFAULT_CSS = """
    Confirm #dialog { width: 64; height: auto; max-height: 90%; }
    Confirm #question { height: auto; min-height: 1; max-height: 8; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("y,enter", "yes", "Yes"), ("n,q", "close", "No")]

    def __init__(self, question: str, deed: str, *, other: tuple[str, str] | None = None) -> None:
        """`deed` is what happens on yes, in a word or two; `other` is a key and what it does instead."""
        others = [(show_key(other[0]), other[1])] if other is not None else []
        super().__init__(deed, key_line(("Enter", "Yes"), *others, ("esc", "No")))
        if other is not None:
            self.bind_key(key_name(other[0]), "other")
        self._text = Lines(id="question", indent=0)
        self._text.can_focus = False
        self._text.show([((question, Role.TEXT),)])

    def parts(self) -> list[Widget]:
        """The question."""
        return [self._text]

    def action_yes(self) -> None:
        """Yes."""
        self.dismiss(True)

    def action_other(self) -> None:
        """Something else first."""
        self.dismiss(False)
