"""What is shown and closed again leaves nothing behind."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from rich.segment import Segment
from rich.style import Style
from textual._styles_cache import StylesCache
from textual.color import Color

from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.terminal import caches
from tests.support.screen import press, screen_text, until
from tests.tui.tasks import record, running

MakeApp = Callable[..., OctoApp]


def drawn() -> int:
    """How many widgets there are, or are remembered, with the lines they have drawn."""
    gc.collect()
    return sum(1 for each in gc.get_objects() if isinstance(each, StylesCache))


@pytest.mark.parametrize(("key", "title"), [("enter", "DetailDialog"), ("question_mark", "Help"), ("L", "LogView")])
async def test_dialogs_that_were_closed_are_let_go_of(key: str, title: str, ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_1"))
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "video_1" in screen_text(app))
        counts = []
        for _ in range(5):
            await press(pilot, key)
            await until(pilot, lambda: type(app.screen).__name__ == title)
            await press(pilot, "escape")
            await until(pilot, lambda: app.screen is app.dashboard)
            counts.append(drawn())
        assert counts[-1] <= counts[1]


def test_the_installed_releases_have_the_caches() -> None:
    Segment._split_cells(Segment("日本", Style()), 1)
    StylesCache().get_inner_outer(Color(0, 0, 0), Color(1, 1, 1))
    caches.clear()
    for cached in (Segment._split_cells, StylesCache.get_inner_outer):
        assert cached.cache_info().currsize == 0


async def test_they_are_emptied_while_the_dashboard_runs(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches, "EVERY", 0.05)
    emptied: list[int] = []
    clear = caches.clear

    def clear_and_look() -> None:
        clear()
        emptied.append(Segment._split_cells.cache_info().currsize)

    monkeypatch.setattr(caches, "clear", clear_and_look)
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(emptied) > 2)
    assert set(emptied) == {0}
