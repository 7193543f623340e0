"""The circuit breaker of the gateway: while it is down or refuses the key, hundreds of tasks do not hammer it."""

from __future__ import annotations

from octotui.gateway.errors import RequestError
from octotui.model import FailureKind, GatewayState

_GATEWAY_WIDE = frozenset({FailureKind.NETWORK, FailureKind.GATEWAY})
_KEY = {FailureKind.KEY_REFUSED: GatewayState.KEY_REFUSED, FailureKind.OUT_OF_QUOTA: GatewayState.OUT_OF_QUOTA}
_FAILURES_TO_OPEN = 3
"""One lost request is no outage; three in a row, over whatever tasks, are."""
_FIRST_PAUSE = 5.0
_EARLY_PAUSE = 15.0
"""Seconds between two probes early in an outage: the gateway's own rhythm, and four requests a minute are no burden."""
_EARLY = 600.0
"""Seconds from the outage's beginning for which it is early …"""
_LONGEST_PAUSE = 60.0
"""… and where the pause goes after that."""
_FIRST_KEY_PAUSE = 30.0
_LONGEST_KEY_PAUSE = 300.0
_PROBE_LIMIT = 90.0
"""Seconds after which a probe that never reported back is taken for lost."""


class CircuitBreaker:
    """Closed while the gateway answers; open while it does not, with one probe at a time, more rarely when it lasts.

    `state` is what the header shows: starting, live, offline, key_refused or out_of_quota.
    """

    def __init__(self, now: float) -> None:
        self.state = GatewayState.STARTING
        self.since = now
        self.next_try_at: float | None = None
        self.message: str | None = None
        self._failures = 0
        self._pause = 0.0
        self._probing_since: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether ordinary requests are held back."""
        return self.next_try_at is not None

    def next_at(self, now: float) -> float:
        """The earliest moment, `now` or later, at which a request may go; never infinite.

        While a probe is under way that is when it is taken for lost: what comes of it changes the answer before.
        """
        if self.next_try_at is None:
            return now
        lost_at = self.next_try_at if self._probing_since is None else self._probing_since + _PROBE_LIMIT
        return max(now, self.next_try_at, lost_at)

    def sending(self, now: float) -> None:
        """Note that a request goes out: while open, it is the probe."""
        if self.is_open:
            self._probing_since = now

    def succeeded(self, now: float) -> bool:
        """An answer came. True when this changed the state."""
        self._failures = 0
        self._pause = 0.0
        self._probing_since = None
        self.next_try_at = None
        self.message = None
        return self._become(GatewayState.LIVE, now)

    def failed(self, error: RequestError, now: float) -> bool:
        """A request failed. True when this changed the state."""
        self._probing_since = None
        if error.kind in _KEY:
            self.message = error.message
            return self._open(_KEY[error.kind], _FIRST_KEY_PAUSE, _LONGEST_KEY_PAUSE, now)
        if error.kind not in _GATEWAY_WIDE:
            # A verdict on one task (403, 404 …) still shows that the gateway is there.
            return self.succeeded(now) if error.kind is not FailureKind.RATE_LIMITED else False
        self._failures += 1
        self.message = error.message
        if self._failures < _FAILURES_TO_OPEN and not self.is_open:
            return False
        is_early = self.state != GatewayState.OFFLINE or now - self.since < _EARLY
        return self._open(GatewayState.OFFLINE, _FIRST_PAUSE, _EARLY_PAUSE if is_early else _LONGEST_PAUSE, now)

    def try_now(self) -> None:
        """Let the next request through: a person asked for it."""
        if self.next_try_at is not None:
            self.next_try_at = 0.0
            self._probing_since = None

    def _open(self, state: GatewayState, first: float, longest: float, now: float) -> bool:
        # Requests that were already under way when it opened must not double the pause.
        if self.state == state and self.next_try_at is not None and now < self.next_try_at:
            return False
        self._pause = min(longest, self._pause * 2) if self.state == state and self._pause else first
        self.next_try_at = now + self._pause
        return self._become(state, now)

    def _become(self, state: GatewayState, now: float) -> bool:
        if self.state == state:
            return False
        self.state = state
        self.since = now
        return True
