"""The gateway's cadence: it asks upstream about every 15 s, so nothing new is to be heard between two sweeps.

Gateways of this family sleep 15 s between two sweeps, so the work of a sweep comes on top and the moment drifts. Hence
a few rhythms are believed in side by side, from "15 s sharp" to "about 18 s", beside the belief that there is none.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import accumulate

PERIOD = 15.0
"""Seconds a gateway sleeps between two sweeps (`GATEWAY.md`)."""
_WORK = ((0.0, 0.03), (0.05, 0.04), (0.1, 0.06), (0.2, 0.1), (0.4, 0.2), (0.8, 0.4), (1.6, 0.7), (3.0, 1.2))
"""Seconds of work that may come on top, and by how many it may differ from one sweep to the next."""
_MOMENTS = 60
"""Moments of a period that are told apart, a quarter of a second each."""
_STUMBLE = 0.05
"""Share of changes that come at another moment than the sweep: gateways stumble, clocks are read late."""
_RESTART = 0.005
"""Share of belief given back in each sweep's time to "anything may be": a gateway that restarts is learnt anew."""
_SHARPEST = 2.0
"""Seconds: a change seen within less than this says no more for a rhythm than one seen within this."""
_NARROW = 2.0
"""Seconds that must hold the next sweep for a rhythm to be acted on …"""
_SURE = 0.8
"""… and the share of all belief that must lie there …"""
_UNSURE = 0.5
"""… and still lie there later, so that it is not taken up and dropped by turns."""
_LATE = 0.95
"""Share of the belief before the moment acted on: a second too late costs a second, too early costs a whole round."""
_ANYWHERE = 0.2
"""Share of exploring looks at any moment at all, so that a belief that is wrong is found out."""
_BESIDE = 1.5
"""Seconds by which the others lie beside the moment believed in, on both sides, as sweeps come early and late."""
_STALE = 1800.0
"""Seconds without a single change after which nothing is believed any more."""


class GatewayCadence:
    """Learns when the gateway's answers change, from between which looks they were seen to. Times are unix seconds."""

    def __init__(self) -> None:
        self._none = 0.5
        """Belief that answers change at any time."""
        self._rhythms = [_Rhythm(PERIOD + work, wander, 0.5 / len(_WORK)) for work, wander in _WORK]
        self._best = self._rhythms[0]
        self._phase: float | None = None
        self._seen_at = float("-inf")
        self._told: deque[tuple[int, int]] = deque(maxlen=100)

    @property
    def phase(self) -> float | None:
        """The moment of the sweep within each `period`, rather late than early; None while it is not known."""
        return self._phase

    @property
    def period(self) -> float:
        """Seconds from one sweep to the next, as far as is known."""
        return self._best.period

    @property
    def rhythmless(self) -> float:
        """How far it is believed (0..1) that there is no rhythm at all."""
        return self._none

    def last(self, now: float) -> float | None:
        """The last sweep at or before `now`; None while the rhythm is not known."""
        if self._phase is None or now - self._seen_at > _STALE:
            return None
        return math.floor((now - self._phase) / self.period) * self.period + self._phase

    def moment(self, now: float, luck: float, beside: float) -> float:
        """When to look, within one period from `now`, in order to learn more about the rhythm.

        `luck` (0..1) draws a moment from the belief, `beside` (0..1) how far before or after it.
        """
        rhythm = self._best
        flat = _ANYWHERE / _MOMENTS
        scale = (1.0 - _ANYWHERE) / rhythm.mass
        drawn = enumerate(accumulate(share * scale + flat for share in rhythm.belief))
        index = next((index for index, reached in drawn if luck < reached), 0)
        at = index * rhythm.width + _BESIDE * (2.0 * beside - 1.0)
        return now + (at - now) % rhythm.period

    def saw_change(self, before: float, after: float) -> None:
        """A task's answer to a question sent at `before` or later had changed in the one that came at `after`.

        Give it every such pair of looks, or every one of those made to explore, whichever way they speak: a choice
        among them would be taken for evidence.
        """
        span = (round(before), round(after))
        # Tasks asked in one go tell one thing, however many they are.
        if not 0.0 < after - before < PERIOD - 0.25 or span in self._told:
            return
        self._told.append(span)
        cadence = min(1000.0, max(0.0, (after - self._seen_at) / PERIOD))
        self._seen_at = max(after, self._seen_at)
        for rhythm in self._rhythms:
            rhythm.age(cadence)
            rhythm.weigh(before, after)
        restart = 1.0 - (1.0 - _RESTART) ** cadence
        keep = (1.0 - restart) / (self._none + sum(rhythm.mass for rhythm in self._rhythms))
        self._none = self._none * keep + 0.5 * restart
        for rhythm in self._rhythms:
            rhythm.renew(keep, restart)
        self._settle()

    def _settle(self) -> None:
        best = max(self._rhythms, key=lambda rhythm: rhythm.mass)
        if best.mass > 2.0 * self._best.mass:
            self._best = best
        sure, edge = self._best.next_sweep()
        enough = _SURE if self._phase is None else _UNSURE
        self._phase = edge if sure * (1.0 - self._none) >= enough else None


class _Rhythm:
    """The belief that there is a sweep every `period` seconds, spread over the moments at which it may be."""

    def __init__(self, period: float, wander: float, prior: float) -> None:
        self.period = period
        self.width = period / _MOMENTS
        self.belief = [prior / _MOMENTS] * _MOMENTS
        self._prior = prior
        self._variance = (wander / self.width) ** 2

    @property
    def mass(self) -> float:
        """The share of all belief that this rhythm has."""
        return sum(self.belief)

    def age(self, cadence: float) -> None:
        """Let so many sweeps go by unseen: their moment may have wandered."""
        variance = cadence * self._variance
        if variance > _MOMENTS**2 / 12.0:
            self.belief = [self.mass / _MOMENTS] * _MOMENTS
        else:
            self.belief = _blurred(self.belief, variance)

    def weigh(self, before: float, after: float) -> None:
        """Take in that an answer changed in that span: by chance, a span of 3 s would hold one sweep in five."""
        inside = (1.0 - _STUMBLE) * PERIOD / max(after - before, _SHARPEST) + _STUMBLE
        first, last = math.floor(before / self.width), math.floor(after / self.width)
        within = {index % _MOMENTS for index in range(first, last + 1)}
        self.belief = [share * (inside if index in within else _STUMBLE) for index, share in enumerate(self.belief)]

    def renew(self, keep: float, restart: float) -> None:
        """Keep that share of the belief and give `restart` of what was believed at first back."""
        start = restart * self._prior / _MOMENTS
        self.belief = [share * keep + start for share in self.belief]

    def next_sweep(self) -> tuple[float, float]:
        """(The share of this belief that lies within the likeliest `_NARROW` seconds, its late edge)."""
        ahead = _blurred(self.belief, self._variance)
        total = sum(ahead)
        circle = ahead + ahead
        narrow = round(_NARROW / self.width)
        windows = [sum(circle[start : start + narrow]) for start in range(_MOMENTS)]
        best = max(range(_MOMENTS), key=windows.__getitem__)
        # Counted from the far side of the circle.
        start = (best + narrow // 2 - _MOMENTS // 2) % _MOMENTS
        reached = enumerate(accumulate(circle[start : start + _MOMENTS]), start + 1)
        edge = next((index for index, share in reached if share >= _LATE * total), start)
        return windows[best] / total, (edge % _MOMENTS) * self.width


def _blurred(belief: list[float], variance: float) -> list[float]:
    """`belief` after a random walk on its circle, `variance` in moments squared."""
    passes = math.ceil(variance / 0.5)
    for _ in range(passes):
        moved = variance / passes / 2.0
        stay = 1.0 - 2.0 * moved
        left, right = belief[-1:] + belief[:-1], belief[1:] + belief[:1]
        belief = [stay * here + moved * (one + other) for here, one, other in zip(belief, left, right, strict=True)]
    return belief
