"""What is shown and closed again leaves nothing behind."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from textual._styles_cache import StylesCache

from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
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
