"""The scheduler: who is asked next, and when. Where news is likeliest and waits longest, after each gateway sweep.

What a person feels is the lag between "done on the gateway" and "seen". The gateway's answers change only at its own
sweeps (`gateway_cadence.py`); so once a sweep all open tasks are ranked by what is believed of them (`estimates.py`,
`poll_value.py`), and as many are asked, best first, as the budget has room for. Where no rhythm is known, the same is
done every few seconds. Measured beside other policies in `tests/benchmarks/scheduling.py`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from octotui.engine.polling.failed_tasks import FailedTasks
from octotui.engine.polling.failure_scope import Watched
from octotui.engine.polling.gateway_cadence import PERIOD, GatewayCadence
from octotui.engine.polling.poll_value import PollEstimate
from octotui.engine.polling.ranking import Ranking, Round
from octotui.engine.polling.rate_limit import WINDOW, RateLimiter
from octotui.engine.polling.scouts import Scouts
from octotui.engine.polling.transitions import duration_of
from octotui.estimates import Durations
from octotui.model import Task

_SICK_ROOM = 0.25
"""Share of a round that tasks whose questions fail may have, so that the others are asked as if there were none."""
_FLOOR = 120.0
"""Seconds after which a task is asked before any other, whatever the estimates say …"""
_FLOOR_TURNS = 3.0
"""… or as many turns of all open tasks under the budget, where that is longer."""
_RHYTHMIC = (5.0, PERIOD)
"""From and to which `poll_seconds` the rhythm is used: below, it is another gateway; above, a wish for less."""
_AGAIN = 0.85
"""Share of `poll_seconds` after which a task may be asked again, as rounds are uneven."""
_RANKING = (3e-4, 10.0)
"""Seconds a round lasts at least for each look that the ranking before it took, and at most for all of them: so that it
takes a small share of the time."""
_SLACK = 50
"""One in so many of the budget is left for other questions, and so that a round once delayed does not delay all."""
_OUTAGE = 30.0
"""Seconds without a round after which the waits begin anew."""
_CLOCK_SET_BACK = 1.0
"""Seconds; less is only the clock being kept right."""
_SHORTEST = 0.01
"""Seconds of a round: the arithmetic of sweeps may leave none."""
_UNSPENT = 30.0
"""Seconds over which what the last minute left of the budget is spent: after an outage, or when many are added."""
_CURIOSITY = 0.03
"""Chance of news granted to a task never looked at, beside what first answers have been so far."""


class Scheduler:
    """Names the task to ask now. A state machine without I/O: time comes in (unix seconds), ids come out.

    `next` hands out an id and `record_answer` takes what came of it; between the two the task is not handed out again.
    """

    def __init__(
        self,
        per_minute: int,
        durations: Durations | None = None,
        *,
        poll_seconds: float = 10.0,
        sick_at_once: int = 2,
        luck: Callable[[], float] = random.random,
    ) -> None:
        """`per_minute` is the budget that rounds share.

        `poll_seconds` is how often a task is asked where no rhythm is known, `luck` is uniform in 0..1. Of the tasks
        whose last question failed, `sick_at_once` at most are asked at a time: such questions can take long.
        """
        self.cadence = GatewayCadence()
        self.durations = durations if durations is not None else Durations()
        self._planned = per_minute - per_minute // _SLACK
        self._spent = RateLimiter(per_minute)
        self._poll_seconds = poll_seconds
        self._rhythmic = _RHYTHMIC[0] <= poll_seconds <= _RHYTHMIC[1]
        self._luck = luck
        self._open: dict[str, PollEstimate] = {}
        self._asking: dict[str, float] = {}
        self._wishes: dict[str, None] = {}
        self._new: dict[str, None] = {}
        self._queue: list[str] = []
        self._ranking = Ranking(self._open, self._asking, self._new)
        self._scouts = Scouts(self.cadence, per_minute, luck=luck)
        self._began = float("inf")
        self._ends = float("-inf")
        self._allowance = 0.0
        self._first_answers, self._first_finals = 4.0, 1.0
        self._failing = FailedTasks(poll_seconds, per_minute, at_once=sick_at_once)
        self._providers: Counter[str] = Counter()

    def watch(self, task: Task, now: float) -> None:
        """Take in a task; one that is known is left as it was last heard of, a final one waits for `ask_now`."""
        if task.state.is_final:
            self._close(task.id)
        if task.state.is_final or task.id in self._open:
            return
        candidate = self._open[task.id] = PollEstimate.of(task, now, self.durations)
        self._providers[task.provider] += 1
        if candidate.failures:
            self._failing.add(candidate, candidate.asked_at)
        else:
            self._put_back(candidate)

    def _put_back(self, candidate: PollEstimate) -> None:
        """Have it asked in its turn again."""
        if candidate.looked_at is None:
            self._new[candidate.task.id] = None
        self._ranking.put(candidate)

    def forget_task(self, task_id: str) -> None:
        """Ask about it no more."""
        self._close(task_id)
        self._asking.pop(task_id, None)
        self._wishes.pop(task_id, None)

    def _close(self, task_id: str) -> None:
        self._new.pop(task_id, None)
        candidate = self._open.pop(task_id, None)
        if candidate is not None:
            self._failing.drop(candidate)
            self._ranking.drop(candidate)
            self._providers[candidate.task.provider] -= 1

    @property
    def watched(self) -> Watched:
        """The open tasks, in numbers."""
        return Watched(len(self._open), len(+self._providers), len(self._open) - len(self._failing))

    def ask_now(self, task_id: str) -> None:
        """Name it before all others, a final one too; one that is being asked is not asked twice."""
        if task_id not in self._asking:
            self._wishes[task_id] = None

    def record_question(self, task_id: str, now: float) -> None:
        """A question about it goes out that `next` did not name; tell `record_answer` what comes of it."""
        self._hand_out(task_id, now)

    def is_overdue(self, now: float, limit: float) -> bool:
        """Whether a task has waited `limit` seconds longer for a question, or for what came of it, than it should."""
        latest = now - max(limit, 2.0 * self._poll_seconds)
        return any(
            max(each.asked_at, each.retry_at or 0.0, each.task.added_at) < latest for each in self._open.values()
        )

    def next_wish(self, now: float) -> str | None:
        """The id of a task that a person wants asked at once, before all others and whatever holds these back."""
        return self._hand_out(next(iter(self._wishes)), now) if self._wishes else None

    def probe(self, now: float, *, last: str | None) -> str | None:
        """The id of the task to find out with whether the gateway is back: least failed first, not `last` again."""
        ready = [each for task_id, each in self._open.items() if task_id not in self._asking]
        chosen = min(ready, key=lambda each: (each.task.id == last, each.failures, each.asked_at), default=None)
        return None if chosen is None else self._hand_out(chosen.task.id, now)

    def retry_failed(self, now: float) -> None:
        """The gateway is back: whoever failed because of it takes part again at once."""
        if now - self._ends > _OUTAGE:
            # Nobody could have seen anything meanwhile: whoever is done, has been missed from now on.
            for candidate in self._open.values():
                candidate.count_anew()
            self._ranking.begin_anew()
        for candidate in self._failing.release_all():
            self._put_back(candidate)
        self._ends = now

    def next(self, now: float) -> str | None:
        """The id of the task to ask now; None when nobody is worth asking before `wake_at`."""
        if self._wishes:
            return self.next_wish(now)
        if now >= self._ends or now < self._began - _CLOCK_SET_BACK:
            self._begin_round(now)
        sick = self._failing.due(now) if self._allowance >= 1.0 else None
        if sick is not None:
            return self._hand_out(sick, now)
        while self._scouts.take_due(now):
            scout = self._scouts.choose(self._open, self._asking, self._new, now)
            if scout is not None:
                return self._hand_out(scout, now)
        while self._queue and self._allowance >= 1.0:
            task_id = self._queue.pop()
            candidate = self._open.get(task_id)
            if candidate is None or task_id in self._asking or candidate.retry_at is not None:
                continue
            if candidate.looked_at is None or candidate.looked_at < self._began:
                return self._hand_out(task_id, now)
        if self._new and self._allowance >= 1.0:
            return self._hand_out(next(iter(self._new)), now)
        return None

    def wake_at(self, now: float) -> float:
        """When `next` may have somebody; infinite while there is nobody to ask at all."""
        if self._wishes or (self._allowance >= 1.0 and (self._queue or self._new)):
            return now
        if not self._open:
            return float("inf")
        retry_at = self._failing.due_at if self._allowance >= 1.0 else float("inf")
        return max(now, min(self._ends, self._scouts.next_at, retry_at))

    def record_answer(self, before: Task, after: Task, now: float, *, retry_after: float | None = None) -> None:
        """What a question has made of a task: `before` is the task that was asked about, `after` what it is now.

        `retry_after` is how many seconds a failed answer asked to wait.
        """
        asked_at = self._asking.pop(after.id, now)
        candidate = self._open.get(after.id)
        if candidate is not None:
            self._failing.came_back(after.id)
        if after.failure is not None:
            if candidate is not None:
                candidate.task = after
                candidate.failures += 1
                self._failing.add(candidate, now, retry_after)
            return
        if candidate is not None and candidate.failures:
            self._failing.recovered(candidate, now)
        seconds = duration_of(before, after)
        if seconds is not None:
            self.durations.learn((after.provider, after.model, after.seconds, after.size), seconds)
        if candidate is not None:
            self._answered(candidate, after, asked_at, now)
        elif before.state.is_final:
            self.watch(after, now)

    def _hand_out(self, task_id: str, now: float) -> str:
        self._wishes.pop(task_id, None)
        self._new.pop(task_id, None)
        self._asking[task_id] = now
        self._allowance -= 1.0
        self._spent.count_foreign(1, now)
        candidate = self._open.get(task_id)
        if candidate is not None:
            candidate.asked_at = now
            self._failing.goes_out(candidate)
        return task_id

    # rounds

    def _begin_round(self, now: float) -> None:
        """Rank all open tasks and queue the best of those whose turn it can be."""
        if now < self._began - _CLOCK_SET_BACK < float("inf"):
            self._scouts.clock_went_back(now)
            self._spent = RateLimiter(self._spent.per_minute)
            for candidate in self._open.values():
                candidate.clock_went_back(now)
            self._ranking.begin_anew()
        last = self.cadence.last(now) if self._rhythmic else None
        if last is None:
            # Uneven: looks that always fall on the same moments would never find the gateway's own.
            length = max(
                self._poll_seconds * (0.35 + 0.3 * self._luck()),
                min(_RANKING[0] * self._ranking.looked_at, _RANKING[1]),
            )
        else:
            length = max(_SHORTEST, last + self.cadence.period - now)
        self._began, self._ends = now, now + length
        self._allowance = self._room(now, length)
        self._failing.begin_round(max(1, int(_SICK_ROOM * self._allowance)))
        # Whoever was asked by then may be asked again: the gateway can have learnt more since.
        asked_by = last if last is not None else now - _AGAIN * self._poll_seconds
        self._queue = self._ranking.best(
            Round(
                now,
                length,
                room=max(1, int(self._allowance)),
                least=_CURIOSITY + self._first_finals / self._first_answers,
                asked_by=asked_by,
                floor=max(_FLOOR, _FLOOR_TURNS * WINDOW * len(self._open) / self._spent.per_minute),
            ),
            self.durations,
        )
        if self._rhythmic:
            self._scouts.plan(now)

    def _room(self, now: float, length: float) -> float:
        """How many may be asked in a round of `length` seconds: its share of the budget, and some of what was unspent.

        Not all of that at once: the rounds after it would have nothing for the rest of the minute.
        """
        free = float(self._planned - self._spent.asked_last_minute(now + length / 2.0))
        share = self._planned * length / WINDOW
        unspent = max(0.0, free - share) * min(1.0, length / _UNSPENT)
        return min(free, max(0.0, self._allowance) % 1.0 + share + unspent)

    # what answers say

    def _answered(self, candidate: PollEstimate, after: Task, asked_at: float, now: float) -> None:
        if candidate.looked_at is None:
            self._first_answers += 1.0
            self._first_finals += after.state.is_final
        # Once the rhythm is acted on, other looks are chosen by it and would confirm it whatever they saw.
        tells = self.cadence.phase is None or candidate.exploring > 0
        if candidate.differs(after, now) and tells and candidate.looked_from is not None:
            self.cadence.saw_change(candidate.looked_from, now)
        if after.state.is_final:
            self.forget_task(after.id)
            return
        candidate.answered(after, asked_at, now, self.durations)
        self._ranking.put(candidate)
        self._scouts.note_answer(after.id)
