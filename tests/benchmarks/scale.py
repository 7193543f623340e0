"""What a second of work costs with ever more tasks watched: `python -m tests.benchmarks.scale [--seconds 20]`.

Of the tasks in a ledger one in a hundred runs, the others are completed. The engine, without a screen and at its usual
budget of 600 questions a minute, works on a real SQLite file against a stub of a gateway on loopback, each size in a
process of its own. Once it has settled, a stretch of time is measured: processor time, bytes written (`wchar` of
/proc/self/io: the ledger, nearly all of it), questions; resident memory (RSS) at its end. What is told to change
grows with the tasks that run, up to the budget; what is left of the cost without that must not grow.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import listing
from tests.support.gateway import Reply, gateway

SIZES = (100, 1_000, 10_000, 100_000)
RUNNING = 100
"""One in so many runs."""
SETTLING = 12.0
"""Seconds before the measurement, besides those in which each running task gets its first answer."""


class Cost:
    """What this process has used so far."""

    def __init__(self) -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.at = time.monotonic()
        self.cpu = usage.ru_utime + usage.ru_stime
        told = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        self.written = int(told["wchar"])


class Figures(NamedTuple):
    """A second of work on one size."""

    tasks: int
    start: float
    """Seconds of processor time until the first questions were answered."""
    polls: float
    cpu: float
    """Milliseconds of processor time, of all threads."""
    written: float
    """kB."""
    memory: float
    """MB resident."""


def answer(path: str) -> Reply:
    """Say how far a running task is: more at each second, so that nearly every answer is new."""
    task_id = path.rpartition("/")[2]
    if not task_id.startswith("run_"):
        return Reply({"error": {"message": "no such task", "code": "task_not_exist"}}, 404)
    progress = int(time.time() * 2) % 100
    return Reply({"id": task_id, "object": "video", "model": "sora-2", "status": "processing", "progress": progress})


def serve(pipe: Connection) -> None:
    """Be the gateway in a process of its own, until the other end says so."""
    with gateway(answer) as server:
        pipe.send(server.base_url)
        pipe.recv()


def fill(path: Path, tasks: int) -> None:
    """Make a ledger of completed tasks, and of one running in `RUNNING`."""
    running = max(1, tasks // RUNNING)
    listing.fill(path, tasks - running)
    now = time.time()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            """
            INSERT INTO tasks (id, revision, added_at, provider, route, model, state, status, progress, created_at,
                tags, route_confirmed)
            VALUES (?, 1, ?, 'sora', 'videos', 'sora-2', 'running', 'processing', 1, ?, '["a"]', 1)
            """,
            ((f"run_{number}", now, now - 30) for number in range(running)),
        )


def work(path: Path, url: str, tasks: int, seconds: float) -> Figures:
    """Run the engine on a ledger and measure it for so long."""
    from octotui.config import Config
    from octotui.engine.engine import Engine
    from octotui.ledger import Ledger

    config = Config(state_dir=path.parent, base_url=url, api_key="k", download_dir=path.parent)
    with Ledger.open(path) as ledger:
        engine = Engine(config, ledger)
        before = Cost()
        engine.start()
        while (status := ledger.status()) is None or status.last_answer_at is None:
            time.sleep(0.02)
        started = Cost()
        # Each running task is asked for the first time as fast as the budget allows: not what is measured.
        time.sleep(SETTLING + min(60.0, tasks / RUNNING / 10))
        asked = sum(minute.asks for minute in ledger.minutes(0.0))
        begun = Cost()
        time.sleep(seconds)
        ended = Cost()
        asked = sum(minute.asks for minute in ledger.minutes(0.0)) - asked
        memory = next(
            int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line
        )
        engine.stop()
    took = ended.at - begun.at
    return Figures(
        tasks,
        started.cpu - before.cpu,
        asked / took,
        1000.0 * (ended.cpu - begun.cpu) / took,
        (ended.written - begun.written) / took / 1000.0,
        memory * 1024 / 1e6,
    )


def measure(tasks: int, seconds: float) -> Figures:
    """Measure one size in a process of its own."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    try:
        url = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ledger.db"
            fill(path, tasks)
            command = [sys.executable, "-m", "tests.benchmarks.scale", "--seconds", str(seconds)]
            command += ["--part", str(path), url, str(tasks)]
            environ = {**os.environ, "NO_PROXY": "*"}
            told = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout
            return Figures(*json.loads(told))
    finally:
        ours.send("end")
        server.join()


def line(figures: Figures) -> str:
    """One size in words."""
    return (
        f"  {figures.tasks:7,} tasks: {figures.start:5.2f} s of a core to the first answer; a second of work:"
        f" {figures.polls:4.1f} questions, {figures.cpu:5.1f} ms of a core, {figures.written:6.1f} kB written;"
        f" {figures.memory:4.0f} MB"
    )


def main() -> None:
    """Measure every size and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--part", nargs=3, metavar=("PATH", "URL", "TASKS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        path, url, tasks = options.part
        print(json.dumps(work(Path(path), url, int(tasks), options.seconds)))
        return
    for tasks in options.tasks:
        figures = measure(tasks, options.seconds)
        print(line(figures), flush=True)
    print(f"beside questions: {max(0.0, figures.cpu - figures.polls):.1f} ms of a core a second, at 1 ms a question")


if __name__ == "__main__":
    main()
