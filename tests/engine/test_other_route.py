"""Where the gateway's routes disagree: which answers are checked on the other route, and what is believed of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine import one_shot
from octotui.engine.polling.other_route import Doubt, doubt_of
from octotui.estimates import Durations
from octotui.gateway.errors import GatewayError
from octotui.ledger import Ledger
from octotui.model import Answer, NewTask, Task, TaskState
from tests.support.engine import at_work
from tests.support.gateway import Gateway, Reply, gateway
from tests.support.waiting import until

ID = "task_1"
VIDEOS, GENERATIONS = f"/v1/videos/{ID}", f"/v1/video/generations/{ID}"
ERROR_OBJECT = Reply({"error": {"message": "upstream error", "code": "fail_to_fetch_task"}, "id": ID})
FAILURE = Reply({"code": "success", "data": {"task_id": ID, "status": "FAILURE", "fail_reason": "content policy"}})
LINK = "https://files.example/a.mp4"
DONE = Reply({"code": "success", "data": {"task_id": ID, "status": "SUCCESS", "result_url": LINK}})
RUNNING = Reply({"id": ID, "object": "video", "status": "in_progress", "progress": 12})
GOES_ON = Reply({"code": "success", "data": {"task_id": ID, "status": "IN_PROGRESS", "progress": "40%"}})
ABSENT = Reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
HOUR = 3600.0


def config_of(server: Gateway, folder: Path) -> Config:
    return Config(state_dir=folder, base_url=server.base_url, api_key="sk-test", download_dir=folder / "videos")


def polled(ledger: Ledger, folder: Path, videos: Reply, generations: Reply, now: float) -> tuple[Task, list[str]]:
    """One question about the task at `now`: what it is after that, and which paths were asked."""
    with gateway({VIDEOS: videos, GENERATIONS: generations}.__getitem__) as server:
        (task,) = one_shot.poll(config_of(server, folder), ledger, [ID], clock=lambda: now).tasks
    return task, server.paths()


@pytest.fixture
def known(ledger: Ledger, tmp_path: Path) -> float:
    """When the task, which is watched, was seen running for the first time."""
    began = time.time()
    ledger.add([NewTask(ID, "sora", "videos")], began)
    task, asked = polled(ledger, tmp_path, RUNNING, FAILURE, began)
    assert (task.state, asked) == (TaskState.RUNNING, [VIDEOS])
    return began


@pytest.mark.parametrize("sick", [ERROR_OBJECT, Reply({"error": {"message": "boom"}}, 500), Reply(b"boom", 500)])
def test_the_other_routes_final_word_is_believed_instead_of_an_error(
    ledger: Ledger, tmp_path: Path, known: float, sick: Reply
) -> None:
    task, asked = polled(ledger, tmp_path, sick, GOES_ON, known + 10)
    assert (task.state, task.progress, asked) == (TaskState.RUNNING, 12, [VIDEOS, GENERATIONS])
    assert task.failure is not None
    task, asked = polled(ledger, tmp_path, sick, FAILURE, known + 20)
    assert (task.state, task.error_message, asked) == (TaskState.FAILED, "content policy", [VIDEOS, GENERATIONS])
    assert task.failure is None


def test_a_result_that_only_the_other_route_names_is_found(ledger: Ledger, tmp_path: Path, known: float) -> None:
    task, _ = polled(ledger, tmp_path, ERROR_OBJECT, DONE, known + 10)
    assert (task.state, task.result_url, task.route) == (TaskState.COMPLETED, LINK, "generations")


@pytest.mark.parametrize(
    "sick", [Reply({"error": {"message": "x"}}, 502), Reply({"error": {"message": "x"}}, 429), Reply(b"<html>", 200)]
)
def test_what_is_no_word_about_the_task_is_not_checked(
    ledger: Ledger, tmp_path: Path, known: float, sick: Reply
) -> None:
    task, asked = polled(ledger, tmp_path, sick, FAILURE, known + 10)
    assert (task.state, asked) == (TaskState.RUNNING, [VIDEOS])


def test_where_the_other_route_knows_nothing_the_first_word_stands(
    ledger: Ledger, tmp_path: Path, known: float
) -> None:
    task, asked = polled(ledger, tmp_path, ERROR_OBJECT, ABSENT, known + 10)
    assert (task.state, asked) == (TaskState.RUNNING, [VIDEOS, GENERATIONS])
    assert task.failure is not None
    assert task.failure.message == "upstream error"


def test_a_reason_that_is_missing_is_asked_for_once(ledger: Ledger, tmp_path: Path, known: float) -> None:
    bare = Reply({"id": ID, "object": "video", "status": "failed"})
    task, asked = polled(ledger, tmp_path, bare, FAILURE, known + 10)
    assert (task.state, task.error_message, asked) == (TaskState.FAILED, "content policy", [VIDEOS, GENERATIONS])


@pytest.mark.parametrize("elsewhere", [DONE, GOES_ON, ABSENT])
def test_a_failure_without_a_reason_stays_one_whatever_else_the_other_route_says(
    ledger: Ledger, tmp_path: Path, known: float, elsewhere: Reply
) -> None:
    bare = Reply({"id": ID, "object": "video", "status": "failed"})
    task, _ = polled(ledger, tmp_path, bare, elsewhere, known + 10)
    assert (task.state, task.error_message, task.failure) == (TaskState.FAILED, None, None)


def test_a_task_that_stands_still_far_too_long_is_checked_every_half_an_hour(
    ledger: Ledger, tmp_path: Path, known: float
) -> None:
    asked_at = [
        minute
        for minute in range(1, 100)
        if GENERATIONS in polled(ledger, tmp_path, RUNNING, GOES_ON, known + 60.0 * minute)[1]
    ]
    assert asked_at == [30, 60, 90]
    task, _ = polled(ledger, tmp_path, RUNNING, FAILURE, known + 2 * HOUR)
    assert (task.state, task.error_message) == (TaskState.FAILED, "content policy")


def test_the_engine_asks_with_one_connection_too(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add([NewTask(ID, "sora", "videos")], time.time())
    with gateway({VIDEOS: ERROR_OBJECT, GENERATIONS: FAILURE}.get) as server:  # type: ignore[arg-type]
        config = replace(config_of(server, tmp_path), connections=1, poll_seconds=5.0)
        with at_work(config, ledger):
            until(lambda: (task := ledger.task(ID)) and task.state is TaskState.FAILED, "the other route's word")
    assert server.paths().count(GENERATIONS) == 1


def test_the_usual_duration_decides_when_a_standstill_is_odd() -> None:
    task = Task(ID, "sora", "videos", 0.0, state=TaskState.RUNNING, progress=12, last_answer_at=2 * HOUR - 10)
    said = Answer(TaskState.RUNNING, progress=12)
    quick, slow = Durations(), Durations()
    for _ in range(50):
        quick.learn(("sora", None, None, None), 60.0)
        slow.learn(("sora", None, None, None), 1200.0)
    assert doubt_of(replace(task, last_answer_at=1700.0), said, 1810.0, quick) is Doubt.STANDSTILL
    assert doubt_of(task, said, 2 * HOUR, slow) is None
    late = replace(task, last_answer_at=3 * HOUR)
    assert doubt_of(late, said, 3.9 * HOUR, slow) is Doubt.STANDSTILL
    assert doubt_of(late, said._replace(progress=13), 3.9 * HOUR, slow) is None
    assert doubt_of(late, said._replace(state=TaskState.COMPLETED), 3.9 * HOUR, slow) is None
    assert doubt_of(late, GatewayError("x", status=500), 3.9 * HOUR, slow) is None
