"""What all answers are made from: the ledger as it was read last, the pages, the streams."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from octotui.web.live_ledger import Bell
from octotui.web.page import Page
from octotui.web.streams import Streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from octotui.config import Config
    from octotui.web.live_ledger import LiveLedger


class Site:
    """One of each; handlers find it as `request.app.state.site`."""

    def __init__(self, config: Config, live: LiveLedger) -> None:
        self.live = live
        self.page = Page(live, {provider.name: provider.label for provider in config.providers}, profile=config.profile)
        self.streams = Streams(live)
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
