"""The tab strip: where one pane has the screen, what is in the others and what is ready there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from octotui.presentation.counts import Counts, total
from octotui.presentation.styled_text import Role, Span, StyledLine, fit, width_of
from octotui.tui.rendering.text_widgets import OneLine
from octotui.tui.table.pane_frame import PaneFacts


def tab_line(tabs: Sequence[tuple[PaneFacts, Counts]], current: str, width: int) -> StyledLine:
    """All tabs as long as they fit: first with numbers, then without, then shortened, then from the current one on."""
    for numbers, letters, gap in ((True, 24, 3), (True, 24, 2), (False, 24, 2), (False, 4, 2), (False, 4, 1)):
        line = _joined((_tab(facts, counts, current, numbers, letters) for facts, counts in tabs), gap)
        if width_of(line) <= width:
            return line
    names = [facts.name for facts, _ in tabs]
    start = names.index(current) if current in names else 0
    rest = [*tabs[start:], *tabs[:start]]
    return _joined((_tab(facts, counts, current, numbers=False, letters=4) for facts, counts in rest), 1)


def _tab(facts: PaneFacts, counts: Counts, current: str, numbers: bool, letters: int) -> StyledLine:
    name = fit(facts.label, letters).rstrip() if letters > 4 else facts.label[:letters]
    number = f"{facts.number} " if numbers and facts.number <= 9 else ""
    is_current = facts.name == current
    spans: list[Span] = [(f"{number}{name}", Role.TITLE if is_current else Role.DIM)]
    spans.append((f" {total(counts):,}", Role.TEXT if is_current else Role.DIM))
    ready = counts.get("ready", 0)
    if ready:
        spans += [(" ●", Role.GOOD), (f"{ready:,}", Role.TEXT)]
    return tuple(spans)


def _joined(tabs: Iterable[StyledLine], gap: int) -> StyledLine:
    spans: list[Span] = [(" ", Role.TEXT)]
    for number, tab in enumerate(tabs):
        spans += [*([(" " * gap, Role.TEXT)] if number else []), *tab]
    return tuple(spans)


class TabStrip(OneLine):
    """One tab for each pane."""

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self.tabs: list[tuple[PaneFacts, Counts]] = []
        self.current = ""

    def line(self, width: int) -> StyledLine:
        """The tabs that fit."""
        return tab_line(self.tabs, self.current, width)
