"""What is known of the gateway as a whole, kept from question to question; `failure_scope.py` says what it means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from octotui.engine.polling.failure_scope import (
    ABOUT_THE_TASK,
    Failure,
    KeyWord,
    Standing,
    Watched,
    probe_pause,
    slow_down,
    standing,
)
from octotui.gateway.errors import NetworkError, RequestError
from octotui.model import GatewayState

_REMEMBERED = 100
"""Tasks whose failures are kept."""
_PROBE_LIMIT = 90.0
"""Seconds after which a probe that never reported back is taken for lost."""


class GatewayHealth:
    """Takes in what came of each question, and says how the gateway stands. Times are monotonic seconds."""

    def __init__(self, now: float, per_minute: int) -> None:
        """`per_minute` is the budget, of which probes have a small share."""
        self._per_minute = per_minute
        self.state = GatewayState.STARTING
        self.since = now
        self.message: str | None = None
        self._holds_back = False
        self._doubts = 0
        self.is_unreachable = False
        """Whether no HTTP answer comes at all."""
        self._failed: dict[str, Failure] = {}
        self._unreached = 0
        self._key = KeyWord.NOTHING
        self._probes = 0
        self._probe_at = now
        self._probing_since: float | None = None

    @property
    def holds_back(self) -> bool:
        """Whether only probes go, or nothing while it is being found out what is wrong with the key."""
        return self._holds_back or self._doubts > 0

    @contextmanager
    def key_in_doubt(self) -> Iterator[None]:
        """Hold all back while the block asks what is wrong with the key: hundreds would be refused alike."""
        self._doubts += 1
        try:
            yield
        finally:
            self._doubts -= 1

    @property
    def is_down(self) -> bool:
        """Whether probes go, besides other questions or alone."""
        return self.state not in {GatewayState.STARTING, GatewayState.LIVE}

    @property
    def next_try_at(self) -> float | None:
        """When the next probe goes; None while the gateway answers."""
        return self._probe_at if self.is_down else None

    def probe_at(self, now: float) -> float:
        """Return the moment, `now` or later, at which the next probe may go; one that is lost holds up no other."""
        lost_at = self._probe_at if self._probing_since is None else self._probing_since + _PROBE_LIMIT
        return max(now, self._probe_at, lost_at)

    def probing(self, now: float) -> None:
        """Note that a probe goes out."""
        self._probing_since = now

    def answered(self, now: float) -> bool:
        """An answer about a task came. True when this changed the state."""
        self._failed.clear()
        self._unreached = self._probes = 0
        self._key = KeyWord.NOTHING
        self._probing_since = None
        self.is_unreachable = False
        return self._become(Standing(GatewayState.LIVE), now)

    def failed(
        self, task_id: str, provider: str, error: RequestError, now: float, watched: Watched, *, is_news: bool = True
    ) -> bool:
        """A question about a task failed; `is_news` if the one before did not. True when this changed the state."""
        if error.kind in ABOUT_THE_TASK:
            return self.answered(now)
        is_unreached = isinstance(error, NetworkError) and not error.is_cut
        self._unreached = self._unreached + 1 if is_unreached else 0
        before = self._failed.pop(task_id, None)
        is_news = is_news or (before is not None and before.is_news)
        since = now if before is None else before.since
        self._failed[task_id] = Failure(provider, error.kind, error.message, now, since, error.retry_after, is_news)
        if len(self._failed) > _REMEMBERED:
            del self._failed[next(iter(self._failed))]
        found = standing(self._failed.values(), self._unreached, watched, key=self._key, now=now)
        if found.state is GatewayState.LIVE and is_unreached:
            # Not yet an outage, and no sign of life either: what was said before stands.
            found = Standing(self.state, self.message, self._holds_back)
        self.is_unreachable = found.holds_back and is_unreached
        self._plan_probe(found, now)
        return self._become(found, now)

    def _plan_probe(self, found: Standing, now: float) -> None:
        is_same = found.state is self.state
        if is_same and self._probing_since is None and now < self._probe_at:
            return  # requests that were under way already must not put the probe off
        self._probes = self._probes + 1 if is_same and self._probing_since is not None else 0
        self._probing_since = None
        lasted = now - self.since if is_same else 0.0
        pause = probe_pause(found.state, self._probes, lasted=lasted, per_minute=self._per_minute)
        if found.state is GatewayState.OFFLINE and found.holds_back and not self.is_unreachable:
            pause = max(pause, slow_down(self._failed.values(), now))
        self._probe_at = now + pause

    def reached(self, now: float) -> bool:
        """An HTTP answer that is about no task came. True when this changed the state."""
        self._unreached = 0
        if self.state is GatewayState.STARTING or self.is_unreachable:
            self.is_unreachable = False
            return self._become(Standing(GatewayState.LIVE), now)
        return False

    def heard_of_key(self, word: KeyWord) -> None:
        """Take in what the quota route says of a key that was refused; call it before `failed`."""
        self._key = word

    def _become(self, found: Standing, now: float) -> bool:
        self.message, self._holds_back = found.message, found.holds_back
        if self.state is found.state:
            return False
        self.state = found.state
        self.since = now
        return True
