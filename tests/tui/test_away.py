"""What a person sees of a ledger whose server is away: at the start, in the middle, and of what others write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import NewTask
from octotui.tui.app import OctoApp
from tests.support.postgres import Cluster, new_cluster
from tests.support.screen import press, screen_text, until


@pytest.fixture
def own(cluster: Cluster) -> Iterator[Cluster]:
    del cluster  # it skips the test where there is no PostgreSQL
    with new_cluster() as made:
        yield made


def new(task_id: str) -> list[NewTask]:
    return [NewTask(task_id, "sora", "videos", title=f"title of {task_id}")]


async def test_the_screen_stands_before_the_server_and_says_since_when_it_is_away(
    own: Cluster, make_config: Callable[..., Config]
) -> None:
    with Ledger.open(own.url()) as other:
        other.add(new("a"), 1.0)
    await asyncio.to_thread(own.stop)
    with Ledger.open(own.url(), late=True) as ledger:
        app = OctoApp(make_config(), ledger)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "NO LEDGER" in screen_text(app))
            assert "reading the ledger" in screen_text(app)
            await asyncio.to_thread(own.start)
            await until(pilot, lambda: "title of a" in screen_text(app) and "NO LEDGER" not in screen_text(app))


async def test_the_last_picture_stays_and_a_key_is_answered_while_it_is_away(
    own: Cluster, make_config: Callable[..., Config]
) -> None:
    with Ledger.open(own.url()) as ledger:
        ledger.add(new("a"), 1.0)
        app = OctoApp(make_config(), ledger)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "title of a" in screen_text(app))
            await asyncio.to_thread(own.stop)
            await until(pilot, lambda: "NO LEDGER" in screen_text(app))
            assert "title of a" in screen_text(app)
            await press(pilot, "d")
            await until(pilot, lambda: "cannot be reached" in screen_text(app))
            await asyncio.to_thread(own.start)
            await until(pilot, lambda: "NO LEDGER" not in screen_text(app))


async def test_what_another_machine_adds_is_on_the_screen_at_once(url: str, make_config: Callable[..., Config]) -> None:
    with Ledger.open(url) as ledger, Ledger.open(url) as other:
        app = OctoApp(make_config(), ledger)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: "reading the ledger" not in screen_text(app))
            await asyncio.to_thread(other.add, new("b"), 1.0)
            await until(pilot, lambda: "title of b" in screen_text(app))
