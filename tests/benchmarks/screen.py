"""What the dashboard costs: bytes on the line, keys to frames, the first frame, processor and memory, beside others.

    python -m tests.benchmarks.screen [--only bytes keys start memory] [--rounds N] [--sizes 100 10000 100000]

The whole program (`python -m octotui`, no key, a ledger that another process writes as an engine would, with a status
every second) on a pty that answers as a terminal of today. Programs take turns; figures are medians of the rounds.

* bytes: 200×130, one pane zoomed. "Busy" is 100 results counting down by the second and 20 tasks whose progress
  changes every second; "idle" is 120 tasks of which nothing can be seen to change. Beside `htop` at one look a second
  and `btop` (two seconds, its own default), where they are installed.
* keys: 160×45; the cursor is moved at random moments while 500 tasks change each second, in four batches; a frame is
  there when the row under the cursor has been sent.
* start: from `exec` to a table of 1,000 tasks, beside a bare Textual "hello".
* memory: RSS after five seconds with 10,000 tasks, of which 50 change each second.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from octotui.ledger import Ledger
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EngineStatus,
    GatewayState,
    NewTask,
    Task,
    TaskState,
)
from tests.benchmarks.program import Program

OCTOTUI = (sys.executable, "-m", "octotui")
_HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello there")
Hello().run()
"""
HELLO = (sys.executable, "-c", _HELLO)
CURSOR = b"48;2;37;51;66"
"""The ground of the cursor's row in the theme of a new user."""
TITLE = "A paper boat drifts down a gutter after rain, take"
"""Begins the title of every task."""
SETTLE = 5.0
WATCHED = 10.0
"""Seconds a program is let alone, and then watched."""
_BATCHES = 4
"""How often in a second an engine writes."""

Result = TypeVar("Result")
Tick = Callable[[Ledger, int], None]
"""Writes what happens in one of the `_BATCHES` of a second, counted from 0."""


def main() -> None:
    """Measure what is asked for."""
    parts = {"bytes": bytes_sent, "keys": keys_to_frames, "start": first_frames, "memory": memory}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 10_000, 100_000])
    parser.add_argument("--presses", type=int, default=300)
    arguments = parser.parse_args()
    for part in arguments.only:
        parts[part](arguments)


# Tasks


def counting(number: int, left: float, now: float) -> Task:
    """A result that is lost in `left` seconds."""
    task = Task(f"video_{number:06}", "sora", "videos", now - 600, model="sora-2", state=TaskState.COMPLETED)
    task = replace(task, prompt=f"{TITLE} {number}")
    deadline = Deadline(now + left, DeadlineSource.GATEWAY)
    return replace(task, deadline=deadline, completed_at=now - 7000, last_answer_at=now, last_asked_at=now)


def progressing(number: int, progress: int, now: float) -> Task:
    """A running task."""
    task = Task(f"video_{number:06}", "sora", "videos", now - 600, model="sora-2", state=TaskState.RUNNING)
    task = replace(task, prompt=f"{TITLE} {number}")
    return replace(
        task, progress=progress, created_at=now - 90, running_since=now - 90, last_answer_at=now, last_asked_at=now
    )


def put_away(number: int, now: float) -> Task:
    """A result that is on the disk, for two days."""
    task = counting(number, 20 * 3600 + 1800, now)
    saved_at = now - 2 * 86_400 - 1800
    return replace(task, download=Download(DownloadState.SAVED, 24_000_000, 24_000_000, "/v/x.mp4", "5f1c", saved_at))


def mixed(count: int, now: float) -> list[Task]:
    """Tasks as a long day leaves them: most of them done, some running."""
    return [progressing(n, n % 90, now) if n % 10 < 3 else counting(n, 3600 + n, now) for n in range(count)]


def fill(path: Path, tasks: Sequence[Task]) -> None:
    """Make a ledger with `tasks` in it."""
    with Ledger.open(path) as ledger:
        ledger.add([NewTask(task.id, task.provider, task.route, task.model) for task in tasks], time.time() - 600)
        saved = [task for task in tasks if task.download.state is DownloadState.SAVED]
        if saved:
            ledger.request_download([task.id for task in saved])
        for task in tasks:
            ledger.record(task)
        ledger.flush()
        for task in saved:
            ledger.record_download(task.id, task.download)
        for _ in range(min(len(tasks), 5000)):
            ledger.note_duration(provider="sora", model="sora-2", seconds="10", size=None, duration=100.0, at=1.0)


@contextmanager
def working(path: Path, tick: Tick) -> Iterator[None]:
    """Another process that writes `tick` into the ledger four times a second, and a status every second."""
    process = get_context("fork").Process(target=_work, args=(path, tick), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _work(path: Path, tick: Tick) -> None:
    with Ledger.open(path) as ledger:
        began = time.monotonic()
        batch = 0
        while True:
            if batch % _BATCHES == 0:
                now = time.time()
                ledger.set_status(
                    EngineStatus(
                        at=now, gateway=GatewayState.LIVE, last_answer_at=now, disk_free=412 * 10**9, host="box"
                    )
                )
            tick(ledger, batch)
            ledger.flush()
            batch += 1
            time.sleep(max(0.0, began + batch / _BATCHES - time.monotonic()))


def nothing(ledger: Ledger, batch: int) -> None:
    """Nothing happens."""


def twenty_progress(ledger: Ledger, batch: int) -> None:
    """Twenty tasks are a percent further on, once a second."""
    if batch % _BATCHES == 0:
        for number in range(100, 120):
            ledger.record(progressing(number, min(99, number - 98 + batch // _BATCHES), time.time()))


def changing(count: int, of: int) -> Tick:
    """`count` tasks of `of` change each second."""
    dice = random.Random(5)

    def tick(ledger: Ledger, batch: int) -> None:
        now = time.time()
        for number in dice.sample(range(of), min(of, count // _BATCHES)):
            done = dice.randrange(20) == 0
            ledger.record(counting(number, 7200 + number, now) if done else progressing(number, batch % 100, now))

    return tick


@contextmanager
def ledger_of(tasks: Sequence[Task]) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """A ledger with `tasks`, and the environment in which octotui finds it."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as name:  # noqa: PTH112, S108
        folder = Path(name)
        settings = folder / "config.toml"
        settings.write_text(f'download_dir = "{folder}"\n')
        fill(folder / "ledger.db", tasks)
        yield folder / "ledger.db", {"OCTOTUI_CONFIG": str(settings), "OCTOTUI_STATE_DIR": name}


# Measuring


def bytes_sent(arguments: argparse.Namespace) -> None:
    """Print bytes and processor share a second, octotui idle and busy beside the others."""
    cases: dict[str, Callable[[], tuple[float, float]]] = {"octotui idle": _idle, "octotui busy": _busy}
    cases["octotui busy, --low-bandwidth"] = lambda: _busy("--low-bandwidth")
    if shutil.which("htop"):
        cases["htop at 1 s"] = lambda: _watch(("htop", "-d", "10"), {}, b"")
    if shutil.which("btop"):
        cases["btop at 2 s"] = lambda: _watch(("btop",), {}, b"")
    found = _rounds(cases, arguments.rounds)
    peer = statistics.median(sent for sent, _ in found.get("htop at 1 s", [(0.0, 0.0)]))
    print(f"\n{'bytes on the line, 200x130':32}{'B/s':>9}{'CPU %':>8}{'of htop':>9}  aim")
    aims = {"octotui idle": "0 B/s", "octotui busy": "at most 1.00"}
    for name, results in found.items():
        sent, share = (statistics.median(values) for values in zip(*results, strict=True))
        ratio = f"{sent / peer:.2f}" if peer else "-"
        print(f"{name:32}{sent:9,.0f}{100 * share:8.1f}{ratio:>9}  {aims.get(name, '')}")
    for name in ("htop", "btop"):
        if not shutil.which(name):
            print(f"{name} is not installed")


def _idle() -> tuple[float, float]:
    now = time.time()
    with ledger_of([put_away(number, now) for number in range(120)]) as (path, environ), working(path, nothing):
        return _watch(OCTOTUI, environ, b"z")


def _busy(*options: str) -> tuple[float, float]:
    now = time.time()
    tasks = [counting(number, 300 + 5 * number, now) for number in range(100)]
    tasks += [progressing(number, number - 99, now) for number in range(100, 120)]
    with ledger_of(tasks) as (path, environ), working(path, twenty_progress):
        return _watch((*OCTOTUI, *options), environ, b"z")


def _watch(command: Sequence[str], environ: Mapping[str, str], keys: bytes) -> tuple[float, float]:
    """Bytes a second and the share of a core a program takes once it has settled."""
    with Program(command, environ, (200, 130)) as program:
        program.read(SETTLE / 2)
        program.press(keys)
        program.read(SETTLE / 2)
        began, used = time.perf_counter(), program.cpu_seconds()
        sent = len(program.read(WATCHED))
        seconds = time.perf_counter() - began
        return sent / seconds, (program.cpu_seconds() - used) / seconds


def keys_to_frames(arguments: argparse.Namespace) -> None:
    """Print how long a key takes to its frame, by the number of tasks."""
    print(
        f"\n{'key to frame, 500 changes a second':36}{'p50 ms':>8}{'p90':>8}{'p99':>8}{'worst':>8}{'loaded s':>10}  aim"
    )
    for count in arguments.sizes:
        with ledger_of(mixed(count, time.time())) as (path, environ), working(path, changing(500, count)):
            taken, loaded = _press_keys(environ, arguments.presses)
        shares = [taken[len(taken) * share // 100] * 1e3 for share in (50, 90, 99)] + [taken[-1] * 1e3]
        figures = "".join(f"{share:8.1f}" for share in shares)
        print(f"{f'{count:,} tasks':36}{figures}{loaded:10.2f}  p99 under 35")


def _press_keys(environ: Mapping[str, str], presses: int) -> tuple[list[float], float]:
    """The seconds from key to frame, sorted, and those from start to the first row."""
    dice = random.Random(7)
    with Program(OCTOTUI, environ, (160, 45)) as program:
        loaded = program.until(TITLE[:14].encode()) - program.began
        program.read(SETTLE)
        program.press(b"\x1b[6~")  # a page down: at the first row there would be no way up
        program.read(1.0)
        taken = []
        for number in range(presses):
            program.read(dice.uniform(0.03, 0.12))
            pressed = program.press(b"jk"[number % 2 :][:1])
            taken.append(program.until(CURSOR) - pressed)
    return sorted(taken), loaded


def first_frames(arguments: argparse.Namespace) -> None:
    """Print how long it is to the first useful frame, beside a bare hello."""
    now = time.time()
    with ledger_of(mixed(1000, now)) as (_, environ):
        cases = {
            "bare Textual hello": lambda: _first_frame(HELLO, {}, b"hello there"),
            "octotui, 1,000 tasks": lambda: _first_frame(OCTOTUI, environ, TITLE[:14].encode()),
        }
        found = _rounds(cases, max(10, arguments.rounds))
    hello = statistics.median(found["bare Textual hello"])
    print(f"\n{'first useful frame':32}{'ms':>9}{'of hello':>10}  aim")
    for name, results in found.items():
        taken = statistics.median(results)
        print(f"{name:32}{taken * 1e3:9.0f}{taken / hello:10.2f}  {'' if name.startswith('bare') else 'at most 1.40'}")


def _first_frame(command: Sequence[str], environ: Mapping[str, str], wanted: bytes) -> float:
    with Program(command, environ, (160, 45)) as program:
        return program.until(wanted) - program.began


def memory(arguments: argparse.Namespace) -> None:
    """Print resident memory with 10,000 tasks, beside a bare hello."""
    del arguments
    with Program(HELLO, {}, (160, 45)) as program:
        program.read(SETTLE)
        hello = program.memory()
    with (
        ledger_of(mixed(10_000, time.time())) as (path, environ),
        working(path, changing(50, 10_000)),
        Program(OCTOTUI, environ, (160, 45)) as program,
    ):
        program.read(2 * SETTLE)
        own = program.memory()
    print(f"\n{'resident memory':32}{'MB':>9}{'of hello':>10}  aim")
    print(f"{'bare Textual hello':32}{hello:9.0f}{1:10.2f}")
    print(f"{'octotui, 10,000 tasks':32}{own:9.0f}{own / hello:10.2f}  under 70 MB")


def _rounds(cases: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Each case once a round, in turn."""
    found: dict[str, list[Result]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, measure in cases.items():
            found[name].append(measure())
    return found


if __name__ == "__main__":
    main()
