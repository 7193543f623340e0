from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.ledger import Ledger


@pytest.fixture
def box() -> Iterator[Box]:
    with Box(speed=math.inf, faults=False, opening=False) as running:
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "state" / "ledger.db") as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, box: Box) -> Config:
    return Config(
        state_dir=tmp_path / "state",
        base_url=box.base_url,
        api_key=box.key,
        poll_seconds=0.1,
        requests_per_minute=60_000,
        download_dir=tmp_path / "videos",
        disk_reserve=0,
    )
