"""The watchdog over the asking: pure, and with an engine whose questions hang for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from octotui.config import Config
from octotui.engine.watchdog import STALLED_AFTER, AskingStalled, Watchdog
from octotui.gateway.client import GatewayClient
from octotui.ledger import Ledger
from octotui.model import EventKind, NewTask, TaskState
from tests.support.engine import at_work
from tests.support.fast_time import running_fast
from tests.support.gateway import Reply, gateway
from tests.support.waiting import until

SPEED = 40.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], float]]:
    with running_fast(monkeypatch, SPEED) as clock:
        yield clock


def test_nothing_sent_for_a_minute_although_somebody_waits() -> None:
    watchdog = Watchdog(0.0)
    watchdog.check(STALLED_AFTER - 1.0, sent=0, may_ask=True, is_overdue=lambda: True)
    with pytest.raises(AskingStalled):
        watchdog.check(STALLED_AFTER, sent=0, may_ask=True, is_overdue=lambda: True)


@pytest.mark.parametrize(("sent", "may_ask", "is_overdue"), [(1, True, True), (0, False, True), (0, True, False)])
def test_all_is_well_where_something_is_sent_nothing_may_be_or_nobody_waits(
    sent: int, may_ask: bool, is_overdue: bool
) -> None:
    watchdog = Watchdog(0.0)
    for minute in range(1, 10):
        watchdog.check(61.0 * minute, sent=sent * minute, may_ask=may_ask, is_overdue=lambda: is_overdue)


def test_work_that_stands_still_is_said_and_begins_anew(
    ledger: Ledger, config: Config, clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = GatewayClient.ask
    hangs = True

    async def hanging(self: GatewayClient, *arguments: object) -> object:
        if hangs:
            await asyncio.Event().wait()
        return await ask(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(GatewayClient, "ask", hanging)
    ledger.add([NewTask(f"video_{number}", "sora", "videos") for number in range(12)], clock())
    reply = Reply({"id": "x", "status": "in_progress", "progress": 5})
    with (
        gateway(lambda path: reply) as server,
        at_work(replace(config, base_url=server.base_url), ledger, clock=clock) as engine,
    ):
        beats = engine.beats
        until(lambda: any(event.kind == EventKind.ENGINE for event in ledger.events()), "the word of it", seconds=30.0)
        hangs = False
        until(lambda: all(task.state is TaskState.RUNNING for task in ledger.tasks()), "every task answered")
        assert engine.error is None
        assert engine.beats > beats
