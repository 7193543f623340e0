"""The 138 recorded answers and the five documents' own examples, each read as its file says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from octotui.gateway.errors import RequestError
from octotui.gateway.parsing.task_answer import read_answer, read_content_head, retry_after
from octotui.gateway.providers import BUILTIN
from octotui.model import Answer, TaskState

NOW = 1_790_000_500.0
BASE_URL = "https://octopusx.ai"
FILES = sorted((Path(__file__).parent / "answers").glob("*.json"))
RECORDED: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text("utf-8")) for path in FILES}
MP4_HEAD = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"


def body_of(recorded: Mapping[str, Any]) -> bytes:
    body = recorded["body"]
    if isinstance(body, str):
        # `<binary …>` stands for bytes: the beginning of an MP4, or of any part of one.
        return (MP4_HEAD if "ftyp" in body else MP4_HEAD[9:]) if body.startswith("<binary") else body.encode()
    return json.dumps(body).encode()


def read(recorded: Mapping[str, Any]) -> Answer | None:
    base_url = recorded.get("base_url", BASE_URL)
    status, headers, body = recorded["http_status"], recorded["headers"], body_of(recorded)
    if recorded["endpoint"].endswith("/content"):
        return read_content_head(status, headers, body, base_url=base_url, now=NOW)
    provider = next(provider for provider in BUILTIN if provider.name == recorded["provider"])
    return read_answer(status, headers, body, base_url=base_url, now=NOW, provider=provider)


def test_every_recorded_answer_is_here() -> None:
    assert len(FILES) == 138
    assert all(recorded["name"] == stem for stem, recorded in RECORDED.items())


@pytest.mark.parametrize(
    "name", [name for name, recorded in RECORDED.items() if recorded["expect"]["state"] != "error"]
)
def test_an_answer_about_a_task_is_read_as_its_file_says(name: str) -> None:
    recorded, expected = RECORDED[name], RECORDED[name]["expect"]
    answer = read(recorded)
    if str(recorded["body"]).startswith("<binary"):
        assert answer is None
        return
    assert answer is not None
    assert {
        "state": answer.state.value,
        "progress": answer.progress,
        "url": answer.result_url,
        "error_message": answer.error_message,
        "created_at": answer.created_at,
        "completed_at": answer.completed_at,
        "expires_at": answer.expires_at,
    } == expected


@pytest.mark.parametrize(
    "name", [name for name, recorded in RECORDED.items() if recorded["expect"]["state"] == "error"]
)
def test_an_answer_without_a_task_is_an_error_with_its_message(name: str) -> None:
    recorded, expected = RECORDED[name], RECORDED[name]["expect"]
    with pytest.raises(RequestError) as caught:
        read(recorded)
    assert caught.value.status == recorded["http_status"]
    assert caught.value.retry_after == recorded.get("retry_after")
    if expected["error_message"] is not None:
        assert caught.value.message == re.sub(r"\s*\n\s*", " ", expected["error_message"])
    assert caught.value.message


@pytest.mark.parametrize("name", [name for name, recorded in RECORDED.items() if "retry_after" in recorded])
def test_retry_after_is_read_from_the_recorded_headers(name: str) -> None:
    assert retry_after(RECORDED[name]["headers"], NOW) == RECORDED[name]["retry_after"]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, recorded in RECORDED.items()
        if isinstance(recorded["body"], dict) and not recorded["endpoint"].endswith("/content")
    ],
)
def test_blanks_and_a_byte_order_mark_around_an_answer_change_nothing(name: str) -> None:
    recorded = RECORDED[name]
    arguments: dict[str, Any] = {"base_url": recorded.get("base_url", BASE_URL), "now": NOW}
    outcomes: list[object] = []
    for body in (body_of(recorded), b"\xef\xbb\xbf\r\n " + body_of(recorded) + b"\n\n"):
        try:
            outcomes.append(read_answer(recorded["http_status"], recorded["headers"], body, **arguments))
        except RequestError as error:
            outcomes.append((error.kind, error.message))
    assert outcomes[0] == outcomes[1]


DOCUMENTS: dict[str, tuple[dict[str, Any], Answer]] = {
    "sora": (
        {
            "id": "video_abc123",
            "object": "video",
            "model": "sora-2",
            "status": "queued",
            "progress": 0,
            "created_at": 1735689600,
            "completed_at": 0,
            "expires_at": 1735776000,
            "seconds": "10",
            "size": "720x1280",
            "remixed_from_video_id": "",
            "error": {"message": "", "code": ""},
            "video_url": "",
        },
        Answer(
            state=TaskState.QUEUED,
            status="queued",
            progress=0,
            created_at=1735689600,
            expires_at=1735776000,
            model="sora-2",
            seconds="10",
            size="720x1280",
        ),
    ),
    "veo": (
        {
            "id": "task_01k6x15vhrff09dkkqjrzwhm60",
            "status": "pending",
            "video_url": None,
            "enhanced_prompt": "",
            "status_update_time": 1759763621142,
        },
        Answer(state=TaskState.QUEUED, status="pending", updated_at=1759763621),
    ),
    "unified": (
        {
            "code": "success",
            "message": "",
            "data": {
                "task_id": "task-video-abc123",
                "status": "queued",
                "url": "",
                "format": "mp4",
                "metadata": None,
                "error": None,
            },
        },
        Answer(state=TaskState.QUEUED, status="queued"),
    ),
    "grok": (
        {
            "id": "video_abc123",
            "object": "video",
            "model": "grok-video-3",
            "status": "processing",
            "progress": 42,
            "created_at": 1735689600,
            "completed_at": 0,
            "expires_at": 1735776000,
            "seconds": "6",
            "size": "720P",
            "remixed_from_video_id": "",
            "error": {"message": "", "code": ""},
            "video_url": "",
        },
        Answer(
            state=TaskState.RUNNING,
            status="processing",
            progress=42,
            created_at=1735689600,
            expires_at=1735776000,
            model="grok-video-3",
            seconds="6",
            size="720P",
        ),
    ),
    "doubao": (
        {
            "id": "video_bbfbc1d2-ab22-44ca-b9dd-bc16983acac2",
            "object": "video",
            "model": "doubao-seedance-1-5-pro_720p",
            "status": "processing",
            "progress": 50,
            "created_at": 1761635478,
            "seconds": "5",
            "size": "720x720",
        },
        Answer(
            state=TaskState.RUNNING,
            status="processing",
            progress=50,
            created_at=1761635478,
            model="doubao-seedance-1-5-pro_720p",
            seconds="5",
            size="720x720",
        ),
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_own_examples(name: str) -> None:
    body, expected = DOCUMENTS[name]
    provider = next(provider for provider in BUILTIN if provider.name == name)
    raw = json.dumps(body).encode()
    answer = read_answer(200, {"Content-Type": "application/json"}, raw, base_url=BASE_URL, now=NOW, provider=provider)
    assert answer == expected
