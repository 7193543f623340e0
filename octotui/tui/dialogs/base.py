"""Dialog frame that all share: a title, what is in it, and a line that says which keys help."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget

from octotui.presentation.styled_text import Role, Span, StyledLine, width_of
from octotui.tui.rendering.line_input import LineInput
from octotui.tui.rendering.styles import is_ascii
from octotui.tui.rendering.text_widgets import Lines, OneLine
from octotui.tui.terminal.keys import bindings_of

Result = TypeVar("Result")

_LONGEST_MOUNT = 2.0
"""Seconds for which a key waits for its dialog at most."""


class TextLine(OneLine):
    """One line that says what it is told."""

    def __init__(self, text: StyledLine = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._text = text

    def line(self, width: int) -> StyledLine:  # noqa: ARG002 - it is cut to the width anyway
        """What it was told."""
        return self._text

    def show(self, text: StyledLine) -> None:
        """Say something else."""
        self._text = text
        self.redraw()


def key_line(*keys: tuple[str, str]) -> StyledLine:
    """Keys and what they do, what matters most first: `Enter Keep   esc Back`."""
    spans: list[Span] = []
    for key, deed in keys:
        spans += [(key, Role.KEY), (f" {deed}   ", Role.DIM)]
    return tuple(spans)


def fitting_keys(keys: StyledLine, width: int) -> StyledLine:
    """As many whole entries of a `key_line` as fit, the first ones first, closer together before one has to go."""
    entries = [(key, (deed.rstrip(), role)) for key, (deed, role) in zip(keys[::2], keys[1::2], strict=True)]
    for count in range(len(entries), 0, -1):
        for gap in (3, 2):
            spans: list[Span] = []
            for key, deed in entries[:count]:
                spans += [*([(" " * gap, Role.TEXT)] if spans else []), key, deed]
            if width_of(tuple(spans)) <= width:
                return tuple(spans)
    return keys[:2]


class KeyLine(TextLine):
    """The last line of a dialog: the keys that help, or the answer to one."""

    def __init__(self, keys: StyledLine, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(keys, id=id)
        self._keys = keys

    def line(self, width: int) -> StyledLine:
        """What was said, or the keys that fit."""
        text = super().line(width)
        return fitting_keys(text, width) if text == self._keys else text

    def show_keys(self, keys: StyledLine) -> None:
        """Show keys, from now on these."""
        self._keys = keys
        self.show(keys)


class Dialog(ModalScreen[Result], inherit_bindings=False):
    """A dialog over the dashboard. Keys typed ahead count in their order, also before it stands and after it goes."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog #dialog {
        width: 96%;
        max-width: 130;
        height: 90%;
        background: $background;
        border: round $primary;
        padding: 0 1;
    }
    Dialog #dialog-title { margin-bottom: 1; }
    Dialog #dialog-keys { margin-top: 1; }
    Dialog #dialog-search { height: 1; border: none; padding: 0; margin-bottom: 1; background: $surface; }
    Dialog.-plain #dialog { border: ascii $primary; }
    Dialog.-bare #dialog { width: 100%; max-width: 100%; height: 100%; max-height: 100%; border: none; padding: 0; }
    Dialog.-bare #dialog-title { margin-bottom: 0; }
    Dialog.-bare #dialog-keys { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "close", "Back"), ("ctrl+c", "close", "Back")]

    def __init__(self, title: str, keys: StyledLine) -> None:
        super().__init__()
        self._keys = keys
        self.heading = TextLine(((title, Role.TITLE),), id="dialog-title")
        self.hint = KeyLine(keys, id="dialog-keys")
        self._standing = asyncio.Event()
        own = bindings_of(self).key_to_bindings
        for key, bindings in own.items():
            if key != "ctrl+c":  # which a text area has for itself
                # A key that climbs to the app is overtaken by those typed ahead; after `q` they are the dashboard's.
                own[key] = [replace(binding, priority=True) for binding in bindings]

    def bind_key(self, key: str, action: str) -> None:
        """Have a key (in Textual's name for it) do this, whatever else it does in a dialog."""
        bindings_of(self).key_to_bindings[key] = [Binding(key, action, show=False, priority=True)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Whoever types a line gets the keys."""
        return not isinstance(self.focused, LineInput)

    def parts(self) -> list[Widget]:
        """What stands between title and keys."""
        return []

    def compose(self) -> ComposeResult:
        """A box with everything in it, its edge as the terminal can."""
        self.set_class(is_ascii(self), "-plain")
        with Vertical(id="dialog"):
            yield self.heading
            yield from self.parts()
            yield self.hint

    def on_resize(self, event: events.Resize) -> None:
        """Frames only take room on a small screen."""
        self.set_class(event.size.width < 60 or event.size.height < 16, "-bare")

    def on_mount(self) -> None:
        """Wait until everything has its place."""
        self.call_after_refresh(self._standing.set)

    async def stands(self) -> None:
        """Return once there is something to press keys at."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_MOUNT):
                await self._standing.wait()

    def say(self, text: str) -> None:
        """Answer a key in the last line; an empty text brings the keys back."""
        if text:
            self.hint.show(((text, Role.STRONG),))
        else:
            self.hint.show_keys(self._keys)

    def tick(self) -> None:
        """A second has passed; most dialogs do not change with the time."""

    def action_close(self) -> None:
        """Back, with nothing done."""
        self.dismiss(None)


class TextDialog(Dialog[Result]):
    """A dialog around one text that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "scroll(1)", "Down"),
        ("k,up", "scroll(-1)", "Up"),
        ("g,home", "to_end(False)", "Top"),
        ("G,end", "to_end(True)", "Bottom"),
        ("pagedown,space", "page(1)", "Page down"),
        ("pageup", "page(-1)", "Page up"),
        ("q", "close", "Back"),
    ]

    def __init__(self, title: str, keys: StyledLine, text: Lines) -> None:
        super().__init__(title, keys)
        self.text = text

    def parts(self) -> list[Widget]:
        """The text alone."""
        return [self.text]

    def action_scroll(self, lines: int) -> None:
        """Up or down."""
        self.text.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """A page up or down."""
        height = max(1, self.text.scrollable_content_region.height - 1)
        self.text.scroll_relative(y=pages * height, animate=False)

    def action_to_end(self, end: bool) -> None:
        """To the first or the last line."""
        self.text.scroll_to(y=self.text.max_scroll_y if end else 0, animate=False)


class SearchedDialog(TextDialog[None]):
    """A dialog around one text that is searched, or filtered, in a line above it."""

    BINDINGS: ClassVar[list[BindingType]] = [("slash", "search", "Search")]

    def __init__(self, title: str, keys: StyledLine, text: Lines, placeholder: str = "search") -> None:
        super().__init__(title, keys, text)
        self.search = LineInput(placeholder, {"enter": self._end_search, "escape": self.action_close})
        self._searched_for = ""

    def parts(self) -> list[Widget]:
        """A line to search, and the text."""
        return [self.search, self.text]

    def look_for(self, wanted: str) -> None:
        """Show what matches; all of it where nothing is wanted."""
        raise NotImplementedError

    def on_input_changed(self) -> None:
        """Search while one types."""
        self._search()

    def _search(self) -> None:
        # The last letters are announced after the keys that were typed ahead: by then it is done.
        if self.search.value != self._searched_for:
            self._searched_for = self.search.value
            self.look_for(self._searched_for)

    def _end_search(self) -> None:
        """Back to the text, with the search kept."""
        self._search()
        self.set_focus(None)
        self.search.display = bool(self.search.value)

    def action_search(self) -> None:
        """Type what to search for."""
        self.search.open()

    def action_close(self) -> None:
        """Take the search away, or go back."""
        if self.search.display:
            self.search.value = ""
            self._search()
            self.search.display = False
            self.set_focus(None)
        else:
            self.dismiss(None)
