"""Several processes on one ledger: one works, the others take over, and nothing is done twice."""

from __future__ import annotations

import itertools
import json
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.demo.server import Request, Response
from octotui.ledger import Ledger
from octotui.model import TaskState
from tests.cli.conftest import Octotui
from tests.support.waiting import until

TAKEN_OVER_WITHIN = 10.0
TASKS = 24


class Gateway(Box):
    """A box that takes any key, so that each process can be told by its own."""

    def _gateway(self, request: Request) -> Response:
        response = super()._gateway(
            replace(request, headers={**request.headers, "authorization": f"Bearer {self.key}"})
        )
        with self._seen_lock:
            self._seen[-1] = replace(self._seen[-1], authorization=request.headers.get("authorization"))
        return response


@dataclass
class Window:
    """One `octotui watch --jsonl --download`, and what it has said."""

    name: str
    process: subprocess.Popen[str]
    events: list[dict[str, object]] = field(default_factory=list)
    reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))


class Windows:
    """Processes on the ledger of one home, against one gateway."""

    def __init__(self, octotui: Octotui, box: Box) -> None:
        self._octotui = octotui
        self._box = box
        self._numbers = itertools.count()
        self.open: list[Window] = []
        self.all: list[Window] = []

    def start(self) -> Window:
        name = f"window-{next(self._numbers)}"
        process = self._octotui.start(
            "watch", "--jsonl", "--download", OCTOTUI_BASE_URL=self._box.base_url, OCTOTUI_API_KEY=f"sk-{name}"
        )
        window = Window(name, process)
        self.open.append(window)
        self.all.append(window)
        return window

    def holder(self, ledger: Ledger) -> Window | None:
        lease = ledger.lease()
        return next((each for each in self.open if lease is not None and each.process.pid == lease.pid), None)

    def end(self, window: Window, number: signal.Signals = signal.SIGKILL) -> None:
        self.open.remove(window)
        window.process.send_signal(number)
        window.process.wait(timeout=20)
        window.reader.join(20)


@contextmanager
def windows(octotui: Octotui, box: Box) -> Iterator[Windows]:
    opened = Windows(octotui, box)
    try:
        yield opened
    finally:
        for window in opened.all:
            window.process.kill()
            window.process.communicate()


def asked(box: Box) -> list[tuple[float, str, str]]:
    """(when, by whom, which task) of each question about a task."""
    return [
        (seen.at, (seen.authorization or "").removeprefix("Bearer sk-"), f"{seen.path}?{seen.query}")
        for seen in box.requests
        if seen.host == "gateway" and seen.path.startswith("/v1/") and not seen.path.endswith("/content")
    ]


def spells(box: Box) -> list[str]:
    """Who asked, one entry for each unbroken run of questions."""
    return [name for name, _ in itertools.groupby(name for _, name, _ in asked(box))]


def is_asking(box: Box, window: Window) -> bool:
    return spells(box)[-1:] == [window.name]


def another_asks(box: Box, window: Window) -> bool:
    return spells(box)[-1] != window.name


def has_asked(box: Box, times: int) -> bool:
    return len(asked(box)) >= times


def fill(octotui: Octotui, box: Box) -> list[str]:
    """Watch tasks that end over half a minute, with files that take seconds each."""
    rng = random.Random(4)
    ids = []
    for number in range(TASKS):
        life = Life(
            queued=0.5,
            running=2.0 + 0.8 * number + rng.random(),
            ending=TaskState.FAILED if number % 8 == 7 else TaskState.COMPLETED,
            error_message="policy" if number % 8 == 7 else "",
            link=LinkStyle.AWS,
            size=1_500_000,
            rate=700_000.0,
        )
        ids.append(box.create("sora", "sora-2", life=life))
    assert octotui.call("add", *ids, "--provider", "sora").code == 0
    return ids


def whole_fetches(box: Box) -> dict[str, list[float]]:
    """When each file was asked for from its first byte."""
    begun: dict[str, list[float]] = defaultdict(list)
    for seen in box.requests:
        from_start = seen.range is None or seen.range.startswith("bytes=0-")
        if seen.host == "files" and seen.method == "GET" and from_start:
            begun[seen.path].append(seen.at)
    return begun


def test_one_works_and_when_it_is_killed_another_goes_on(octotui: Octotui) -> None:
    (octotui.home / ".config" / "octotui").mkdir(parents=True)
    (octotui.home / ".config" / "octotui" / "config.toml").write_text("poll_seconds = 1\ndisk_reserve = 0\n")
    with Gateway(faults=False, opening=False) as box, windows(octotui, box) as opened:
        ids = fill(octotui, box)
        (path,) = octotui.home.rglob("ledger.db")
        for _ in range(3):
            opened.start()
        kills: list[tuple[float, str]] = []
        saved_before: dict[str, float] = {}
        with Ledger.open(path) as ledger:
            for _ in range(4):
                until(lambda: opened.holder(ledger), "somebody who works", TAKEN_OVER_WITHIN)
                victim = opened.holder(ledger)
                assert victim is not None
                until(partial(is_asking, box, victim), "its first question", TAKEN_OVER_WITHIN)
                seen = len(asked(box))
                until(partial(has_asked, box, seen + 20), "some work")
                opened.start()
                killed_at = time.time()
                opened.end(victim)
                kills.append((killed_at, victim.name))
                saved_before = {task.id: task.download.saved_at or 0.0 for task in ledger.tasks() if task.is_saved}
                until(partial(another_asks, box, victim), "another who asks", TAKEN_OVER_WITHIN)
            until(
                lambda: all(task.state.is_final and (task.is_saved or not task.is_ready) for task in ledger.tasks()),
                "the end of every task",
                60,
            )
            tasks = ledger.tasks()
            told = [window.events for window in opened.open]
            until(lambda: all(_tells_all(events, ids) for events in told), "the same facts in every window")
        for window in list(opened.open):
            opened.end(window, signal.SIGTERM)
            assert window.process.returncode == 0

        # Whoever asks goes on asking until it is killed: runs of questions never interleave.
        assert len(spells(box)) == len(kills) + 1
        assert spells(box)[:-1] == [name for _, name in kills]
        # Facts survive, and every file is there, whole.
        assert [task.id for task in tasks] == ids
        assert sum(task.state is TaskState.FAILED for task in tasks) == TASKS // 8
        assert sum(task.is_saved for task in tasks) == TASKS - TASKS // 8
        assert all(
            Path(task.download.file or "").stat().st_size == task.download.bytes_total
            for task in tasks
            if task.is_saved
        )
        assert {task.id for task in tasks if task.is_saved} >= set(saved_before)
        # No file twice: begun once, except where a kill came before anything of it was on the disk.
        for file, begun in whole_fetches(box).items():
            for first, second in itertools.pairwise(begun):
                assert any(first <= at <= second for at, _ in kills), f"{file} was fetched twice"


def _tells_all(events: list[dict[str, object]], ids: list[str]) -> bool:
    """Whether a window has told of the end of the last task, whichever process saw it."""
    return any(isinstance(each["task"], dict) and each["task"]["id"] == ids[-2] for each in events)


def freeze_between_writes(window: Window, octotui: Octotui) -> None:
    """Stop a process at a moment at which it does not hold up every writer: that would be SQLite's matter, not ours."""
    (path,) = octotui.home.rglob("ledger.db")
    for _ in range(100):
        window.process.send_signal(signal.SIGSTOP)
        connection = sqlite3.connect(path, timeout=0.3, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            window.process.send_signal(signal.SIGCONT)
        else:
            return
        finally:
            connection.close()
    raise AssertionError("it writes all the time")


def test_one_that_was_frozen_asks_nothing_once_another_has_taken_over(octotui: Octotui) -> None:
    (octotui.home / ".config" / "octotui").mkdir(parents=True)
    (octotui.home / ".config" / "octotui" / "config.toml").write_text("poll_seconds = 1\n")
    with Gateway(faults=False, opening=False) as box, windows(octotui, box) as opened:
        ids = [box.create("sora", "sora-2", life=Life(queued=0.5, running=600.0)) for _ in range(12)]
        octotui.call("add", *ids, "--provider", "sora")
        first = opened.start()
        until(lambda: len(asked(box)) >= 24, "some work")
        second = opened.start()
        freeze_between_writes(first, octotui)
        try:
            until(lambda: spells(box)[-1] == second.name, "another who asks", TAKEN_OVER_WITHIN)
        finally:
            first.process.send_signal(signal.SIGCONT)
        seen = len(asked(box))
        until(lambda: len(asked(box)) >= seen + 60, "some more work")
        late = [name for _, name, _ in asked(box)[seen:] if name == first.name]
        assert late == []
        assert first.process.poll() is None
