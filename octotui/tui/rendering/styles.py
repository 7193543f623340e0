"""From roles to colours: turns lines of spans into strips for one theme, one accent and one kind of terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.strip import Strip
from textual.widget import Widget

from octotui.presentation.styled_text import Role, Span, StyledLine
from octotui.tui.rendering.stand_ins import to_ascii
from octotui.tui.rendering.theme import readable

_BOLD = frozenset({Role.STRONG, Role.TITLE, Role.ALARM, Role.KEY})
_HUES = (
    (0.04, "red"),
    (0.21, "yellow"),
    (0.45, "green"),
    (0.54, "cyan"),
    (0.72, "blue"),
    (0.95, "magenta"),
    (1.1, "red"),
)
"""Upper ends of hues and the terminal colour that comes nearest."""


def _merged(line: StyledLine) -> StyledLine:
    """The same line in fewer spans: each costs some 40 bytes of colour on its way to the terminal. Blanks take any."""
    merged: list[Span] = []
    for text, role in line:
        if merged:
            before, last = merged[-1]
            if role == last or text.isspace():
                merged[-1] = (before + text, last)
                continue
            if before.isspace():
                merged[-1] = (before + text, role)
                continue
        merged.append((text, role))
    return tuple(merged)


class RoleStyles:
    """The styles of every role on plain ground and under the cursor. One for each accent; made anew with the theme."""

    def __init__(self, variables: Mapping[str, str], *, accent: str | None = None, ansi: bool = False) -> None:
        """`variables` are the theme's, `accent` is `#rrggbb` (the theme's own without it), `ansi`: 16 colours."""
        if ansi:
            self._plain, self._cursor = _terminal_styles(variables, accent)
        else:
            self._plain, self._cursor = _true_styles(variables, accent)

    def style(self, role: Role, *, cursor: bool = False) -> Style:
        """How a role looks."""
        return (self._cursor if cursor else self._plain)[role]

    def strip(self, line: StyledLine, *, cursor: bool = False, ascii_only: bool = False) -> Strip:
        """The line, ready to be drawn."""
        styles = self._cursor if cursor else self._plain
        if ascii_only:
            line = tuple((to_ascii(text), role) for text, role in line)
        return Strip([Segment(text, styles[role]) for text, role in _merged(line)])


def _color(variables: Mapping[str, str], name: str, fallback: Color) -> Color:
    try:
        return Color.parse(variables[name])
    except (KeyError, ColorParseError):
        return fallback


def _true_styles(variables: Mapping[str, str], accent: str | None) -> tuple[dict[Role, Style], dict[Role, Style]]:
    ground = _color(variables, "background", Color(17, 21, 27))
    text = _color(variables, "foreground", Color(214, 220, 228))
    cursor = _color(variables, "octo-cursor", ground.blend(_color(variables, "primary", text), 0.2))
    own = Color.parse(accent) if accent else _color(variables, "primary", text)
    colors = {
        Role.TEXT: readable(text, ground, cursor),
        Role.STRONG: readable(text, ground, cursor),
        Role.DIM: readable(_color(variables, "octo-dim", text.blend(ground, 0.4)), ground, cursor),
        Role.FRAME: _color(variables, "octo-frame", text.blend(ground, 0.75)),
        Role.ACCENT: readable(own, ground, cursor),
        Role.TITLE: readable(own, ground, cursor),
        Role.WORK: readable(_color(variables, "primary", text), ground, cursor),
        Role.TROUGH: _color(variables, "octo-trough", text.blend(ground, 0.7)),
        Role.GOOD: readable(_color(variables, "success", text), ground, cursor),
        Role.WARN: readable(_color(variables, "warning", text), ground, cursor),
        Role.ALARM: readable(_color(variables, "error", text), ground, cursor),
        Role.BAD: readable(_color(variables, "error", text), ground, cursor),
        Role.MARK: readable(_color(variables, "primary", text), ground, cursor),
        Role.KEY: readable(_color(variables, "primary", text), ground, cursor),
    }

    found = colors[Role.WARN]
    lit = Style(color=readable(ground, found).rich_color, bgcolor=found.rich_color, bold=True)

    def on(background: Color) -> dict[Role, Style]:
        styles = {
            role: Style(color=color.rich_color, bgcolor=background.rich_color, bold=role in _BOLD or None)
            for role, color in colors.items()
        }
        return styles | {Role.FOUND: lit}

    return on(ground), on(cursor)


def _terminal_styles(variables: Mapping[str, str], accent: str | None) -> tuple[dict[Role, Style], dict[Role, Style]]:
    names: dict[Role, str | None] = {
        Role.TEXT: None,
        Role.STRONG: None,
        Role.DIM: None,
        Role.FRAME: "bright_black",
        Role.ACCENT: _nearest(accent),
        Role.TITLE: _nearest(accent),
        Role.WORK: _word(variables.get("primary", "blue")),
        Role.TROUGH: "bright_black",
        Role.GOOD: "green",
        Role.WARN: _word(variables.get("warning", "yellow")),
        Role.ALARM: "red",
        Role.BAD: "red",
        Role.MARK: _word(variables.get("primary", "blue")),
        Role.KEY: _word(variables.get("primary", "blue")),
        Role.FOUND: None,
    }
    plain = {
        role: Style(
            color=name or "default", bgcolor="default", bold=role in _BOLD or None, dim=role is Role.DIM or None
        )
        for role, name in names.items()
    }
    plain[Role.FOUND] = Style(color="default", bgcolor="default", reverse=True, bold=True)
    # Colours turned round would make a patchwork of the row: the cursor is one bar.
    return plain, {role: Style(reverse=True, bold=role in _BOLD or None) for role in names}


def _word(name: str) -> str:
    return name.removeprefix("ansi_")


def _nearest(accent: str | None) -> str | None:
    """The terminal's own colour whose hue is nearest to `accent`."""
    if accent is None:
        return "cyan"
    hue, saturation, _ = Color.parse(accent).hsv
    if saturation < 0.15:
        return None
    return next(name for end, name in _HUES if hue < end)


_styles_in_use: dict[tuple[str, str | None], RoleStyles] = {}


def styles_of(widget: Widget, accent: str | None = None) -> RoleStyles:
    """The styles of the theme in use, with `accent` as its own colour."""
    app = widget.app
    key = (app.theme, accent)
    styles = _styles_in_use.get(key)
    if styles is None:
        styles = _styles_in_use[key] = RoleStyles(
            app.theme_variables, accent=accent, ansi=app.current_theme.ansi or app.no_color
        )
    return styles


def forget_styles() -> None:
    """Have every widget take its styles anew: what it has drawn with the old ones is not drawn again."""
    _styles_in_use.clear()


def is_coarse(widget: Widget) -> bool:
    """Whether the line is slow (`--low-bandwidth`): clocks to the minute, bars of text."""
    return widget.app.has_class("-coarse")


def is_ascii(widget: Widget) -> bool:
    """Whether the terminal has no glyphs (`--ascii`)."""
    return widget.app.has_class("-ascii")
