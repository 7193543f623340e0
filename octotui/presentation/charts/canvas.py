"""Plots as lines of spans: plotext draws, and what it has drawn gets our roles.

Importing this module imports plotext, which takes 0.15 s and 10 MiB: only a thread does so, once somebody looks.
plotext hands out each cell's character and colour by itself, so nothing of its escape codes is ever seen here: the
colour that a cell is given stands for its role. It keeps one figure for the whole process: one thread draws.
"""

from __future__ import annotations

from functools import lru_cache

import plotext

from octotui.presentation.charts.axes import Axis, Series
from octotui.presentation.styled_text import Role, Span, StyledLine


def _color(role: Role) -> tuple[int, int, int]:
    return int(role), 1, 1


_ROLES = {_color(role): role for role in Role}
_FRAME = frozenset("─│┌┐└┘├┤┬┴┼")


@lru_cache(maxsize=64)
def draw(width: int, height: int, x: Axis, y: Axis, series: tuple[Series, ...]) -> list[StyledLine]:
    """Return a plot of exactly `width` cells and `height` rows, its axes at the left and at the bottom included.

    What was drawn last second is not drawn again.
    """
    plotext.terminal.limit(False, False)  # ours is not its terminal
    figure = plotext.figure
    figure.clear.all()
    figure.plot_size(width, height)
    figure.axes(False, axis=0, side=1)
    figure.axes(False, axis=1, side=1)
    for each in series:
        if each.points:
            _add(figure, each)
    for number, axis in enumerate((x, y)):
        ruler = figure.ruler(number, 0)
        ruler.lim(axis.low, axis.high)
        ruler.ticks([at for at, _ in axis.ticks], [label for _, label in axis.ticks])
    return _lines(figure.build())


def _add(figure: plotext.figure, series: Series) -> None:
    across = [point[0] for point in series.points]
    up = [point[1] for point in series.points]
    marker = plotext.marker(series.marker, pixel=plotext.pixel(_color(series.role)))
    if series.bars:
        figure.draw(figure.bar(across, up, marker=marker, width=1, _reset_ticks=False))
    else:
        figure.draw(figure.signal(across, up, marker=marker).lines(series.joined))


def _lines(matrix: plotext.matrix) -> list[StyledLine]:
    return [
        tuple(_spans(matrix, number, row)) for number, row in enumerate(matrix.string(colorless=True).splitlines())
    ][: matrix.height()]


def _spans(matrix: plotext.matrix, number: int, row: str) -> list[Span]:
    spans: list[Span] = []
    for column, char in enumerate(row):
        role = spans[-1][1] if char == " " and spans else _role(matrix, number, column, char)
        if spans and spans[-1][1] is role:
            spans[-1] = (spans[-1][0] + char, role)
        else:
            spans.append((char, role))
    return spans


def _role(matrix: plotext.matrix, row: int, column: int, char: str) -> Role:
    """What a cell is there for: the role its colour stands for, else an axis or what is written at one."""
    role = _ROLES.get(matrix.get(row, column).foreground())
    return role or (Role.FRAME if char in _FRAME else Role.DIM)
