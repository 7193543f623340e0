"""An exception nobody expected is the failure of the one task in whose question it came up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from octotui.config import Config
from octotui.engine import faults
from octotui.engine.polling import asker
from octotui.engine.polling.scheduler import Scheduler
from octotui.engine.work_session import WorkSession
from octotui.gateway import client
from octotui.ledger import Ledger
from octotui.model import FailureKind, NewTask, RequestFailure, TaskState
from tests.support.engine import at_work
from tests.support.gateway import Gateway, Reply, gateway
from tests.support.tasks import known
from tests.support.waiting import until

SICK = "video_sick"
IDS = [SICK, *(f"video_{number}" for number in range(5))]


def answer(path: str) -> Reply:
    return Reply({"id": path.rpartition("/")[2], "status": "in_progress", "progress": 10})


def breaking(original: Callable[..., object], is_sick: Callable[[str], bool]) -> Callable[..., object]:
    """`original`, but for calls among whose arguments the sick task is."""

    def broken(*arguments: object, **named: object) -> object:
        if is_sick(repr(arguments)):
            raise TypeError("something odd")
        return original(*arguments, **named)

    return broken


def asked(server: Gateway, task_id: str) -> int:
    return server.paths().count(f"/v1/videos/{task_id}")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (client, "read_answer"),
        (client, "task_path"),
        (asker, "after_answer"),
        (asker, "events_between"),
        (WorkSession, "_answered"),
        (Scheduler, "record_answer"),
    ],
)
def test_an_unexpected_exception_is_that_tasks_failure(
    ledger: Ledger,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: object,
    name: str,
) -> None:
    def is_sick(words: str) -> bool:
        # What is stored of the failure itself goes through the same functions.
        return SICK in words and "something odd" not in words and "RequestFailure" not in words

    monkeypatch.setattr(faults, "_FAULTS", faults.Faults())
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in IDS], time.time())
    monkeypatch.setattr(place, name, breaking(getattr(place, name), is_sick))
    with gateway(answer) as server, at_work(replace(config, base_url=server.base_url), ledger) as engine:
        failures: list[RequestFailure] = []

        def has_failed() -> bool:
            failures.extend([failure] if (failure := known(ledger, SICK).failure) else [])
            return bool(failures)

        until(has_failed, "its failure")
        before = {task_id: asked(server, task_id) for task_id in IDS}
        until(lambda: all(asked(server, each) > before[each] + 2 for each in IDS if each != SICK), "the others again")
        assert engine.error is None
        assert engine.is_alive
    failure = failures[-1]
    assert failure.kind is FailureKind.GATEWAY
    assert "TypeError: something odd" in failure.message
    assert all(known(ledger, task_id).state is TaskState.RUNNING for task_id in IDS if task_id != SICK)
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert logged
    assert all("Traceback" in record.getMessage() and SICK in record.getMessage() for record in logged)
    assert len(logged) == len({record.getMessage() for record in logged}), "each fault is logged once"
