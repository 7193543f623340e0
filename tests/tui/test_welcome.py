from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.ledger import Ledger
from octotui.presentation.styled_text import width_of
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.welcome import welcome_lines
from tests.support.screen import press, screen_lines, screen_text, settle, until
from tests.tui.tasks import ready, record

MakeApp = Callable[..., OctoApp]
KEYS = {"add": "a", "download": "d", "download_all": "D", "help": "?", "quit": "q"}


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (40, 12)])
async def test_a_first_start_says_how_to_begin(size: tuple[int, int], ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app(api_key=None)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "octotui demo" in screen_text(app))
        text = screen_text(app)
        for part in ("export OCTOTUI_API_KEY=sk-…", "octotui add ID", "NO KEY", "? Help", "q Quit"):
            assert part in text, part
        assert "Sora" not in text
        assert {len(line) for line in screen_lines(app)} == {size[0]}
        record(ledger, ready("video_1"))
        app.dashboard.tick()
        await until(pilot, lambda: "● ready" in screen_text(app) and "octotui demo" not in screen_text(app))
        await press(pilot, "d")
        await until(pilot, lambda: "Saving video_1." in screen_text(app))


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (40, 12)])
async def test_a_key_that_is_not_sent_is_said_on_the_first_page_and_above_the_tasks(
    size: tuple[int, int], ledger: Ledger, make_app: MakeApp
) -> None:
    app = make_app(api_key=None, withheld_key="OPENAI_API_KEY", path=Path("/c.toml"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "octotui demo" in screen_text(app))
        text = " ".join(screen_text(app).split())
        whole = (
            "OPENAI_API_KEY is set, but no base URL was named: it is not sent to https://octopusx.ai. "
            "Set OCTOTUI_API_KEY, or name the gateway with OCTOTUI_BASE_URL or base_url in /c.toml."
        )
        brief = "Set OCTOTUI_BASE_URL: OPENAI_API_KEY goes only to a gateway that was named."
        assert (brief if size[0] < 60 else whole) in text
        for part in ("export OCTOTUI_API_KEY=sk-…", "octotui add ID", "NO KEY", "? Help", "q Quit"):
            assert part in text, part
        record(ledger, ready("video_1"))
        app.dashboard.tick()
        await until(pilot, lambda: "● ready" in screen_text(app) and "octotui demo" not in screen_text(app))
        assert size[0] < 60 or brief in screen_text(app)


@pytest.mark.parametrize("settings", [{"api_key": None, "tasks": 1}, {"api_key": "sk-test", "tasks": 0}])
async def test_whoever_has_a_key_or_a_task_sees_the_panes(
    settings: dict[str, object], ledger: Ledger, make_app: MakeApp
) -> None:
    if settings.pop("tasks"):
        record(ledger, ready("video_1"))
    app = make_app(**settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Sora" in screen_text(app)
        assert "octotui demo" not in screen_text(app)


@pytest.mark.parametrize("width", range(34, 200, 5))
def test_the_page_fits_any_width(width: int) -> None:
    assert max(width_of(line) for line in welcome_lines(KEYS, width)) <= width
