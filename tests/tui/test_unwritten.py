"""What a person sees when the ledger cannot be written, while everything else on the screen comes from the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.ledger.sqlite import connections
from octotui.model import NewTask
from octotui.tui.app import OctoApp
from tests.support.engine import at_work
from tests.support.gateway import Reply, gateway
from tests.support.screen import press, screen_lines, screen_text, until
from tests.support.unwritable import full_disk, somebody_writing

Hindrance = Callable[[Ledger], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("hindrance", "deed"),
    [
        (somebody_writing, "✗ Another process keeps the ledger locked: let it go on, or end it; what"),
        (full_disk, "✗ Make room on the ledger's disk, or see whose its folder is; what"),
    ],
)
async def test_the_header_says_so_and_the_news_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hindrance: Hindrance, deed: str
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT", 0.1)
    with gateway(lambda _: Reply({"id": "video_a1", "status": "in_progress"})) as server:
        config = Config(
            state_dir=tmp_path, base_url=server.base_url, api_key="sk-test", poll_seconds=0.1, keys={}, disk_reserve=0
        )
        with Ledger.open(config.ledger_path) as ledger:
            ledger.add([NewTask("video_a1", "sora", "videos")], time.time())
            app = OctoApp(config, ledger)
            app.dashboard.lines.header.works_here = True
            async with app.run_test(size=(100, 24)) as pilot:
                with at_work(config, ledger):
                    await until(pilot, lambda: "● live" in screen_lines(app)[0])
                    with hindrance(ledger):
                        await until(pilot, lambda: "✗ NOT WRITTEN" in screen_lines(app)[0])
                        assert deed in screen_text(app)
                        await press(pilot, "s", "2")
                        await until(pilot, lambda: "Sorted by" in screen_text(app))
                        await press(pilot, "q")
                        await until(pilot, lambda: "is not written, and may be" in screen_text(app))
                        await press(pilot, "escape")
                        await until(pilot, lambda: app.screen is app.dashboard)
                    await until(pilot, lambda: "● live" in screen_lines(app)[0])
                    assert deed not in screen_text(app)
                    assert app.is_running


async def test_a_window_that_only_follows_sees_that_nobody_asks(
    tmp_path: Path, make_config: Callable[..., Config]
) -> None:
    config = make_config()
    with Ledger.open(config.ledger_path) as ledger, Ledger.open(config.ledger_path) as other, full_disk(other):
        app = OctoApp(config, ledger)
        async with app.run_test(size=(100, 24)) as pilot:
            await until(pilot, lambda: "⊘ NOBODY ASKS" in screen_lines(app)[0])
            assert other.unwritten is not None
            assert ledger.unwritten is None
