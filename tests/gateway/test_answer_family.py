"""Answers of the wider family: envelopes, links, reasons and words in places that the five documents do not name."""

from __future__ import annotations

import json

import pytest

from octotui.gateway.parsing.task_answer import links_beside
from octotui.model import TaskState
from tests.gateway.reading import BASE_URL, LINK, nested, read


@pytest.mark.parametrize(
    ("body", "state", "status"),
    [
        (
            {"status": "success", "message": "ok", "data": {"task_id": "x", "status": "processing"}},
            TaskState.RUNNING,
            "processing",
        ),
        ({"status": "success", "data": {"status": "processing"}}, TaskState.RUNNING, "processing"),
        ({"status": 200, "data": {"task_id": "x", "state": -1}}, TaskState.FAILED, "-1"),
        ({"status": 200, "data": {"id": "x", "state": 1}}, TaskState.COMPLETED, "1"),
        ({"status": 200, "data": {"id": "x", "state": 4}}, TaskState.RUNNING, "4"),
        ({"state": "success", "data": {"id": "x", "task_status": "submitted"}}, TaskState.QUEUED, "submitted"),
        (
            {"output": {"task_id": "x", "task_status": "RUNNING"}, "request_id": "r"},
            TaskState.RUNNING,
            "RUNNING",
        ),
        (
            {"status": "completed", "output": {"task_id": "x", "task_status": "PENDING"}, "request_id": "r"},
            TaskState.QUEUED,
            "PENDING",
        ),
        (
            {"id": "x", "status": "processing", "data": {"id": "y", "status": "completed"}},
            TaskState.RUNNING,
            "processing",
        ),
        ({"id": "x", "status": "successful"}, TaskState.COMPLETED, "successful"),
        ({"id": "x", "status": "TASK_STATUS_SUCCEED"}, TaskState.COMPLETED, "TASK_STATUS_SUCCEED"),
        ({"id": "x", "status": "已完成"}, TaskState.COMPLETED, "已完成"),
        ({"id": "x", "status": "generation_failed"}, TaskState.FAILED, "generation_failed"),
        ({"id": "x", "status": "moderated"}, TaskState.FAILED, "moderated"),
        ({"id": "x", "status": "失败"}, TaskState.FAILED, "失败"),
    ],
)
def test_the_level_that_names_the_task_says_its_state(body: dict[str, object], state: TaskState, status: str) -> None:
    answer = read(body)
    assert (answer.state, answer.status) == (state, status)


def test_an_envelopes_message_is_no_reason() -> None:
    body = {"code": 0, "message": "query went well", "data": {"task_id": "x", "status": "failed", "reason": "too dark"}}
    assert read(body).error_message == "too dark"


@pytest.mark.parametrize(
    "path",
    [
        *("videos.0.url", "result.url", "output.0", "results.0.url", "unsigned_urls.0", "download_url", "content.url"),
        *(
            "file_url",
            "video",
            "output.video_url",
            "output.0.url",
            "video_urls.0",
            "data.videos.0.url",
            "data.result.url",
        ),
    ],
)
def test_a_link_is_found_where_the_family_writes_it(path: str) -> None:
    assert read({"id": "x", "status": "completed", **nested(path, LINK)}).result_url == LINK


def test_a_blank_inside_a_link_is_percent_encoded() -> None:
    body = {"id": "x", "status": "completed", "url": " https://cdn.example.net/my film.mp4?a=b c "}
    assert read(body).result_url == "https://cdn.example.net/my%20film.mp4?a=b%20c"


@pytest.mark.parametrize(
    "more",
    [
        {"msg": "too dark"},
        {"error": {"msg": "too dark"}},
        {"reason": "too dark"},
        {"failure": "too dark"},
        {"failure": {"message": "too dark"}},
        {"status_message": "too dark"},
        {"err_msg": "too dark"},
        {"error": {"error": {"message": "too dark"}}},
        {"output": {"message": "too dark"}},
        {"error": '{"message": "too dark", "code": "E7"}'},
        {"error": '{"error": {"message": "too dark", "code": "E7"}}'},
        {"message": '{"error": {"message": "too dark", "code": "E7"}}'},
        {"fail_reason": '{"message": "too dark", "code": "E7"}'},
    ],
    ids=json.dumps,
)
def test_a_reason_is_found_where_the_family_writes_it(more: dict[str, object]) -> None:
    answer = read({"id": "x", "status": "failed", **more})
    assert answer.error_message == "too dark"
    if "E7" in json.dumps(more):
        assert answer.error_code == "E7"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"raiMediaFilteredCount": 1}, "raiMediaFilteredCount: 1"),
        (
            {
                "response": {
                    "generateVideoResponse": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["no faces"]}
                }
            },
            "no faces",
        ),
        ({"rai_media_filtered_reasons": ["no faces"]}, "no faces"),
        ({"video": {"respect_moderation": False}}, "respect_moderation: false"),
    ],
)
def test_completed_with_a_filters_mark_and_no_link_is_failed_in_those_words(
    more: dict[str, object], message: str
) -> None:
    answer = read({"id": "x", "status": "completed", **more})
    assert (answer.state, answer.error_message) == (TaskState.FAILED, message)
    assert read({"id": "x", "status": "completed", "url": LINK, **more}).state is TaskState.COMPLETED
    assert read({"id": "x", "status": "completed", "video": {"respect_moderation": True}}).state is TaskState.COMPLETED


def test_of_several_results_the_first_is_the_result_and_the_others_are_kept() -> None:
    links = [f"https://cdn.example.net/{number}.mp4" for number in range(3)]
    for more in (
        {"videos": [{"url": link} for link in links]},
        {"output": links},
        {"results": [{"url": link} for link in links]},
        {"unsigned_urls": links},
        {"video_url": links[0], "data": {"task_result": {"videos": [{"url": link} for link in links]}}},
    ):
        body = {"id": "x", "status": "completed", **more}
        answer = read(body)
        assert (answer.result_url, answer.other_urls) == (links[0], tuple(links[1:]))
        assert links_beside(json.dumps(body), BASE_URL) == (tuple(links[1:]), None)
    assert read({"id": "x", "status": "completed", "url": LINK}).other_urls == ()


@pytest.mark.parametrize("path", ["last_frame_url", "content.last_frame_url", "thumbnail_url", "metadata.thumbnail"])
def test_a_picture_is_offered_and_never_the_result(path: str) -> None:
    picture = "https://cdn.example.net/last.png"
    answer = read({"id": "x", "status": "completed", **nested(path, picture)})
    assert (answer.result_url, answer.picture_url) == (None, picture)
    assert read({"id": "x", "status": "running", **nested(path, picture)}).picture_url is None


def test_what_is_beside_an_answer_that_is_none_is_nothing() -> None:
    assert links_beside("<html>", BASE_URL) == ((), None)
    assert links_beside('{"id": "x", "status": "running", "videos": [{"url": "https://a/1"}]}', BASE_URL) == ((), None)
