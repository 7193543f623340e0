"""Whose failure it is: from who failed, how, and who was answered since, to who waits until when. Pure functions.

A failure belongs to the smallest thing it is about: the task first, the gateway last.

| what came of the question                            | what it is about                                       |
|------------------------------------------------------|--------------------------------------------------------|
| an answer; 404 and other 4xx                         | the task, and the gateway is there                     |
| 5xx, 429, no JSON, a connection that breaks off      | the task; the gateway, once `DIFFERENT` tasks (all,    |
|                                                      | where fewer are watched, at least `FEW`) had nothing   |
|                                                      | else for a moment, since the last answer               |
| no connection, no answer in time                     | the task; the gateway after `UNREACHED` in a row       |
| 401, quota used up                                   | the task; the key, where the quota route says so too,  |
|                                                      | or where that says nothing and tasks of two providers  |
|                                                      | (`FEW` of one, all where fewer are watched) had it     |
|                                                      | since the last answer                                  |

A task that failed before says nothing new by failing again while there are others that did not: the sick are asked
more often than the well, and would be heard alone. While only probes go (`Standing.holds_back`) one task is asked at a
time, another one each time, least failed first.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto
from typing import NamedTuple

from octotui.model import FailureKind, GatewayState

UNREACHED = 3
"""Questions in a row without any HTTP answer after which the gateway is down: one lost request is no outage."""
DIFFERENT = 10
FEW = 3
MOMENT = 5.0
"""Seconds in which a neighbour's success says that a failure is not for all."""
LONGEST_HOLD = 600.0
"""Seconds: however long a `Retry-After` is, after these it is asked whether it still holds."""
LONGEST_SLOWDOWN = 60.0
"""Seconds for which all wait at most because of 429s, before a probe."""

ABOUT_THE_TASK = frozenset({FailureKind.NO_SUCH_TASK, FailureKind.REFUSED})
"""Refusals that are an answer about the task itself."""
KEY_TROUBLE = {
    FailureKind.KEY_REFUSED: GatewayState.KEY_REFUSED,
    FailureKind.OUT_OF_QUOTA: GatewayState.OUT_OF_QUOTA,
}

_FIRST_OUTAGE_PAUSES = (5.0, 10.0)
"""Seconds before the first probes of a gateway that is down, where the budget does not allow for shorter ones."""
_OUTAGE_PAUSE = 15.0
"""Seconds between probes: the gateway's own rhythm …"""
_SHORTEST_OUTAGE_PAUSE = 2.0
_PROBE_SHARE = 0.05
"""… or less, while the outage is young, as far as a twentieth of the budget goes. Measured (`--weather outage`, 600 a
minute): the 95th percentile of the lag is 0.50 of round robin's with 15 s, 0.22 with 2 s."""
_YOUNG = 600.0
"""Seconds."""
_KEY_PAUSES = (30.0, 60.0, 120.0, 240.0, 300.0)
_FIRST_PAUSE = 0.2
"""Share of `poll_seconds` after which a task is asked again whose question has failed once."""
_SICK_SHARE = 0.1
"""Share of the budget that tasks whose questions fail may have."""
_SHORTEST_LIMIT = 45.0
_LONGEST_LIMIT = 300.0


class Failure(NamedTuple):
    """The last failed question about one task."""

    provider: str
    kind: FailureKind
    message: str
    at: float
    """Monotonic seconds."""
    since: float
    """When its first question failed since anybody was answered."""
    retry_after: float | None = None
    """Seconds that the answer asked to wait."""
    is_news: bool = True
    """Whether the task's question before did not fail."""


class Watched(NamedTuple):
    """The tasks that are not final."""

    tasks: int
    providers: int
    well: int
    """How many did not fail when they were asked last, or were not asked yet."""


class KeyWord(Enum):
    """What the quota route says of the key."""

    NOTHING = auto()
    GOOD = auto()
    REFUSED = auto()
    USED_UP = auto()


class Standing(NamedTuple):
    """How the gateway stands for all tasks together."""

    state: GatewayState
    message: str | None = None
    holds_back: bool = False
    """Whether only probes go."""


def standing(failed: Collection[Failure], unreached: int, watched: Watched, *, key: KeyWord, now: float) -> Standing:
    """Return how the gateway stands after a failed question.

    `failed` has one entry for each task that failed since anybody was answered, the latest last; `unreached` is how
    many questions in a row had no HTTP answer at all; `key` is what the quota route has said since then.
    """
    message = [*failed][-1].message
    telling = [failure for failure in failed if failure.is_news] if watched.well else [*failed]
    if unreached >= UNREACHED:
        return Standing(GatewayState.OFFLINE, message, holds_back=True)
    refused = [failure for failure in telling if failure.kind in KEY_TROUBLE]
    if refused and key is not KeyWord.GOOD and (key is not KeyWord.NOTHING or _is_for_all(refused, watched)):
        state = GatewayState.OUT_OF_QUOTA if key is KeyWord.USED_UP else KEY_TROUBLE[refused[-1].kind]
        return Standing(state, refused[-1].message, holds_back=True)
    is_few = len(telling) < max(FEW, min(DIFFERENT, watched.tasks))
    if is_few or now - min(failure.since for failure in telling) < MOMENT:
        return Standing(GatewayState.LIVE)
    return Standing(GatewayState.OFFLINE, message, holds_back=slow_down(failed, now) > 0.0)


def _is_for_all(refused: Collection[Failure], watched: Watched) -> bool:
    providers = {failure.provider for failure in refused}
    return len(providers) > 1 or (watched.providers <= 1 and len(refused) >= max(1, min(FEW, watched.tasks)))


def slow_down(failed: Collection[Failure], now: float) -> float:
    """Return for how many seconds all should wait because most failures were 429s; 0 where they were not.

    `failed` is as for `standing`, and there are enough of them to say something about the gateway.
    """
    limited = [failure for failure in failed if failure.kind is FailureKind.RATE_LIMITED]
    if 2 * len(limited) <= len(failed):
        return 0.0
    last = limited[-1]
    return min(LONGEST_SLOWDOWN, max(last.retry_after or 0.0, _FIRST_OUTAGE_PAUSES[0])) - (now - last.at)


def probe_pause(state: GatewayState, probes: int, *, lasted: float, per_minute: int) -> float:
    """Return the seconds before the next probe, after so many that failed; the trouble has `lasted` so many seconds."""
    if state in KEY_TROUBLE.values():
        return _KEY_PAUSES[min(probes, len(_KEY_PAUSES) - 1)]
    longest = (*_FIRST_OUTAGE_PAUSES, _OUTAGE_PAUSE)[min(probes, len(_FIRST_OUTAGE_PAUSES))]
    affordable = max(_SHORTEST_OUTAGE_PAUSE, 60.0 / (_PROBE_SHARE * per_minute))
    return min(longest, affordable) if lasted < _YOUNG else _OUTAGE_PAUSE


def task_pause(
    failures: int, retry_after: float | None, *, is_refusal: bool, sick: int, poll_seconds: float, per_minute: int
) -> float:
    """Return the seconds before a task is asked again whose last questions failed, `failures` in a row.

    Doubled each time, up to where the `sick` tasks together take a tenth of the budget. What only a change at the
    gateway ends (`is_refusal`) is asked more rarely. A `Retry-After` holds its task, but not for ever.
    """
    first = poll_seconds * (2.0 if is_refusal else _FIRST_PAUSE)
    shortest = _LONGEST_LIMIT if is_refusal else max(_SHORTEST_LIMIT, 60.0 * sick / (_SICK_SHARE * per_minute))
    longest = max(poll_seconds, min(_LONGEST_LIMIT, shortest))
    return max(min(longest, first * 2.0 ** min(failures - 1, 16)), min(retry_after or 0.0, LONGEST_HOLD))
