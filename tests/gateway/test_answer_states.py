"""States, progress and times by the rules of GATEWAY.md, on shapes that are not among the recorded answers."""

from __future__ import annotations

import pytest

from octotui.model import Answer, TaskState
from tests.gateway.reading import DONE, FAILED, LINK, read, short

WORDS = {
    TaskState.QUEUED: "queued pending submitted waiting wait not_start created preparing queueing in_queue",
    TaskState.RUNNING: "in_progress processing running generating run progress image_downloading video_generating "
    "video_generation_completed video_upsampling video_upsampling_completed",
    TaskState.COMPLETED: "completed complete succeeded succeed success done finish finished",
    TaskState.FAILED: "failed fail failure error timeout rejected video_generation_failed video_upsampling_failed "
    "expired",
    TaskState.CANCELLED: "cancelled canceled aborted deleted",
    TaskState.UNKNOWN: "unknown post_processing completed_with_errors uncompleted xyz 完成",
}


@pytest.mark.parametrize(("word", "state"), [(word, state) for state in WORDS for word in WORDS[state].split()])
def test_status_words_in_any_case_with_blanks_and_dashes(word: str, state: TaskState) -> None:
    for spelled in (
        word,
        word.upper(),
        word.title(),
        f"  {word}\n",
        word.replace("_", "-"),
        word.replace("_", " "),
        word.replace("_", " - "),
    ):
        answer = read({"id": "x", "status": spelled})
        assert answer.state is state, spelled
        assert answer.status == spelled.strip()


@pytest.mark.parametrize(
    ("body", "state", "status"),
    [
        ({"status": "processing", "data": {"status": "succeeded"}}, TaskState.RUNNING, "processing"),
        ({"status": "weird", "data": {"status": "succeeded"}}, TaskState.UNKNOWN, "weird"),
        ({"status": "", "data": {"status": "succeeded"}}, TaskState.COMPLETED, "succeeded"),
        ({"status": None, "data": {"status": None, "data": {"status": "FAILURE"}}}, TaskState.FAILED, "FAILURE"),
        ({"data": {"data": {"data": {"status": "queued"}}}}, TaskState.QUEUED, "queued"),
        ({"id": "x", "detail": {"status": "running"}, "data": {"status": "queued"}}, TaskState.QUEUED, "queued"),
        ({"id": "x", "detail": {"pending_info": {"status": "running"}}}, TaskState.RUNNING, "running"),
        ({"id": "x", "detail": {"AigcVideoTask": {"Status": "FINISH"}}}, TaskState.COMPLETED, "FINISH"),
        ({"Data": {"Task-Status": "Succeed"}}, TaskState.COMPLETED, "Succeed"),
        ({"code": 200, "data": [{"task_id": "x", "status": "done"}]}, TaskState.COMPLETED, "done"),
        ({"code": "success", "data": '{"task_id":"x","status":"done"}'}, TaskState.COMPLETED, "done"),
        ({"data": {"id": "x", "state": "processing"}}, TaskState.RUNNING, "processing"),
        ({"state": "success", "data": {"status": "running"}}, TaskState.RUNNING, "running"),
        ({"id": "x", "status": 3}, TaskState.UNKNOWN, "3"),
        ({"id": "x", "status": {"state": "completed"}}, TaskState.UNKNOWN, None),
        ({"id": "x", "status": ["completed"]}, TaskState.UNKNOWN, None),
        ({"id": "x", "input": {"status": "completed"}}, TaskState.UNKNOWN, None),
        ({"task_id": "x", "properties": {"status": "completed"}, "req": {"status": "failed"}}, TaskState.UNKNOWN, None),
        ({"id": "x", "data": [{"status": "completed"}, {"status": "failed"}]}, TaskState.UNKNOWN, None),
    ],
)
def test_the_outer_status_wins_and_inner_levels_fill_in(
    body: dict[str, object], state: TaskState, status: str | None
) -> None:
    answer = read(body)
    assert (answer.state, answer.status) == (state, status)


def test_upsampling_is_completed_only_with_a_link() -> None:
    body = {"id": "x", "status": "VIDEO-UPSAMPLING-COMPLETED", "completed_at": 1790000000}
    assert read(body) == Answer(TaskState.RUNNING, "VIDEO-UPSAMPLING-COMPLETED")
    with_link = read({**body, "detail": {"upsample_video_url": LINK}})
    assert with_link.state is TaskState.COMPLETED
    assert with_link.result_url == LINK
    assert with_link.completed_at == 1790000000


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (0, 0),
        ("0", 0),
        (42, 42),
        (42.9, 42),
        ("42%", 42),
        (" 42 % ", 42),
        ("42.9%", 42),
        (0.93, 93),
        (0.29, 29),
        ("0.42", 42),
        ("0.5%", 0),
        (1, 1),
        (1.0, 1),
        ("100%", 100),
        (100.0, 100),
        (99.99, 99),
        (250, 100),
        (-5, 0),
        ("-0.5", 0),
        ("1e1", 10),
        (10**30, 100),
        (10**300, None),
        ("rendering", None),
        ("", None),
        (None, None),
        (True, None),
        ([50], None),
        ({"value": 50}, None),
        ("4_2", None),
        ("٤٢", None),
        ("NaN", None),
        ("inf", None),
        ("50/100", None),
        ("9" * 5000, None),
    ],
    ids=short,
)
def test_progress(value: object, percent: int | None) -> None:
    assert read({"id": "x", "status": "running", "progress": value}).progress == percent


@pytest.mark.parametrize(
    ("levels", "percent"),
    [
        ({"progress": "30%", "data": {"progress": 50}}, 30),
        ({"progress": "", "data": {"progress": "50%"}}, 50),
        ({"progress": "soon", "data": {"progress": "50%"}}, 50),
        ({"progress": 0, "detail": {"pending_info": {"progress_pct": 0.93}}}, 93),
        ({"detail": {"pending_info": {"progress_pct": 1.0}}}, 100),
        ({"detail": {"pending_info": {"progress_pct": 0}}}, 0),
        ({"detail": {"AigcVideoTask": {"Progress": 77}}}, 77),
        ({"data": {"data": {"data": {"progress": 12}}}}, 12),
        ({"input": {"progress": 12}, "req": {"progress": 3}, "properties": {"progress": 4}}, None),
    ],
)
def test_progress_of_inner_levels(levels: dict[str, object], percent: int | None) -> None:
    assert read({"id": "x", "status": "running", **levels}).progress == percent


def test_a_failed_task_at_a_hundred_percent_stays_failed() -> None:
    answer = read({**FAILED, "progress": 100, "video_url": LINK, "data": {"status": "SUCCESS"}})
    assert (answer.state, answer.progress, answer.result_url) == (TaskState.FAILED, 100, None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1790000000, 1790000000),
        (1790000000.75, 1790000000),
        (1790000000005, 1790000000),
        (1790000000005000, 1790000000),
        (1790000000005000000, 1790000000),
        ("1790000000", 1790000000),
        ("1790000000005", 1790000000),
        ("1.79e9", 1790000000),
        (" 1790000000.5 ", 1790000000),
        ("2026-09-21T14:13:20Z", 1790000000),
        ("2026-09-21T14:13:20", 1790000000),
        ("2026-09-21 14:13:20", 1790000000),
        ("2026-09-21t14:13:20.999z", 1790000000),
        ("2026-09-21T22:13:20.811531241+08:00", 1790000000),
        ("2026-09-21T22:13:20.811531241+0800", 1790000000),
        ("2026-09-21T09:43:20-04:30", 1790000000),
        ("2026-09-21 22:13:20.811531241 +0800 CST", 1790000000),
        ("20260921T141320Z", 1790000000),
        ("2026-09-21", 1789948800),
        ("2016-12-31T23:59:60Z", 1483228800),
        (0, None),
        ("0", None),
        (-62135596800, None),
        ("-5", None),
        ("0001-01-01T00:00:00Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("2026-13-41T14:13:20Z", None),
        ("2026-09-21T14:13:61Z", None),
        ("2026-09-21T14:13:20+99:99", None),
        (None, None),
        ("", None),
        ("soon", None),
        (True, None),
        ([1790000000], None),
        (0.4, None),
        (10**30, None),
        (10**400, None),
        ("9" * 100, None),
    ],
    ids=short,
)
def test_times(value: object, seconds: float | None) -> None:
    answer = read({**DONE, "created_at": value, "finish_time": value, "status_update_time": value, "expires_at": value})
    assert [answer.created_at, answer.completed_at, answer.updated_at, answer.expires_at] == [seconds] * 4


@pytest.mark.parametrize("name", ["completed_at", "finish_time", "finished_at", "FinishTime", "completedAt"])
@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "running", "queued", "unknown"])
def test_a_completion_time_counts_only_in_a_final_state(name: str, status: str) -> None:
    answer = read({"code": "success", "data": {"task_id": "x", "status": status, name: 1790000009}})
    assert answer.completed_at == (1790000009 if answer.state.is_final else None)


def test_creation_is_the_outer_one_and_the_start_only_stands_in() -> None:
    assert read({**DONE, "submit_time": 5, "data": {"created_at": 9}}).created_at == 5
    assert read({**DONE, "created_at": 0, "start_time": 7, "data": {"submit_time": 9}}).created_at == 9
    assert read({**DONE, "created_at": "", "start_time": 7}).created_at == 7


def test_model_seconds_and_size_as_the_gateway_writes_them() -> None:
    answer = read(
        {"data": {"id": "x", "status": "queued", "model": " sora-2 ", "data": {"duration": 5.0, "resolution": "720p"}}}
    )
    assert (answer.model, answer.seconds, answer.size) == ("sora-2", "5", "720p")
    blank = read({"id": "x", "status": "queued", "model": "", "seconds": 0, "size": {"w": 1}})
    assert (blank.model, blank.seconds, blank.size) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        ({"id": "x", "status": "queued", "prompt": " a cat\non a roof "}, "a cat on a roof"),
        ({"id": "x", "status": "queued", "detail": {"input": {"prompt": "echoed"}}}, "echoed"),
        ({"data": {"task_id": "x", "status": "queued", "properties": {"input": "typed"}}}, "typed"),
        ({"data": {"task_id": "x", "status": "queued", "properties": {"input": ""}, "data": {"prompt": "in"}}}, "in"),
        ({"id": "x", "status": "queued", "prompt": ["no", "text"], "input": {"prompt": 7}}, None),
        ({"id": "x", "status": "queued", "prompt": "y" * 900}, "y" * 199 + "…"),
    ],
)
def test_the_beginning_of_the_prompt_is_read_in_one_line(body: dict[str, object], prompt: str | None) -> None:
    assert read(body).prompt == prompt
