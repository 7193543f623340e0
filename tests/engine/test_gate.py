import asyncio

import pytest

from octotui.engine.polling.request_gate import RequestGate
from octotui.gateway.errors import NetworkError
from tests.support.clock import Clock


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
    gate = RequestGate(600, 2, monotonic=Clock(1000.0))
    async with gate.permit():
        async with gate.permit():
            third = asyncio.create_task(permitted(gate))
            assert not await settled(third)
        assert await settled(third)


async def test_a_place_is_given_back_whatever_comes_of_the_request() -> None:
    gate = RequestGate(600, 1, monotonic=Clock(1000.0))
    with pytest.raises(NetworkError):
        async with gate.permit():
            raise NetworkError("down")
    assert await settled(asyncio.create_task(permitted(gate)))


async def test_while_paused_nothing_is_let_through() -> None:
    gate = RequestGate(600, 8, monotonic=Clock(1000.0))
    gate.pause(True)
    waiting = asyncio.create_task(permitted(gate))
    assert not await settled(waiting)
    gate.pause(False)
    assert await settled(waiting)


async def test_whoever_must_not_find_out_whether_the_gateway_answers_waits_until_somebody_has() -> None:
    gate = RequestGate(600, 1, monotonic=Clock(1000.0))
    waiting = asyncio.create_task(gate.until_known(lambda: False))
    assert not await settled(waiting)
    assert await settled(asyncio.create_task(permitted(gate))), "it holds no place meanwhile"
    assert await settled(asyncio.create_task(gate.until_known(lambda: True))), "nobody else is there to find out"
    gate.health.answered(0.0)
    gate.wake_waiters()
    assert await settled(waiting)


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    gate = RequestGate(600, 1, monotonic=Clock(1000.0))
    gate.pause(True)
    waiting = asyncio.create_task(permitted(gate))
    assert not await settled(waiting)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.pause(False)
    assert await settled(asyncio.create_task(permitted(gate)))
