from __future__ import annotations

import json
from dataclasses import replace

import pytest

from octotui.cli.output import facts, masked_answer
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    FailureKind,
    RequestFailure,
    Task,
    TaskState,
)
from octotui.task_json import task_json

NOW = 1790000200.0
TASK = Task(
    id="grok:05c8e247",
    provider="grok",
    route="videos",
    added_at=1790000000.5,
    model="grok-video-3",
    state=TaskState.RUNNING,
    status="video_upsampling",
    progress=42,
    created_at=1790000000.0,
    deadline=Deadline(1790086400.0, DeadlineSource.GATEWAY),
    last_answer_at=1790000100.7,
)
PUBLIC = """
{"id": "grok:05c8e247", "provider": "grok", "route": "videos", "model": "grok-video-3",
 "state": "running", "status": "video_upsampling", "progress": 42,
 "created_at": 1790000000, "completed_at": null,
 "expires_at": 1790086400, "expires_source": "gateway",
 "result_url": null, "error": {"code": null, "message": null},
 "stale": false, "last_answer_at": 1790000100, "request_error": null,
 "download": "none", "bytes_done": 0, "bytes_total": null, "file": null, "tags": [],
 "download_error": null, "download_next_at": null, "title": null}
"""


def test_a_task_as_json_is_the_public_example_key_for_key() -> None:
    assert json.dumps(task_json(TASK, NOW)) == json.dumps(json.loads(PUBLIC))


def test_every_fact_has_its_place() -> None:
    task = replace(
        TASK,
        state=TaskState.FAILED,
        completed_at=1790000150.9,
        error_code="policy",
        error_message="refused",
        result_url="https://x.example/a.mp4?sig=abc",
        failure=RequestFailure(FailureKind.RATE_LIMITED, 429, "slow down", NOW),
        download=Download(DownloadState.SAVED, 10, 12, file="/videos/a.mp4"),
        tags=("a", "b"),
    )
    found = task_json(task, NOW)
    assert list(found) == list(json.loads(PUBLIC))
    assert found["completed_at"] == 1790000150
    assert found["error"] == {"code": "policy", "message": "refused"}
    assert found["result_url"] == "https://x.example/a.mp4?sig=abc"
    assert found["stale"] is True
    assert found["request_error"] == {"kind": "rate_limited", "status": 429, "message": "slow down"}
    assert (found["download"], found["bytes_done"], found["bytes_total"]) == ("saved", 10, 12)
    assert (found["file"], found["tags"]) == ("/videos/a.mp4", ["a", "b"])


@pytest.mark.parametrize(
    ("now", "saved", "state"), [(99.0, False, "completed"), (100.0, False, "expired"), (101.0, True, "completed")]
)
def test_a_result_expires_at_its_deadline_unless_it_is_saved(now: float, saved: bool, state: str) -> None:
    download = Download(DownloadState.SAVED if saved else DownloadState.NONE)
    task = replace(TASK, state=TaskState.COMPLETED, deadline=Deadline(100.0, DeadlineSource.RULE), download=download)
    found = task_json(task, now)
    assert (found["state"], found["expires_source"]) == (state, "rule")


def test_the_gateways_word_on_expiry_is_shown_before_there_is_a_deadline() -> None:
    found = task_json(replace(TASK, deadline=None, gateway_expires_at=1790086400.0), NOW)
    assert (found["expires_at"], found["expires_source"]) == (1790086400, "gateway")
    found = task_json(replace(TASK, deadline=None), NOW)
    assert (found["expires_at"], found["expires_source"]) == (None, None)


def test_facts_for_people_mask_links() -> None:
    task = replace(TASK, result_url="https://x.example/a.mp4?X-Amz-Signature=abcdef&x=1", state=TaskState.COMPLETED)
    rows = dict(facts(task, "Grok", NOW))
    assert rows["result"] == "https://x.example/a.mp4?X-Amz-Signature=…&x=1"
    assert rows["lost at"].endswith("(23 hours and 56 minutes left, says the gateway)")
    assert rows["state"] == "ready"


def test_a_raw_answer_is_masked_and_safe_for_a_terminal() -> None:
    raw = '{"id": "a", "url": "https://x.example/a.mp4?sig=abcdef", "key": "sk-0123456789abcdef", "m": "\\u001b[31m"}'
    shown = masked_answer(raw)
    assert "abcdef" not in shown
    assert "\x1b" not in shown
    assert '\n  "id": "a",\n' in shown
    assert masked_answer("<html>\x1b]0;x\x07") == "<html>␛]0;x␇"
