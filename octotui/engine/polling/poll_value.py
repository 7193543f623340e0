"""The value of a poll: what is believed of one open task, and what asking it now would be worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from octotui.engine.polling.gateway_cadence import PERIOD
from octotui.estimates import Durations, Outlook, born_at, outlook
from octotui.model import FailureKind, Task, TaskState

OWN_REFUSALS = frozenset({FailureKind.FORBIDDEN, FailureKind.NO_SUCH_TASK, FailureKind.REFUSED})
"""Failures that are about one task; all others are the gate's to wait out, for all tasks together."""
_YOUNG = 45.0
"""Seconds for which a task that the gateway calls unknown is thought to wait for its first sweep (`GATEWAY.md`)."""
_MOVING = 0.9
_REFRESH = 60.0
"""Seconds after which what is believed of a task is worked out anew from what others have taught meanwhile."""
_NEAR = 1800.0
"""Seconds: a result that is lost so soon is worth asking for twice as often."""


@dataclass(slots=True)
class PollEstimate:
    """A task that is not final. All times are unix seconds."""

    task: Task
    born: float
    """What its age is counted from."""
    looked_at: float | None = None
    """When its last answer came."""
    looked_from: float | None = None
    """When that was asked for; None when it was before this engine's time."""
    asked_at: float = float("-inf")
    """When it was last handed out, whatever came of it."""
    not_before: float = float("-inf")
    """When it may be asked again after failures of its own."""
    refusals: int = 0
    stumbles: int = 0
    """Requests about it that the gateway failed while it answered others."""
    exploring: int = 0
    """How many of its next answers serve to learn the gateway's rhythm."""
    moves: bool = False
    """Whether its answer changes from sweep to sweep."""
    progress_age: float = 0.0
    """The age at which its progress was first seen."""
    _outlook: Outlook = field(default_factory=lambda: Outlook(()))
    _believed_at: float = float("-inf")
    _left: float = 1.0
    """The chance that it was open at its last look, by its outlook."""
    _waited: float = 0.0
    """Seconds counted since its last look …"""
    _lag: float = 0.0
    """… and for how many of them it is expected to have been done."""

    @classmethod
    def of(cls, task: Task, now: float, durations: Durations) -> PollEstimate:
        """A task from the ledger."""
        candidate = cls(task, min(now, born_at(task)))
        if task.last_asked_at is not None:
            candidate.asked_at = min(now, task.last_asked_at)
        if task.last_answer_at is not None:
            candidate.looked_at = min(now, task.last_answer_at)
            candidate.progress_age = candidate.looked_at - candidate.born
        if task.failure is not None and task.failure.kind in OWN_REFUSALS:
            candidate.refusals = task.failures
        candidate.believe(durations, now)
        return candidate

    def answered(self, after: Task, asked_at: float, now: float, durations: Durations) -> None:
        """Take in an answer that left it open; `asked_at` is when the question went out."""
        self.born = min(now, born_at(after))
        if self.looked_at is None or after.progress != self.task.progress:
            self.progress_age = now - self.born
        self.task = after
        self.looked_at, self.looked_from = now, asked_at
        self.refusals = self.stumbles = 0
        self.exploring = max(0, self.exploring - 1)
        self._waited = self._lag = 0.0
        self.believe(durations, now)

    def believe(self, durations: Durations, now: float) -> None:
        """Work out anew how long it may still take."""
        self._outlook = outlook(durations.spread(self.task), self.task.progress, self.progress_age)
        looked = self.born if self.looked_at is None else self.looked_at
        self._left = max(1e-9, self._outlook.open_at(looked - self.born))
        self._believed_at = now

    def is_dated(self, now: float) -> bool:
        """Whether what is believed of it may be improved by what other tasks have taught since."""
        return now - self._believed_at > _REFRESH

    def value(self, now: float, seconds: float, least: float) -> float:
        """What asking it now is worth, beside others, when the next occasion is `seconds` later; call once a round.

        The chance of news rises while it waits, and so does what a further wait would cost; a look takes both back to
        nothing. Its worth is the geometric mean of the chance of news and of how much the wait since the last look
        has gained on it (the index of a restless bandit with that chance as its cost). `least` is a chance below
        which a task never looked at is not taken.
        """
        chance = max(0.0, 1.0 - self._outlook.open_at(now - self.born) / self._left)
        if self.looked_at is None:
            chance = max(chance, least)
        gained = max(0.0, chance * (self._waited + seconds) - self._lag)
        self._waited += seconds
        self._lag += chance * seconds
        return math.sqrt(chance * gained) * self._weight(now)

    def unasked(self, now: float) -> float:
        """Seconds since its last answer, or since it is watched."""
        return now - (self.task.added_at if self.looked_at is None else self.looked_at)

    def change_chance(self, now: float) -> float:
        """The chance (0..1) that the gateway's next sweep changes its answer."""
        age = now - self.born
        if self.task.state is TaskState.UNKNOWN and age < _YOUNG:
            return 1.0
        return _MOVING if self.moves else self._outlook.done_between(age, age + PERIOD)

    def differs(self, after: Task, now: float) -> bool:
        """Whether the answer `after` says anything new."""
        before = self.task
        if self.looked_at is None:
            return False
        changed = (before.state, before.status, before.progress) != (after.state, after.status, after.progress)
        if changed:
            self.moves = True
        elif now - self.looked_at > PERIOD + 1.0:
            self.moves = False
        return changed

    def clock_went_back(self, now: float) -> None:
        """A wall clock that was set back must not put it off for as long as it was set back."""
        self.asked_at = min(self.asked_at, now)
        self.not_before = min(self.not_before, now)
        self._believed_at = min(self._believed_at, now)
        self.looked_from = None
        if self.looked_at is not None:
            self.looked_at = min(self.looked_at, now)

    def _weight(self, now: float) -> float:
        """How much one second of lag matters beside another's: more when the result is soon lost, or nobody knows."""
        if self.task.gateway_expires_at is None:
            return 1.25
        return 2.0 if self.task.gateway_expires_at - now < _NEAR else 1.0
