"""Every benchmark, short, and one table: `python -m tests.benchmarks [--only WORD …] [--markdown]`, about ten minutes.

A row is what was measured, how much it came to, what is aimed at, and whether that is met. A benchmark that cannot run
here (no nginx, no curl) says why. The aims are for a quiet machine of two cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LONGEST = 300.0
"""Seconds after which a benchmark is given up."""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    aim: str
    is_met: bool | None
    """None: it was not measured."""


class Aim(NamedTuple):
    """One figure of what a benchmark prints."""

    what: str
    pattern: str
    """A regular expression whose only group is the figure."""
    most: float | None = None
    least: float | None = None
    unit: str = ""

    def row(self, printed: str) -> Row:
        """Return the line that what was printed comes to."""
        bound = f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"
        aim = f"{bound}{self.unit}"
        found = re.search(self.pattern, printed, re.MULTILINE)
        if found is None:
            return Row(self.what, "not measured", aim, None)
        value = float(found[1].replace(",", ""))
        is_met = value <= self.most if self.most is not None else value >= (self.least or 0.0)
        return Row(self.what, f"{found[1]}{self.unit}", aim, is_met)


class Benchmark(NamedTuple):
    """A benchmark, how it is run when it is to be short, and its aims."""

    name: str
    arguments: Sequence[str]
    aims: Sequence[Aim]


_OURS = r"^  octotui +\d+ MB/s +(\d+\.\d+) of curl"
BENCHMARKS = (
    Benchmark(
        "screen",
        ("--only", "start", "memory", "--rounds", "3"),
        (
            Aim("first useful frame with 1,000 tasks, of a Textual hello", r"^octotui.*\s(\d+\.\d+)\s+at most", 1.25),
            Aim("RSS with 10,000 tasks", r"^octotui, 10,000 tasks\s+(\d+)", 52.0, unit=" MB"),
        ),
    ),
    Benchmark(
        "polling",
        ("--rounds", "2", "--polls", "6000", "--tasks", "1500", "--only", "octotui", "openai"),
        (
            Aim("CPU a poll, of the bare loop's", r"^  octotui .*?(\d+\.\d+)x bare loop", least=0.9, unit="x"),
            Aim("CPU a poll, of the OpenAI SDK's", r"^  octotui .*?(\d+\.\d+)x SDK", least=3.0, unit="x"),
            Aim("the ledger's share of it", r"^  octotui .*ledger's writes (\d+\.\d+)%", 3.0, unit=" %"),
        ),
    ),
    Benchmark(
        "scheduling",
        ("--short",),
        (
            Aim("ranking 10,000 open tasks, a round", r"^ranking.*: (\d+\.\d+) ms", 5.0, unit=" ms"),
            Aim("lag after an outage, 95 %, of round robin's", r"^lag after an outage.*\((\d+\.\d+)x\)", 0.3, unit="x"),
        ),
    ),
    Benchmark(
        "scale",
        ("--tasks", "100", "100000", "--seconds", "10"),
        (
            Aim("a second of work, 100 tasks watched", r"^ +100 tasks.*, +(\d+\.\d+) ms of a core", 10.0, unit=" ms"),
            Aim(
                "the same, 100,000 watched, less 1 ms a question", r"^beside questions: (\d+\.\d+) ms", 10.0, unit=" ms"
            ),
            Aim("RSS of the engine, 100,000 watched", r"^ +100,000 tasks.* (\d+) MB", 130.0, unit=" MB"),
        ),
    ),
    Benchmark(
        "listing",
        ("100000",),
        (
            Aim("ls of 100,000 tasks", r"^ls: .* in (\d+\.\d+) s,", 1.5, unit=" s"),
            Aim("ls --json of 100,000 tasks", r"^ls --json: .* in (\d+\.\d+) s,", 1.5, unit=" s"),
        ),
    ),
    Benchmark(
        "listing",
        ("1000000", "--only", "ls", "json"),
        (
            Aim("ls of 1,000,000 tasks", r"^ls: .* in (\d+\.\d+) s,", 10.0, unit=" s"),
            Aim("ls --json of 1,000,000 tasks", r"^ls --json: .* in (\d+\.\d+) s,", 12.0, unit=" s"),
            Aim("its memory", r"^ls --json: .* core, (\d+) MB", 150.0, unit=" MB"),
        ),
    ),
    Benchmark(
        "commands",
        (),
        (Aim("octotui add ID from a shell loop", r"^octotui add: (\d+) ms", 100.0, unit=" ms"),),
    ),
    Benchmark(
        "downloads",
        ("--files", "4", "--size", "128", "--big", "512", "--rounds", "2"),
        (
            Aim("four files of 128 MiB over TLS, of curl", _OURS, least=1.0, unit="x"),
            Aim("one file of 512 MiB over TLS, of curl", rf"(?s)^1 file.*?{_OURS}", least=0.9, unit="x"),
            Aim(
                "the same without hashing",
                rf"(?s)^1 file.*?{_OURS.replace('octotui', 'octotui, no hash')}",
                least=0.95,
                unit="x",
            ),
        ),
    ),
)


def measure(benchmark: Benchmark, patience: float = LONGEST) -> list[Row]:
    """Run a benchmark and return its lines; what it printed goes to standard error."""
    command = [sys.executable, "-W", "ignore", "-m", f"tests.benchmarks.{benchmark.name}", *benchmark.arguments]
    # A session of its own: a benchmark that is given up takes its servers along.
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        try:
            printed, said = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            end(process)
            return _without(benchmark, f"took longer than {patience:.0f} s")
    if process.returncode != 0:
        words = [line for line in said.splitlines() if line.strip()]
        return _without(benchmark, words[-1].strip() if words else f"ended with {process.returncode}")
    sys.stderr.write(printed)
    return [aim.row(printed) for aim in benchmark.aims]


def end(process: subprocess.Popen[str]) -> None:
    """End a benchmark and all that it has started, first so that it can clean up."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=10.0)


def _without(benchmark: Benchmark, why: str) -> list[Row]:
    return [aim.row("")._replace(measured=f"not measured: {why}") for aim in benchmark.aims]


def machine() -> str:
    """Return the day and what this machine is, in words."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    of = f" of {processor}" if processor else ""
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count() or 1} cores{of}, {system}"


def plain_table(rows: Sequence[Row]) -> str:
    """Return the table for a terminal."""
    width, wide = max(len(row.what) for row in rows), max(len(row.measured) for row in rows)
    return "\n".join(f"{row.what:{width}}  {row.measured:>{wide}}  {row.aim:>9}  {verdict(row)}" for row in rows)


def markdown_table(rows: Sequence[Row]) -> str:
    """Return the table for a document."""
    lines = [f"| {row.what} | {row.measured} | {row.aim} | {verdict(row)} |" for row in rows]
    return "\n".join(["| what | measured | aim | |", "|---|---|---|---|", *lines])


def verdict(row: Row) -> str:
    """Return what a line comes to in a word."""
    return {True: "met", False: "missed", None: "-"}[row.is_met]


def main() -> None:
    """Run all, or those whose name holds one of the words, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="WORD", help="benchmarks whose name holds a word")
    parser.add_argument("--markdown", action="store_true", help="the table as CONTRIBUTING.md holds it")
    options = parser.parse_args()
    chosen = [each for each in BENCHMARKS if not options.only or any(word in each.name for word in options.only)]
    rows: list[Row] = []
    for benchmark in chosen:
        began = time.monotonic()
        rows += measure(benchmark)
        print(f"{benchmark.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    table: Callable[[Sequence[Row]], str] = markdown_table if options.markdown else plain_table
    print(machine())
    print(table(rows) if rows else "no benchmark has such a name")


if __name__ == "__main__":
    main()
