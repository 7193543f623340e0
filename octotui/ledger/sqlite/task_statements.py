"""The statements that read and write rows of tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from octotui.ledger.rows import TYPES, TaskRows, plain
from octotui.ledger.sqlite import bulk

if TYPE_CHECKING:
    from collections.abc import Iterable

UPDATE_TASKS = """
    UPDATE tasks SET revision = new.column2, provider = new.column3, route = new.column4,
        model = COALESCE(new.column5, tasks.model), state = new.column6, status = new.column7,
        progress = new.column8, created_at = new.column9, running_since = new.column10,
        completed_at = new.column11, final_seen_at = new.column12, deadline_at = new.column13,
        deadline_source = new.column14, gateway_expires_at = new.column15, result_url = new.column16,
        error_code = new.column17, error_message = new.column18, seconds = new.column19, size = new.column20,
        route_confirmed = new.column21, last_asked_at = new.column22, last_answer_at = new.column23,
        failure_kind = new.column24, failure_status = new.column25, failure_message = new.column26,
        failure_at = new.column27, failures = new.column28, prompt = COALESCE(tasks.prompt, new.column29)
    FROM (VALUES :rows) AS new WHERE tasks.id = new.column1
"""
"""For `bulk.execute`, with rows of `task_parameters`: facts only, and only of tasks that are watched."""

UPDATE_LOOKS = """
    UPDATE tasks SET revision = new.column2, progress = new.column3, last_asked_at = new.column4,
        last_answer_at = new.column5
    FROM (VALUES :rows) AS new WHERE tasks.id = new.column1
"""
"""For `bulk.execute`: the same of tasks that were only looked at (`Batch.looks`)."""

UPDATE_DOWNLOAD = """
    UPDATE tasks SET revision = :revision, download_state = :state,
        download_wish = CASE WHEN :state = 'failed' THEN :wish ELSE MAX(download_wish, :wish) END,
        bytes_done = :bytes_done, bytes_total = :bytes_total, file = :file, sha256 = :sha256, saved_at = :saved_at,
        download_error = :error, speed = :speed, download_trouble = :trouble,
        download_next_at = :next_at, download_box = :box, download_place = :place,
        delivered = CASE WHEN delivered IS NULL OR :state <> 'saved' OR EXISTS (
                SELECT 1 FROM copies WHERE task_id = :id AND location = tasks.delivered AND sha256 = :sha256
            ) THEN delivered END
    WHERE id = :id AND (download_state <> 'saved' OR :state = 'saved')
        AND (download_state <> 'failed' OR download_wish <= :wish OR :state = 'saved')
"""
"""With the parameters of `download_parameters`: facts only; what is saved stays saved.

Another result than the one that was delivered is not delivered yet."""


def json_columns(reading: TaskRows) -> list[str]:
    """Return the columns of rows for `bulk.json_rows`: a float is kept to the last bit."""
    return [bulk.real(name) if float in TYPES[name] else name for name in reading.columns]


def id_list(ids: Iterable[str]) -> str:
    """Return ids as the JSON array that `json_each(?)` takes: one parameter, however many there are."""
    return json.dumps([plain(task_id) for task_id in ids])
