from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from octotui.gateway.providers import BUILTIN
from octotui.presentation.styled_text import Role
from octotui.presentation.task_row import GLYPHS
from octotui.tui.rendering.stand_ins import to_ascii
from octotui.tui.rendering.styles import RoleStyles
from octotui.tui.rendering.theme import DARK, LIGHT, READABLE, THEMES, contrast, readable

NOT_TEXT = {Role.FRAME, Role.TROUGH}
"""What carries no information of its own."""
ACCENTS = [*(provider.accent for provider in BUILTIN), "#000000", "#ffffff", "#8a8a8a", "#ff0000"]


def variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


def contrasts(theme: Theme, accent: str) -> dict[tuple[Role, bool], float]:
    styles = RoleStyles(variables(theme), accent=accent)
    found = {}
    for role in Role:
        for cursor in (False, True):
            style = styles.style(role, cursor=cursor)
            assert style.color is not None
            assert style.bgcolor is not None
            colors = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            found[role, cursor] = contrast(*colors)
    return found


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("accent", ACCENTS)
def test_every_word_of_our_themes_can_be_read(theme: Theme, accent: str) -> None:
    for (role, cursor), ratio in contrasts(theme, accent).items():
        if role not in NOT_TEXT:
            assert ratio >= READABLE, (role, cursor)


@pytest.mark.parametrize("name", [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi])
def test_every_word_of_textuals_themes_can_be_read(name: str) -> None:
    for (role, cursor), ratio in contrasts(BUILTIN_THEMES[name], "#5fafd7").items():
        if role not in NOT_TEXT:
            assert ratio >= READABLE, (role, cursor)


def test_contrast_is_that_of_the_standard() -> None:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert contrast(black, white) == contrast(white, black) == pytest.approx(21)
    assert contrast(white, white) == pytest.approx(1)
    assert contrast(Color.parse("#777777"), white) == pytest.approx(4.48, abs=0.01)


@given(st.tuples(*[st.integers(0, 255)] * 3), st.sampled_from([DARK, LIGHT]))
def test_any_accent_can_be_made_readable(rgb: tuple[int, int, int], theme: Theme) -> None:
    ground = Color.parse(theme.background or "")
    moved = readable(Color(*rgb), ground)
    assert contrast(moved, ground) >= READABLE
    if contrast(Color(*rgb), ground) >= READABLE:
        assert moved == Color(*rgb)


@pytest.mark.parametrize(
    "theme", [theme for theme in BUILTIN_THEMES.values() if theme.ansi], ids=lambda theme: theme.name
)
def test_a_terminal_of_sixteen_colours_gets_its_own(theme: Theme) -> None:
    for accent in ACCENTS:
        styles = RoleStyles(variables(theme), accent=accent, ansi=True)
        for role in Role:
            color = styles.style(role).color
            assert color is not None
            assert color.triplet is None
            assert styles.style(role, cursor=True).reverse


def test_glyphs_have_ascii_stand_ins_that_differ() -> None:
    shown = [to_ascii(glyph) for glyph in GLYPHS.values()]
    assert shown == list(".>*vw+d!x-?")


@given(st.text(st.characters(min_codepoint=32)))
def test_ascii_takes_as_many_cells(text: str) -> None:
    text = "".join(char for char in text if cell_len(char) and char not in "\u200d\ufe0f")
    shown = to_ascii(text)
    assert shown.isascii()
    assert len(shown) == sum(cell_len(char) for char in text)


def test_blanks_cost_no_colours_of_their_own() -> None:
    styles = RoleStyles(variables(DARK))
    strip = styles.strip(((" ", Role.MARK), ("4m", Role.ALARM), ("   ", Role.TEXT), ("ready", Role.STRONG)))
    assert strip.text == " 4m   ready"
    assert len(list(strip)) == 2


def test_our_themes_are_known_to_textual() -> None:
    app: App[None] = App()
    for theme in THEMES:
        app.register_theme(theme)
    assert {theme.name for theme in THEMES} <= set(app.available_themes)
