"""Widgets that draw lines of spans and repaint no more than the cells that differ."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from octotui.presentation.styled_text import Role, StyledLine, cut, difference, wrap
from octotui.tui.rendering.styles import is_ascii, styles_of


def undecorated(widget: Widget, crop: Region) -> list[Strip]:
    """What `render_lines` gives (Textual's API) for a widget that has neither border nor padding nor opacity.

    Textual's own way there looks for all of these at every line, which costs as much again as to draw it.
    """
    width = widget.outer_size.width  # a scrollbar has its cells too
    blank = styles_of(widget).style(Role.TEXT)
    strips = [widget.render_line(y).adjust_cell_length(width, blank) for y in crop.line_range]
    filters = widget.get_line_filters()
    if filters:
        background = widget.background_colors[1]
        for line_filter in filters:
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
    if crop.column_span != (0, width):
        strips = [strip.crop(*crop.column_span) for strip in strips]
    return strips


class OneLine(Widget):
    """A widget one line high that says whatever `line()` says."""

    DEFAULT_CSS = """
    OneLine { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, accent: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.accent = accent
        """Colour of `Role.ACCENT`, `#rrggbb`; the theme's own without it."""
        self._line: StyledLine = ()
        self._fitted = 0
        """The width `_line` was made for."""

    def line(self, width: int) -> StyledLine:  # noqa: ARG002 - for those who derive
        """What to draw in `width` cells."""
        return ()

    def redraw(self) -> None:
        """Draw what differs from what is on the screen."""
        width = self.size.width
        if not width:
            return
        new = cut(self.line(width), width)
        span = difference(self._line, new)
        if span is not None:
            self._line = new
            self.refresh(Region(span[0], 0, span[1] - span[0], 1))

    def on_resize(self) -> None:
        """Fit the line to the new width, where no frame has done so already."""
        if self._fitted != self.size.width:
            self._line = ()
        self.redraw()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw it (Textual's line API)."""
        return undecorated(self, crop)

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.visual_style.rich_style)
        if self._fitted != width:
            # The frame after a layout comes before `on_resize`: without this it would show an old line, or none.
            self._fitted = width
            self._line = cut(self.line(width), width)
        return styles_of(self, self.accent).strip(self._line, ascii_only=is_ascii(self))


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """Text that scrolls, folded to the width. Text from outside is safe in it: it is never markup."""

    DEFAULT_CSS = """
    Lines { height: 1fr; scrollbar-size: 1 1; scrollbar-gutter: stable; overflow-x: hidden; }
    """

    def __init__(self, *, id: str | None = None, indent: int = 2) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._indent = indent
        self._source: tuple[StyledLine, ...] = ()
        self._folded: list[StyledLine] = []
        self._width = 0

    @property
    def text_lines(self) -> list[StyledLine]:
        """The lines as they are drawn."""
        return self._folded

    def show(self, lines: Sequence[StyledLine]) -> None:
        """Replace the text; repaints only if it differs."""
        source = tuple(lines)
        if source != self._source:
            self._source = source
            self.redraw()

    def fold(self, width: int) -> list[StyledLine]:
        """The text as lines of at most `width` cells."""
        return [part for line in self._source for part in wrap(line, width, self._indent)]

    def redraw(self) -> None:
        """Fold anew and repaint the lines that differ."""
        width = self.scrollable_content_region.width
        if not width:
            self._width = 0  # hidden: it is folded when it is shown again, also at the width it had
            return
        old = self._folded
        self._width = width
        self._folded = [cut(line, width) for line in self.fold(width)]
        self.virtual_size = Size(width, len(self._folded))
        if len(old) != len(self._folded):
            self.refresh()
            return
        top = self.scroll_offset.y
        for y, (before, after) in enumerate(zip(old, self._folded, strict=True)):
            if before != after:
                self.refresh(Region(0, y - top, width, 1))

    def on_resize(self) -> None:
        """Fold to the new width."""
        if self.scrollable_content_region.width != self._width:
            self._folded = []
            self.redraw()

    def render_line(self, y: int) -> Strip:
        """Draw one line (Textual's line API)."""
        row = self.scroll_offset.y + y
        width = self.size.width
        styles = styles_of(self)
        line = self._folded[row] if row < len(self._folded) else ()
        return styles.strip(cut(line, width), ascii_only=is_ascii(self))
