"""A real server on loopback over a real ledger, which the test writes as an engine and a person would."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import EngineStatus, GatewayState, Task
from octotui.web.access import Token
from octotui.web.server import WebServer, read_address
from tests.support.clock import NOW
from tests.support.tasks import moved, record
from tests.support.waiting import until

TOKEN = "a-token-that-nobody-guesses"


@dataclass
class Served:
    """A page that is served, and who writes what it shows."""

    writer: Ledger
    server: WebServer
    client: httpx.Client
    path: Path
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url

    def put(self, *tasks: Task) -> list[Task]:
        """Write tasks as fresh as if the test's clock were now, and wait until they are seen."""
        shifted = [moved(task, time.time() - NOW) for task in tasks]
        record(self.writer, *shifted)
        self.seen(*shifted)
        return shifted

    def seen(self, *tasks: Task) -> None:
        """Wait until the server has read these tasks as they are."""
        wanted = {(task.id, task.state, task.progress) for task in tasks}
        until(
            lambda: wanted <= {(task.id, task.state, task.progress) for task in self.server.live.picture.tasks},
            "the tasks to be seen",
            60,
        )

    def work(self, gateway: GatewayState = GatewayState.LIVE, **facts: object) -> None:
        """Have an engine say how things stand, and wait until it is seen."""
        told: dict[str, object] = {"host": "render-7", "pid": 4711, "budget_per_minute": 600, **facts}
        at = time.time()
        self.writer.set_status(EngineStatus(at, gateway, last_answer_at=at, **told))  # type: ignore[arg-type]
        self.writer.flush()
        until(lambda: (status := self.server.live.picture.status) is not None and status.at == at, "the status")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)


@contextmanager
def serving(
    path: Path, *, token: str | None = None, dashboard: Sequence[str] = (), **settings: object
) -> Iterator[Served]:
    config = Config(state_dir=path, **settings)  # type: ignore[arg-type]
    with Ledger.open(config.ledger_path) as writer, Ledger.open(config.ledger_path, is_reader=True) as reader:
        made = None if token is None else Token(token)
        server = WebServer(config, reader, read_address("127.0.0.1:0"), made, dashboard)
        server.start()
        try:
            with httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client:
                yield Served(writer, server, client, config.ledger_path)
        finally:
            server.stop()
        assert server.error is None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as each:
        yield each


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Served]:
    """The same behind a token."""
    with serving(tmp_path, token=TOKEN) as each:
        yield each
