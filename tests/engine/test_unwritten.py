from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from octotui.ledger import Ledger
from octotui.ledger.sqlite import connections
from octotui.model import NewTask, TaskState
from tests.support.engine import at_work, config_of
from tests.support.gateway import Reply, gateway
from tests.support.unwritable import full_disk, somebody_writing
from tests.support.waiting import until

Hindrance = Callable[[Ledger], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT", 0.1)


@pytest.mark.parametrize("hindrance", [somebody_writing, full_disk])
def test_an_engine_outlives_a_ledger_that_cannot_be_written(tmp_path: Path, hindrance: Hindrance) -> None:
    failed: set[str] = set()

    def answer(path: str) -> Reply:
        task_id = path.rpartition("/")[2]
        return Reply({"id": task_id, "status": "failed" if task_id in failed else "in_progress", "progress": 10})

    with gateway(answer) as server, Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.add([NewTask(task_id, "sora", "videos") for task_id in ("video_a1", "video_b2")], time.time())
        with at_work(config_of(tmp_path, server), ledger) as engine:
            until(lambda: len(server.requests) >= 2, "the first questions")
            with hindrance(ledger):
                failed.add("video_a1")
                until(lambda: engine._session is None, "the end of its spell")
                until(lambda: ledger.unwritten is not None, "its word")
            asked = server.paths().count("/v1/videos/video_b2")
            until(lambda: server.paths().count("/v1/videos/video_b2") > asked, "another question")
            until(lambda: ledger.unwritten is None, "the end of the trouble")
            until(lambda: (task := ledger.task("video_a1")) and task.state is TaskState.FAILED, "what was answered")
            assert engine.error is None


def test_facts_without_room_wait_and_nothing_is_asked_for_more(tmp_path: Path) -> None:
    with gateway(lambda _: Reply({"id": "video_a1", "status": "in_progress"})) as server:
        config = config_of(tmp_path, server)
        with Ledger.open(tmp_path / "ledger.db") as ledger, full_disk(ledger):
            with at_work(config, ledger) as engine:
                until(lambda: ledger.lease() is not None, "its heartbeat")
                lease = ledger.lease()
                until(lambda: ledger.lease() != lease, "another one")
                assert server.requests == []
            assert not engine.is_alive
            assert engine.error is None
