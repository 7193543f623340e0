"""What a person sees after a damaged ledger: how many tasks came over, as long as that is news."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import NewTask
from octotui.tui.app import OctoApp
from tests.support.screen import screen_text, until

PAGE = 4096


def make_damaged(path: Path) -> None:
    """Make a ledger of 400 tasks whose root page is lost, and in which damage was met."""
    with Ledger.open(path) as ledger:
        ledger.add([NewTask(f"video_{number:04}", "sora", "videos") for number in range(400)], 1.0)
    content = bytearray(path.read_bytes())
    content[PAGE : 2 * PAGE] = b"\xaa" * PAGE
    path.write_bytes(content)
    Path(f"{path}.lock").write_bytes(b"damage was met")


async def test_the_news_line_says_how_many_tasks_came_over(make_config: Callable[..., Config]) -> None:
    config = make_config()
    make_damaged(config.ledger_path)
    with Ledger.open(config.ledger_path) as ledger:
        app = OctoApp(config, ledger)
        async with app.run_test(size=(100, 24)) as pilot:
            await until(pilot, lambda: "✗ 400 tasks came over from a damaged ledger" in screen_text(app))
