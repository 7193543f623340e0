"""What an engine says about itself."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from octotui import __version__
from octotui.config import Config
from octotui.engine.delivery.queue import DeliveryQueue
from octotui.engine.downloads.queue import DownloadQueue
from octotui.model import EngineStatus, GatewayState
from octotui.save_place import folder_of


def status_of(
    config: Config, downloads: DownloadQueue, deliveries: DeliveryQueue, now: float, began: float
) -> EngineStatus:
    """What there is to say about the machine and its files, by an engine that works since `began`."""
    return EngineStatus(
        at=now,
        downloads_running=downloads.running,
        download_speed=downloads.speed,
        disk_free=_free(config.download_dir),
        host=socket.gethostname(),
        pid=os.getpid(),
        working_since=began,
        folder=str(folder_of(config.download_dir)),
        version=__version__,
        deliveries_left=deliveries.left,
        delivery_trouble=deliveries.trouble,
    )


def without_key(config: Config, last: EngineStatus | None, now: float) -> EngineStatus:
    """The status of an engine that has no key and so cannot ask anybody; it keeps the sums of the `last` one."""
    status = EngineStatus(at=now, gateway=GatewayState.NO_KEY, since=now, budget_per_minute=config.requests_per_minute)
    return status if last is None else status._replace(requests=last.requests, lags=last.lags)


def parked(status: EngineStatus | None, now: float) -> EngineStatus | None:
    """`status` once nobody works any more."""
    return None if status is None else status._replace(at=now, downloads_running=0, download_speed=0.0, is_last=True)


def _free(folder: Path) -> int | None:
    """Bytes free where `folder` is or will be; None where that cannot be told (a mount that went away)."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return None
