"""Frames from less work: renders only the widgets, and of them only the lines, that a repaint touches and one can see.

Textual renders every widget between the topmost and the lowest change, whole, and each line of them through all its
filters, also those of which nothing is sent: of 160×45 with five panes nearly everything, once a second and for a key.
Held against Textual 8.2.5 to 8.2.8, whose `_dirty_regions`, `_regions_to_spans`, `_render_chops` and `ChopsUpdate` it
needs (`shapes.compositor_fits`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import cast

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

Chops = list[dict[int, Strip | None]]
"""By line, by the cell where each begins: the parts of the screen between two edges of widgets."""


class PartialCompositor(Compositor):
    """Textual's own, but for what it renders."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Render what is dirty; None where nothing is (Textual's compositor API)."""
        regions = [region.intersection(self.size.region) for region in self._dirty_regions]
        self._dirty_regions.clear()
        spans = list(self._regions_to_spans(region for region in regions if region))
        if not spans:
            return None
        chops: Chops = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        self._fill(chops, self._touched(spans))
        return ChopsUpdate(chops, spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """Render whole lines, without what is under other widgets (Textual's compositor API)."""
        chops: Chops = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        lines = [y for y in crop.line_range if y < len(chops) and is_rendered_line(y)]
        self._fill(chops, {y: set(chops[y]) for y in lines})
        return cast("Sequence[Mapping[int, Strip]]", chops)

    def _touched(self, spans: list[tuple[int, int, int]]) -> dict[int, set[int]]:
        """Where the chops begin that the spans touch, by line."""
        touched: dict[int, set[int]] = {}
        for y, start, end in spans:
            cuts = self.cuts[y]
            begins = {cut for cut, stop in pairwise(cuts) if cut < end and stop > start}
            touched.setdefault(y, set()).update(begins)
        return touched

    def _fill(self, chops: Chops, missing: dict[int, set[int]]) -> None:
        """Fill what is missing from front to back; widgets that are quite covered there are not rendered at all."""
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            first, last = shown.column_span
            lines = [y for y in shown.line_range if any(first <= cut < last for cut in missing.get(y, ()))]
            if not lines:
                continue
            top, bottom = lines[0], lines[-1] + 1
            strips = widget.render_lines(Region(first - region.x, top - region.y, shown.width, bottom - top))
            for y in lines:
                cuts = [cut for cut in self.cuts[y] if first <= cut <= last]
                parts = strips[y - top].divide([cut - first for cut in cuts[1:]])
                for cut, part in zip(cuts, parts, strict=False):
                    if cut in missing[y]:
                        chops[y][cut] = part
                        missing[y].discard(cut)
                if not missing[y]:
                    del missing[y]
            if not missing:
                return
