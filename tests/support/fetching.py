"""One transfer at a time against a `BadServer`, on a clock that only moves when the transfer has to wait."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import get_args

import httpx

from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.disk_space import DiskSpace, DownloadFolder
from octotui.engine.downloads.fetch import FetchContext, Limits
from octotui.engine.downloads.throughput import Bandwidth
from octotui.engine.downloads.transfer import Failed, Later, Outcome, Parked, Saved, Transfer
from octotui.gateway.http.download_transport import TransportName, download_client
from octotui.model import Deadline, Task
from tests.support.clock import Clock
from tests.support.tasks import ready

KEY = "sk-test-key-1234567890"
TRANSPORTS: tuple[TransportName, ...] = get_args(TransportName)


@lru_cache
def shared_client(transport: TransportName) -> httpx.Client:
    """One client for all tests: it takes longer to read certificates than to fetch a small file."""
    return download_client(transport=transport)


@dataclass(slots=True)
class Fetching:
    """Everything a transfer needs, and what it left behind."""

    folder: Path
    base_url: str
    transport: TransportName = "http.client"
    limits: Limits = field(default_factory=lambda: Limits(largest=10**8, connect=5, silence=5, head=5))
    reserve: int = 0
    bandwidth: int | None = None
    clock: Clock = field(default_factory=Clock)
    attempts: list[tuple[str, str]] = field(default_factory=list)
    """(rung, outcome) of each, in order."""
    asked: int = 0
    """How often a fresh link was asked for."""
    fresh_link: Callable[[str], str | None] = lambda _: None
    template: str = "{id}.mp4"
    free: Callable[[Path], int] = lambda _: 10**12
    patience: float | None = None
    _context: FetchContext | None = None
    _folders: dict[Path, DownloadFolder] = field(default_factory=dict)

    def note_attempt(self, task_id: str, at: float, rung: str, outcome: str) -> None:
        self.attempts.append((rung, outcome))

    def context(self) -> FetchContext:
        if self._context is None:
            client = shared_client(self.transport)
            room = DiskSpace(self.reserve, free=self.free)
            self._context = FetchContext(
                client, self.base_url, KEY, self.limits, Bandwidth(self.bandwidth), room, clock=self.clock
            )
        return self._context

    def task(self, link: str | None, task_id: str = "video_1", *, deadline: Deadline | None = None) -> Task:
        """A completed task whose answer, with `link`, has just come."""
        now = self.clock()
        return ready(
            task_id,
            added_at=now - 60,
            model="sora-2",
            completed_at=now - 5,
            last_asked_at=None,
            last_answer_at=now,
            result_url=link,
            deadline=deadline,
        )

    def transfer(self, task: Task) -> Transfer:
        def ask(task_id: str) -> str | None:
            self.asked += 1
            return self.fresh_link(task_id)

        return Transfer(
            task,
            folder=self._folders.setdefault(self.folder, DownloadFolder(self.folder)),
            template=self.template,
            context=self.context,
            attempts=self,
            fresh_link=ask,
            clock=self.clock,
            patience=self.patience,
        )

    def drive(self, transfer: Transfer, *, rounds: int = 400) -> Saved | Failed | Parked:
        """Run `transfer` to its end, moving the clock over every wait."""
        for _ in range(rounds):
            outcome = transfer.run(StopHandle())
            if not isinstance(outcome, Later):
                return outcome
            assert outcome.at >= self.clock(), "a wait that ends before it begins"
            self.clock.now = outcome.at
        message = f"no end after {rounds} waits: {self.attempts[-3:]}"
        raise AssertionError(message)

    def get(self, link: str | None, task_id: str = "video_1", *, deadline: Deadline | None = None) -> Outcome:
        """Fetch one task to the end."""
        return self.drive(self.transfer(self.task(link, task_id, deadline=deadline)))

    def save(self, link: str | None, task_id: str = "video_1") -> Saved:
        """Fetch one task and insist that it is saved."""
        outcome = self.get(link, task_id)
        assert isinstance(outcome, Saved), (outcome, self.attempts)
        return outcome

    def names(self) -> list[str]:
        """Every file below the folder, by its relative path."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of fsyncs take long on a disk."""
    shared = Path("/dev/shm")  # noqa: S108 - the folder in it gets a name of its own
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as name:
        yield Path(name)
