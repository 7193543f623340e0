"""How far one ledger goes: many simulated boxes on one server, with the statements of real ones and no files."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from octotui.ledger import Ledger
from octotui.model import EngineStatus, Task, TaskState
from tests.support.database_proxy import proxy_before
from tests.support.postgres import Cluster, new_cluster

_TICK = 0.25
_A_SECOND = 10
"""Questions a second: a budget of 600 a minute."""
_NEVER = 600.0
"""Seconds after which a box takes over: the one that asks is there, however long the others take to begin."""
_OPEN = 100
"""One of so many tasks is open."""


class Cell(NamedTuple):
    """What so many boxes with so many tasks come to."""

    boxes: int
    tasks: int
    server: float
    """Share of one core that the server takes."""
    lag: float
    """Seconds from a fact's report to its being read by another box, at the 99th percentile."""
    claims: float
    """Claims a second, one at a time, by all boxes at once."""
    a_box: float
    """Bytes a second between a box and the server, both ways."""
    size: int
    """Bytes on the server's disk."""


class _Follower:
    """One box that does not ask the gateway: it looks, says that it is there, and would take over."""

    def __init__(self, url: str, number: int, over: threading.Event) -> None:
        self._ledger = Ledger.open(url)
        self._box = f"box-{number}:1:0"
        self._host = f"box-{number}"
        self._over = over
        self._revision = 0
        self.lags: list[float] = []
        self.is_ready = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self._ledger as ledger:
            self._look()
            self.lags.clear()
            self.is_ready.set()
            said_at = float("-inf")
            while not self._over.wait(_TICK):
                if time.monotonic() - said_at >= 1.0:
                    said_at = time.monotonic()
                    status = EngineStatus(time.time(), host=self._host, box=self._box, leads=False)
                    ledger.set_status(status)
                    ledger.take_lease(self._box, self._host, 1, time.time(), stale_after=_NEVER, place=("", ""))
                if ledger.changed_outside():
                    self._look()

    def _look(self) -> None:
        changes = self._ledger.changes(self._revision, with_requests=True)
        ledger, self._revision = self._ledger, changes.revision
        ledger.paused_since()
        now = time.monotonic()
        self.lags += [now - float(task.status) for task in changes.tasks if task.status]

    def claim(self, ids: Iterator[str], end: float) -> int:
        """Claim one after the other until then; returns how many."""
        done = 0
        while time.monotonic() < end:
            done += len(self._ledger.claim([next(ids)], self._box))
        return done


def measure(boxes: int, tasks: int, *, seconds: float = 20.0, facts: int = _A_SECOND // 4) -> Cell:
    """Measure one cell; `facts` are reported each quarter of a second."""
    with new_cluster() as cluster, proxy_before(cluster.folder) as proxy, ExitStack() as stack:
        cluster.stop("fast")
        cluster.start("fsync=on", "full_page_writes=on", "max_connections=500")
        url = cluster.url("scale")
        ledger = stack.enter_context(Ledger.open(url))
        _fill(cluster, tasks)
        opened = [task for task in ledger.tasks() if task.state is TaskState.RUNNING]
        assert ledger.take_lease("leader:1:0", "leader", 1, time.time(), place=("", ""))
        over = threading.Event()
        through = url.replace(str(cluster.folder), str(proxy.folder))
        followers = [_Follower(through if number == 0 else url, number, over) for number in range(boxes - 1)]
        for follower in followers:
            follower.thread.start()
        try:
            for follower in followers:
                follower.is_ready.wait()
            with _spending(cluster) as spent:
                bytes_before = proxy.bytes
                _lead(ledger, opened, seconds, facts)
            a_box = (proxy.bytes - bytes_before) / seconds
            claims = _claims(followers, [task.id for task in ledger.tasks()][:20_000])
        finally:
            over.set()
            for follower in followers:
                follower.thread.join()
        lags = [lag for follower in followers for lag in follower.lags]
        with cluster.connect() as connection:
            row = connection.execute("SELECT pg_database_size('postgres')").fetchone()
        assert row is not None
        return Cell(boxes, tasks, spent[0] / seconds, quantiles(lags, n=100)[98], claims, a_box, row[0])


def _fill(cluster: Cluster, tasks: int) -> None:
    """Put tasks into the ledger as they are after a while: with an answer each, one in `_OPEN` of them open."""
    with cluster.connect() as connection:
        connection.execute("SET search_path TO scale")
        connection.execute(
            b"""
            INSERT INTO tasks (id, revision, added_at, provider, route, model, state, result_url, prompt)
            SELECT 'video_' || n, 1, 0, 'sora', 'videos', 'sora-2',
                CASE WHEN n %% %s = 0 THEN 'running' ELSE 'completed' END,
                repeat('https://files.example/' || n, 8), repeat('a prompt ', 20)
            FROM generate_series(1, %s) AS n
            """,
            (_OPEN, tasks),
        )
        answer = '{"id": "video", "object": "video", "status": "completed", "progress": 100}' * 6
        connection.execute("INSERT INTO answers SELECT id, %s || id FROM tasks", (answer,))
        connection.execute("UPDATE counter SET revision = 1, writes = writes + 1")
        connection.execute("VACUUM ANALYZE")


def _lead(ledger: Ledger, opened: list[Task], seconds: float, facts: int) -> None:
    """Do what the box does that asks the gateway."""
    turns = itertools.cycle(opened)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for task in itertools.islice(turns, facts):
            ledger.record(replace(task, status=str(time.monotonic()), last_asked_at=time.time()), raw="{}")
        ledger.set_status(EngineStatus(time.time(), host="leader", box="leader:1:0"))
        ledger.take_lease("leader:1:0", "leader", 1, time.time(), place=("", ""))
        time.sleep(_TICK)


def _claims(followers: list[_Follower], ids: list[str]) -> float:
    """Return how many claims a second all of them make at once."""
    seconds, done = 3.0, [0] * len(followers)
    end = time.monotonic() + seconds
    source = itertools.cycle(ids)
    lock = threading.Lock()

    def taken() -> Iterator[str]:
        while True:
            with lock:
                task_id = next(source)
            yield task_id

    def claim(number: int) -> None:
        done[number] = followers[number].claim(taken(), end)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(len(followers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


@contextmanager
def _spending(cluster: Cluster) -> Iterator[list[float]]:
    """Yield a list that gets, at the end, the processor seconds that the server has used meanwhile."""
    before = _processor_seconds(cluster)
    spent: list[float] = []
    yield spent
    spent.append(_processor_seconds(cluster) - before)


def _processor_seconds(cluster: Cluster) -> float:
    """Return what the server and its children have used, those that have ended too."""
    server = int((cluster.data / "postmaster.pid").read_text().split()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == server:
            ticks += sum(map(int, words[11:15]))
        elif int(words[1]) == server:
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def show(boxes: list[int], tasks: list[int], facts: int) -> None:
    """Measure every cell and print the table."""
    print(
        f"{os.cpu_count()} cores, which boxes and server share; one in {_OPEN} tasks open, {4 * facts} facts a second"
    )
    print(" boxes      tasks  server  lag p99  claims/s  KB/s a box  MB on disk")
    for count, watched in itertools.product(boxes, tasks):
        cell = measure(count, watched, facts=facts)
        print(
            f"{cell.boxes:6} {cell.tasks:10,} {cell.server:7.0%} {cell.lag:6.2f} s {cell.claims:9,.0f}"
            f" {cell.a_box / 1e3:11.1f} {cell.size / 1e6:11,.0f}",
            flush=True,
        )
