"""The quota: asked every five minutes for the header, and when a key is refused, to tell whose refusal it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from octotui.engine.faults import contained
from octotui.engine.polling.failure_scope import KeyWord, Watched
from octotui.engine.polling.request_gate import RequestGate
from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import NetworkError, RequestError

_EVERY = 300.0
"""Seconds between two questions for the header."""
_IDLE_RETRY = 15.0
"""Seconds before the next one where none was answered, and no task is there to find out with whether one can be."""
_WORD_HOLDS = 60.0
"""Seconds for which what was said of a refused key is not asked again."""
_NOBODY = Watched(0, 0, 0)


class QuotaWatch:
    """Asks the quota route, each time with a permit of the gate, and tells the gate's health what came of it."""

    def __init__(
        self,
        client: GatewayClient,
        gate: RequestGate,
        watched: Callable[[], Watched],
        *,
        on_change: Callable[[], None],
    ) -> None:
        """`watched` says how many tasks are open: where there are some, they find out whether the gateway answers.

        `on_change` is called when the gateway's state has changed.
        """
        self._client = client
        self._gate = gate
        self._watched = watched
        self._on_change = on_change
        self._one_at_a_time = asyncio.Lock()
        self._word = KeyWord.NOTHING
        self._word_at = float("-inf")
        self.left: float | None = None
        """Share of the quota that is left, 0..1; None where unknown or unlimited."""

    async def run(self) -> None:
        """Ask for the header, until cancelled; a gateway without that route is asked once only."""
        while True:
            await self._gate.until_known(lambda: self._watched().tasks == 0)
            try:
                has_route = await self._ask()
            except RequestError as error:
                # What is known of it stays; only the next time can tell whether there is such a route.
                is_alone = isinstance(error, NetworkError) and self._watched().tasks == 0
                await asyncio.sleep(_IDLE_RETRY if is_alone else _EVERY)
                continue
            if not has_route:
                return
            await asyncio.sleep(_EVERY)

    async def word_on_key(self) -> KeyWord:
        """Ask what is wrong with a refused key, once a minute at most, however many tasks had it refused."""
        async with self._one_at_a_time:
            now = self._gate.monotonic()
            if now - self._word_at >= _WORD_HOLDS:
                self._word, self._word_at = KeyWord.NOTHING, now
                try:
                    await self._ask()
                except RequestError as error:
                    self._word = KeyWord.REFUSED if error.status == 401 else KeyWord.NOTHING
            return self._word

    async def _ask(self) -> bool:
        """Ask once; False where there is no such route. Raises `RequestError` where it does not say this time."""
        try:
            async with self._gate.permit():
                with contained("asking for the quota"):
                    quota = await self._client.quota()
        except RequestError as error:
            self._observe(error)
            raise
        self._observe(None)
        if quota is None:
            return False
        self.left = quota.left
        self._word = KeyWord.USED_UP if quota.is_used_up else KeyWord.GOOD
        return True

    def _observe(self, error: RequestError | None) -> None:
        health, now = self._gate.health, self._gate.monotonic()
        if not isinstance(error, NetworkError):
            changed = health.reached(now)
        else:
            # Where there are tasks, their own questions tell: this one is no probe.
            changed = self._watched().tasks == 0 and health.failed("", "", error, now, _NOBODY)
        if changed:
            self._on_change()
