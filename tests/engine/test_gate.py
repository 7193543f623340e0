import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from octotui.engine.polling.request_gate import GatewayShut, RequestGate
from octotui.gateway.errors import KeyRefused, NetworkError, RateLimited


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def held() -> AsyncIterator[AsyncExitStack]:
    """The permits that a test holds."""
    async with AsyncExitStack() as permits:
        yield permits


async def permitted(gate: RequestGate) -> None:
    """One request from its permit to the end of it."""
    async with gate.permit():
        return


async def settled(task: asyncio.Task[None]) -> bool:
    """Whether `task` is done once everything that can run without time passing has run."""
    for _ in range(10):
        await asyncio.sleep(0)
    return task.done()


async def test_places_are_bounded_and_given_back() -> None:
    gate = RequestGate(600, 2, monotonic=Clock())
    async with gate.permit():
        async with gate.permit():
            third = asyncio.create_task(permitted(gate))
            assert not await settled(third)
        assert await settled(third)


async def test_a_place_is_given_back_whatever_comes_of_the_request() -> None:
    gate = RequestGate(600, 1, monotonic=Clock())
    with pytest.raises(NetworkError):
        async with gate.permit():
            raise NetworkError("down")
    assert await settled(asyncio.create_task(permitted(gate)))


async def test_an_open_breaker_holds_everybody_but_one_probe() -> None:
    clock = Clock()
    gate = RequestGate(600, 8, monotonic=clock)
    for _ in range(3):
        gate.failed(NetworkError("down"))
    waiting = [asyncio.create_task(permitted(gate)) for _ in range(5)]
    assert not any([await settled(task) for task in waiting])
    clock.now += 5.0
    gate.wake_waiters()
    assert [await settled(task) for task in waiting].count(True) == 1
    gate.answered()
    assert all([await settled(task) for task in waiting])


async def test_the_impatient_are_told_instead_of_waiting_and_keep_no_place(held: AsyncExitStack) -> None:
    gate = RequestGate(600, 1, monotonic=Clock())
    gate.failed(KeyRefused("no", status=401))
    with pytest.raises(GatewayShut):
        await held.enter_async_context(gate.permit(is_patient=False))
    gate.answered()
    await held.enter_async_context(gate.permit(is_patient=False))


async def test_what_must_not_be_a_probe_waits_without_a_place_until_the_gateway_is_known_to_answer() -> None:
    gate = RequestGate(600, 1, monotonic=Clock())

    async def ask_when_live() -> None:
        async with gate.permit_when_live():
            return

    waiting = asyncio.create_task(ask_when_live())
    assert not await settled(waiting)
    assert await settled(asyncio.create_task(permitted(gate)))
    gate.answered()
    assert await settled(waiting)


async def test_retry_after_holds_the_whole_budget() -> None:
    clock = Clock()
    gate = RequestGate(600, 8, monotonic=clock)
    gate.failed(RateLimited("slow down", status=429, retry_after=17.0))
    waiting = asyncio.create_task(permitted(gate))
    clock.now += 16.0
    gate.wake_waiters()
    assert not await settled(waiting)
    clock.now += 1.0
    gate.wake_waiters()
    assert await settled(waiting)


async def test_429_without_retry_after_holds_ever_longer() -> None:
    clock = Clock()
    gate = RequestGate(600, 8, monotonic=clock)
    holds = []
    for _ in range(9):
        gate.failed(RateLimited("", status=429))
        holds.append(gate.limiter.next_at(clock.now) - clock.now)
        clock.now += holds[-1]
    assert holds == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0]


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    gate = RequestGate(600, 1, monotonic=Clock())
    gate.failed(KeyRefused("no", status=401))
    waiting = asyncio.create_task(permitted(gate))
    assert not await settled(waiting)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.answered()
    assert await settled(asyncio.create_task(permitted(gate)))


async def test_several_429_of_one_burst_are_one_reason_to_hold() -> None:
    clock = Clock()
    gate = RequestGate(600, 8, monotonic=clock)
    for _ in range(8):
        gate.failed(RateLimited("", status=429))
    assert gate.limiter.next_at(clock.now) - clock.now == 1.0
