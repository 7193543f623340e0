"""What is drawn, before it has colours: lines of spans, each a text and the role it plays; never markup.

Widths are terminal cells: a Chinese character takes two, a combining accent none.
"""

from __future__ import annotations

import re
from enum import IntEnum, auto
from functools import lru_cache

from rich.cells import cell_len, chop_cells


class Role(IntEnum):
    """What a span is there for. The theme decides how that looks."""

    TEXT = auto()
    STRONG = auto()
    DIM = auto()
    FRAME = auto()
    """Borders and rules: no information, may be faint."""
    ACCENT = auto()
    """The provider's own colour."""
    TITLE = auto()
    """The provider's own colour, bold."""
    WORK = auto()
    """Something is at work: what runs, or is being saved."""
    TROUGH = auto()
    """The part of a bar that is not filled."""
    GOOD = auto()
    WARN = auto()
    ALARM = auto()
    BAD = auto()
    MARK = auto()
    KEY = auto()
    """A key to press."""
    FOUND = auto()
    """What a search was after."""


Span = tuple[str, Role]
StyledLine = tuple[Span, ...]

ELLIPSIS = "…"


def width_of(line: StyledLine) -> int:
    """How many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def plain(line: StyledLine) -> str:
    """The line's text alone."""
    return "".join(text for text, _ in line)


_JOINTS = re.compile("[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""Joiner, variation selectors and skin tones."""


def steady(text: str) -> str:
    """`text` without what joins characters to one: how wide the joint is, every terminal decides for itself."""
    return text if text.isascii() else _JOINTS.sub("", text)


def _head(text: str, width: int) -> str:
    """As much of the start of `text` as fits into `width` cells, cut between characters."""
    if width <= 0:
        return ""
    # A cluster can hold many characters of no width: the bound keeps 10,000 of them from costing anything.
    lines = chop_cells(text[: 8 * width], width)
    return lines[0] if lines and cell_len(lines[0]) <= width else ""


def _tail(text: str, width: int) -> str:
    """As much of the end of `text` as fits into `width` cells."""
    kept = text[-8 * width :] if width > 0 else ""
    while kept and cell_len(kept) > width:
        kept = kept[1:]
    return kept


def _fill(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


@lru_cache(maxsize=8192)
def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells: filled with blanks, or cut at its end with an ellipsis."""
    if width <= 0:
        return ""
    text = steady(text[: 8 * width + 8])
    if cell_len(text) <= width:
        return _fill(text, width)
    return _fill(_head(text, width - 1) + ELLIPSIS, width)


@lru_cache(maxsize=8192)
def fit_middle(text: str, width: int) -> str:
    """`text` in exactly `width` cells, cut in its middle: an id's end often tells more than its middle."""
    if width <= 0:
        return ""
    if len(text) > 16 * width:
        text = text[: 8 * width] + text[-8 * width :]
    text = steady(text)
    if cell_len(text) <= width:
        return _fill(text, width)
    kept_at_end = (width - 1) * 2 // 5
    kept_at_start = width - 1 - kept_at_end
    return _fill(_head(text, kept_at_start) + ELLIPSIS + _tail(text, kept_at_end), width)


@lru_cache(maxsize=1024)
def fit_model(model: str, width: int, provider: str = "") -> str:
    """A model's name in exactly `width` cells, cut where models of one family differ least: `seedance-1-5…720p`.

    Its first word goes where that is its provider's name, and its last word stays where that leaves most to the rest.
    """
    if width <= 0 or cell_len(model) <= width:
        return fit(model, width)
    shown = model.removeprefix(f"{provider}-") if provider else model
    last = re.split(r"[-_.:/ ]", shown[-8 * width :])[-1]
    if cell_len(shown) <= width or not 0 < cell_len(last) <= width // 2:
        return fit_middle(shown, width)
    last = steady(last)
    return _fill(_head(steady(shown), width - 1 - cell_len(last)) + ELLIPSIS + last, width)


def fit_right(text: str, width: int) -> str:
    """`text` in exactly `width` cells, at the right edge; too long a text loses its end."""
    text = steady(text)
    missing = width - cell_len(text)
    return " " * missing + text if missing >= 0 else fit(text, width)


def cut(line: StyledLine, width: int) -> StyledLine:
    """The line in exactly `width` cells: filled with blanks, or its last span cut."""
    kept: list[Span] = []
    left = width
    for whole, role in line:
        text = steady(whole)
        taken = cell_len(text)
        if taken > left:
            kept.append((fit(text, left), role))
            return tuple(span for span in kept if span[0])
        kept.append((text, role))
        left -= taken
    if left > 0:
        kept.append((" " * left, Role.TEXT))
    return tuple(span for span in kept if span[0])


def wrap(line: StyledLine, width: int, indent: int = 0) -> list[StyledLine]:
    """The line folded into lines of at most `width` cells, those after the first set in by `indent` blanks."""
    width = max(width, indent + 2)
    rows: list[StyledLine] = []
    current: list[Span] = []
    left = width
    for text, role in line:
        rest = steady(text)
        while cell_len(rest) > left:
            head = _word_head(rest, left, width // 2 - (width - left)) if left > 0 else ""
            if head:
                current.append((head, role))
                rest = rest[len(head) :].lstrip(" ")
            rows.append(tuple(current))
            current = [(" " * indent, Role.TEXT)] if indent else []
            if not head and left >= width - indent:
                rest = rest[1:]  # one cluster wider than the whole line
            left = width - indent
        if rest:
            current.append((rest, role))
            left -= cell_len(rest)
    rows.append(tuple(current))
    return rows


def _word_head(text: str, width: int, least: int) -> str:
    """The start of `text` that fits, cut after its last blank where `least` cells or more stand before that one."""
    head = _head(text, width)
    blank = head.rfind(" ")
    return head[: blank + 1] if blank >= max(0, least) and len(head) < len(text) else head


def difference(old: StyledLine, new: StyledLine) -> tuple[int, int] | None:
    """The first and the past-the-end cell in which two lines of the same width differ; None when they do not."""
    if old == new:
        return None
    shared = min(len(old), len(new))
    first = 0
    start = 0
    while first < shared and old[first] == new[first]:
        start += cell_len(new[first][0])
        first += 1
    last = 0
    end = width_of(new)
    while last < shared - first and old[-1 - last] == new[-1 - last]:
        end -= cell_len(new[-1 - last][0])
        last += 1
    return start, max(end, start + 1)
