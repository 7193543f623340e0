"""Charts as inline SVG: rows of bars, ranges and columns, with axes. Text from outside is escaped here.

Colours are classes that the page defines, for light and for dark. Lengths are in units of the drawing, which is
scaled to the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from octotui import units
from octotui.presentation.styled_text import fit_middle
from octotui.sanitize import clean

WIDTH = 720
_LABEL = 210
"""Room for the names at the left."""
_VALUE = 70
"""Room for the figure at the right."""
_ROW = 24
_BAR = 14
_COLUMNS = 150
"""Height of columns."""
_LONGEST = 27
"""Cells of a name; the whole one shows when pointed at."""
_TIMES = ((1, "1s"), (10, "10s"), (60, "1m"), (600, "10m"), (3600, "1h"), (21600, "6h"), (86400, "1d"))


class Segment(NamedTuple):
    """A part of a bar."""

    value: float
    look: str
    """A class of the page: good, bad or idle."""
    words: str
    """What shows when it is pointed at."""


class Bar(NamedTuple):
    """A row with its name, its parts, and the figure behind them."""

    name: str
    parts: Sequence[Segment]
    figure: str


class Range(NamedTuple):
    """A row with its name, and two lengths of time in seconds."""

    name: str
    low: float
    high: float


def text(value: str, limit: int = 300) -> str:
    """Return text from outside as HTML: nothing in it is markup, and nothing that a reader cannot see."""
    return escape(clean(value, limit), quote=True)


def bars(rows: Sequence[Bar], about: str) -> str:
    """Return horizontal bars, the longest one as long as there is room; their axis counts."""
    most = max((sum(part.value for part in row.parts) for row in rows), default=0) or 1
    room = WIDTH - _LABEL - _VALUE
    drawn = []
    for number, row in enumerate(rows):
        top = number * _ROW
        drawn.append(_name(row.name, top))
        x = float(_LABEL)
        for part in row.parts:
            width = part.value / most * room
            if part.value:
                drawn.append(_rect(part, x=x, y=top + (_ROW - _BAR) / 2, width=width, height=_BAR))
            x += width
        drawn.append(f'<text class="figure" x="{x + 6:.1f}" y="{_base(top)}">{text(row.figure)}</text>')
    ticks = [(0.0, "0"), *([(0.5, f"{most / 2:,.0f}")] if most % 2 == 0 else []), (1.0, f"{most:,.0f}")]
    return _picture("".join(drawn) + _axis(ticks, len(rows) * _ROW, room), len(rows) * _ROW + 26, about)


def ranges(rows: Sequence[Range], about: str) -> str:
    """Return ranges on one axis of time, by its logarithm: a dot at the low end, a stop at the high one."""
    lengths = [value for row in rows for value in (row.low, row.high) if value > 0]
    low = max(at for at, _ in _TIMES if at <= max(1.0, min(lengths, default=1.0)))
    high = max([60.0, low * 2.0, *lengths])
    room = WIDTH - _LABEL - _VALUE

    def share(seconds: float) -> float:
        return max(0.0, min(1.0, math.log(max(seconds, low) / low) / math.log(high / low)))

    drawn = []
    for number, row in enumerate(rows):
        top = number * _ROW
        start, end = (_LABEL + share(value) * room for value in (row.low, row.high))
        middle = top + _ROW / 2
        words = f"half are done in {units.exact(round(row.low))}, nine in ten in {units.exact(round(row.high))}"
        drawn.append(
            f"{_name(row.name, top)}<g><title>{text(words)}</title>"
            f'<line class="range" x1="{start:.1f}" y1="{middle}" x2="{end:.1f}" y2="{middle}"/>'
            f'<line class="range" x1="{end:.1f}" y1="{middle - 6}" x2="{end:.1f}" y2="{middle + 6}"/>'
            f'<circle class="dot" cx="{start:.1f}" cy="{middle}" r="5"/></g>'
            f'<text class="figure" x="{end + 8:.1f}" y="{_base(top)}">{units.exact(round(row.low))}</text>'
        )
    ticks = [(share(at), label) for at, label in _TIMES if low <= at <= high]
    return _picture("".join(drawn) + _axis(ticks, len(rows) * _ROW, room), len(rows) * _ROW + 26, about)


def columns(stacks: Sequence[tuple[str, Sequence[Segment]]], words_of: Callable[[float], str], about: str) -> str:
    """Return columns, one a day, the highest as high as there is room; `words_of` says a value of their axis."""
    most = max((sum(part.value for part in parts) for _, parts in stacks), default=0) or 1
    left, room = 70, WIDTH - 80
    each = room / max(1, len(stacks))
    drawn = [
        f'<line class="rule" x1="{left}" y1="{y}" x2="{left + room}" y2="{y}"/>'
        f'<text class="tick" x="{left - 6}" y="{y + 4}" text-anchor="end">{text(words_of(value))}</text>'
        for y, value in ((10, most), (10 + _COLUMNS / 2, most / 2), (10 + _COLUMNS, 0))
    ]
    step = math.ceil(len(stacks) / 10)
    for number, (name, parts) in enumerate(stacks):
        x = left + number * each
        y = 10.0 + _COLUMNS
        for part in parts:
            height = part.value / most * _COLUMNS
            y -= height
            if part.value:
                drawn.append(_rect(part, x=x + each * 0.1, y=y, width=each * 0.8, height=height))
        if number % step == 0:
            middle = x + each / 2
            drawn.append(
                f'<text class="tick" x="{middle:.1f}" y="{_COLUMNS + 28}" text-anchor="middle">{text(name[-5:])}</text>'
            )
    return _picture("".join(drawn), _COLUMNS + 36, about)


def _base(top: float) -> float:
    return top + _ROW / 2 + 4


def _name(name: str, top: float) -> str:
    shown = fit_middle(clean(name), _LONGEST).strip()
    return (
        f'<text class="name" x="{_LABEL - 8}" y="{_base(top)}" text-anchor="end">'
        f"<title>{text(name)}</title>{text(shown)}</text>"
    )


def _rect(part: Segment, *, x: float, y: float, width: float, height: float) -> str:
    size = f'width="{max(0.5, width):.1f}" height="{max(0.5, height):.1f}"'
    return f'<rect class="{part.look}" x="{x:.1f}" y="{y:.1f}" {size}><title>{text(part.words)}</title></rect>'


def _axis(ticks: Sequence[tuple[float, str]], y: float, room: float) -> str:
    drawn = [f'<line class="rule" x1="{_LABEL}" y1="{y}" x2="{_LABEL + room}" y2="{y}"/>']
    for share, label in ticks:
        x = _LABEL + share * room
        drawn.append(
            f'<line class="rule" x1="{x:.1f}" y1="{y}" x2="{x:.1f}" y2="{y + 4}"/>'
            f'<text class="tick" x="{x:.1f}" y="{y + 18}" text-anchor="middle">{text(label)}</text>'
        )
    return "".join(drawn)


def _picture(content: str, height: float, about: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{text(about)}">{content}</svg>'
