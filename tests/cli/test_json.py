from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from octotui.task_json import line_writer, task_json

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
 "download_error": null, "download_next_at": null, "title": null, "delivered": null, "box": null}
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


_TEXTS = st.text(max_size=8) | st.sampled_from(["completed", 'quote " and \\', "é\n\u2028", "\ud800"])
_SOME = st.none() | _TEXTS
_MOMENTS = st.none() | st.floats(-1e12, 1e12)
_TASKS = st.builds(
    Task,
    id=_TEXTS,
    provider=_TEXTS,
    route=_TEXTS,
    added_at=st.floats(0.0, 2e9),
    model=_SOME,
    state=st.sampled_from(TaskState),
    status=_SOME,
    progress=st.none() | st.integers(0, 100),
    created_at=_MOMENTS,
    completed_at=_MOMENTS,
    deadline=st.none() | st.builds(Deadline, st.floats(0.0, 2e9), st.sampled_from(DeadlineSource)),
    gateway_expires_at=_MOMENTS,
    result_url=_SOME,
    error_code=_SOME,
    error_message=_SOME,
    tags=st.lists(_TEXTS, max_size=2).map(tuple),
    last_answer_at=_MOMENTS,
    failure=st.none()
    | st.builds(RequestFailure, st.sampled_from(FailureKind), st.none() | st.integers(100, 599), _TEXTS, st.just(NOW)),
    download=st.builds(
        Download,
        st.sampled_from(DownloadState),
        st.integers(0, 2**60),
        st.none() | st.integers(0, 2**60),
        file=_SOME,
        error=_SOME,
        next_at=_MOMENTS,
    ),
    given_title=_SOME,
    prompt=_SOME,
)


@pytest.mark.parametrize("ensure_ascii", [True, False])
@given(tasks=st.lists(_TASKS, max_size=4))
def test_a_long_list_is_written_as_each_task_by_itself(ensure_ascii: bool, tasks: list[Task]) -> None:
    encoder = json.JSONEncoder(ensure_ascii=ensure_ascii)
    written = list(map(line_writer(encoder, NOW), tasks))
    assert written == [encoder.encode(task_json(task, NOW)) for task in tasks]
