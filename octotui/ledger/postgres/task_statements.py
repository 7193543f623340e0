"""The statements that write rows of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octotui.ledger.rows import download_parameters, plain, task_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octotui.model import Download, Task

_TEXT, _WHOLE, _REAL = "text", "bigint", "double precision"

TASK_COLUMNS = {
    "id": _TEXT,
    "revision": _WHOLE,
    "provider": _TEXT,
    "route": _TEXT,
    "model": _TEXT,
    "state": _TEXT,
    "status": _TEXT,
    "progress": _WHOLE,
    "created_at": _REAL,
    "running_since": _REAL,
    "completed_at": _REAL,
    "final_seen_at": _REAL,
    "deadline_at": _REAL,
    "deadline_source": _TEXT,
    "gateway_expires_at": _REAL,
    "result_url": _TEXT,
    "error_code": _TEXT,
    "error_message": _TEXT,
    "seconds": _TEXT,
    "size": _TEXT,
    "route_confirmed": _WHOLE,
    "last_asked_at": _REAL,
    "last_answer_at": _REAL,
    "failure_kind": _TEXT,
    "failure_status": _WHOLE,
    "failure_message": _TEXT,
    "failure_at": _REAL,
    "failures": _WHOLE,
    "prompt": _TEXT,
}
"""Columns of `task_parameters`, in their order."""
_KEPT = {"model": "COALESCE(new.model, tasks.model)", "prompt": "COALESCE(tasks.prompt, new.prompt)"}
_SET = ", ".join(f"{name} = {_KEPT.get(name, f'new.{name}')}" for name in TASK_COLUMNS if name != "id")

UPDATE_TASKS = f"UPDATE tasks SET {_SET} FROM :rows WHERE tasks.id = new.id"  # noqa: S608 - names of ours
"""For `bulk.execute`, with rows of `task_row`: facts only, and only of tasks that are watched."""

DOWNLOAD_COLUMNS = {
    "id": _TEXT,
    "revision": _WHOLE,
    "wish": _WHOLE,
    "state": _TEXT,
    "bytes_done": _WHOLE,
    "bytes_total": _WHOLE,
    "file": _TEXT,
    "sha256": _TEXT,
    "saved_at": _REAL,
    "error": _TEXT,
    "speed": _REAL,
    "trouble": _TEXT,
    "next_at": _REAL,
    "box": _TEXT,
    "place": _TEXT,
}
"""Columns of `download_parameters`, in their order."""

UPDATE_DOWNLOADS = """
    UPDATE tasks SET revision = new.revision, download_state = new.state,
        download_wish = CASE WHEN new.state = 'failed' THEN new.wish ELSE GREATEST(download_wish, new.wish) END,
        bytes_done = new.bytes_done, bytes_total = new.bytes_total, file = new.file, sha256 = new.sha256,
        saved_at = new.saved_at, download_error = new.error, speed = new.speed, download_trouble = new.trouble,
        download_next_at = new.next_at, download_box = new.box, download_place = new.place,
        claimed_by = CASE WHEN new.state = 'running' THEN claimed_by END,
        delivered = CASE WHEN delivered IS NULL OR new.state <> 'saved' OR EXISTS (
                SELECT 1 FROM copies
                WHERE task_id = tasks.id AND location = tasks.delivered AND copies.sha256 = new.sha256
            ) THEN delivered END
    FROM :rows WHERE tasks.id = new.id AND (download_state <> 'saved' OR new.state = 'saved')
        AND (download_state <> 'failed' OR download_wish <= new.wish OR new.state = 'saved')
"""
"""For `bulk.execute`, with rows of `download_row`: facts only; what is saved stays saved.

Another result than the one that was delivered is not delivered yet. A claim ends with any report but that of progress.
"""


def task_row(task: Task, revision: int) -> tuple[Any, ...]:
    """Return a task as a row of `UPDATE_TASKS`."""
    return tuple(int(value) if isinstance(value, bool) else value for value in task_parameters(task, revision))


def download_row(task_id: str, download: Download, wish: int, revision: int) -> tuple[Any, ...]:
    """Return a download as a row of `UPDATE_DOWNLOADS`."""
    return tuple(download_parameters(task_id, download, wish, revision).values())


def id_list(ids: Iterable[str]) -> list[str]:
    """Return ids as `= ANY(%s)` takes them: one parameter, however many there are."""
    return [plain(task_id) for task_id in ids]
