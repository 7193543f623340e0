"""Draw the page of `octotui serve` on the gateway in a box, as it looks on a phone and on a desk.

python -m tests.tools.make_web_screenshots [FOLDER]
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from octotui.cli.commands.demo import remember
from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.engine.engine import Engine
from octotui.ledger import Ledger
from octotui.model import DownloadState
from octotui.web.server import WebServer, read_address
from tests.support.browser import launched
from tests.support.waiting import until
from tests.tools.make_screenshots import is_lively

_SIZES = (("web-phone", 360, 800, 2), ("web", 1440, 1500, 1))
"""Name, width, height, pixels of the picture for each."""
_COLOURS = 240
"""Of a palette: the pictures are half as large, and nobody sees it."""


@contextmanager
def demo_page() -> Iterator[str]:
    """Yield the address of a page about tasks in every state, some of them with posters."""
    with tempfile.TemporaryDirectory() as scratch, Box(faults=False) as box:
        config = Config(
            state_dir=Path(scratch) / "state",
            download_dir=Path(scratch) / "videos",
            base_url=box.base_url,
            api_key=box.key,
            poll_seconds=1.0,
        )
        with Ledger.open(config.ledger_path) as ledger, Ledger.open(config.ledger_path, is_reader=True) as reader:
            remember(box, ledger)
            ledger.add(box.tasks(), time.time())
            engine = Engine(config, ledger)
            server = WebServer(config, reader, read_address("127.0.0.1:0"), None)
            engine.start()
            try:
                until(lambda: all(task.last_answer_at for task in ledger.tasks()), "every task's answer", 60)
                ledger.request_download([task.id for task in ledger.tasks() if task.is_ready][2:])
                engine.wake()
                until(lambda: is_lively(ledger), "a file on its way", 60)
                until(lambda: _all_have_posters(ledger), "the posters", 60)
                server.start()
                yield server.url
            finally:
                server.stop()
                engine.stop()


def _all_have_posters(ledger: Ledger) -> bool:
    saved = [task.id for task in ledger.tasks() if task.download.state is DownloadState.SAVED]
    ledger.ask_poster(saved, time.time())
    return len(ledger.posters(saved)) == len(saved)


async def shoot(url: str, folder: Path) -> None:
    """Write a picture of what a window of each size shows first."""
    async with async_playwright() as playwright, launched(playwright) as browser:
        for name, width, height, scale in _SIZES:
            context = await browser.new_context(
                viewport={"width": width, "height": height}, device_scale_factor=scale, color_scheme="dark"
            )
            page = await context.new_page()
            await page.goto(url)
            await page.get_by_text("Live.").wait_for()
            await page.wait_for_load_state("load")
            picture = Image.open(io.BytesIO(await page.screenshot()))
            picture.convert("RGB").quantize(_COLOURS).save(folder / f"{name}.png", optimize=True)
            await context.close()


def main() -> None:
    """Draw both into the folder of the command line, `screenshots` unless named."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(exist_ok=True)
    with demo_page() as url:
        asyncio.run(shoot(url, folder))


if __name__ == "__main__":
    main()
