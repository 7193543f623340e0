"""The request gate, which every question passes: the shared budget, and a place among the connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from octotui.engine.polling.gateway_health import GatewayHealth
from octotui.engine.polling.rate_limit import RateLimiter
from octotui.model import GatewayState

LONGEST_WAIT = 5.0
"""Seconds after which whoever waits looks again, even if nobody has told that anything changed."""


class RequestGate:
    """Permits requests one by one; all times are of `monotonic`, so that a corrected wall clock changes nothing.

    One permit is one request; `health` is told what came of it. Whoever holds a permit must not wait for another one:
    with a single connection neither would ever be given back.
    """

    def __init__(self, per_minute: int, connections: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self.limiter = RateLimiter(per_minute)
        self.health = GatewayHealth(monotonic(), per_minute)
        self._places = asyncio.Semaphore(connections)
        self._stirred = asyncio.Event()
        self._is_paused = False

    @property
    def is_paused(self) -> bool:
        """Whether nothing is let through."""
        return self._is_paused

    def pause(self, paused: bool) -> None:
        """Let nothing through, or let things through again."""
        if paused is not self._is_paused:
            self._is_paused = paused
            self.wake_waiters()

    @asynccontextmanager
    async def permit(self) -> AsyncIterator[None]:
        """Wait until one request may be sent; the block holds its place among the connections, and gives it back.

        The request counts against the budget.
        """
        await self._places.acquire()
        try:
            while True:
                now = self.monotonic()
                at = self.limiter.next_at(now)
                if not self._is_paused and at <= now and self.limiter.try_acquire(now):
                    break
                await self._wait(LONGEST_WAIT if self._is_paused else at - now)
            yield
        finally:
            self._places.release()
            self.wake_waiters()

    async def until_free(self) -> None:
        """Wait, without taking anything, until a permit would be given at once."""
        while True:
            now = self.monotonic()
            at = self.limiter.next_at(now)
            if not (self._is_paused or self._places.locked()) and at <= now:
                return
            await self._wait(at - now if at > now else LONGEST_WAIT)

    async def until_known(self, is_idle: Callable[[], bool]) -> None:
        """Wait until the gateway is known to answer, or `is_idle` says that no task is there to find that out with."""
        while self._is_paused or not (self.health.state is GatewayState.LIVE or is_idle()):
            await self._wait(LONGEST_WAIT)

    def wake_waiters(self) -> None:
        """Have everybody who waits look again."""
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def _wait(self, seconds: float) -> None:
        stirred = self._stirred
        try:
            async with asyncio.timeout(min(max(seconds, 0.001), LONGEST_WAIT)):
                await stirred.wait()
        except TimeoutError:
            return
