"""Filter bar: the line in which a filter is typed; it works while one types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from octotui.presentation.filters import NO_FILTER, Filter, parse
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.rendering.line_input import EagerInput
from octotui.tui.rendering.text_widgets import OneLine

_HINTS = (
    "state:failed tag:x title:cat model:sora error:policy left<30m size>50MB done:today !not   Enter keep  esc clear",
    "state:failed  tag:x  title:cat  model:sora  left<30m  done:today  !not   Enter keep  esc clear",
    "state: tag: title: model: left<30m done:today !not   Enter esc",
    "state: tag: title: model: left<30m !not   Enter esc",
    "state: tag: model: left<30m",
    "state: left<30m",
)
"""What the filter language offers, by how much room there is."""


class _Hint(OneLine):
    """Hint beside the filter: what the language offers, or what is wrong."""

    problem: str | None = None

    def line(self, width: int) -> StyledLine:
        if self.problem:
            return ((self.problem, Role.BAD),)
        return ((next((hint for hint in _HINTS if len(hint) <= width), ""), Role.DIM),)


class FilterBar(Horizontal):
    """Filter bar: a filter while it is typed."""

    DEFAULT_CSS = """
    FilterBar { height: 1; }
    FilterBar Input { width: 1fr; border: none; padding: 0; height: 1; background: $background; }
    FilterBar Input:focus { border: none; }
    """

    @dataclass
    class Changed(Message):
        """The filter reads differently."""

        filter: Filter

    def __init__(self, close: Callable[[Filter], None]) -> None:
        """`close` takes the filter that is to stay."""
        super().__init__(id="filter-bar")
        deeds = {"enter": self._keep_typed, "escape": lambda: self._close(NO_FILTER)}
        self.input: EagerInput = EagerInput(deeds, select_on_focus=False)
        self.hint = _Hint()
        self.display = False
        self._keep = close

    @property
    def is_open(self) -> bool:
        """Whether somebody types."""
        return self.display

    def open(self, text: str) -> None:
        """Begin to type, with what was typed before."""
        if not self.input.is_attached:
            # Now and not when it is composed, for the next key may be on its way already.
            self.mount(Prompt(), self.input, self.hint)
        self.display = True
        self.input.value = text
        self.input.cursor_position = len(text)
        # `focus()` would come a moment later: what is typed ahead on a slow line must not reach the tasks as commands.
        self.screen.set_focus(self.input)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter at once."""
        event.stop()
        filter_ = parse(event.value)
        self.hint.problem = filter_.problem
        self.hint.redraw()
        if self.is_open:
            self.post_message(self.Changed(filter_))

    def on_descendant_blur(self) -> None:
        """Whoever goes elsewhere keeps the filter."""
        self.display = False

    def _keep_typed(self) -> None:
        """Keep what was typed; what makes no sense stays open, beside what is wrong with it."""
        filter_ = parse(self.input.value)
        if filter_.problem is None:
            self._close(filter_)

    def _close(self, filter_: Filter) -> None:
        self.display = False
        self._keep(filter_)


class Prompt(OneLine):
    """Prompt before the filter: the slash."""

    DEFAULT_CSS = """
    Prompt { width: 3; }
    """

    def line(self, width: int) -> StyledLine:  # noqa: ARG002 - three cells always
        """One slash."""
        return ((" / ", Role.KEY),)
