"""The budget is of the key, not of a process: what was asked in the last minute counts, whoever asked."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import EngineStatus, NewTask
from tests.support.engine import at_work, config_of
from tests.support.gateway import Gateway, Reply, gateway
from tests.support.waiting import until


def reported(ledger: Ledger, since: float) -> EngineStatus | None:
    """Return the status of an engine that began at `since` or later, None while there is none."""
    status = ledger.status()
    return status if status is not None and (status.working_since or 0.0) >= since else None


def asks_after_a_spell(config: Config, ledger: Ledger, server: Gateway) -> int:
    """Have an engine begin, and return how many requests of the last minute it knows of once it has asked one."""
    before, since = len(server.requests), time.time()
    with at_work(config, ledger):
        until(lambda: reported(ledger, since), "its status")
        until(lambda: len(server.requests) > before, "a question")
        until(lambda: (status := reported(ledger, since)) and status.asks_last_minute > before, "its count")
    status = reported(ledger, since)
    assert status is not None
    return status.asks_last_minute


@pytest.mark.parametrize("pid", [os.getpid(), 1], ids=["same number", "another"])
def test_what_a_predecessor_asked_counts_whatever_its_process_number(tmp_path: Path, pid: int) -> None:
    with gateway(lambda _: Reply({"id": "video_a1", "status": "in_progress"})) as server:
        config = config_of(tmp_path, server)
        with Ledger.open(tmp_path / "ledger.db") as ledger:
            ledger.add([NewTask("video_a1", "sora", "videos")], time.time())
            budget = config.requests_per_minute
            ledger.set_status(EngineStatus(time.time(), asks_last_minute=budget, host="another container", pid=pid))
            ledger.flush()
            since = time.time()
            with at_work(config, ledger):
                until(lambda: reported(ledger, since), "its status")
                status = reported(ledger, since)
                assert status is not None
                assert status.asks_last_minute == budget
                assert server.requests == [], "the minute is spent"


def test_an_earlier_spell_of_this_process_counts_once(tmp_path: Path) -> None:
    with gateway(lambda _: Reply({"id": "video_a1", "status": "in_progress"})) as server:
        config = config_of(tmp_path, server)
        with Ledger.open(tmp_path / "ledger.db") as ledger:
            ledger.add([NewTask("video_a1", "sora", "videos")], time.time())
            for _ in range(3):
                asks = asks_after_a_spell(config, ledger, server)
                assert asks <= len(server.requests)
            assert asks >= 3, "the earlier spells have not been forgotten"
