"""A task as scripts and hooks see it: exactly the public keys, whichever way it leaves octotui."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octotui.redaction import mask_for_others

if TYPE_CHECKING:
    from octotui.model import Task


FIELDS = frozenset(
    {
        *("id", "provider", "route", "model", "state", "status", "progress", "created_at", "completed_at", "deadline"),
        *("gateway_expires_at", "result_url", "error_code", "error_message", "failure", "last_answer_at", "download"),
        *("tags", "given_title", "prompt"),
    }
)
"""The fields of a `Task` that its JSON is made of."""


def task_json(task: Task, now: float) -> dict[str, Any]:
    """Return a task as scripts see it: these keys, in this order (`INTERFACE.md`, "One task as JSON").

    `now` (unix seconds) decides whether a result has expired. Times are whole unix seconds or None.
    """
    failure, download, deadline = task.failure, task.download, task.deadline
    return {
        "id": task.id,
        "provider": task.provider,
        "route": task.route,
        "model": task.model,
        "state": task.shown_state(now),
        "status": task.status,
        "progress": task.progress,
        "created_at": _seconds(task.created_at),
        "completed_at": _seconds(task.completed_at),
        "expires_at": _seconds(deadline.at if deadline else task.gateway_expires_at),
        "expires_source": deadline.source.value if deadline else ("gateway" if task.gateway_expires_at else None),
        "result_url": task.result_url,
        "error": {"code": task.error_code, "message": task.error_message},
        "stale": failure is not None,
        "last_answer_at": _seconds(task.last_answer_at),
        "request_error": (
            None
            if failure is None
            else {"kind": failure.kind.value, "status": failure.status, "message": failure.message}
        ),
        "download": download.state.value,
        "bytes_done": download.bytes_done,
        "bytes_total": download.bytes_total,
        "file": download.file,
        "tags": list(task.tags),
        "download_error": download.error,
        "download_next_at": _seconds(download.next_at),
        "title": task.title,
    }


def masked_task_json(task: Task, now: float) -> dict[str, Any]:
    """Return `task_json` for eyes that need not open anything: secrets masked, and of links what only signs them."""
    shown = task_json(task, now)
    for facts, names in (
        (shown, ("result_url", "status", "download_error", "title")),
        (shown["error"], ("code", "message")),
        (shown["request_error"] or {}, ("message",)),
    ):
        for name in names:
            if facts.get(name):
                facts[name] = mask_for_others(facts[name])
    return shown


def _seconds(at: float | None) -> int | None:
    return None if at is None else int(at)
