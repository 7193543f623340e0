"""The value of a poll: what is believed of one open task, and what asking it now would be worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from octotui.engine.polling.gateway_cadence import PERIOD
from octotui.estimates import Durations, Outlook, Spread, Terms, born_at, open_until, outlook
from octotui.model import FailureKind, Task, TaskState

OWN_REFUSALS = frozenset({FailureKind.FORBIDDEN, FailureKind.NO_SUCH_TASK, FailureKind.REFUSED})
"""Failures that nothing but a change at the gateway ends: a neighbour's success says nothing about them."""
_erfc, _log, _sqrt = math.erfc, math.log, math.sqrt
_YOUNG = 45.0
"""Seconds for which a task that the gateway calls unknown is thought to wait for its first sweep (`GATEWAY.md`)."""
_MOVING = 0.9
_REFRESH = 60.0
"""Seconds after which what is believed of a task is worked out anew from what others have taught meanwhile."""
_UNDATED = 1.25
"""How much more the lag of a result matters of which nobody knows until when it is there."""
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
    retry_at: float | None = None
    """When it is asked again after a failed question; None: in its turn."""
    failures: int = 0
    """Failed questions in a row."""
    exploring: int = 0
    """How many of its next answers serve to learn the gateway's rhythm."""
    moves: bool = False
    """Whether its answer changes from sweep to sweep."""
    progress_age: float = 0.0
    """The age at which its progress was first seen."""
    order: int = 0
    """Its place in the order in which tasks came, from 1 on; the ranking's own."""
    wakes_at: float = float("-inf")
    """When it can be among the best again; the ranking's own, as the next two …"""
    wakes_with: float = 0.0
    """… what it is worth by then …"""
    rise: float = 0.0
    """… and by how much that rises in each second; 0 where it is not known."""
    _outlook: Outlook = field(default_factory=lambda: Outlook(()))
    _terms: Terms = ()
    _spread: Spread | None = None
    _believed_at: float = float("-inf")
    _left: float = 1.0
    """The chance that it was open at its last look, by its outlook."""
    _counted_from: float | None = None
    """The first round after its last look: from then on each second is one that a look would have spared."""
    _open_until: float = 0.0
    """Seconds for which it was expected to be open until then."""

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
            candidate.failures = task.failures
        candidate.believe(durations, now)
        return candidate

    def answered(self, after: Task, asked_at: float, now: float, durations: Durations) -> None:
        """Take in an answer that left it open; `asked_at` is when the question went out."""
        self.born = min(now, born_at(after))
        if self.looked_at is None or after.progress != self.task.progress:
            self.progress_age = now - self.born
        self.task = after
        self.looked_at, self.looked_from = now, asked_at
        self.failures, self.retry_at = 0, None
        self.exploring = max(0, self.exploring - 1)
        self._counted_from, self._spread = None, None
        self.believe(durations, now)

    def believe(self, durations: Durations, now: float) -> bool:
        """Work out anew how long it may still take; False where that is what it was."""
        self._believed_at = now
        spread = durations.spread(self.task)
        if spread == self._spread:
            return False
        self._spread = spread
        self._outlook = outlook(spread, self.task.progress, self.progress_age)
        self._terms = self._outlook.terms()
        looked = self.born if self.looked_at is None else self.looked_at
        self._left = max(1e-9, self._outlook.open_at(looked - self.born))
        if self._counted_from is not None:
            self._open_until = open_until(self._terms, self._counted_from - self.born)[1]
        return True

    def count_anew(self) -> None:
        """Forget how long it has waited."""
        self._counted_from = None

    def count_from(self, now: float) -> None:
        """Count its wait from this round on, the first since its last look; later ones change nothing."""
        if self._counted_from is None:
            self._counted_from = now
            self._open_until = open_until(self._terms, now - self.born)[1]

    def is_dated(self, now: float) -> bool:
        """Whether what is believed of it may be improved by what other tasks have taught since."""
        return now - self._believed_at > _REFRESH

    def value(self, now: float, seconds: float) -> float:
        """What asking it now is worth, beside others, when the next occasion is `seconds` later.

        The chance of news rises while it waits, and so does what a further wait would cost; a look takes both back to
        nothing. Its worth is the geometric mean of the chance of news and of how much the wait since the last look
        has gained on it (the index of a restless bandit with that chance as its cost). It never falls from one moment
        to a later one as long as nothing else is heard or believed of it.
        """
        # `open_until`, written out: a call and a tuple would be a fifth of ranking.
        age = now - self.born
        if age <= 0.0:
            return 0.0
        logarithm = _log(age)
        open_at = done = 0.0
        for share, mean, steepness, offset, mass in self._terms:
            at = (logarithm - mean) * steepness
            open_at += share * _erfc(at)
            done += mass * _erfc(offset - at)
        chance = 1.0 - open_at / self._left
        if chance <= 0.0:
            return 0.0
        waited = 0.0 if self._counted_from is None else now - self._counted_from
        lag = waited - (age * open_at + done - self._open_until) / self._left
        gained = chance * (waited + seconds) - lag
        return _sqrt(chance * gained) * self._weight(now) if gained > 0.0 else 0.0

    @staticmethod
    def unseen_value(seconds: float, least: float) -> float:
        """What asking a task is worth at least that was never looked at: `least` is its chance of news, by then."""
        return least * math.sqrt(seconds) * _UNDATED

    def waited(self, now: float) -> float:
        """Seconds counted since its last look."""
        return 0.0 if self._counted_from is None else now - self._counted_from

    @property
    def unasked_since(self) -> float:
        """When its last answer came, or since when it is watched."""
        return self.task.added_at if self.looked_at is None else self.looked_at

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
        if self.retry_at is not None:
            self.retry_at = min(self.retry_at, now)
        self._believed_at = min(self._believed_at, now)
        if self._counted_from is not None and self._counted_from > now:
            self._counted_from = None
        self.looked_from = None
        if self.looked_at is not None:
            self.looked_at = min(self.looked_at, now)

    def _weight(self, now: float) -> float:
        """How much one second of lag matters beside another's: more when the result is soon lost, or nobody knows."""
        if self.task.gateway_expires_at is None:
            return _UNDATED
        return 2.0 if self.task.gateway_expires_at - now < _NEAR else 1.0
