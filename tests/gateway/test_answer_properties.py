"""Whatever is sent, one `Answer` or one `RequestError` comes of it: recorded answers mutated without end in sight."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octotui.gateway.errors import RequestError
from octotui.gateway.parsing.task_answer import MAX_BODY, read_answer, read_content_head
from octotui.gateway.providers import BUILTIN, Provider
from octotui.model import Answer, TaskState
from tests.gateway.test_recorded_answers import BASE_URL, NOW, RECORDED

# Independent of the reader's own table: the words of GATEWAY.md, folded the way its rule says.
COMPLETING = {
    *("completed", "complete", "succeeded", "succeed", "success", "done", "finish", "finished"),
    "video_upsampling_completed",
}
STATUS_NAMES = {"status", "taskstatus", "state"}
BODIES = [recorded["body"] for recorded in RECORDED.values() if isinstance(recorded["body"], dict)]
STATUSES = st.sampled_from([200, 200, 200, 201, 202, 206, 301, 400, 401, 403, 404, 429, 500, 502, 524])
BOUNDED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = st.sampled_from(
    [
        *(
            "status",
            "Status",
            "task_status",
            "data",
            "detail",
            "output",
            "url",
            "video_url",
            "result_url",
            "fail_reason",
        ),
        *(
            "error",
            "message",
            "code",
            "success",
            "progress",
            "progress_pct",
            "pending_info",
            "AigcVideoTask",
            "metadata",
        ),
        *("created_at", "completed_at", "finish_time", "expires_at", "status_update_time", "id", "task_id", "object"),
        *("input", "req", "properties", "FileInfos", "FileUrl", "VideoUrls", "creations", "model", "seconds", "size"),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**9, 10**22),
    st.floats(),
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        [
            *("completed", "SUCCESS", "video_upsampling_completed", "failed", "In Progress", "cancelled", "unknown"),
            *("https://cdn.example.net/a.mp4", " `http://h/a` ", "/v1/videos/x/content", "data:video/mp4;base64,AA"),
            *(
                "http://localhost:3000/v1/videos/x/content",
                "javascript:alert(1)",
                "https://[::1",
                "42%",
                "0.5",
                "1e400",
            ),
            *("2026-09-21T14:13:20.123456789+08:00", "9999-12-31T23:59:59-23:59", "1790000000005", '{"status":"done"}'),
            *("video", "success", "\x1b]0;x\x07", "\ud800", "9" * 400),
        ]
    ),
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
CASES = st.sampled_from([str.upper, str.title, str.capitalize, str.swapcase, lambda name: name.replace("_", "-")])


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found.append((value, key))
        places(inner, found)
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A recorded body with up to four things dropped, replaced, added, renamed, nested or wrapped."""
    body: Any = json.loads(json.dumps(draw(st.sampled_from(BODIES))))
    for _ in range(draw(st.integers(1, 4))):
        choice = draw(st.sampled_from(["drop", "replace", "add", "rename", "nest", "list", "string", "wrap"]))
        if choice == "wrap":
            body = {
                draw(st.sampled_from(["data", "detail", "Data"])): body,
                **draw(st.dictionaries(NAMES, LEAVES, max_size=3)),
            }
            continue
        found = places(body, [])
        if not found:
            body = {draw(NAMES): body}
            continue
        container, key = draw(st.sampled_from(found))
        mutate(draw, choice, container, key)
    return body


def mutate(draw: st.DrawFn, choice: str, container: Any, key: Any) -> None:
    if choice == "drop":
        del container[key]
    elif choice == "rename" and isinstance(container, dict):
        container[draw(CASES)(key)] = container.pop(key)
    elif choice == "nest":
        container[key] = {draw(NAMES): container[key]}
    elif choice == "list":
        container[key] = [container[key]] * draw(st.integers(1, 3))
    elif choice == "string":
        container[key] = json.dumps(container[key])
    elif choice == "add" and isinstance(container, dict):
        container[draw(NAMES)] = draw(JUNK)
    else:
        container[key] = draw(JUNK)


def status_words(value: Any) -> set[str]:
    """Every word in a field whose name is one for a status, at any depth, also inside JSON in strings."""
    found: set[str] = set()
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return found
    if isinstance(value, list):
        found = set().union(*map(status_words, value))
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name.lower().replace("_", "").replace("-", "") in STATUS_NAMES and isinstance(inner, str):
                found.add("_".join(inner.lower().replace("-", " ").replace("_", " ").split()))
            found |= status_words(inner)
    return found


def check(answer: Answer, words: set[str]) -> None:
    """What holds of every answer, whatever it was read from."""
    if answer.state is TaskState.COMPLETED:
        assert words & COMPLETING
    if answer.result_url is not None:
        assert answer.state is TaskState.COMPLETED
        assert urlsplit(answer.result_url).scheme in {"http", "https"}
        assert urlsplit(answer.result_url).hostname
        assert answer.result_url.isprintable()
    assert answer.progress is None or (type(answer.progress) is int and 0 <= answer.progress <= 100)
    for at in (answer.created_at, answer.completed_at, answer.updated_at, answer.expires_at):
        assert at is None or (math.isfinite(at) and 0 < at <= 253_402_300_799)
    assert answer.completed_at is None or answer.state.is_final
    if answer.state not in {TaskState.FAILED, TaskState.CANCELLED}:
        assert answer.error_message is None
        assert answer.error_code is None
    texts = (answer.status, answer.error_code, answer.error_message, answer.model, answer.seconds, answer.size)
    for text in texts:
        assert text is None or (text and len(text) <= 2000 and text.encode() and "\x1b" not in text)


def outcome(status: int, raw: bytes, provider: Provider | None = None) -> Answer | RequestError:
    try:
        return read_answer(status, {}, raw, base_url=BASE_URL, now=NOW, provider=provider)
    except RequestError as error:
        return error


def read_both(status: int, raw: bytes, words: set[str]) -> None:
    for provider in (None, BUILTIN[1]):
        read = outcome(status, raw, provider)
        if isinstance(read, Answer):
            check(read, words)
        else:
            assert read.message
            assert len(read.message) <= 2000
    try:
        answer = read_content_head(status, {}, raw, base_url=BASE_URL, now=NOW)
    except RequestError:
        return
    if answer is not None:
        assert answer.result_url is not None
        assert urlsplit(answer.result_url).scheme in {"http", "https"}


@BOUNDED
@given(mutated(), STATUSES)
def test_mutated_answers(body: Any, status: int) -> None:
    read_both(status, json.dumps(body).encode(), status_words(body))


@BOUNDED
@given(JUNK, STATUSES)
def test_any_json(body: Any, status: int) -> None:
    read_both(status, json.dumps(body).encode(), status_words(body))


@BOUNDED
@given(st.sampled_from(BODIES), STATUSES, st.data())
def test_answers_with_bytes_cut_out_and_put_in(body: Any, status: int, data: st.DataObject) -> None:
    raw = json.dumps(body).encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 20)))
    broken = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    words = COMPLETING if any(word.encode() in broken.lower() for word in COMPLETING) else set()
    read_both(status, broken, words)


@BOUNDED
@given(st.binary(max_size=200), STATUSES)
def test_raw_bytes(raw: bytes, status: int) -> None:
    read_both(status, raw, set())


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([b"[", b'{"data":', b'{"detail":[', b'{"data":"{', b"<title", b"\xff", b" ", b"9", b'"\\']))
def test_endless_repetition_up_to_the_bound(piece: bytes) -> None:
    for raw in (piece * (200_000 // len(piece)), b'{"id":"x","status":' + piece * (200_000 // len(piece))):
        assert len(raw) < MAX_BODY
        read_both(200, raw, set())


def test_a_message_of_megabytes_leaves_little_behind() -> None:
    raw = json.dumps({"error": {"message": "\x1b" * 2_000_000, "code": "c" * 2_000_000}}).encode()
    for status in (200, 401, 500):
        read = outcome(status, raw)
        assert isinstance(read, RequestError)
        assert len(read.message) + len(read.code or "") <= 2200
