"""Which answers are checked on the gateway's other route, and which word of that route is believed. Pure functions.

The two routes of one gateway can disagree about the same task at the same moment:

| what the task's own route says                          | asked elsewhere     | believed of the other route    |
|---------------------------------------------------------|---------------------|--------------------------------|
| 200 with an error object; 500 about a task known before | once per answer     | its final word                 |
| the same as before, far past the usual duration         | every half an hour  | its final word                 |
| failed, and no reason                                   | once per answer     | the reason                     |
"""

from __future__ import annotations

from enum import Enum, auto

from octotui.estimates import Durations, born_at
from octotui.gateway.errors import GatewayError, RequestError
from octotui.model import Answer, Task, TaskState

_OTHER = {"videos": "generations", "query": "generations", "generations": "videos"}
_EVERY = 1800.0
"""Seconds between two questions about a task whose answer does not change."""
_OVERDUE = 10.0
"""Times the usual duration after which an answer that does not change is doubted; `_EVERY` at least."""


class Doubt(Enum):
    """Why a task is asked about on the other route."""

    ERROR = auto()
    STANDSTILL = auto()
    NO_REASON = auto()


def other_route(route: str) -> str | None:
    """Return the route that may know better; None where there is none."""
    return _OTHER.get(route)


def doubt_of(task: Task, said: Answer | RequestError, now: float, durations: Durations) -> Doubt | None:
    """Return why what has been `said` of `task` at `now` (unix seconds) is to be checked; None where it is not."""
    if isinstance(said, RequestError):
        is_odd = (said.status == 200 and said.is_object) or (said.status == 500 and task.route_confirmed)
        return Doubt.ERROR if isinstance(said, GatewayError) and is_odd else None
    if said.state is TaskState.FAILED:
        return None if said.error_message or said.error_code else Doubt.NO_REASON
    return Doubt.STANDSTILL if _stands_still(task, said, now, durations) else None


def _stands_still(task: Task, said: Answer, now: float, durations: Durations) -> bool:
    """Whether an open task says the same as before and one of its moments has come, the first when it is overdue."""
    same = (task.state, task.status) == (said.state, said.status) and said.progress in (None, task.progress)
    if not same or said.state.is_final or task.last_answer_at is None or now - born_at(task) < _EVERY:
        return False
    overdue_from = born_at(task) + max(_EVERY, _OVERDUE * durations.spread(task).at(0.5))
    return now >= overdue_from and (now - overdue_from) // _EVERY > (task.last_answer_at - overdue_from) // _EVERY


def is_believed(doubt: Doubt, word: Answer) -> bool:
    """Whether the other route's `word` counts instead of the task's own route's."""
    if doubt is Doubt.NO_REASON:
        return word.state is TaskState.FAILED and bool(word.error_message or word.error_code)
    return word.state.is_final
