"""The two themes of our own, and colours that can be read on whatever background a theme has (WCAG 2.1 AA)."""

from __future__ import annotations

from functools import lru_cache

from textual.color import Color
from textual.theme import Theme

READABLE = 4.5
"""Least contrast of text on its background (WCAG 2.1 AA)."""

DARK = Theme(
    name="octotui-dark",
    primary="#6cb2e0",
    secondary="#8fa3b8",
    accent="#6cb2e0",
    foreground="#d6dce4",
    background="#11151b",
    surface="#171c24",
    panel="#222a35",
    success="#7fce8e",
    warning="#e3b65b",
    error="#f08080",
    dark=True,
    variables={
        "octo-dim": "#8d98a7",
        "octo-frame": "#39434f",
        "octo-trough": "#47525f",
        "octo-cursor": "#253342",
        "border": "#6cb2e0",
        "border-blurred": "#39434f",
        "scrollbar": "#39434f",
        "scrollbar-hover": "#566372",
        "scrollbar-active": "#6cb2e0",
        "scrollbar-background": "#11151b",
        "scrollbar-background-hover": "#11151b",
        "scrollbar-background-active": "#11151b",
        "scrollbar-corner-color": "#11151b",
        "input-selection-background": "#6cb2e0 30%",
        "block-cursor-background": "#253342",
        "block-cursor-foreground": "#d6dce4",
        "block-cursor-text-style": "none",
        "block-hover-background": "#1b222c",
    },
)

LIGHT = Theme(
    name="octotui-light",
    primary="#1f6fa8",
    secondary="#52606e",
    accent="#1f6fa8",
    foreground="#1f252c",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e6e3db",
    success="#1c7332",
    warning="#855600",
    error="#b3261e",
    dark=False,
    variables={
        "octo-dim": "#59626d",
        "octo-frame": "#c4c0b6",
        "octo-trough": "#b3afa5",
        "octo-cursor": "#dfe8f0",
        "border": "#1f6fa8",
        "border-blurred": "#c4c0b6",
        "scrollbar": "#c4c0b6",
        "scrollbar-hover": "#9c988e",
        "scrollbar-active": "#1f6fa8",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "scrollbar-corner-color": "#fbfaf7",
        "input-selection-background": "#1f6fa8 25%",
        "block-cursor-background": "#dfe8f0",
        "block-cursor-foreground": "#1f252c",
        "block-cursor-text-style": "none",
        "block-hover-background": "#f3f1ec",
    },
)

THEMES = (DARK, LIGHT)
"""The first one is what a new user sees."""

COLORLESS = "ansi-dark"
"""Textual's theme that tells things apart by bold, dim and reverse: with NO_COLOR nothing else is left of it."""


def contrast(first: Color, second: Color) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1, "contrast ratio")."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.1)."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=512)
def readable(color: Color, *backgrounds: Color) -> Color:
    """`color`, moved towards black or white just as far as it takes to be read on all `backgrounds`."""
    far = Color(255, 255, 255) if _luminance(backgrounds[0]) < 0.18 else Color(0, 0, 0)
    for step in range(21):
        moved = color.blend(far, step / 20)
        if min(contrast(moved, background) for background in backgrounds) >= READABLE:
            return moved
    return far
