from __future__ import annotations

import pytest

from octotui.engine.lease_keeper import STALE_AFTER, LeaseKeeper
from octotui.gateway.errors import NetworkError
from octotui.ledger import Ledger
from tests.support.clock import Clock


def test_one_that_was_silent_for_too_long_asks_nothing(ledger: Ledger) -> None:
    clock = Clock()
    first, second = (LeaseKeeper(ledger, name, clock=clock, monotonic=clock) for name in ("first", "second"))
    assert first.acquire()
    assert not second.acquire()
    first.check()
    clock.now += STALE_AFTER + 1
    assert second.acquire()
    with pytest.raises(NetworkError, match="taken over"):
        first.check()
    second.check()
    clock.now += STALE_AFTER + 1
    second.check()
    assert not first.acquire()


def test_it_is_renewed_long_before_anybody_else_may_take_it(ledger: Ledger) -> None:
    clock = Clock()
    first, second = (LeaseKeeper(ledger, name, clock=clock, monotonic=clock) for name in ("first", "second"))
    assert first.acquire()
    for _ in range(40):
        clock.now += 0.5
        first.check()
        assert not second.acquire()
