"""State transitions: what an answer, or its absence, makes of a task. Pure functions of (task, answer, now)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from octotui.gateway.errors import RequestError
from octotui.gateway.parsing.deadlines import deadline_of
from octotui.gateway.providers import Provider
from octotui.model import Answer, EventKind, LogEntry, Task, TaskState
from octotui.task_events import detail_of, failure_words, happened, state_words

_LOGGED = frozenset({EventKind.STATE, EventKind.FAILURE, EventKind.RECOVERED})
"""What an answer can do to a task; downloads and losses are logged by those who see to them."""


def after_answer(task: Task, answer: Answer, *, provider: Provider, route: str, now: float) -> Task:
    """The task as `answer`, which came over `route` at `now`, leaves it.

    A completed task stays completed whatever a later answer says: it is asked again only for a fresh link, and an
    upstream that has meanwhile forgotten it takes nothing away from what was seen.
    """
    heard: dict[str, Any] = {
        "route": route,
        "route_confirmed": True,
        "last_asked_at": now,
        "last_answer_at": now,
        "failure": None,
        "failures": 0,
        "model": answer.model or task.model,
        "seconds": answer.seconds or task.seconds,
        "size": answer.size or task.size,
        "prompt": task.prompt or answer.prompt,
        "created_at": _created_at(task, answer, now),
    }
    if task.state is TaskState.COMPLETED and answer.state is not TaskState.COMPLETED:
        return replace(task, **heard)
    completed_at = _completed_at(task, answer, now)
    gateway_expires_at = answer.expires_at or task.gateway_expires_at
    link = answer.result_url or (task.result_url if answer.state is TaskState.COMPLETED else None)
    return replace(
        task,
        **heard,
        state=answer.state,
        status=answer.status,
        progress=_progress(task, answer),
        running_since=_running_since(task, answer, now),
        completed_at=completed_at,
        final_seen_at=(task.final_seen_at or now) if answer.state.is_final else None,
        gateway_expires_at=gateway_expires_at,
        result_url=link,
        deadline=deadline_of(
            gateway_expires_at=gateway_expires_at,
            result_url=link,
            state=answer.state,
            completed_at=completed_at or _completed_by(task, answer, now),
            retention=provider.retention,
        ),
        error_code=answer.error_code,
        error_message=answer.error_message,
    )


def after_failure(task: Task, error: RequestError, now: float) -> Task:
    """The task after a request that brought no answer: same state, marked stale."""
    return replace(task, last_asked_at=now, failure=error.failure(now), failures=task.failures + 1)


def events_between(before: Task, after: Task, now: float) -> list[LogEntry]:
    """What is worth a line in the log when an answer, or its absence, made `after` of `before`."""
    return [
        LogEntry(now, kind, after.id, _words(kind, after), detail=detail_of(kind, after))
        for kind in happened(before, after, now)
        if kind in _LOGGED
    ]


def _words(kind: EventKind, after: Task) -> str:
    return state_words(after, after.state.value) if kind is EventKind.STATE else failure_words(after)


def duration_of(before: Task, after: Task) -> float | None:
    """Seconds from creation to completion, when `after` has just completed and both ends are known."""
    if after.state is not TaskState.COMPLETED or before.state.is_final:
        return None
    if after.completed_at is None and before.last_answer_at is None:
        # First seen completed and with no word of when: it may have been so for days.
        return None
    end = after.completed_at or after.final_seen_at
    start = after.created_at or before.running_since
    if end is None or start is None or end <= start:
        return None
    return end - start


def _created_at(task: Task, answer: Answer, now: float) -> float | None:
    """The gateway's own time of creation; one that is still to come is a clock ahead: by then it was watched."""
    at = answer.created_at
    if at is None:
        return task.created_at
    if at <= now:
        return at
    return task.added_at if task.created_at is None else task.created_at


def _completed_at(task: Task, answer: Answer, now: float) -> float | None:
    """The gateway's own time of completion; a later answer that no longer names it does not take it away.

    Never later than it was first seen: a clock ahead, or a local time without its zone, must lengthen no countdown.
    """
    if not answer.state.is_final:
        return None
    if answer.completed_at is not None:
        return min(answer.completed_at, task.final_seen_at or now, now)
    return task.completed_at if task.state is answer.state else None


def _completed_by(task: Task, answer: Answer, now: float) -> float:
    """The latest a result can have been there, for the retention rule where no time of completion is known."""
    seen = task.final_seen_at or now
    return min(seen, answer.updated_at) if answer.updated_at else seen


def _progress(task: Task, answer: Answer) -> int | None:
    """The answer's percentage; a running task whose answer names none keeps the one it had."""
    if answer.progress is not None:
        return answer.progress
    return task.progress if answer.state is TaskState.RUNNING else None


def _running_since(task: Task, answer: Answer, now: float) -> float | None:
    if answer.state is TaskState.RUNNING and task.running_since is None:
        return now
    return task.running_since
