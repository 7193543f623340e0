"""The engine and a gateway that goes and comes back: it asks again soon after, and the quota question stops nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import NewTask, TaskState
from tests.support.engine import at_work
from tests.support.fast_time import running_fast
from tests.support.gateway import Gateway, Reply, gateway
from tests.support.waiting import until

SPEED = 40.0
"""Seconds that pass in one: a minute and a half of an outage in about two seconds."""
QUOTA_PATH = "/api/usage/token/"
QUOTA = {"code": True, "data": {"total_granted": 400, "total_available": 300, "unlimited_quota": False}}
IDS = [f"video_{number}" for number in range(12)]


def answer(path: str) -> Reply:
    """A running task, or the quota; each on a connection of its own, so that an outage leaves none open."""
    said = QUOTA if path == QUOTA_PATH else {"id": path.rpartition("/")[2], "status": "in_progress", "progress": 10}
    return Reply(said, headers={"Content-Type": "application/json", "Connection": "close"})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], float]]:
    with running_fast(monkeypatch, SPEED) as clock:
        yield clock


@contextmanager
def refusing() -> Iterator[int]:
    """A port of loopback that refuses connections, and that nobody else is given meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def config_of(folder: Path, port: int) -> Config:
    return Config(
        state_dir=folder, base_url=f"http://127.0.0.1:{port}", api_key="sk-test", download_dir=folder / "videos"
    )


def passed(clock: Callable[[], float], seconds: float) -> None:
    end = clock() + seconds
    until(lambda: clock() >= end, f"{seconds:g} s of the engine's time", seconds=60.0)


def until_all_are_asked(server: Gateway) -> None:
    """Wait until each task is asked once more, at most two minutes of the engine's time."""
    before = len(server.requests)
    wanted = {f"/v1/videos/{task_id}" for task_id in IDS}
    until(lambda: wanted <= set(server.paths()[before:]), "a question about each task", seconds=120.0 / SPEED)


def test_a_gateway_that_is_down_at_the_start_is_asked_when_it_is_back(
    ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in IDS], clock())
    with ExitStack() as outage:
        port = outage.enter_context(refusing())
        with at_work(config_of(tmp_path, port), ledger, clock=clock):
            until(lambda: (status := ledger.status()) and status.gateway == "offline", "OFFLINE")
            passed(clock, 20.0)
            outage.close()
            with gateway(answer, port=port) as server:
                until_all_are_asked(server)
                until(lambda: all(task.state is TaskState.RUNNING for task in ledger.tasks()), "every task answered")
                until(lambda: (status := ledger.status()) and status.quota_left == 0.75, "the quota")
            assert server.paths()[0] != QUOTA_PATH


def test_an_outage_in_which_the_quota_is_due_ends_like_any_other(
    ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in IDS], clock())
    with ExitStack() as spell:
        first = spell.enter_context(gateway(answer))
        port = int(first.base_url.rpartition(":")[2])
        with at_work(config_of(tmp_path, port), ledger, clock=clock):
            until(lambda: QUOTA_PATH in first.paths(), "the quota question")
            passed(clock, 270.0)
            assert first.paths().count(QUOTA_PATH) == 1
            spell.close()
            until(lambda: (status := ledger.status()) and status.gateway == "offline", "OFFLINE")
            passed(clock, 60.0)
            with gateway(answer, port=port) as second:
                until_all_are_asked(second)
                until(lambda: QUOTA_PATH in second.paths(), "the quota question again")
            assert second.paths()[0] != QUOTA_PATH


def test_a_quota_question_that_is_refused_is_put_again(
    ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    replies = iter([Reply({"error": {"message": "slow down"}}, 429)])
    ledger.add([NewTask(IDS[0], "sora", "videos")], clock())
    with gateway(lambda path: next(replies, answer(path)) if path == QUOTA_PATH else answer(path)) as server:
        config = config_of(tmp_path, int(server.base_url.rpartition(":")[2]))
        with at_work(config, ledger, clock=clock):
            until(lambda: (status := ledger.status()) and status.quota_left == 0.75, "the quota", seconds=30.0)
    assert server.paths().count(QUOTA_PATH) == 2


def test_a_gateway_without_a_quota_route_is_asked_once_only(
    ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    page = Reply("<html>", 404)
    ledger.add([NewTask(IDS[0], "sora", "videos")], clock())
    with gateway(lambda path: page if path == QUOTA_PATH else answer(path)) as server:
        config = config_of(tmp_path, int(server.base_url.rpartition(":")[2]))
        with at_work(config, ledger, clock=clock):
            until(lambda: QUOTA_PATH in server.paths(), "the quota question")
            passed(clock, 310.0)
    assert server.paths().count(QUOTA_PATH) == 1
