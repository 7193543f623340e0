from __future__ import annotations

from collections.abc import Callable

import pyte
import pytest
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.rendering.text_widgets import OneLine
from octotui.tui.table.pane_frame import PaneFrame
from octotui.tui.table.table import TaskTable

SIZE = (160, 45)
REGIONS: tuple[set[Region], ...] = (
    {Region(0, 0, 5, 1)},
    {Region(70, 3, 20, 1), Region(3, 9, 40, 1), Region(60, 9, 30, 1)},
    {Region(0, 2, 160, 20), Region(150, 30, 10, 15)},
    {Region(79, y, 2, 1) for y in range(45)},
    {Region(0, 44, 160, 1), Region(0, 0, 160, 44)},
)
"""Cells of one widget, of several, across their edges, everywhere."""


def shown(update: ChopsUpdate | None, app: OctoApp) -> list[list[tuple[str, str, str]]]:
    """The cells of a terminal that knew nothing before."""
    assert update is not None
    screen = pyte.Screen(*SIZE)
    pyte.Stream(screen).feed(update.render_segments(app.console))
    return [
        [(screen.buffer[y][x].data, screen.buffer[y][x].fg, screen.buffer[y][x].bg) for x in range(SIZE[0])]
        for y in range(SIZE[1])
    ]


@pytest.mark.parametrize("regions", REGIONS)
async def test_the_same_cells_as_textual_draws(
    full_ledger: Ledger, make_app: Callable[..., OctoApp], regions: set[Region]
) -> None:
    app = make_app()
    async with app.run_test(size=SIZE):
        compositor = app.dashboard._compositor
        compositor._dirty_regions = set(regions)
        ours = shown(compositor.render_partial_update(), app)
        compositor._dirty_regions = set(regions)
        theirs = shown(Compositor.render_partial_update(compositor), app)
        assert ours == theirs
        assert any(cell != (" ", "default", "default") for row in ours for cell in row)


async def test_what_no_repaint_touches_is_not_rendered(
    full_ledger: Ledger, make_app: Callable[..., OctoApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[tuple[Widget, Region]] = []

    def watched(keep: Callable[[Widget, Region], list[Strip]]) -> Callable[[Widget, Region], list[Strip]]:
        def render_lines(widget: Widget, crop: Region) -> list[Strip]:
            rendered.append((widget, crop))
            return keep(widget, crop)

        return render_lines

    app = make_app()
    async with app.run_test(size=SIZE):
        board = app.dashboard
        table = board.panes.pane.table
        x, y, width, _ = table.region
        board._compositor._dirty_regions = {Region(x, y + 1, width - 2, 1)}
        for kind in (Widget, OneLine, PaneFrame, TaskTable):
            monkeypatch.setattr(kind, "render_lines", watched(vars(kind)["render_lines"]))
        assert board._compositor.render_partial_update() is not None
        assert rendered == [(table, Region(0, 1, table.size.width, 1))]


async def test_nothing_is_dirty_nothing_is_sent(full_ledger: Ledger, make_app: Callable[..., OctoApp]) -> None:
    app = make_app()
    async with app.run_test(size=SIZE):
        compositor = app.dashboard._compositor
        compositor._dirty_regions = {Region(500, 500, 3, 3)}
        assert compositor.render_partial_update() is None
        assert compositor.render_partial_update() is None


async def test_a_whole_frame_is_the_same_as_textuals(full_ledger: Ledger, make_app: Callable[..., OctoApp]) -> None:
    app = make_app()
    async with app.run_test(size=SIZE):
        compositor = app.dashboard._compositor
        whole = compositor.size.region
        ours = compositor._render_chops(whole, lambda _: True)
        theirs = Compositor._render_chops(compositor, whole, lambda _: True)
        assert [list(line.items()) for line in ours] == [list(line.items()) for line in theirs]
        assert len(ours) == SIZE[1]
