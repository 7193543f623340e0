"""Draw the pictures of the README: the real dashboard on the gateway in a box, as SVG.

python -m tests.tools.make_screenshots [FOLDER]
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import TextArea

from octotui.cli.commands.demo import remember
from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.engine.engine import Engine
from octotui.ledger import Ledger
from octotui.model import DownloadState
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.poster_box import PictureBox
from tests.support.screen import until

PASTED = """\
{"id": "video_5c3e91b4a7d2", "object": "video", "model": "sora-2", "status": "queued"}
curl https://octopusx.ai/v1/video/query?id=veo3.1-fast:1762010000-aB3dE5fG7h -H "Authorization: Bearer $KEY"
12:04:31 INFO submitted cgt-20261122120431-x8k2m (seedance), waiting
task_01k9008rhbefz0
"""


class Studio:
    """One running dashboard, and where its pictures go."""

    def __init__(self, app: OctoApp, pilot: Pilot[int], ledger: Ledger, folder: Path) -> None:
        self.app, self.pilot, self.ledger, self.folder = app, pilot, ledger, folder

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Let the dashboard run until `condition()` holds, and its next frame has been drawn."""
        await until(self.pilot, condition, seconds)
        await self.pilot.pause(1.2)

    def shoot(self, name: str) -> None:
        """Write the screen as it is now."""
        # The picture must load nothing: fonts come from whoever looks at it.
        picture = re.sub(r",?\s*url\([^)]*\)\s*format\([^)]*\)", "", self.app.export_screenshot(title="octotui"))
        (self.folder / f"{name}.svg").write_text(_LEADING.sub(_moved, picture))


_CELL = 12.2
"""Width of one cell in Textual's pictures."""
_LEADING = re.compile(r' x="([0-9.]+)" ([^>]*?)textLength="([0-9.]+)"([^>]*)>((?:&#160;)+)(?=[^<&])')


def _moved(match: re.Match[str]) -> str:
    """A text that begins where its first letter stands: some programs drop the blanks before it."""
    x, attributes, length, rest, blanks = match.groups()
    cells = len(blanks) // len("&#160;")
    left, shorter = (
        f"{value:.1f}".removesuffix(".0") for value in (float(x) + cells * _CELL, float(length) - cells * _CELL)
    )
    return f' x="{left}" {attributes}textLength="{shorter}"{rest}>'


def is_lively(ledger: Ledger) -> bool:
    """Whether every task has answered, some are saved and one is on its way."""
    tasks = ledger.tasks()
    states = [task.download.state for task in tasks]
    return (
        all(task.last_answer_at or task.failure for task in tasks)
        and states.count(DownloadState.SAVED) >= 3
        and any(task.download.bytes_done for task in tasks if task.download.state is DownloadState.RUNNING)
    )


async def pictures(box: Box, folder: Path, scratch: Path, size: tuple[int, int]) -> None:
    """Run the dashboard at one size and write its pictures."""
    config = Config(
        state_dir=scratch / "state",
        download_dir=scratch / "videos",
        base_url=box.base_url,
        api_key=box.key,
        poll_seconds=1.0,
    )
    with Ledger.open(config.ledger_path) as ledger:
        remember(box, ledger)
        ledger.add(box.tasks(), time.time())
        engine = Engine(config, ledger)
        app = OctoApp(config, ledger, engine)
        name = f"{size[0]}x{size[1]}"
        async with app.run_test(size=size) as pilot:
            studio = Studio(app, pilot, ledger, folder)
            await studio.until(lambda: all(task.last_answer_at for task in ledger.tasks()))
            # Of all panes, also of those that a small screen does not show.
            ledger.request_download([task.id for task in ledger.tasks() if task.is_ready])
            engine.wake()
            await studio.until(lambda: is_lively(ledger))
            studio.shoot(f"dashboard-{name}")
            if size[0] >= 160:
                await pilot.press("g")
                for key, what in (("question_mark", "help"), ("0", "overview")):
                    await pilot.press(key)
                    await pilot.pause(0.5)
                    studio.shoot(what)
                    await pilot.press("escape")
                # A task that is saved has a picture in its details; the contact sheet has all of them.
                saved = [task.id for task in ledger.tasks() if task.is_saved]
                await studio.until(lambda: all(ledger.poster(task_id) for task_id in saved))
                table = app.dashboard.panes.pane.table
                table.move_to_task(next(task_id for task_id in saved if task_id in table.rows.tasks))
                for keys, what in ((["enter"], "details"), (["c", "tab"], "contact-sheet")):
                    await pilot.press(*keys)
                    await studio.until(lambda: any(box.drawn for box in app.screen.query(PictureBox)))
                    studio.shoot(what)
                    await pilot.press("escape")
                await pilot.press("a")
                await pilot.pause(0.2)
                app.screen.query_one(TextArea).text = PASTED
                await pilot.pause(0.5)
                studio.shoot("add")
        await asyncio.to_thread(engine.stop)


def main() -> None:
    """Draw them all into the folder of the command line, `screenshots` unless named."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(exist_ok=True)
    for size in ((160, 45), (80, 24), (40, 12)):
        with tempfile.TemporaryDirectory() as scratch, Box(faults=False) as box:
            asyncio.run(pictures(box, folder, Path(scratch), size))


if __name__ == "__main__":
    main()
