"""The request gate, which every question passes: the shared budget, the breaker, and a place among the connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from octotui.engine.polling.circuit_breaker import CircuitBreaker
from octotui.engine.polling.rate_limit import RateLimiter
from octotui.gateway.errors import RequestError
from octotui.model import FailureKind, GatewayState

_FIRST_HOLD = 1.0
"""Seconds without questions after a 429 that does not say how long; doubled while they go on."""
_LONGEST_HOLD = 120.0
LONGEST_WAIT = 5.0
"""Seconds after which whoever waits looks again, even if nobody has told that anything changed."""


class GatewayShut(Exception):
    """The gateway is down or refuses the key, and whoever asked for a permit does not wait for it."""


class RequestGate:
    """Permits requests one by one; all times are of `monotonic`, so that a corrected wall clock changes nothing.

    One permit is one request; `answered` and `failed` tell what came of it. Whoever holds a permit must not wait for
    another one: with a single connection neither would ever be given back.
    """

    def __init__(self, per_minute: int, connections: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self.limiter = RateLimiter(per_minute)
        self.breaker = CircuitBreaker(monotonic())
        self._places = asyncio.Semaphore(connections)
        self._stirred = asyncio.Event()
        self._hold = 0.0
        self._held_until = float("-inf")
        self._is_paused = False

    def pause(self, paused: bool) -> None:
        """Let nothing through, or let things through again."""
        if paused is not self._is_paused:
            self._is_paused = paused
            self.wake_waiters()

    @asynccontextmanager
    async def permit(self, *, is_patient: bool = True) -> AsyncIterator[None]:
        """Wait until one request may be sent; the block holds its place among the connections, and gives it back.

        The request counts against the budget. Raises `GatewayShut`, without a place, only when not `is_patient`.
        """
        async with self._places:
            await self._until_due(is_patient=is_patient)
            yield

    @asynccontextmanager
    async def permit_when_live(self) -> AsyncIterator[None]:
        """Wait as `permit` does, for a request that must not be a probe, as nothing is concluded from what comes of it.

        Until the gateway is known to answer and nothing is paused no place is held.
        """
        async with AsyncExitStack() as held:
            while True:
                if self._is_paused or self.breaker.state != GatewayState.LIVE:
                    await self._wait(LONGEST_WAIT)
                    continue
                with suppress(GatewayShut):
                    await held.enter_async_context(self.permit(is_patient=False))
                    break
            yield

    def answered(self) -> bool:
        """An answer came. True when the gateway's state changed by it."""
        self._hold = 0.0
        changed = self.breaker.succeeded(self.monotonic())
        if changed:
            self.wake_waiters()
        return changed

    def failed(self, error: RequestError) -> bool:
        """A question failed. True when the gateway's state changed by it."""
        now = self.monotonic()
        if error.kind is FailureKind.RATE_LIMITED:
            # Those that were under way when the first was refused say nothing new.
            if now >= self._held_until:
                self._hold = min(_LONGEST_HOLD, self._hold * 2 or _FIRST_HOLD)
                self._held_until = now + self._hold
            self.limiter.hold_until(self._held_until if error.retry_after is None else now + error.retry_after)
        elif error.retry_after is not None and error.kind is FailureKind.GATEWAY:
            self.limiter.hold_until(now + min(error.retry_after, _LONGEST_HOLD))
        changed = self.breaker.failed(error, now)
        self.wake_waiters()
        return changed

    def try_now(self) -> None:
        """Let the next question through at once: a person asked for it."""
        self.breaker.try_now()
        self.wake_waiters()

    def wake_waiters(self) -> None:
        """Have everybody who waits look again."""
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def _until_due(self, *, is_patient: bool) -> None:
        while True:
            now = self.monotonic()
            if self.breaker.is_open and not is_patient:
                raise GatewayShut
            at = max(self.limiter.next_at(now), self.breaker.next_at(now))
            if not self._is_paused and at <= now and self.limiter.try_acquire(now):
                self.breaker.sending(now)
                return
            await self._wait(LONGEST_WAIT if self._is_paused else at - now)

    async def _wait(self, seconds: float) -> None:
        stirred = self._stirred
        try:
            async with asyncio.timeout(min(max(seconds, 0.001), LONGEST_WAIT)):
                await stirred.wait()
        except TimeoutError:
            return
