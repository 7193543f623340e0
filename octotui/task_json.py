"""A task as scripts and hooks see it: exactly the public keys, whichever way it leaves octotui."""

from __future__ import annotations

from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Any

from octotui.redaction import mask_for_others

if TYPE_CHECKING:
    import json
    from collections.abc import Callable

    from octotui.model import RequestFailure, Task

FIELDS = frozenset(
    {
        *("id", "provider", "route", "model", "state", "status", "progress", "created_at", "completed_at", "deadline"),
        *("gateway_expires_at", "result_url", "error_code", "error_message", "failure", "last_answer_at", "download"),
        *("tags", "given_title", "prompt", "delivered"),
    }
)
"""The fields of a `Task` that its JSON is made of."""


_NAMES = (
    *("id", "provider", "route", "model", "state", "status", "progress", "created_at", "completed_at", "expires_at"),
    *("expires_source", "result_url", "error", "stale", "last_answer_at", "request_error", "download", "bytes_done"),
    *("bytes_total", "file", "tags", "download_error", "download_next_at", "title", "delivered", "box"),
)
"""The keys of `task_json`, in their order."""
_NO_ERROR = '{"code": null, "message": null}'
_MANY = 10_000
"""Words kept as they are written."""


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
        "request_error": (None if failure is None else _request_error(failure)),
        "download": download.state.value,
        "bytes_done": download.bytes_done,
        "bytes_total": download.bytes_total,
        "file": download.file,
        "tags": list(task.tags),
        "download_error": download.error,
        "download_next_at": _seconds(download.next_at),
        "title": task.title,
        "delivered": task.delivered,
        "box": download.box,
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


def line_writer(encoder: json.JSONEncoder, now: float) -> Callable[[Task], str]:
    """Return what makes of a task the text that `encoder` makes of its `task_json`, in a third of the time.

    The names are written once for all tasks, and so are words that many share.
    """
    text = encode_basestring_ascii if encoder.ensure_ascii else encode_basestring
    words = _Written(encoder)
    template = "{" + ", ".join(f"{text(name)}: %s" for name in _NAMES) + "}"

    def line(task: Task) -> str:
        failure, download, deadline = task.failure, task.download, task.deadline
        url, created_at, completed_at, asked_at = (
            task.result_url,
            task.created_at,
            task.completed_at,
            task.last_answer_at,
        )
        expires_at = deadline.at if deadline else task.gateway_expires_at
        code, message, title = task.error_code, task.error_message, task.title
        return template % (
            text(task.id),
            words[task.provider],
            words[task.route],
            words[task.model],
            words[task.shown_state(now)],
            words[task.status],
            words[task.progress],
            "null" if created_at is None else int(created_at),
            "null" if completed_at is None else int(completed_at),
            "null" if expires_at is None else int(expires_at),
            words[deadline.source.value if deadline else ("gateway" if expires_at else None)],
            "null" if url is None else text(url),
            _NO_ERROR if code is None and message is None else encoder.encode({"code": code, "message": message}),
            "false" if failure is None else "true",
            "null" if asked_at is None else int(asked_at),
            "null" if failure is None else encoder.encode(_request_error(failure)),
            words[download.state.value],
            download.bytes_done,
            "null" if download.bytes_total is None else download.bytes_total,
            "null" if download.file is None else text(download.file),
            words[task.tags],
            "null" if download.error is None else text(download.error),
            "null" if download.next_at is None else int(download.next_at),
            "null" if title is None else text(title),
            "null" if task.delivered is None else text(task.delivered),
            words[download.box],
        )

    return line


class _Written(dict[object, str]):
    """Words as JSON, each written once; emptied when there are many."""

    def __init__(self, encoder: json.JSONEncoder) -> None:
        super().__init__()
        self._encode = encoder.encode

    def __missing__(self, word: object) -> str:
        if len(self) >= _MANY:
            self.clear()
        written = self[word] = self._encode(word)
        return written


def _request_error(failure: RequestFailure) -> dict[str, Any]:
    return {"kind": failure.kind.value, "status": failure.status, "message": failure.message}


def _seconds(at: float | None) -> int | None:
    return None if at is None else int(at)
