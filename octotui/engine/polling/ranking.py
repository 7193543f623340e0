"""The ranking of open tasks by what asking them is worth, worked out anew only for those that can have become the best.

What a task is worth only rises while it waits (`PollEstimate.value`). So there is a level that the best of a round lie
above, and of every task below it the moment is known before which it cannot reach it: until then it sleeps, and costs
nothing. The order is that of ranking all of them.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from octotui.engine.polling.poll_value import PollEstimate
from octotui.estimates import Durations

_BEFORE_OTHERS = 1e8
"""More than any task is worth by itself."""
_SEEN = 500
"""Tasks of which it is looked in one round whether what is believed of them is dated …"""
_RENEWED = 30
"""… and how many of them have it worked out anew, which is dear."""
_SPARE = 128
"""Tasks beside the round's own that stay awake when the level is raised."""
_FEW = 8
"""Times a round's room of tasks that stay awake all the same: to look at each costs less than to know when to."""
_LONGEST = 8.0
"""Seconds from one round to the next that sleep is reckoned with at least."""
_FORGETTING = 0.97
"""Share of the longest round that is still reckoned with after a shorter one."""
_LONGEST_SLEEP = 7200.0
"""Seconds after which a sleeper is looked at, whatever it may be worth by then."""
_STEPS = 4
"""Looks into the future that are spent on finding out how long one may sleep, once it is known between which two."""
_GUESS = 0.5
"""Share of its wait so far that one whose sleep ended too soon goes on sleeping, at a first guess."""
_NEAR_ENOUGH = 0.3
"""Share of a sleep by which it may end too soon."""
_BEFORE = 0.9
_FAR = 1.0 - 1e-9
"""The level's share that a sleeper stays under: what is worked out twice may differ in its last digits."""


class Round(NamedTuple):
    """What one round asks of the ranking. Times are unix seconds."""

    now: float
    seconds: float
    """Until the next round."""
    room: int
    """How many are wanted."""
    least: float
    """The chance of news of a task never looked at."""
    asked_by: float
    """Whoever was asked later is not asked again in this round."""
    floor: float
    """Seconds without an answer after which a task is asked before others: up to half of the round are such."""


class _Span(NamedTuple):
    """Two moments, in seconds from now, between which a task reaches the level, and what it is worth at each."""

    low: float
    below: float
    high: float
    above: float


class Ranking:
    """The open tasks that may be asked in their turn, but for those whose question is under way or has failed."""

    def __init__(self, tasks: Mapping[str, PollEstimate], asking: Container[str], new: Iterable[str]) -> None:
        """`tasks` are the open ones, `asking` those being asked, `new` those never looked at: the owner's own."""
        self._tasks = tasks
        self._asking = asking
        self._new = new
        self._level = 0.0
        self._longest = _LONGEST
        """The longest round that the sleepers' moments hold for."""
        self._usual = 10.0 * _LONGEST
        """Seconds that a sleep has lasted of late: the first guess for the next one."""
        self._changed: dict[str, PollEstimate] = {}
        self._awake: dict[str, PollEstimate] = {}
        self._sleeping: list[tuple[float, int, PollEstimate]] = []
        self._unasked: list[tuple[float, int, PollEstimate]] = []
        self._dated: deque[PollEstimate] = deque()
        self._order = 0
        self.looked_at = 0
        """How many tasks the last round had to look at."""

    def put(self, task: PollEstimate) -> None:
        """It is new, has been answered, or may be asked in its turn again."""
        if task.order == 0:
            self._order += 1
            task.order = self._order
            self._dated.append(task)
        self._changed[task.task.id] = task
        heapq.heappush(self._unasked, (task.unasked_since, task.order, task))

    def drop(self, task: PollEstimate) -> None:
        """It is open no more."""
        self._changed.pop(task.task.id, None)
        self._awake.pop(task.task.id, None)

    def begin_anew(self) -> None:
        """Rank all of them anew: the clock was set back."""
        self._wake_all()
        self._unasked = [(task.unasked_since, task.order, task) for task in self._tasks.values() if task.order]
        heapq.heapify(self._unasked)

    def best(self, of: Round, durations: Durations) -> list[str]:
        """Return the ids of the tasks that the round has room for, the best last. Call it once a round."""
        self.looked_at = 0
        if of.seconds > self._longest:
            self._longest = 1.25 * of.seconds
            self._wake_all()
        else:
            # Whoever fell asleep under a longer one wakes too soon, and never too late.
            self._longest = max(_LONGEST, of.seconds, _FORGETTING * self._longest)
        self._renew(durations, of.now)
        self._arrange(of)
        best = self._chosen(of)
        if best is None:
            self._wake_all()
            self._arrange(of)
            best = self._chosen(of) or []
        turns = dict.fromkeys([*self._forgotten(of), *best])
        return list(turns)[of.room - 1 :: -1]

    def _may_sleep(self, task: PollEstimate) -> bool:
        """Whether it is one of ours still; whoever is being asked, or failed, is put in again."""
        task_id = task.task.id
        return self._tasks.get(task_id) is task and task.retry_at is None and task_id not in self._asking

    def _wake_all(self) -> None:
        self._level = 0.0
        self._sleeping.clear()
        self._changed = {task_id: task for task_id, task in self._tasks.items() if self._may_sleep(task)}
        self._awake.clear()

    def _arrange(self, of: Round) -> None:
        """Have those awake that can be among the best."""
        changed, self._changed = self._changed, {}
        for task_id, task in changed.items():
            self._awake.pop(task_id, None)
            task.rise = 0.0
            if self._may_sleep(task):
                task.count_from(of.now)
                self._lay(task, of)
        while self._sleeping and self._sleeping[0][0] <= of.now:
            at, _, task = heapq.heappop(self._sleeping)
            if task.wakes_at == at and self._may_sleep(task):
                self._lay(task, of)
        if len(self._sleeping) > 2 * len(self._tasks) + _SPARE:
            self._sleeping = [entry for entry in self._sleeping if entry[2].wakes_at == entry[0]]
            heapq.heapify(self._sleeping)

    def _lay(self, task: PollEstimate, of: Round) -> None:
        """Have a task sleep for as long as it cannot reach the level, or keep it awake."""
        at = of.now
        if self._level > 0.0 and not task.exploring:
            at = self._reaches(task, of.now)
        task.wakes_at = at
        if at > of.now:
            heapq.heappush(self._sleeping, (at, task.order, task))
        else:
            self._awake[task.task.id] = task

    def _reaches(self, task: PollEstimate, now: float) -> float:
        """Return a moment up to which the task stays below the level; `now` where that is not worth sleeping for."""
        level = self._level * _FAR
        low = below = 0.0
        waited = task.waited(now)
        high = max(self._longest, _GUESS * waited) if waited else self._usual
        is_known = task.rise > 0.0 and level > task.wakes_with
        if is_known:
            # It rises as it did: one look ahead is enough.
            below = task.wakes_with
            high = min(high, _BEFORE * (level - below) / task.rise)
            if high < self._longest:
                return now
        while (above := self._worth(task, now + high)) < level:
            low, below = high, above
            if is_known or high >= _LONGEST_SLEEP:
                break
            high *= 2.0
        reached = _Span(low, below, high, above)
        if high > low:
            reached = self._narrowed(reached, task, now, level)
        if reached.low < self._longest:
            return now
        task.wakes_with = reached.below
        if reached.high > reached.low:
            task.rise = (reached.above - reached.below) / (reached.high - reached.low)
        if not waited:
            self._usual += 0.05 * (reached.low - self._usual)
        return now + reached.low

    def _narrowed(self, span: _Span, task: PollEstimate, now: float, level: float) -> _Span:
        """Find out more closely when the task reaches the level."""
        low, below, high, above = span
        share = 0.0
        for _ in range(_STEPS):
            if high - low <= max(self._longest, _NEAR_ENOUGH * low):
                break
            # Where a straight line reaches the level, or rather a bit before; half of the way where that was too far.
            share = 0.5 * share if share else min(0.9, max(0.05, _BEFORE * (level - below) / (above - below)))
            at = low + (high - low) * share
            worth = self._worth(task, now + at)
            if worth < level:
                low, below, share = at, worth, 0.0
            else:
                high, above, share = at, worth, 1.0
        return _Span(low, below, high, above)

    def _worth(self, task: PollEstimate, at: float) -> float:
        self.looked_at += 1
        return task.value(at, self._longest)

    def _chosen(self, of: Round) -> list[str] | None:
        """Return the best, best first; None where some that sleep may be better, so that all have to be looked at."""
        gone: list[str] = []
        found: dict[str, float] = {}
        self.looked_at += len(self._awake)
        for task_id, task in self._awake.items():
            if not self._may_sleep(task):
                gone.append(task_id)
            else:
                found[task_id] = task.value(of.now, of.seconds) + (_BEFORE_OTHERS if task.exploring else 0.0)
        for task_id in gone:
            del self._awake[task_id]
        self._settle(found, of)
        may_be = {task_id: value for task_id, value in found.items() if self._tasks[task_id].asked_at <= of.asked_by}
        flat = PollEstimate.unseen_value(of.seconds, of.least)
        for task_id in self._never_seen(of):
            may_be[task_id] = max(flat, may_be.get(task_id, 0.0))
        best = heapq.nlargest(of.room, may_be.items(), key=lambda each: (each[1], -self._tasks[each[0]].order))
        if self._level > 0.0 and (len(best) < of.room or best[-1][1] < self._level):
            return None
        return [task_id for task_id, _ in best]

    def _never_seen(self, of: Round) -> Iterator[str]:
        """Yield the first of those never looked at, no more than the round has room for: all are worth the same."""
        left = of.room
        for task_id in self._new:
            task = self._tasks.get(task_id)
            if task is not None and task.asked_at <= of.asked_by and self._may_sleep(task):
                yield task_id
                left -= 1
                if not left:
                    return

    def _settle(self, found: dict[str, float], of: Round) -> None:
        """Raise the level where far more than the round's best are awake, and lay the others to sleep."""
        enough = of.room + _SPARE
        if len(found) <= 2 * enough or len(self._tasks) <= _FEW * of.room:
            return
        level = heapq.nlargest(enough, found.values())[-1]
        if level <= self._level or not math.isfinite(level):
            return
        self._level = level
        for task_id, value in found.items():
            if value < level:
                task = self._awake.pop(task_id)
                self._lay(task, of)

    def _forgotten(self, of: Round) -> list[str]:
        """Return those that are to be asked first for having waited too long: half of a round at most.

        After an outage all have, and some of them are still worth more than others.
        """
        back: list[tuple[float, int, PollEstimate]] = []
        ids: list[str] = []
        while self._unasked and len(ids) < (of.room + 1) // 2 and self._unasked[0][0] <= of.now - of.floor:
            entry = heapq.heappop(self._unasked)
            task = entry[2]
            if entry[0] != task.unasked_since or not self._may_sleep(task):
                continue
            back.append(entry)
            if task.asked_at <= of.asked_by:
                ids.append(task.task.id)
        for entry in back:
            heapq.heappush(self._unasked, entry)
        if len(self._unasked) > 2 * len(self._tasks) + _SPARE:
            self._unasked = [
                entry for entry in self._unasked if entry[0] == entry[2].unasked_since and self._may_sleep(entry[2])
            ]
            heapq.heapify(self._unasked)
        return ids

    def _renew(self, durations: Durations, now: float) -> None:
        """Work out anew what is believed of some: by and by other tasks teach how long they take."""
        renewed = 0
        for _ in range(min(_SEEN, len(self._dated))):
            if renewed >= _RENEWED:
                return
            task = self._dated.popleft()
            if self._tasks.get(task.task.id) is not task:
                continue
            self._dated.append(task)
            if task.is_dated(now) and task.believe(durations, now):
                renewed += 1
                asleep = task.wakes_at > now and self._level > 0.0 and task.task.id not in self._changed
                if self._may_sleep(task) and not (asleep and self._worth(task, task.wakes_at) < self._level * _FAR):
                    self._changed[task.task.id] = task
