"""A gateway, its tasks and its clients in simulated time: what `scheduling` measures policies in."""

from __future__ import annotations

import heapq
import math
import random
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from octotui.engine.polling.gateway_health import GatewayHealth
from octotui.engine.polling.rate_limit import RateLimiter
from octotui.engine.polling.scheduler import Scheduler
from octotui.engine.polling.turns import Turns
from octotui.estimates import Durations
from octotui.gateway.errors import GatewayError, NetworkError, RateLimited, RequestError
from octotui.model import RequestFailure, Task, TaskState

MODELS = (
    ("sprint", 40.0, 0.3),
    ("short", 90.0, 0.4),
    ("middle", 180.0, 0.5),
    ("long", 420.0, 0.6),
    ("epic", 1200.0, 0.35),
)
"""Name, median seconds, sigma."""
ARRIVALS = 1200.0
"""Seconds over which the tasks are submitted."""
CONNECTIONS = 8
OUTAGE = (600.0, 840.0)
SICK = (0.0, 3600.0)
SICK_ONES = 5
"""One in so many tasks has an upstream that is sick."""
START = 1_790_000_000.0
"""Unix seconds."""
RHYTHMS: dict[str, Callable[[random.Random], float]] = {
    "15 s": lambda _: 15.0,
    "15.05 s": lambda _: 15.05,
    "15 s and work": lambda luck: 15.0 + luck.uniform(0.05, 0.5),
    "15 s and much work": lambda luck: 15.0 + luck.uniform(0.3, 4.0),
    "none": lambda _: 0.5,
}
"""Seconds from one sweep to the next."""


@dataclass(frozen=True)
class Scene:
    """What one run is about; the same scene is the same world for every policy."""

    per_minute: int
    seed: int = 0
    tasks: int = 500
    progress: bool = False
    weather: str = "calm"
    rhythm: str = "15 s"
    lies: float = 0.15
    """Share of tasks whose progress stands still, bends or jumps."""
    sick_count: bool = True
    """Whether the lag of the tasks whose upstream is sick counts."""
    misled: float | None = 1.0
    """Factor by which the durations taught beforehand are wrong; None: nothing was taught."""


@dataclass(slots=True)
class Render:
    """One simulated task."""

    id: str
    model: str
    born: float
    duration: float
    first_sweep: float
    visible_at: float
    """The sweep from which on the gateway says that it is completed."""
    lag_from: float
    lie: str
    last_asked: float
    sick_with: RequestError | None = None
    """What it answers while its upstream is sick."""
    longest_unasked: float = 0.0
    seen_at: float | None = None


@dataclass(slots=True)
class Reply:
    """What a question brought."""

    state: TaskState
    progress: int | None = None
    error: RequestError | None = None


_SICKNESSES = (GatewayError("the upstream does not answer", status=524), RateLimited("slow down", status=429))


class World:
    """The gateway and what happens to it."""

    def __init__(self, scene: Scene) -> None:
        luck = random.Random(scene.seed)
        self._scene = scene
        self._luck = random.Random(scene.seed + 1)
        self.cadence = [START + luck.uniform(-45.0, -30.0)]
        while self.cadence[-1] < START + 50_000.0:
            self.cadence.append(self.cadence[-1] + RHYTHMS[scene.rhythm](luck))
        self.renders = sorted((self._render(luck, number) for number in range(scene.tasks)), key=lambda one: one.born)

    def _render(self, luck: random.Random, number: int) -> Render:
        model, median, sigma = luck.choice(MODELS)
        born = START + luck.uniform(0.0, ARRIVALS)
        duration = luck.lognormvariate(math.log(median), sigma)
        visible = self.cadence[bisect_left(self.cadence, born + duration)]
        lie = luck.choice(("still", "bent", "jumps")) if luck.random() < self._scene.lies else ""
        return Render(
            id=f"{model}-{number}",
            model=model,
            born=born,
            duration=duration,
            first_sweep=self.cadence[bisect_left(self.cadence, born)],
            visible_at=visible,
            lag_from=START + OUTAGE[1] if self._is_down(visible) else visible,
            lie=lie,
            last_asked=born,
            sick_with=_SICKNESSES[number // SICK_ONES % 2] if number % SICK_ONES == 0 else None,
        )

    def reply(self, render: Render, now: float) -> Reply:
        """What a question that reaches the gateway at `now` brings."""
        if self._scene.weather == "sick" and render.sick_with is not None and SICK[0] <= now - START < SICK[1]:
            return Reply(TaskState.UNKNOWN, error=render.sick_with)
        if self._is_down(now):
            return Reply(TaskState.UNKNOWN, error=NetworkError("no answer"))
        if self._scene.weather == "storm" and (now - START) % 300.0 < 120.0 and self._luck.random() < 0.25:
            return Reply(TaskState.UNKNOWN, error=RateLimited("slow down", status=429))
        if render.visible_at <= now:
            return Reply(TaskState.COMPLETED, 100)
        if now < render.first_sweep:
            return Reply(TaskState.UNKNOWN, 0)
        return Reply(TaskState.RUNNING, self._progress(render, now) if self._scene.progress else None)

    def _is_down(self, now: float) -> bool:
        return self._scene.weather == "outage" and OUTAGE[0] <= now - START < OUTAGE[1]

    def _progress(self, render: Render, now: float) -> int:
        swept = self.cadence[bisect_right(self.cadence, now) - 1]
        share = min(0.99, max(0.0, (swept - render.born) / render.duration))
        told = {"": share, "still": min(share, 0.5), "bent": math.sqrt(share), "jumps": 0.3 if share < 0.7 else 0.9}
        return int(100 * told[render.lie])


class Policy(Protocol):
    """Who is asked next."""

    def watch(self, render: Render, now: float) -> None:
        """A task was submitted."""

    def next(self, now: float) -> str | None:
        """The task to ask now."""

    def wake_at(self, now: float) -> float:
        """When `next` may have somebody."""

    def heard(self, render: Render, reply: Reply, now: float) -> None:
        """What a question brought."""


class Interval:
    """What others do: every task every so many seconds, or each time longer up to a limit; evenly paced."""

    def __init__(self, per_minute: int, first: float, factor: float = 1.0, longest: float = 30.0) -> None:
        self._spacing, self._free_at = 60.0 / per_minute, 0.0
        self._first, self._factor, self._longest = first, factor, longest
        self._due: list[tuple[float, str]] = []
        self._pause: dict[str, float] = {}

    def watch(self, render: Render, now: float) -> None:
        """Ask about it at once, behind those who wait longer."""
        heapq.heappush(self._due, (now, render.id))
        self._pause[render.id] = self._first

    def next(self, now: float) -> str | None:
        """Whoever has been due longest."""
        if self.wake_at(now) > now:
            return None
        self._free_at = max(now, self._free_at + self._spacing)
        return heapq.heappop(self._due)[1]

    def wake_at(self, now: float) -> float:
        """When somebody is due and the pace allows it."""
        return max(self._due[0][0], self._free_at) if self._due else math.inf

    def heard(self, render: Render, reply: Reply, now: float) -> None:
        """Ask again after the pause, or at once when the question failed."""
        if reply.error is not None:
            heapq.heappush(self._due, (now, render.id))
        elif not reply.state.is_final:
            heapq.heappush(self._due, (now + self._pause[render.id], render.id))
            self._pause[render.id] = min(self._longest, self._pause[render.id] * self._factor)


class Octotui:
    """The engine's own scheduler, told nothing but what its answers say."""

    def __init__(self, scene: Scene) -> None:
        self.scheduler = Scheduler(scene.per_minute, taught(scene.misled), luck=random.Random(scene.seed + 50).random)
        self._health = GatewayHealth(START, scene.per_minute)
        self._turns = Turns(self.scheduler, self._health)
        self._tasks: dict[str, Task] = {}

    def watch(self, render: Render, now: float) -> None:
        """What `octotui add` knows of it."""
        task = Task(id=render.id, provider="sora", route="videos", added_at=now, model=render.model)
        self._tasks[render.id] = task
        self.scheduler.watch(task, now)

    def next(self, now: float) -> str | None:
        """Whom the engine would ask."""
        return self._turns.next(now, now)

    def wake_at(self, now: float) -> float:
        """When there may be somebody."""
        return self._turns.wake_at(now, now)

    def heard(self, render: Render, reply: Reply, now: float) -> None:
        """Make of the reply what the engine does."""
        before = self._tasks[render.id]
        if reply.error is None:
            self._health.answered(now)
        else:
            is_news = before.failures == 0
            self._health.failed(render.id, "sora", reply.error, now, self.scheduler.watched, is_news=is_news)
        retry_after = None if reply.error is None else reply.error.retry_after
        if reply.error is not None:
            failure = RequestFailure(reply.error.kind, reply.error.status, reply.error.message, now)
            after = replace(before, last_asked_at=now, failure=failure, failures=before.failures + 1)
        else:
            after = replace(
                before,
                state=reply.state,
                progress=reply.progress,
                created_at=render.born,
                completed_at=render.visible_at if reply.state.is_final else None,
                last_asked_at=now,
                last_answer_at=now,
                failure=None,
                failures=0,
            )
        self._tasks[render.id] = after
        self.scheduler.record_answer(before, after, now, retry_after=retry_after)


def taught(misled: float | None) -> Durations:
    """What a ledger knows after thirty finished tasks of each model, all of them wrong by a factor."""
    durations = Durations()
    if misled is not None:
        luck = random.Random(99)
        for _ in range(30):
            for model, median, sigma in MODELS:
                durations.learn(("sora", model, None, None), misled * luck.lognormvariate(math.log(median), sigma))
    return durations


@dataclass(frozen=True)
class Outcome:
    """What one policy made of one scene."""

    mean: float
    p95: float
    per_task: float
    overruns: int
    """Requests beyond the budget in the worst 60 seconds."""
    longest_unasked: float


@dataclass
class Run:
    """One policy at work on one world until every task was seen completed."""

    scene: Scene
    policy: Policy
    now: float = START
    sent: list[float] = field(default_factory=list)

    def outcome(self) -> Outcome:
        """Run it."""
        world = World(self.scene)
        limiter = RateLimiter(self.scene.per_minute)
        renders = {render.id: render for render in world.renders}
        waiting = world.renders[::-1]
        flying: list[tuple[float, int, Render, Reply]] = []
        network = random.Random(7)
        chosen: str | None = None
        left = len(waiting)
        while left:
            while waiting and waiting[-1].born <= self.now:
                self.policy.watch(waiting.pop(), self.now)
            while flying and flying[0][0] <= self.now:
                _, _, render, reply = heapq.heappop(flying)
                left -= self._land(render, reply)
            chosen = chosen or self.policy.next(self.now)
            may_send = limiter.next_at(self.now) if chosen and len(flying) < CONNECTIONS else math.inf
            if chosen and may_send <= self.now:
                render = renders[chosen]
                self._send(render, limiter)
                there, back = network.uniform(0.03, 0.12), network.uniform(0.03, 0.12)
                reply = world.reply(render, self.now + there)
                heapq.heappush(flying, (self.now + there + back, len(self.sent), render, reply))
                chosen = None
                continue
            then = min(
                may_send if chosen else self.policy.wake_at(self.now),
                waiting[-1].born if waiting else math.inf,
                flying[0][0] if flying else math.inf,
            )
            self.now = max(then, math.nextafter(self.now, math.inf))
        return self._figures(world)

    def _send(self, render: Render, limiter: RateLimiter) -> None:
        assert limiter.try_acquire(self.now)
        self.sent.append(self.now)
        render.longest_unasked = max(render.longest_unasked, self.now - render.last_asked)
        render.last_asked = self.now

    def _land(self, render: Render, reply: Reply) -> bool:
        """Take in a reply; True when it completes a task."""
        if reply.state.is_final:
            render.seen_at = self.now
        self.policy.heard(render, reply, self.now)
        return reply.state.is_final

    def _figures(self, world: World) -> Outcome:
        counted = [render for render in world.renders if self.scene.sick_count or render.sick_with is None]
        lags = sorted((render.seen_at or math.inf) - render.lag_from for render in counted)
        most = start = 0
        for end, at in enumerate(self.sent):
            while self.sent[start] + 60.0 <= at:
                start += 1
            most = max(most, end - start + 1)
        return Outcome(
            statistics.fmean(lags),
            lags[int(0.95 * len(lags))],
            len(self.sent) / len(world.renders),
            max(0, most - self.scene.per_minute),
            max(render.longest_unasked for render in world.renders),
        )


POLICIES: dict[str, Callable[[Scene], Policy]] = {
    "round robin": lambda scene: Interval(scene.per_minute, 0.0),
    "fixed 5 s": lambda scene: Interval(scene.per_minute, 5.0),
    "fixed 10 s": lambda scene: Interval(scene.per_minute, 10.0),
    "exponential to 30 s": lambda scene: Interval(scene.per_minute, 2.0, 1.5, 30.0),
    "octotui": Octotui,
}


def run(name: str, scene: Scene) -> Outcome:
    """Run one policy on one scene."""
    return Run(scene, POLICIES[name](scene)).outcome()
