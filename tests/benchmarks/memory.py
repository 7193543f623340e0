"""Whether octotui grows while it runs for long: `python -m tests.benchmarks.memory [--minutes 60]`.

`watch --download` and the dashboard, two processes with a ledger each, work on one gateway on loopback. A task is
submitted every few seconds, waits, runs, ends (one in ten fails), is saved, and is removed ten minutes later together
with its file: so the number of tasks settles, and what still grows after that is kept for nobody. In the dashboard a
key is pressed every ten seconds. Resident memory (RSS) is read every five seconds. Printed: its figures along the run,
and the slope of its second half by least squares, in kB (1,000 bytes) a minute.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.ledger import Ledger
from octotui.model import TaskState
from tests.benchmarks.program import Program

SAMPLE_EVERY = 5.0
"""Seconds between two looks at the memory."""
KEY_EVERY = 10.0
"""Seconds between two keys in the dashboard."""
KEPT = 600.0
"""Seconds after which a task and its file are removed."""
_MODELS = {
    "sora": "sora-2",
    "grok": "grok-video-3",
    "doubao": "doubao-seedance-2-0",
    "veo": "veo3.1-fast",
    "unified": "kling-v3",
}
_KEYS = (b"j", b"j", b"k", b"\t", b"\r", b"\x1b", b"G", b"g", b"\r", b"\x1b")
"""Down, up, the next pane, one task's details and back, the last and the first."""


class Sample(NamedTuple):
    """One look at a process."""

    at: float
    """Seconds since the start."""
    memory: float
    """Bytes resident (RSS)."""
    files: int
    """Open file descriptors."""
    threads: int


@dataclass(slots=True)
class Watched:
    """A process that is measured, and the folder of its ledger."""

    name: str
    folder: Path
    pid: int
    samples: list[Sample] = field(default_factory=list)

    def look(self, at: float) -> None:
        """Take one sample; raises `SystemExit` when the process has ended."""
        try:
            told = Path(f"/proc/{self.pid}/status").read_text()
            files = sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())
        except OSError as error:
            message = f"{self.name} has ended after {at:.0f} s"
            raise SystemExit(message) from error
        fields = dict(line.split(":", 1) for line in told.splitlines())
        if "VmRSS" not in fields:
            message = f"{self.name} has ended after {at:.0f} s"
            raise SystemExit(message)
        self.samples.append(Sample(at, int(fields["VmRSS"].split()[0]) * 1024.0, files, int(fields["Threads"])))


def slope(samples: Sequence[Sample]) -> float:
    """Return by how many bytes a second memory grows, by least squares; 0 for fewer than two samples."""
    if len(samples) < 2:
        return 0.0
    return statistics.linear_regression([s.at for s in samples], [s.memory for s in samples]).slope


class Play:
    """Tasks that come and go, the same in every ledger."""

    def __init__(self, box: Box, ledgers: Sequence[Ledger], folders: Sequence[Path], every: float) -> None:
        self.submitted = 0
        self._box, self._ledgers, self._folders = box, ledgers, folders
        self._every = every
        self._due = 0.0
        self._dice = random.Random(7)
        self._alive: deque[tuple[float, str]] = deque()

    def step(self, at: float) -> None:
        """Submit what is due `at` seconds after the start, and remove what has been there long enough."""
        while self._due <= at:
            self._alive.append((self._due, self._submit()))
            self._due += self._every
        fresh = self._box.newcomers(time.time())
        old = []
        while self._alive and self._alive[0][0] < at - KEPT:
            old.append(self._alive.popleft()[1])
        self.submitted += len(fresh)
        for ledger in self._ledgers:
            if fresh:
                ledger.add(fresh, time.time())
                ledger.request_download([task.id for task in fresh])
            if old:
                ledger.remove(old)
        for folder in self._folders if old else ():
            remove_older(folder / "videos", time.time() - KEPT)

    def _submit(self) -> str:
        provider, model = self._dice.choice(list(_MODELS.items()))
        failed = self._dice.random() < 0.1
        life = Life(
            queued=self._dice.uniform(2, 9),
            running=self._dice.uniform(20, 60),
            ending=TaskState.FAILED if failed else TaskState.COMPLETED,
            error_code="upstream_timeout" if failed else "",
            error_message="upstream timed out" if failed else "",
        )
        return self._box.create(provider, model, life=life)


def remove_older(folder: Path, before: float) -> None:
    """Remove the files below `folder` that were last written before a time, unix seconds."""
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # renamed meanwhile: side-cars are written under another name first
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()


def environment(box: Box, folder: Path) -> dict[str, str]:
    """Return what an octotui with its ledger and its files in `folder` is told."""
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(f'download_dir = "{folder / "videos"}"\npoll_seconds = 5\ndisk_reserve = 0\n')
    return {
        "OCTOTUI_STATE_DIR": str(folder),
        "OCTOTUI_CONFIG": str(config),
        "OCTOTUI_BASE_URL": box.base_url,
        "OCTOTUI_API_KEY": box.key,
        "NO_PROXY": "*",
    }


def drain(program: Program, over: threading.Event) -> None:
    """Read what the dashboard sends, and press a key now and then."""
    keys = itertools.cycle(_KEYS)
    while not over.is_set():
        program.read(KEY_EVERY)
        program.press(next(keys))


def run(seconds: float, every: float, folder: Path, samples: TextIO) -> tuple[list[Watched], int]:
    """Measure both for so long with a task every `every` seconds; returns them, and how many tasks there were."""
    with ExitStack() as stack:
        box = stack.enter_context(Box(opening=False, speed=4.0))
        names = ("watch", "dashboard")
        folders = [folder / name for name in names]
        environs = [environment(box, path) for path in folders]
        ledgers = [stack.enter_context(Ledger.open(path / "ledger.db")) for path in folders]
        play = Play(box, ledgers, folders, every)
        octotui = [sys.executable, "-m", "octotui"]
        with (folder / "watch.txt").open("wb") as lines:
            watch = subprocess.Popen(
                [*octotui, "watch", "--download"], env={**os.environ, **environs[0]}, stdout=lines, stderr=lines
            )
        stack.callback(watch.wait)
        stack.callback(watch.terminate)
        dashboard = stack.enter_context(Program(octotui, environs[1], (160, 45)))
        over = threading.Event()
        reader = threading.Thread(target=drain, args=(dashboard, over))
        reader.start()
        stack.callback(reader.join)
        stack.callback(over.set)
        watched = [Watched(*given) for given in zip(names, folders, (watch.pid, dashboard.pid), strict=True)]
        measure(play, watched, seconds, samples)
        return watched, play.submitted


def measure(play: Play, watched: Sequence[Watched], seconds: float, samples: TextIO) -> None:
    """Let the play go on for so long, and look at each process every `SAMPLE_EVERY` seconds; writes what it sees."""
    began = time.monotonic()
    next_look = 0.0
    while (at := time.monotonic() - began) < seconds:
        play.step(at)
        if at >= next_look:
            next_look = at + SAMPLE_EVERY
            for process in watched:
                process.look(at)
                print(process.name, *process.samples[-1], sep=",", file=samples, flush=True)
        time.sleep(1.0)


def report(process: Watched) -> str:
    """Return what one process came to, in lines."""
    samples = process.samples
    half = [sample for sample in samples if sample.at >= samples[-1].at / 2]
    parts = [samples[math.floor(share * (len(samples) - 1))] for share in (0, 0.1, 0.25, 0.5, 0.75, 1)]
    figures = ", ".join(f"{s.memory / 1e6:.1f} after {s.at / 60:.0f} min" for s in parts)
    last = samples[-1]
    minutes = len(half) * SAMPLE_EVERY / 60
    return (
        f"{process.name}: {slope(half) * 60 / 1000:+.1f} kB a minute in the last {minutes:.0f} min"
        f" ({slope(samples[len(samples) // 4 :]) * 60 / 1000:+.1f} without the first quarter)\n"
        f"  MB resident: {figures}; at most {max(s.memory for s in samples) / 1e6:.1f}\n"
        f"  at the end: {last.files} open files, {last.threads} threads"
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two tasks")
    parser.add_argument("--samples", type=Path, help="also write every sample to this file, as CSV")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the two processes end with this one
    with tempfile.TemporaryDirectory() as name, (given.samples or Path(name) / "samples.csv").open("w") as samples:
        print("process", *Sample._fields, sep=",", file=samples)
        watched, tasks = run(given.minutes * 60, given.every, Path(name), samples)
    print(f"{tasks} tasks in {given.minutes:g} min, removed after {KEPT / 60:g}")
    for process in watched:
        print(report(process))


if __name__ == "__main__":
    main()
