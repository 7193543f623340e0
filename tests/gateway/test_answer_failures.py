"""What failed, the task or the request, and what is said about it, by the rules of GATEWAY.md."""

from __future__ import annotations

import pytest

from octotui.gateway.errors import (
    Forbidden,
    GatewayError,
    KeyRefused,
    NoSuchTask,
    OutOfQuota,
    RateLimited,
    Refused,
    RequestError,
)
from octotui.gateway.parsing.task_answer import MAX_BODY
from octotui.model import Answer, TaskState
from tests.gateway.reading import FAILED, JSON, LINK, merged, nested, read, refused, short

REASON_PATHS = [
    "error.message",
    "fail_reason",
    "detail.error_message",
    "detail.video_generation_error",
    "message",
    "video_url",
]


@pytest.mark.parametrize("index", range(len(REASON_PATHS)))
@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_the_error_text_is_the_first_in_order(index: int, status: str) -> None:
    later = merged(*(nested(path, f"later {path}") for path in REASON_PATHS[index + 1 :]))
    answer = read(merged(later, nested(REASON_PATHS[index], "the reason"), {"id": "x", "status": status}))
    assert answer.error_message == "the reason"


@pytest.mark.parametrize("path", [*REASON_PATHS, "error", "detail"])
@pytest.mark.parametrize("status", ["completed", "running", "queued", "unknown"])
def test_error_text_of_tasks_that_did_not_fail_is_ignored(path: str, status: str) -> None:
    answer = read(merged(nested(path, "earlier attempt failed"), {"id": "x", "status": status, "error_code": 5}))
    assert (answer.error_message, answer.error_code) == (None, None)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"message": "", "code": ""}}, None, None),
        ({"error": {"message": " face \n", "code": 1026}}, "face", "1026"),
        ({"error": {"message": "face", "code": 0}}, "face", None),
        ({"error": "just text"}, "just text", None),
        ({"error": {"code": "only_code"}}, None, "only_code"),
        ({"error": '{"message":"inside","code":"c"}'}, "inside", "c"),
        ({"fail_reason": "outer", "data": {"error": {"message": "inner"}}}, "outer", None),
        ({"fail_reason": "", "data": {"error": {"message": "inner", "code": "c"}}}, "inner", "c"),
        ({"message": "success", "data": {"message": "too many jobs"}}, "too many jobs", None),
        ({"message": "SUCCEED"}, None, None),
        ({"message": "OK.", "url": "no such style"}, "no such style", None),
        ({"code": "success", "message": "asked", "data": {"message": "face"}}, "face", None),
        ({"detail": {"AigcVideoTask": {"Message": "busy"}}}, "busy", None),
        ({"data": {"data": {"fail_reason": "deep"}}}, "deep", None),
        ({"task_status_msg": "kling says no"}, "kling says no", None),
        ({"detail": "text"}, "text", None),
        ({"metadata": {"url": "task failed"}}, "task failed", None),
        ({"video_url": LINK, "url": "data:video/mp4;base64,AA", "result_url": "ftp://a/b"}, None, None),
        ({"error": {"message": {"deep": 1}}, "fail_reason": 7}, None, None),
        ({"input": {"message": "no"}, "properties": {"fail_reason": "no"}, "req": {"error": "no"}}, None, None),
        ({"error": {"message": "\x1b[31mred\u202e"}}, "␛[31mred<U+202E>", None),
    ],
)
def test_error_text_and_code(body: dict[str, object], message: str | None, code: str | None) -> None:
    answer = read({**FAILED, **body})
    assert (answer.error_message, answer.error_code) == (message, code)


def test_error_text_is_bounded() -> None:
    message = read({**FAILED, "error": {"message": "x" * 1_000_000, "code": "y" * 1_000_000}})
    assert message.error_message is not None
    assert message.error_code is not None
    assert (len(message.error_message), len(message.error_code)) == (2000, 200)


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"id": "v", "object": "video", "status": "failed", "error": {"message": "face"}}, TaskState.FAILED),
        ({"object": "video", "status": "in_progress"}, TaskState.RUNNING),
        ({"id": "v", "status": "completed", "progress": 100, "video_url": LINK}, TaskState.COMPLETED),
        ({"code": "success", "data": {"task_id": "t", "status": "FAILURE", "fail_reason": "x"}}, TaskState.FAILED),
        ({"code": "fail", "data": {"data": {"task_id": "t", "status": "queued", "progress": 0}}}, TaskState.QUEUED),
    ],
)
def test_a_whole_video_object_counts_whatever_the_status_code(status: int, body: object, state: TaskState) -> None:
    assert read(body, status).state is state


@pytest.mark.parametrize("status", [400, 422, 500, 502])
@pytest.mark.parametrize(
    "body",
    [
        {"status": "error", "message": "no"},
        {"status": "failed", "error": {"message": "no"}},
        {"status": 500, "error": "no", "id": "v", "progress": 3},
        {"request_id": "r", "status": "error", "message": "no"},
        {"id": "req_1", "status": "error", "message": "no"},
        {"code": "x", "message": "no", "data": {"status": "error"}},
        {"id": "v", "object": "video", "message": "no"},
        {"success": False, "message": "no", "data": {"id": "v", "object": "video", "status": "completed"}},
        {"detail": "no"},
        {"detail": [{"loc": ["path"], "msg": "no"}]},
        {"error": {"message": "no"}},
        {"error": "no"},
        {"message": "no"},
        {"msg": "no"},
        {"Error": {"Message": "no"}},
    ],
)
def test_an_error_envelope_is_no_failed_task(status: int, body: object) -> None:
    assert refused(body, status).message == "no"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "success", "message": "", "data": None},
        {"code": "success", "request_id": "r", "data": None},
        {"code": 0, "data": {}},
        {"code": 0, "data": []},
        {"code": "success", "data": "nothing"},
        {"code": 0, "data": [{"status": "completed"}, {"status": "completed"}]},
        {"code": "fail", "message": "m", "data": {"task_id": "x"}},
        {"code": 500, "status": "error", "message": "m"},
        {"status": 404, "error": "Not Found"},
        {"success": False, "data": {"task_id": "x", "status": "SUCCESS"}},
        {"success": "false", "status": "SUCCESS"},
        {"error": {"message": "m"}},
        {"error": {"message": "m"}, "id": "x", "object": "video"},
        {"data": {"error": {"message": "m"}, "task_id": "x"}},
        {"message": "m"},
        {"detail": "m"},
        {"detail": {"input": {"status": "completed"}}},
        [],
        [{"id": "x", "status": "completed"}],
        "completed",
        None,
        7,
        True,
    ],
)
def test_a_success_without_a_task_is_as_bad_as_a_500(body: object) -> None:
    assert isinstance(refused(body), GatewayError)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  \r\n",
        b"\xef\xbb\xbf",
        b"\x00",
        b'{"id":"x","status":"completed"',
        b'{"id":"x","status":"completed"}}',
        b'{"id":"x"} trailing',
        b"upstream connect error",
        b"\xff\xfe",
        b"\x89PNG\r\n\x1a\n",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id":"x","status":"completed","junk":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"id":"x","status":"completed","junk":[' + b"{}," * 200_000 + b"{}]}",
        b" " * (MAX_BODY + 1),
        b'{"status":"completed","id":"' + b"x" * MAX_BODY + b'"}',
    ],
    ids=short,
)
def test_a_body_that_is_no_answer(raw: bytes) -> None:
    assert isinstance(refused(raw), GatewayError)


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b'\xef\xbb\xbf {"id":"x","status":"done"}\n', Answer(TaskState.COMPLETED, "done")),
        ('{"id":"x","status":"done"}'.encode("utf-16"), Answer(TaskState.COMPLETED, "done")),
        (b'{"id":"\xff\xfe","status":"d\xc3\x28"}', Answer(TaskState.UNKNOWN, "d�(")),
        (b'{"id":"x","status":"done","progress":NaN,"created_at":Infinity}', Answer(TaskState.COMPLETED, "done")),
        (
            b'{"id":"x","status":"done","progress":-Infinity,"seconds":1e999}',
            Answer(TaskState.COMPLETED, "done"),
        ),
        (b'{"id":"x","status":"done","created_at":' + b"9" * 50_000 + b"}", Answer(TaskState.COMPLETED, "done")),
        (b'{"id":"x","status":"failed","status":"queued"}', Answer(TaskState.QUEUED, "queued")),
        (b'{"id":"x","Status":"failed","status":"queued","STATUS":"done"}', Answer(TaskState.QUEUED, "queued")),
        (b'{"id":"x","Status":"failed","status":""}', Answer(TaskState.FAILED, "failed")),
        (b'{"id":"x","status":"queued","x":' + b"[" * 800 + b"]" * 800 + b"}", Answer(TaskState.QUEUED, "queued")),
        (b'{"id":"x","status":"qu\teued\x00"}', Answer(TaskState.UNKNOWN, "qu␉eued␀")),
        (b'{"id":"x","status":"\\u001b[2J\\ud800"}', Answer(TaskState.UNKNOWN, "␛[2J<U+D800>")),
        (b'{"request_id":"r"}', Answer(TaskState.UNKNOWN)),
    ],
    ids=short,
)
def test_odd_bodies_that_are_answers(raw: bytes, answer: Answer) -> None:
    assert read(raw) == answer


def test_a_body_of_just_the_bound_is_read() -> None:
    head, tail = b'{"id":"x","status":"done","junk":"', b'"}'
    assert read(head + b"x" * (MAX_BODY - len(head) - len(tail)) + tail).state is TaskState.COMPLETED


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"code": "task_not_exist", "message": "x", "data": None}, NoSuchTask),
        (400, {"error": {"code": "Task_Not_Exist", "message": "x"}}, NoSuchTask),
        (500, {"code": "task_not_exist", "message": "x", "data": None}, NoSuchTask),
        (200, {"code": "task_not_exist", "message": "x", "data": None}, NoSuchTask),
        (404, {"error": {"message": "Invalid URL (GET /v1/video/query)", "type": "invalid_request_error"}}, NoSuchTask),
        (404, {}, NoSuchTask),
        (400, {"code": "invalid_request", "message": "task_not_exist"}, Refused),
        (401, {"error": {"message": "quota exhausted", "code": ""}}, KeyRefused),
        (401, {"error": {"message": "x", "code": "insufficient_user_quota"}}, OutOfQuota),
        (401, {"code": "pre_consume_token_quota_failed", "message": "x"}, OutOfQuota),
        (402, {"error": {"message": "x"}}, OutOfQuota),
        (403, {"error": {"message": "x", "code": "insufficient_quota"}}, OutOfQuota),
        (403, {"error": {"message": "insufficient_quota", "code": ""}}, Forbidden),
        (429, {"error": {"message": "x", "type": "insufficient_quota", "code": None}}, OutOfQuota),
        (429, {"error": {"message": "x", "code": "rate_limit_exceeded"}}, RateLimited),
        (500, {"error": {"message": "x", "code": "insufficient_quota"}}, GatewayError),
        (405, {"error": "x"}, Refused),
        (410, {"error": {"message": "x", "code": "artifact_gone"}}, Refused),
        (501, {"code": "not_implemented", "message": "x"}, GatewayError),
        (520, {"error": "x"}, GatewayError),
        (302, {"message": "x"}, GatewayError),
        (999, {"message": "x"}, GatewayError),
    ],
)
def test_kinds_by_status_and_code_and_never_by_text(status: int, body: object, kind: type[RequestError]) -> None:
    assert type(refused(body, status)) is kind


@pytest.mark.parametrize(
    ("status", "raw", "headers", "message"),
    [
        (
            200,
            b"<!doctype html><title>New API</title>",
            {},
            "200: a web page “New API” instead of an answer; the base URL may be wrong",
        ),
        (200, b"<html><body>hi", {}, "200: a web page instead of an answer; the base URL may be wrong"),
        (403, b"<html><head><TITLE lang='x'>Attention\n Required! &#124; C</TITLE>", {}, "403 Attention Required! | C"),
        (502, b"<title>502 Bad Gateway</title>", {}, "502 Bad Gateway"),
        (502, b"<html>", {}, "HTTP 502 Bad Gateway"),
        (429, b"", {}, "HTTP 429 Too Many Requests: an empty body instead of a task"),
        (524, b"", {}, "HTTP 524: an empty body instead of a task"),
        (503, b"no healthy upstream", {}, "HTTP 503 Service Unavailable: no healthy upstream"),
        (
            302,
            b"",
            {"location": "https://h/a?sig=abc"},
            "HTTP 302 Found: a redirect instead of an answer, to https://h/a?sig=…",
        ),
        (200, b'{"id":', JSON, "HTTP 200 OK: truncated or broken JSON instead of a task"),
        (200, b"[]", JSON, "HTTP 200 OK: an array instead of a task"),
        (
            403,
            b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            {},
            "403 AccessDenied Request has expired",
        ),
        (500, b"{}", JSON, "HTTP 500 Internal Server Error: an answer without a task"),
        (400, b'{"code":"bad_thing","message":""}', JSON, "bad_thing"),
    ],
)
def test_messages_of_bodies_that_are_no_envelopes(
    status: int, raw: bytes, headers: dict[str, str], message: str
) -> None:
    assert refused(raw, status, headers=headers).message == message


def test_an_error_keeps_its_message_bounded_and_clean() -> None:
    error = refused({"error": {"message": "a\x1b" + "b" * 100_000, "code": "c\n"}}, 500)
    assert error.message.startswith("a␛b")
    assert len(error.message) == 2000
    assert error.code == "c"
