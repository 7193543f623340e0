"""How long a task still takes: what finished tasks taught, corrected by the progress it reports. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from octotui.ledger import Duration
    from octotui.model import Task

Key = tuple[str, str | None, str | None, str | None]
"""Provider, model, seconds and size: what durations are told apart by, from the general to the particular."""

Terms = tuple[tuple[float, float, float, float, float], ...]
"""Of each part of an outlook: half its share, mean, steepness, offset, and half its share of the expected seconds."""

_NORMAL = NormalDist()
_ROOT = math.sqrt(2.0)
_erfc = math.erfc
_FIRST_GUESS = (math.log(150.0), 0.9)
"""Mean and deviation of the logarithm of a duration nobody knows anything about: half a minute to ten minutes."""
_FAITH = 3.0
"""As many finished tasks weigh as much as what is known of their more general group."""
_LEAST_SIGMA = 0.15
_MEMORY = 100.0
"""Tasks after which old ones are half forgotten: models are made faster and gateways slower."""
_ASTRAY = 2.0
"""Deviation of the part of an outlook that knows nothing: a task far past everything is not thought done any moment."""
_LEAST_PROGRESS = 3
"""Percent below which a progress says nothing of the total."""
_ENOUGH = 2.9
"""Finished tasks of a provider and model without which nobody is called slow: three, of which two have faded a bit."""
_STUCK = 3.0
"""Times the 95th percentile."""


class Spread(NamedTuple):
    """A log-normal spread of durations, in seconds."""

    mean: float
    """Of the natural logarithm of the seconds."""
    sigma: float
    seen: float = 0.0
    """How many finished tasks of this provider and model it stands on."""

    def at(self, share: float) -> float:
        """The age, in seconds, at which `share` (0..1, both excluded) of the tasks are done."""
        return math.exp(self.mean + self.sigma * _NORMAL.inv_cdf(share))


class Outlook(NamedTuple):
    """What is believed about one task: a mixture, so that one wrong source never decides alone."""

    parts: tuple[tuple[float, float, float], ...]
    """(share of belief, mean, sigma) of log-normal spreads; the shares add up to 1."""

    def open_at(self, age: float) -> float:
        """The chance that the task is not done `age` seconds after its creation."""
        if age <= 0.0:
            return 1.0
        logarithm = math.log(age)
        chance = 0.0
        for share, mean, sigma in self.parts:
            chance += share * math.erfc((logarithm - mean) / (sigma * _ROOT))
        return 0.5 * chance

    def terms(self) -> Terms:
        """What `open_until` reckons with, worked out once."""
        return tuple(
            (
                0.5 * share,
                mean,
                1.0 / (sigma * _ROOT),
                sigma / _ROOT,
                0.5 * share * math.exp(mean + 0.5 * sigma * sigma),
            )
            for share, mean, sigma in self.parts
        )

    def done_between(self, before: float, after: float) -> float:
        """The chance that it is done at age `after`, given that it was not at age `before` (seconds)."""
        left = self.open_at(before)
        return 1.0 - self.open_at(max(before, after)) / left if left > 1e-12 else 1.0

    def remaining(self, age: float, share: float) -> float:
        """Seconds from `age` on after which it is done with chance `share` (0..1), given that it is not done yet."""
        low, high = age, max(age, 1.0) * 2.0
        while self.done_between(age, high) < share and high < 1e9:
            high *= 2.0
        for _ in range(40):
            middle = (low + high) / 2.0
            if self.done_between(age, middle) < share:
                low = middle
            else:
                high = middle
        return high - age


def open_until(terms: Terms, age: float) -> tuple[float, float]:
    """The chance that a task is not done at an age (`Outlook.open_at`), and for how many seconds it is open until then.

    The seconds are the integral of that chance from its creation on.
    """
    if age <= 0.0:
        return 1.0, age
    logarithm = math.log(age)
    chance = done = 0.0
    for share, mean, steepness, offset, seconds in terms:
        at = (logarithm - mean) * steepness
        chance += share * _erfc(at)
        done += seconds * _erfc(offset - at)
    return chance, age * chance + done


class Durations:
    """What finished tasks taught, from all of them down to one provider, model, length and size."""

    def __init__(self, known: Iterable[Duration] = ()) -> None:
        """`known` is what the ledger holds, oldest first."""
        self._groups: dict[tuple[str | None, ...], _Group] = {}
        self._spreads: dict[Key, Spread] = {}
        for duration in known:
            self.learn((duration.provider, duration.model, duration.seconds, duration.size), duration.duration)

    def learn(self, key: Key, seconds: float) -> None:
        """A task of `key` took `seconds` from its creation to its completion."""
        if not 0.0 < seconds < math.inf:
            return
        for depth in range(len(key) + 1):
            self._groups.setdefault(key[:depth], _Group()).learn(math.log(seconds))
        self._spreads.clear()

    def spread(self, task: Task) -> Spread:
        """How long tasks like this one take, from creation to completion."""
        key = (task.provider, task.model, task.seconds, task.size)
        known = self._spreads.get(key)
        if known is None:
            mean, variance = _FIRST_GUESS[0], _FIRST_GUESS[1] ** 2
            for depth in range(len(key) + 1):
                group = self._groups.get(key[:depth])
                if group is not None:
                    mean, variance = group.refine(mean, variance)
            model = self._groups.get(key[:2])
            seen = model.weight if model is not None else 0.0
            known = self._spreads[key] = Spread(mean, max(_LEAST_SIGMA, math.sqrt(variance)), seen)
        return known


@dataclass(slots=True)
class _Group:
    """Running mean and variance of the logarithms of durations, older ones fading."""

    weight: float = 0.0
    mean: float = 0.0
    variance: float = 0.0

    def learn(self, value: float) -> None:
        self.weight = self.weight * 0.5 ** (1.0 / _MEMORY) + 1.0
        step = value - self.mean
        self.mean += step / self.weight
        self.variance += (step * (value - self.mean) - self.variance) / self.weight

    def refine(self, mean: float, variance: float) -> tuple[float, float]:
        """What the more general group says (`mean`, `variance`), drawn towards what this one has seen."""
        total = self.weight + _FAITH
        refined = (self.weight * self.mean + _FAITH * mean) / total
        return refined, (self.weight * self.variance + _FAITH * variance) / total


def outlook(spread: Spread, progress: int | None = None, progress_age: float = 0.0) -> Outlook:
    """What is believed of a task which, `progress_age` seconds after its creation, had first said `progress` percent.

    Progress at an age gives a total by proportion; it counts for more the further it has come. It may jump, stand
    still or lie, so part of the belief stays with the durations alone: once the total it told is past, that part takes
    over by itself.
    """
    plain, wide = (spread.mean, spread.sigma), (spread.mean, 2.0 * spread.sigma)
    astray = (spread.mean, _ASTRAY)
    if progress is None or progress < _LEAST_PROGRESS or progress_age <= 0.0:
        return Outlook(((0.85, *plain), (0.12, *wide), (0.03, *astray)))
    share = min(progress, 99) / 100.0
    told, doubt = math.log(progress_age / share), 0.06 + 0.25 * (1.0 - share)
    ours, theirs = spread.sigma**-2, doubt**-2
    both = ((spread.mean * ours + told * theirs) / (ours + theirs), (ours + theirs) ** -0.5)
    return Outlook(((0.82, *both), (0.10, *plain), (0.05, *wide), (0.03, *astray)))


def born_at(task: Task) -> float:
    """What a task's age is counted from (unix seconds): it was there when octotui was told of it, whoever's clock."""
    return task.added_at if task.created_at is None else min(task.created_at, task.added_at)


class Expectation(NamedTuple):
    """When one open task should be done, as believed at its last answer; all times are unix seconds."""

    median: float
    """By then with even chance …"""
    most: float
    """… and by then with 90 %."""
    slow_from: float = math.inf
    """From then on it takes longer than 95 % of its like; never while fewer than three of them have finished."""
    stuck_from: float = math.inf
    """From then on far longer."""
    is_founded: bool = True
    """Whether finished tasks or its own progress tell anything; else it is what holds for any task at all."""

    def remaining(self, now: float) -> tuple[float, float]:
        """Seconds from `now` to `median` and `most`; 0 where it is done, most likely, and not yet seen."""
        return max(0.0, self.median - now), max(0.0, self.most - now)

    def pace(self, now: float) -> str:
        """`slow` past the 95th percentile of its like, `stuck?` when far past it, else empty."""
        if now < self.slow_from:
            return ""
        return "slow" if now < self.stuck_from else "stuck?"


def expectation(task: Task, spread: Spread) -> Expectation | None:
    """When `task` should be done, of which `spread` is known; None once it is final."""
    if task.state.is_final:
        return None
    born = born_at(task)
    looked = born if task.last_answer_at is None else max(born, task.last_answer_at)
    belief = outlook(spread, task.progress, looked - born)
    median, most = (looked + belief.remaining(looked - born, share) for share in (0.5, 0.9))
    is_taught = spread.seen >= _ENOUGH
    late = spread.at(0.95) if is_taught else math.inf
    has_progress = task.progress is not None and task.progress >= _LEAST_PROGRESS and looked > born
    return Expectation(median, most, born + late, born + _STUCK * late, is_taught or has_progress)
