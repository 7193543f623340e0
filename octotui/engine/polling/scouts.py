"""Scouts: questions whose use is to learn the gateway's rhythm; when they are sent, and about which tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping

from octotui.engine.polling.gateway_cadence import PERIOD, GatewayCadence
from octotui.engine.polling.poll_value import PollEstimate
from octotui.engine.polling.rate_limit import WINDOW

_SCOUTING = 0.03
"""Share of the budget for looks whose use is to learn the gateway's rhythm, once it is known or seems not to exist …"""
_LEARNING = 0.25
"""… and while it is being learnt."""
_MOST_SCOUTS = 5.0
"""And never more a sweep: what is learnt does not grow with the budget."""
_LIKELY = 0.3
"""Chance of a change at the next sweep without which nobody is sent as a scout: it would tell too little."""
_RECENT = 300
"""How many of the last answers scouts are chosen from."""


class Scouts:
    """The next moments at which somebody is asked in order to learn the rhythm. All times are unix seconds."""

    def __init__(self, cadence: GatewayCadence, per_minute: int, *, luck: Callable[[], float]) -> None:
        """`per_minute` is the budget that scouts have a small share of, `luck` is uniform in 0..1."""
        self._cadence = cadence
        self._per_minute = per_minute
        self._luck = luck
        self._recent: deque[str] = deque(maxlen=_RECENT)
        self._moments: list[float] = []
        """The soonest last."""
        self._planned_until = float("-inf")

    @property
    def next_at(self) -> float:
        """When the next one is due; infinite while none is planned."""
        return self._moments[-1] if self._moments else float("inf")

    def plan(self, now: float) -> None:
        """Set the moments of one period, once those of the period before are over."""
        if now < self._planned_until:
            return
        learning = self._cadence.phase is None and self._cadence.rhythmless < 0.8
        share = (_LEARNING if learning else _SCOUTING) * self._per_minute * self._cadence.period / WINDOW
        count = int(min(_MOST_SCOUTS, share) + self._luck())
        shares = ((index + self._luck()) / count for index in range(count))
        self._moments = sorted((self._cadence.moment(now, luck, self._luck()) for luck in shares), reverse=True)
        self._planned_until = now + self._cadence.period

    def take_due(self, now: float) -> bool:
        """Whether one is due; it is used up by that."""
        is_due = now >= self.next_at
        if is_due:
            self._moments.pop()
        return is_due

    def note_answer(self, task_id: str) -> None:
        """An open task has just been looked at; it may be the next scout's."""
        self._recent.append(task_id)

    def choose(
        self, tasks: Mapping[str, PollEstimate], asking: Container[str], new: Iterable[str], now: float
    ) -> str | None:
        """The task whose answer is likeliest to change at the next sweep, of those looked at a short while ago.

        `tasks` are the open ones, `asking` those being asked, `new` those never looked at; one of the new is chosen
        where no other is likely enough and no rhythm is known yet.
        """
        best, most = None, _LIKELY
        for task_id in self._recent:
            candidate = tasks.get(task_id)
            if candidate is None or candidate.looked_from is None or task_id in asking:
                continue
            if 0.5 < now - candidate.looked_from < PERIOD - 0.5 and now >= candidate.not_before:
                chance = candidate.change_chance(now)
                if chance > most:
                    best, most = candidate, chance
        if best is not None:
            # Between this look and the next one, right after the sweep, its answer will have changed or not.
            best.exploring = 2
            return best.task.id
        return next(iter(new), None) if self._cadence.phase is None else None

    def clock_went_back(self, now: float) -> None:
        """A wall clock that was set back must not put the next ones off for as long as it was set back."""
        self._moments, self._planned_until = [], now
