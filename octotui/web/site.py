"""What all answers are made from: the ledger as it was read last, the pages, the streams."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from octotui.web.live_ledger import Bell
from octotui.web.metrics import missing
from octotui.web.page import Page
from octotui.web.streams import Streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from octotui.config import Config
    from octotui.web.live_ledger import LiveLedger
    from octotui.web.metrics.exporter import Exporter
    from octotui.web.terminal import Terminals


class Site:
    """One of each; handlers find it as `request.app.state.site`."""

    def __init__(self, config: Config, live: LiveLedger, dashboard: Sequence[str] = ()) -> None:
        """`dashboard` is the command that draws a dashboard, as a list of words; without one there is none to see."""
        self.live = live
        labels = {provider.name: provider.label for provider in config.providers}
        self.page = Page(live, labels, profile=config.profile, has_terminal=bool(dashboard))
        self.terminals: Terminals | None = None
        if dashboard:
            from octotui.web.terminal import Terminals  # noqa: PLC0415 - of packages that only it needs

            self.terminals = Terminals(dashboard, self.page)
        self.streams = Streams(live)
        self.exporter: Exporter | None = None
        """What gives the metrics; None where the extra is not installed."""
        if missing() is None:
            from octotui.web.metrics.exporter import Exporter  # noqa: PLC0415 - an extra, and 0.1 s

            self.exporter = Exporter(live.ledger, disk_reserve=config.disk_reserve)
        self.bell: Bell | None = None
        self.is_open = threading.Event()
        """Set once it answers."""

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """Tie the thread that reads the ledger to the loop that serves."""
        self.bell = Bell(asyncio.get_running_loop())
        self.live.ring(self.bell)
        self.streams.open(self.bell)
        self.is_open.set()
        yield
        self.bell.close()
