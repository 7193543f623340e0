"""What `q` says before a result that nobody saves is lost, and how seldom."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from octotui.ledger import Ledger
from octotui.model import Download, DownloadState
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.confirm import Confirm
from tests.support.fake_engine import FakeEngine
from tests.support.screen import press, screen_text, until
from tests.support.tasks import known
from tests.tui.tasks import Clock, ready, record, running, saved

MakeApp = Callable[..., OctoApp]


@pytest.mark.parametrize("size", [(40, 12), (120, 36)])
async def test_q_names_the_result_that_is_lost_soon_and_the_time_left(
    size: tuple[int, int], ledger: Ledger, make_app: MakeApp
) -> None:
    record(ledger, ready("soon", 250, "veo"), ready("later", 2000))
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "q")
        assert isinstance(app.screen, Confirm)
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "Veo soon is lost in 4m 10s, and nobody saves it. Quit?" in text
        assert "D Save first" in text
        await press(pilot, "enter")
        await until(pilot, lambda: not app.is_running)


async def test_d_saves_it_first_wherever_it_is(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("soon", 250, "veo"), ready("next", 300))
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "q")
        assert "2 results nobody saves are lost soon, the first in" in screen_text(app)
        await press(pilot, "D")
        assert app.screen is app.dashboard
        await until(pilot, lambda: "Saving 2 results of 2 providers, first soon." in screen_text(app))
        assert known(ledger, "soon").download.state is DownloadState.WANTED
        await until(pilot, lambda: "woken" in engine.told)
        await press(pilot, "q")
        assert "2 files are being saved. Quit?" in screen_text(app)


async def test_the_same_results_are_named_once(ledger: Ledger, make_app: MakeApp, clock: Clock) -> None:
    record(ledger, ready("soon", 250), ready("later", 1500))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "q", "escape")
        assert app.is_running
        clock.advance(200)
        await press(pilot, "q")
        await until(pilot, lambda: not app.is_running)


async def test_another_one_is_named_again(ledger: Ledger, make_app: MakeApp, clock: Clock) -> None:
    record(ledger, ready("soon", 850), ready("later", 1500))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "q", "escape")
        clock.advance(700)
        await press(pilot, "q")
        assert "2 results nobody saves are lost soon" in screen_text(app)


@pytest.mark.parametrize(
    ("settings", "task"),
    [
        ({}, ready("far", 1000)),
        ({}, ready("lost", -5)),
        ({}, saved("safe")),
        ({}, running("running")),
        ({"expiring_before": 60.0}, ready("soon", 250)),
        ({"rescue_before": 600.0}, ready("soon", 250)),
        ({"keys": {"download_all": ""}}, ready("soon", 250)),
        ({}, ready("given up", 250, download=Download(DownloadState.FAILED, error="no"))),
    ],
    ids=lambda value: getattr(value, "id", None),
)
async def test_nobody_is_asked_about_what_cannot_be_helped_or_needs_no_help(
    settings: dict[str, object], task: object, ledger: Ledger, make_app: MakeApp
) -> None:
    record(ledger, task)  # type: ignore[arg-type]
    app = make_app(**settings)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "q")
        await until(pilot, lambda: not app.is_running)
