"""Measures octotui's download engine against curl and aria2c: many files and one big one, over TLS, onto a RAM disk.

`python -m tests.benchmarks.downloads` runs the contenders in turn, round by round, and prints megabytes a second until
the last file is saved, the ratio to curl, processor seconds a gigabyte, checksums included, when the last checksum
followed, and the largest resident set. `--screen` runs the whole dashboard on a
pty instead and prints how long a key press takes to its frame, first idle, then while eight downloads run flat out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from octotui.config import Config
from octotui.engine.downloads import checksums
from octotui.engine.downloads.queue import DownloadQueue
from octotui.gateway.http.download_transport import TransportName
from octotui.ledger import Ledger
from tests.benchmarks.keypress import fill, latencies
from tests.benchmarks.nginx import MIB, SHARED, Cost, Nginx, nginx, run, write_video

_AT_ONCE = 4

Contender = Callable[[Nginx, list[str], Path], Cost]


@dataclass(slots=True, frozen=True)
class Result:
    """One contender's run."""

    speed: float
    """Megabytes per second."""
    processor: float
    """Processor seconds per gigabyte."""
    peak: float
    """Megabytes resident at most."""
    checksums: float | None
    """Seconds from the last file to the last checksum; None for those who make none."""


def curl(server: Nginx, names: list[str], folder: Path) -> Cost:
    """Fetch all with one curl, four at once."""
    pairs = [word for name in names for word in ("-o", str(folder / name), f"{server.url}/{name}")]
    parallel = ["-Z", "--parallel-max", str(_AT_ONCE)] if len(names) > 1 else []
    return run(["curl", "--no-progress-meter", *parallel, "--cacert", str(server.pem), *pairs])


def aria2c(server: Nginx, names: list[str], folder: Path) -> Cost:
    """Fetch all with aria2c, four at once, one connection a file."""
    listing = folder / "list"
    listing.write_text("\n".join(f"{server.url}/{name}" for name in names))
    options = [f"--ca-certificate={server.pem}", f"-j{_AT_ONCE}", "-x1", "-s1", "--file-allocation=falloc", "-q"]
    return run(["aria2c", *options, "-d", str(folder), "-i", str(listing)])


def octotui(transport: TransportName = "http.client", *, hashing: bool = True) -> Contender:
    """Fetch all with octotui's own queue on a ledger of its own."""

    def fetch(server: Nginx, names: list[str], folder: Path) -> Cost:
        command = [sys.executable, "-m", __spec__.name, "--work", str(folder), server.url, transport, *names]
        cost = run(command, SSL_CERT_FILE=str(server.pem), OCTOTUI_BENCHMARK_HASHING="1" if hashing else "")
        inside = json.loads(cost.output)
        return Cost(
            inside["seconds"], inside["processor"], cost.peak_bytes, str(inside["checksums"]) if hashing else ""
        )

    return fetch


CONTENDERS: dict[str, Contender] = {
    "curl": curl,
    "octotui": octotui(),
    "octotui, no hash": octotui(hashing=False),
    "octotui, httpx": octotui("httpx"),
    "aria2c": aria2c,
}


_NO_HASH = "0" * 64
"""Stands in for a SHA-256 where its cost is to be seen."""


def work(folder: Path, url: str, transport: TransportName, names: list[str], *, hashing: bool) -> dict[str, float]:
    """Fetch all in this process.

    Returns the seconds from the first tick to the last file, and from there to the last checksum, and the processor
    seconds of both.
    """
    if not hashing:
        checksums.sha256_of_saved = lambda *_: _NO_HASH
    with Ledger.open(folder / "ledger.db") as ledger:
        fill(ledger, url, names)
        config = Config(
            state_dir=folder,
            base_url=url,
            api_key="sk-test",
            download_dir=folder,
            file_template="{id}",
            parallel_downloads=_AT_ONCE,
            disk_reserve=0,
            transport=transport,
        )
        queue = DownloadQueue(config, ledger, fresh_link=lambda _: None)
        began, used = time.perf_counter(), processor_seconds()
        changes = ledger.changes(0, with_requests=True)
        queue.update(changes.tasks, changes.requests)
        while not all(task.is_saved for task in ledger.tasks()):
            queue.tick(time.time())
            time.sleep(0.05)
        saved = time.perf_counter()
        while queue.checksums.is_busy:
            time.sleep(0.01)
        cost = {
            "seconds": saved - began,
            "processor": processor_seconds() - used,
            "checksums": time.perf_counter() - saved,
        }
        queue.stop(5)
    return cost


def processor_seconds() -> float:
    """Return the processor time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def compare(server: Nginx, names: list[str], size: int, rounds: int) -> None:
    """Run every contender `rounds` times in turn and print what came of it."""
    results: dict[str, list[Result]] = {}
    chosen = {name: contender for name, contender in CONTENDERS.items() if name != "aria2c" or shutil.which("aria2c")}
    # The first write into memory that nobody has used before is several times as slow, and counts for nobody.
    measure("curl", server, names, size)
    for _ in range(rounds):
        for name in chosen:
            results.setdefault(name, []).append(measure(name, server, names, size))
    for name, made in results.items():
        ratios = [one.speed / other.speed for one, other in zip(made, results["curl"], strict=True)]
        followed = [one.checksums for one in made if one.checksums is not None]
        last = f"  last checksum {median(followed):.1f} s later" if followed else ""
        sys.stdout.write(
            f"  {name:18} {median(one.speed for one in made):6.0f} MB/s  {median(ratios):.2f} of curl"
            f" ({min(ratios):.2f} to {max(ratios):.2f})  {median(one.processor for one in made):.2f} CPU-s/GB"
            f"  {max(one.peak for one in made):4.0f} MB resident{last}\n"
        )


def measure(name: str, server: Nginx, names: list[str], size: int) -> Result:
    """Have one contender fetch `names`, `size` bytes in all; raises `SystemExit` when a file is not whole."""
    with tempfile.TemporaryDirectory(dir=SHARED) as folder:
        cost = CONTENDERS[name](server, names, Path(folder))
        missing = [each for each in names if (Path(folder) / each).stat().st_size != size // len(names)]
    if missing:
        message = f"{name} did not fetch {missing}"
        raise SystemExit(message)
    checksums_after = float(cost.output) if cost.output else None
    return Result(
        size / cost.seconds / 1e6, cost.processor_seconds / size * 1e9, cost.peak_bytes / 1e6, checksums_after
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--size", type=int, default=256, help="MiB of each file")
    parser.add_argument("--big", type=int, default=1024, help="MiB of the one big file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--screen", action="store_true")
    parser.add_argument("--work", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        folder, url, transport, *names = given.work
        hashing = bool(os.environ["OCTOTUI_BENCHMARK_HASHING"])
        sys.stdout.write(json.dumps(work(Path(folder), url, transport, names, hashing=hashing)))
        return
    with nginx() as server:
        names = [f"{number}.mp4" for number in range(given.files)]
        for number, name in enumerate(names):
            write_video(server.files / name, given.size * MIB, number)
        if given.screen:
            latencies(server, names, rounds=given.rounds)
            return
        sys.stdout.write(f"{given.files} files of {given.size} MiB, {_AT_ONCE} at once\n")
        compare(server, names, given.files * given.size * MIB, given.rounds)
        for name in names:
            (server.files / name).unlink()
        write_video(server.files / "big.mp4", given.big * MIB, 0)
        sys.stdout.write(f"1 file of {given.big} MiB\n")
        compare(server, ["big.mp4"], given.big * MIB, given.rounds)


if __name__ == "__main__":
    main()
