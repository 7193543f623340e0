"""Whose turn it is: whom a person meant, then a probe where the gateway is down, then whom the scheduler names."""

from __future__ import annotations

from octotui.engine.polling.gateway_health import GatewayHealth
from octotui.engine.polling.scheduler import Scheduler


class Turns:
    """Joins the scheduler with what is known of the gateway.

    `now` is in unix seconds, `mark` the same moment by the gate's monotonic clock.
    """

    def __init__(self, scheduler: Scheduler, health: GatewayHealth) -> None:
        self._scheduler = scheduler
        self._health = health
        self._was_down = False
        self._last_probe: str | None = None

    def next(self, now: float, mark: float) -> str | None:
        """Return the id of the task to ask now; None when nobody is worth asking before `wake_at`."""
        health = self._health
        if self._was_down and not health.is_down:
            self._scheduler.retry_failed(now)
        self._was_down = health.is_down
        task_id = self._scheduler.next_wish(now)
        if task_id is None and health.is_down and health.probe_at(mark) <= mark:
            task_id = self._scheduler.probe(now, last=self._last_probe)
            if task_id is not None:
                self._last_probe = task_id
                health.probing(mark)
        if task_id is None and not health.holds_back:
            task_id = self._scheduler.next(now)
        return task_id

    def wake_at(self, now: float, mark: float) -> float:
        """Return when `next` may have somebody (unix seconds), unless a person or an answer comes before."""
        health = self._health
        at = float("inf") if health.holds_back else self._scheduler.wake_at(now)
        return min(at, now + health.probe_at(mark) - mark) if health.is_down else at
