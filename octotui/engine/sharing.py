"""What one engine is to the others that share its ledger."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

from octotui.config import Config
from octotui.ledger import Ledger, LedgerAway
from octotui.model import Download, DownloadState, EngineStatus, Task
from octotui.save_place import folder_of, place_of

_P = ParamSpec("_P")
_R = TypeVar("_R")

_LONGEST_QUESTION = 4.0
"""Seconds that a ledger on another machine has for an answer: less than others wait before they take over."""


class Share(NamedTuple):
    """An engine among those that share a ledger."""

    box: str
    """Unique to this start of it."""
    host: str
    place: str
    """Its folder (`save_place`)."""
    saves_for_others: bool
    """Whether it saves what may come to anybody's folder."""

    def is_for_us(self, task: Task, place: str | None) -> bool:
        """Whether a result may come to our folder, by what was asked for with it, and nobody else is at it."""
        download = task.download
        is_elsewhere = download.state is DownloadState.RUNNING and download.place not in {None, self.place}
        return not is_elsewhere and (self.saves_for_others if place is None else place == self.place)

    def sign(self, download: Download) -> Download:
        """Return a report on a download as ours."""
        return download._replace(box=self.host, place=self.place)

    def sign_status(self, status: EngineStatus, *, leads: bool) -> EngineStatus:
        """Return what an engine says about itself as ours."""
        return status._replace(box=self.box, place=self.place, leads=leads)


def share_of(config: Config, ledger: Ledger, box: str) -> Share | None:
    """Return what an engine is to others; None where it has the ledger to itself. Looks at the download folder."""
    if not ledger.is_shared:
        return None
    place = place_of(folder_of(config.download_dir))
    return Share(box, socket.gethostname(), place, config.share_downloads)


async def beside(ledger: Ledger, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call something that asks the ledger: at once where that is a file, in a thread where it may be far away.

    Raises:
        LedgerAway: nothing came back in time. The thread goes on waiting, and whatever it is told then is lost.

    """
    if not ledger.is_shared:
        return function(*args, **kwargs)
    try:
        async with asyncio.timeout(_LONGEST_QUESTION):
            return await asyncio.to_thread(function, *args, **kwargs)
    except TimeoutError:
        raise LedgerAway(f"The ledger {ledger.place} did not answer within {_LONGEST_QUESTION:.0f} s.") from None
