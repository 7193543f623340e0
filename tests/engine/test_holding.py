from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.box import Box
from octotui.demo.life import Life
from octotui.engine.holding import STALE_AFTER, Holding
from octotui.engine.runner import Engine
from octotui.gateway.errors import NetworkError
from octotui.ledger import Ledger, opening
from octotui.model import NewTask
from tests.support.waiting import until


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db") as opened:
        yield opened


def test_one_that_was_silent_for_too_long_asks_nothing(ledger: Ledger) -> None:
    clock = Clock()
    first, second = (Holding(ledger, name, clock=clock, monotonic=clock) for name in ("first", "second"))
    assert first.take()
    assert not second.take()
    first.check()
    clock.now += STALE_AFTER + 1
    assert second.take()
    with pytest.raises(NetworkError, match="taken over"):
        first.check()
    second.check()
    clock.now += STALE_AFTER + 1
    second.check()
    assert not first.take()


def test_it_is_renewed_long_before_anybody_else_may_take_it(ledger: Ledger) -> None:
    clock = Clock()
    first, second = (Holding(ledger, name, clock=clock, monotonic=clock) for name in ("first", "second"))
    assert first.take()
    for _ in range(40):
        clock.now += 0.5
        first.check()
        assert not second.take()


def test_an_engine_outlives_somebody_who_was_stopped_in_the_middle_of_a_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_TIMEOUT", 0.1)
    path = tmp_path / "ledger.db"
    with Box(faults=False, opening=False) as box, Ledger.open(path) as ledger:
        task_id = box.create("sora", "sora-2", life=Life(queued=0.1, running=600.0))
        ledger.add([NewTask(task_id, "sora", "videos")], time.time())
        config = Config(
            state_dir=tmp_path,
            base_url=box.base_url,
            api_key=box.key,
            poll_seconds=0.1,
            requests_per_minute=6000,
            download_dir=tmp_path / "videos",
        )
        engine = Engine(config, ledger)
        engine.start()
        try:
            until(lambda: box.requests, "the first question")
            with sqlite3.connect(path, isolation_level=None) as stopped:
                stopped.execute("BEGIN IMMEDIATE")
                until(lambda: engine._shift is None, "the end of its spell")
                stopped.execute("ROLLBACK")
            stopped.close()
            asked = len(box.requests)
            until(lambda: len(box.requests) > asked, "another question")
            assert engine.error is None
        finally:
            engine.stop()
