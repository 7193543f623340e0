"""An engine that works for as long as a test needs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from octotui.config import Config
from octotui.engine.engine import Engine
from octotui.ledger import Ledger
from tests.support.gateway import Gateway


def config_of(folder: Path, server: Gateway) -> Config:
    """Settings for an engine that asks often, with a ledger and videos in a folder."""
    return Config(
        state_dir=folder,
        base_url=server.base_url,
        api_key="sk-test",
        poll_seconds=0.1,
        requests_per_minute=6000,
        download_dir=folder / "videos",
    )


@contextmanager
def at_work(
    config: Config, ledger: Ledger, *, download_all: bool = False, clock: Callable[[], float] = time.time
) -> Iterator[Engine]:
    """The engine, started; it is stopped when the block ends, however that comes."""
    engine = Engine(config, ledger, download_all=download_all, clock=clock)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
