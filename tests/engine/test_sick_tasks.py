"""Tasks whose questions fail beside others that are answered: whose failure it is, in the engine and in `poll`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine import one_shot
from octotui.ledger import Ledger
from octotui.model import FailureKind, GatewayState, NewTask, TaskState
from tests.support.engine import at_work
from tests.support.fast_time import running_fast
from tests.support.gateway import CUT, Gateway, Reply, gateway
from tests.support.waiting import until

SPEED = 12.0
"""Seconds that pass in one."""
POLL_SECONDS = 10.0
WELL = [f"video_well{number}" for number in range(8)]
REFUSED = {"error": {"message": "Incorrect API key provided: sk-up…am", "type": "invalid_request_error"}}
SICKNESSES: dict[str, Reply] = {
    "524": Reply("<html>a timeout occurred</html>", 524, {"Content-Type": "text/html"}),
    "500": Reply({"error": {"message": "upstream", "code": "internal"}}, 500),
    "401": Reply(REFUSED, 401),
    "403": Reply({"error": {"message": "forbidden"}}, 403),
    "429": Reply({"error": {"message": "slow down"}}, 429),
    "429 for a day": Reply({"error": {"message": "slow down"}}, 429, {"Retry-After": "86400"}),
    "200 with an error": Reply({"error": {"message": "upstream", "code": "x"}, "id": "task_of_nobody"}),
    "reset": CUT,
}
QUOTA = {"code": True, "data": {"total_granted": 400, "total_available": 300, "unlimited_quota": False}}


class Upstreams:
    """Answers for well tasks, which complete at their time, and for sick ones."""

    def __init__(self, sickness: Reply, clock: Callable[[], float]) -> None:
        self._sickness = sickness
        self._clock = clock
        self._began = clock()
        self.is_sick = True

    def done_at(self, task_id: str) -> float:
        """When a well task is done: after 10, 20 or 30 seconds."""
        return self._began + 10.0 * (1 + WELL.index(task_id) % 3)

    def __call__(self, path: str) -> Reply:
        if path.startswith("/api/usage/token"):
            return Reply(QUOTA)
        task_id = path.rpartition("/")[2]
        if task_id not in WELL and self.is_sick:
            return self._sickness
        if task_id in WELL and self._clock() < self.done_at(task_id):
            return Reply({"id": task_id, "status": "in_progress", "progress": 10})
        return Reply({"id": task_id, "status": "completed", "video_url": f"https://cdn.example/{task_id}.mp4"})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], float]]:
    with running_fast(monkeypatch, SPEED) as clock:
        yield clock


def sick_ids(count: int) -> list[str]:
    return [f"video_sick{number}" for number in range(count)]


def config_of(folder: Path, server: Gateway) -> Config:
    return Config(
        state_dir=folder,
        base_url=server.base_url,
        api_key="sk-test",
        download_dir=folder / "videos",
        poll_seconds=POLL_SECONDS,
    )


def watch(ledger: Ledger, ids: list[str], now: float) -> None:
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in ids], now)


@pytest.mark.parametrize("count", [6, 14, 40])
@pytest.mark.parametrize("sickness", SICKNESSES)
def test_the_well_are_seen_done_as_soon_as_with_nobody_sick(
    sickness: str, count: int, ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    upstreams = Upstreams(SICKNESSES[sickness], clock)
    with gateway(upstreams) as server:
        watch(ledger, [*sick_ids(count), *WELL], clock())
        with at_work(config_of(tmp_path, server), ledger, clock=clock):
            until(
                lambda: all((task := ledger.task(each)) and task.state is TaskState.COMPLETED for each in WELL),
                "every well task done",
                seconds=120.0 / SPEED,
            )
            status = ledger.status()
    lags = []
    for task_id in WELL:
        task = ledger.task(task_id)
        assert task is not None
        assert task.final_seen_at is not None
        lags.append(task.final_seen_at - upstreams.done_at(task_id))
    assert max(lags) < 2 * POLL_SECONDS, lags
    assert status is not None
    assert status.gateway is GatewayState.LIVE, status.message


@pytest.mark.parametrize("sickness", ["524", "401", "429 for a day", "reset"])
def test_the_sick_are_asked_ever_more_rarely_and_soon_after_they_are_well(
    sickness: str, ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    upstreams = Upstreams(SICKNESSES[sickness], clock)
    ids = sick_ids(14)
    with gateway(upstreams) as server:
        watch(ledger, [*ids, *WELL], clock())
        with at_work(config_of(tmp_path, server), ledger, clock=clock):
            end = clock() + 90.0
            until(lambda: clock() >= end, "a minute and a half", seconds=60.0)
            asked = Counter(path.rpartition("/")[2] for path in server.paths())
            assert all(1 <= asked[each] <= 12 for each in ids), asked
            assert all((task := ledger.task(each)) and task.failure is not None for each in ids)
            if sickness == "429 for a day":
                return
            upstreams.is_sick = False
            until(
                lambda: all((task := ledger.task(each)) and task.state is TaskState.COMPLETED for each in ids),
                "every task that was sick done",
                seconds=90.0 / SPEED,
            )


@pytest.mark.parametrize("sickness", SICKNESSES)
def test_poll_asks_everybody_and_records_each_ones_own(sickness: str, ledger: Ledger, tmp_path: Path) -> None:
    upstreams = Upstreams(SICKNESSES[sickness], time.time)
    ids = sick_ids(40)
    with gateway(upstreams) as server:
        watch(ledger, [*ids, *WELL], time.time())
        polled = one_shot.poll(config_of(tmp_path, server), ledger, None)
    asked = Counter(path.rpartition("/")[2] for path in server.paths())
    assert all(asked[each] >= 1 for each in [*ids, *WELL])
    assert polled.unasked == []
    found = {task.id: task for task in polled.tasks}
    assert all(found[each].failure is None and found[each].state is TaskState.RUNNING for each in WELL)
    assert all(found[each].failure is not None for each in ids)


def test_poll_gives_up_where_no_answer_comes_at_all_and_writes_nothing_of_those_it_did_not_ask(
    ledger: Ledger, tmp_path: Path
) -> None:
    ids = sick_ids(100)
    watch(ledger, ids, time.time())
    config = Config(state_dir=tmp_path, base_url="http://127.0.0.1:9", api_key="sk-test", connections=2)
    polled = one_shot.poll(config, ledger, None)
    asked = [task for task in polled.tasks if task.last_asked_at is not None]
    assert 3 <= len(asked) <= 6
    assert all(task.failure is not None and task.failure.kind is FailureKind.NETWORK for task in asked)
    assert len(polled.unasked) == 100 - len(asked)
    assert all((task := ledger.task(each)) and task.failure is None for each in polled.unasked)
    assert polled.why


def test_a_person_asks_the_very_task_meant_whatever_the_gateway_is_thought_to_be(
    ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    upstreams = Upstreams(SICKNESSES["500"], clock)
    ids = sick_ids(12)
    watch(ledger, ids, clock())
    with gateway(upstreams) as server, at_work(config_of(tmp_path, server), ledger, clock=clock) as engine:
        until(lambda: (status := ledger.status()) and status.gateway is GatewayState.OFFLINE, "OFFLINE")
        before = Counter(server.paths())
        ledger.ask_now([ids[7]])
        engine.wake()
        path = f"/v1/videos/{ids[7]}"
        until(lambda: server.paths().count(path) > before[path], "the task meant", seconds=3.0 / SPEED + 2.0)


def test_one_wrong_key_is_said_at_once_and_the_quota_asked_once(
    ledger: Ledger, tmp_path: Path, clock: Callable[[], float]
) -> None:
    refusing = replace(SICKNESSES["401"])
    watch(ledger, sick_ids(30), clock())
    with gateway(lambda path: refusing) as server, at_work(config_of(tmp_path, server), ledger, clock=clock):
        until(lambda: (status := ledger.status()) and status.gateway is GatewayState.KEY_REFUSED, "KEY REFUSED")
        end = clock() + 25.0
        until(lambda: clock() >= end, "25 s")
        assert server.paths().count("/api/usage/token/") == 1
        assert sum(path.startswith("/v1/") for path in server.paths()) <= 30
