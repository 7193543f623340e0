"""How many tasks stand where, as titles and tabs show it."""

from __future__ import annotations

from collections.abc import Mapping

from octotui.model import EXPIRED
from octotui.presentation.styled_text import Role, Span, StyledLine, width_of
from octotui.presentation.task_row import DELIVERED, GLYPH_ROLES, GLYPHS, READY, SAVED, SAVING, WAITING

SHOWN = (READY, SAVING, WAITING, "running", "queued", "unknown", "failed", EXPIRED, SAVED, DELIVERED, "cancelled")
"""What matters most comes first: the last ones go when there is no room."""

Counts = Mapping[str, int]
"""How many tasks show each word."""


def total(counts: Counts) -> int:
    """How many tasks there are."""
    return sum(counts.values())


def tally(counts: Counts, width: int) -> StyledLine:
    """Glyph and number of every state there is, as many as fit into `width` cells: `● 1  ↓ 1  ◐ 3`."""
    spans: list[Span] = []
    for word in SHOWN:
        count = counts.get(word, 0)
        if count:
            gap: list[Span] = [("  ", Role.TEXT)] if spans else []
            more = [*gap, (GLYPHS[word], GLYPH_ROLES[word]), (f" {count:,}", Role.TEXT)]
            if width_of((*spans, *more)) > width:
                break
            spans += more
    return tuple(spans)
