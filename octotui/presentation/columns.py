"""Which columns a row has at which width: the more there is to lose, the narrower the terminal it still shows on."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

CLOCK = 8
STATE = 11
"""Glyph, blank and the longest word, `cancelled`."""
PERCENT = 4
BAR = 11
NOTE = BAR + 5
"""Bar and percent, or a few words."""
TAIL = 8
"""Time to go, speed or age."""
ELAPSED = 4
"""Time since it was submitted."""
MODEL = 15
SMALLEST_ID = 10
WIDEST_ID = 44


class Layout(NamedTuple):
    """Widths in cells of a row's columns from left to right, one blank between two; 0 leaves a column out."""

    width: int
    clock: int = CLOCK
    state: int = STATE
    id: int = SMALLEST_ID
    percent: int = 0
    """Only where there is no room for `note`."""
    note: int = 0
    bar: int = 0
    """How much of `note` is bar."""
    tail: int = 0
    elapsed: int = 0
    model: int = 0
    tags: int = 0


@lru_cache(maxsize=256)
def layout_for(width: int, *, alone: bool = False) -> Layout:
    """The columns for rows of `width` cells; a pane that is `alone` on the screen gives ids more room than models."""
    fixed = 1 + CLOCK + 1
    if width < fixed + STATE + 1 + 8:
        state = 1 if width >= fixed + 3 else 0
        return Layout(width, state=state, id=max(0, width - fixed - (state + 1 if state else 0)))
    fixed += STATE + 1
    if width < fixed + SMALLEST_ID + 1 + NOTE + 1 + TAIL:
        percent = PERCENT if width >= fixed + SMALLEST_ID + 1 + PERCENT else 0
        return Layout(width, id=width - fixed - (percent + 1 if percent else 0), percent=percent)
    bar = BAR if width < 130 else 2 * BAR
    note = bar + 5
    fixed += 1 + note + 1 + TAIL
    left = width - fixed
    model = MODEL if left >= (32 if alone else 14) + 1 + MODEL else 0
    left -= model + 1 if model else 0
    wide = min(left, WIDEST_ID)
    spare = left - wide
    elapsed = ELAPSED if spare > ELAPSED else 0
    spare -= elapsed + 1 if elapsed else 0
    if model and spare > 0:
        more = min(spare, 10)
        model, spare = model + more, spare - more
    tags = spare - 1 if spare > 8 else 0
    note += spare - (tags + 1 if tags else 0)
    return Layout(width, id=wide, note=note, bar=bar, tail=TAIL, elapsed=elapsed, model=model, tags=tags)
