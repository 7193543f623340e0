"""The two lists of the settings screen: topics on the left, settings under their topics on the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.strip import Strip

from octotui.presentation.styled_text import Role, StyledLine, cut, fit, fit_middle
from octotui.tui.rendering.styles import is_ascii, styles_of
from octotui.tui.rendering.text_widgets import Lines
from octotui.tui.settings.rows import Row

_NAME_WIDTH = 24
_SOURCE_WIDTH = 20
_SOURCES_FROM = 60
"""Cells from which a row says where its value comes from."""


class SettingsList(Lines):
    """The settings, one a line, with a cursor."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self.place = 0
        """Which row has the cursor."""
        self._rows: Sequence[Row] = ()
        self._profile = ""
        self._line_of: list[int] = []

    @property
    def row(self) -> Row | None:
        """The setting under the cursor."""
        return self._rows[self.place] if self._rows else None

    def show_rows(self, rows: Sequence[Row], profile: str) -> None:
        """Show these; the cursor stays where it is, as far as there is such a place."""
        self._rows = rows
        self._profile = profile
        self.move(0)

    def move(self, by: int) -> None:
        """Move the cursor, and have it in sight."""
        self.place = max(0, min(self.place + by, len(self._rows) - 1))
        self.redraw()
        self.refresh()
        self.keep_in_sight()

    def on_resize(self) -> None:
        """Fold to the new width, and keep the cursor in sight of the new height."""
        super().on_resize()
        self.call_after_refresh(self.keep_in_sight)

    def keep_in_sight(self) -> None:
        """Scroll to the cursor, and at the top of a topic to its heading."""
        if self._line_of:
            line, height = self._line_of[self.place], self.scrollable_content_region.height
            top = self.scroll_offset.y
            if line <= top or line >= top + height:
                self.scroll_to(y=max(0, line - 1 if line <= top else line - height + 1), animate=False)

    def move_topic(self, by: int) -> None:
        """Move to the first setting of the next topic, or of the one before."""
        topics = list(dict.fromkeys(row.topic for row in self._rows))
        if self.row is not None:
            wanted = topics[(topics.index(self.row.topic) + by) % len(topics)]
            first = next(place for place, row in enumerate(self._rows) if row.topic == wanted)
            self.move(first - self.place)

    def fold(self, width: int) -> list[StyledLine]:
        """The lines for this width: topics, and the settings below them."""
        lines: list[StyledLine] = []
        self._line_of = []
        topic = None
        for row in self._rows:
            if row.topic != topic:
                topic = row.topic
                lines += [*([()] if lines else []), ((topic, Role.TITLE),)]
            self._line_of.append(len(lines))
            lines.append(_line(row, self._profile, width))
        return lines or [(("Nothing has all of these words.", Role.DIM),)]

    def render_line(self, y: int) -> Strip:
        """Draw one line, that of the cursor on its own ground."""
        number = self.scroll_offset.y + y
        line = self.text_lines[number] if number < len(self.text_lines) else ()
        has_cursor = bool(self._line_of) and self._line_of[self.place] == number
        width = self.scrollable_content_region.width
        strip = styles_of(self).strip(cut(line, width), cursor=has_cursor, ascii_only=is_ascii(self))
        return strip.adjust_cell_length(self.size.width, styles_of(self).style(Role.TEXT))


def _line(row: Row, profile: str, width: int) -> StyledLine:
    has_source = width >= _SOURCES_FROM
    source_width = _SOURCE_WIDTH if has_source else 0
    name_width = _NAME_WIDTH if width >= 44 else 17
    room = max(4, width - name_width - source_width - 4)
    value_role = Role.STRONG if row.is_set else Role.DIM
    value = row.value if row.value.isprintable() else ascii(row.value)
    spans: StyledLine = (
        ("*" if row.is_set else " ", Role.MARK),
        (" ", Role.TEXT),
        (fit(row.shown, name_width), Role.TEXT),
        (" ", Role.TEXT),
        (fit_middle(value, room), value_role),
    )
    if not has_source:
        return spans
    role = Role.WARN if row.effective.source == "environment" else Role.DIM
    return (*spans, (" ", Role.TEXT), (fit(row.source(profile), source_width), role))


class TopicList(Lines):
    """The topics, the one of the cursor marked."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="topics")

    def show_topics(self, topics: Iterable[str], current: str) -> None:
        """Show these."""
        self.show(
            [
                (
                    ("▸ " if topic == current else "  ", Role.MARK),
                    (topic, Role.STRONG if topic == current else Role.DIM),
                )
                for topic in topics
            ]
        )
