"""A real ledger, a clock that stands still, and the app on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.settings.source import SettingsSource
from tests.tui.tasks import NOW, Clock, fill


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "state" / "ledger.db") as opened:
        yield opened


@pytest.fixture
def full_ledger(ledger: Ledger) -> Ledger:
    """Every provider, every state."""
    fill(ledger)
    return ledger


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., Config]:
    def make(**settings: Any) -> Config:
        return Config(**{"state_dir": tmp_path / "state", "api_key": "sk-test", "keys": {}, **settings})

    return make


@pytest.fixture
def make_app(ledger: Ledger, clock: Clock, make_config: Callable[..., Config]) -> Callable[..., OctoApp]:
    """Makes an app on `ledger` (also when it is full) with the clock that stands still."""

    def make(engine: Any = None, **settings: Any) -> OctoApp:
        config = make_config(**settings)
        source = SettingsSource(config.state_dir / "config.toml", lambda: config, {}, lambda _config: [])
        return OctoApp(config, ledger, engine, clock=clock, settings=source)

    return make
