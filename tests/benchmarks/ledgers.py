"""What a ledger in an SQLite file and one on a PostgreSQL server take, beside each other in one run.

    python -m tests.benchmarks.ledgers [--rounds 3] [--tasks 100000]

Facts are answers of one engine, 500 in a batch, each with the text of the answer. The feed is `Ledger.changes` for what
another ledger has written since the last look. From nothing is the same for all tasks. From a key to another machine is
from before `request_download` of one task until the other ledger has that change, by its own notice of it. The server
is one that is made for this, on a unix socket, with every commit on stable storage.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from octotui.ledger import Ledger
from octotui.model import NewTask, Task, TaskState
from tests.support.postgres import new_cluster

BATCH = 500
RAW = (
    '{"id": "video_0", "object": "video", "status": "processing", "progress": 10, "seconds": "10", "size": "720x1280"}'
)


def timed(do: Callable[[], object]) -> float:
    """Seconds that something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def fill(ledger: Ledger, count: int) -> None:
    """Watch so many tasks, each with what an answer says of one."""
    ids = [f"video_{number:07}" for number in range(count)]
    for start in range(0, count, 10_000):
        some = ids[start : start + 10_000]
        ledger.add([NewTask(task_id, "sora", "videos", "sora-2") for task_id in some], time.time())
    for page in list(ledger.pages()):
        report(ledger, page, 1)


def report(ledger: Ledger, tasks: list[Task], progress: int) -> None:
    """Report answers about tasks, in one batch."""
    for task in tasks:
        ledger.record(replace(task, state=TaskState.RUNNING, progress=progress, last_asked_at=time.time()), raw=RAW)
    ledger.flush()


def facts_a_second(ledger: Ledger, tasks: list[Task]) -> float:
    """How many facts a second are written in batches of `BATCH`, over twenty of them."""
    starts = itertools.islice(itertools.cycle(range(0, len(tasks) - BATCH + 1, BATCH)), 20)

    def write() -> None:
        for start in starts:
            report(ledger, tasks[start : start + BATCH], start % 90)

    return 20 * BATCH / timed(write)


class Follower:
    """Another machine: what it has read of the ledger, and how long that takes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._revision = 0
        self._heard = threading.Event()
        ledger.subscribe(self._heard.set)

    def read(self) -> list[Task]:
        """Read what is new."""
        changes = self._ledger.changes(self._revision)
        self._revision = changes.revision
        return changes.tasks

    def feed(self, asker: Ledger, ids: list[str]) -> float:
        """Milliseconds in which it reads that these were asked for."""
        self.read()
        asker.request_download(ids)
        took = timed(self.read)
        asker.cancel_download(ids)
        return took * 1000

    def hears(self, asker: Ledger, task_id: str) -> float:
        """Milliseconds from a key elsewhere until it has the change: by a notice of it, or by looking as engines do."""
        self.read()
        self._heard.clear()
        began = time.perf_counter()
        asker.request_download([task_id])
        while not self.read():
            self._heard.wait(0.25)
            self._heard.clear()
        took = time.perf_counter() - began
        asker.cancel_download([task_id])
        return took * 1000


def figures(where: Path | str, tasks: int) -> dict[str, float]:
    """Measure one ledger, which is empty."""
    found: dict[str, float] = {}
    with Ledger.open(where) as ledger, Ledger.open(where) as other:
        fill(ledger, tasks)
        every: list[Task] = []
        follower = Follower(other)
        found["from nothing, s"] = timed(lambda: every.extend(follower.read()))
        found["facts a second"] = facts_a_second(ledger, every[: 20 * BATCH])
        ids = [task.id for task in every]
        for count in (1, 100, 500):
            found[f"feed of {count}, ms"] = median(follower.feed(ledger, ids[n : n + count]) for n in range(5))
        found["key to another, ms"] = median(follower.hears(ledger, task_id) for task_id in ids[:9])
    return found


@contextmanager
def places() -> Iterator[dict[str, Path | str]]:
    """Make both kinds of place; the server writes each commit to its disk, as one does that is not a test's."""
    with tempfile.TemporaryDirectory() as folder, new_cluster() as cluster:
        cluster.stop("fast")
        cluster.start("fsync=on", "full_page_writes=on")
        yield {"SQLite": Path(folder, "ledger.db"), "PostgreSQL": cluster.url()}


def main() -> None:
    """Print the medians over the rounds, the two interleaved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=100_000)
    options = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {}
    for _ in range(options.rounds):
        with places() as both:
            for name, where in both.items():
                runs.setdefault(name, []).append(figures(where, options.tasks))
    print(f"{options.tasks:,} tasks, {options.rounds} rounds, medians")
    print(f"{'':<22}" + "".join(f"{name:>14}" for name in runs))
    for figure in next(iter(runs.values()))[0]:
        values = (median(run[figure] for run in each) for each in runs.values())
        print(f"{figure:<22}" + "".join(f"{value:>14,.1f}" for value in values))


if __name__ == "__main__":
    main()
