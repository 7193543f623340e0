"""Delivers fifty files into a real S3 server, over and over killed at random moments; then as fast as it can.

`python -m tests.benchmarks.delivery` kills 100 processes and prints what the bucket came to; `--speed` compares the
throughput with the same library's bare put of the same files. The server is the tests' own (Moto: right, and slow),
unless `--endpoint` names another one, with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` in the environment.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from octotui.config import Config
from octotui.engine.delivery.object_storage import LARGEST_AT_ONCE
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.queue import DeliveryQueue
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, NewTask, TaskState
from tests.support.object_storage import ROOT, S3Server
from tests.support.waiting import until

_AT_ONCE = 4
_LARGE_EVERY = 10
"""One file of so many is large enough to be put in parts."""


@dataclass(slots=True)
class Report:
    """What a delivery that was killed again and again came to."""

    kills: int = 0
    rounds: int = 0
    """Deliveries that were brought to their end."""
    missing: int = 0
    torn: int = 0
    """Objects that were not whole when anybody could see them."""
    twice: int = 0
    """Objects besides the one, and its side-car, that each file should be."""
    unknown: int = 0
    """Files that the ledger does not know to be delivered."""
    uploads: int = 0
    """Uploads in parts that killed processes left behind."""


def prepare(folder: Path, count: int, size: int, *, large: bool, seed: int = 1) -> dict[str, str]:
    """Save `count` files in `folder`, with a ledger that knows them; returns their SHA-256 by task."""
    luck = random.Random(seed)
    (folder / "videos").mkdir(parents=True)
    hashes = {}
    with Ledger.open(folder / "ledger.db") as ledger:
        ledger.add([NewTask(f"video_{number}", "sora", "videos") for number in range(count)], 1.0)
        for number in range(count):
            is_large = large and number % _LARGE_EVERY == 0
            content = luck.randbytes(LARGEST_AT_ONCE + size if is_large else size)
            file = folder / "videos" / f"video_{number}.mp4"
            file.write_bytes(content)
            sha256 = hashes[f"video_{number}"] = hashlib.sha256(content).hexdigest()
            task = ledger.task(f"video_{number}")
            assert task is not None
            ledger.record(replace(task, state=TaskState.COMPLETED, completed_at=2.0))
            saved = Download(DownloadState.SAVED, len(content), len(content), str(file), sha256, 3.0)
            ledger.record_download(task.id, saved)
    return hashes


def config_of(folder: Path, url: str) -> Config:
    """Settings for one delivery."""
    return Config(state_dir=folder, download_dir=folder / "videos", deliver_to=url, parallel_downloads=_AT_ONCE)


def work(folder: Path, url: str) -> None:
    """Deliver all that is not delivered yet: what the engine does, in a process that may be killed."""
    with Ledger.open(folder / "ledger.db") as ledger:
        queue = DeliveryQueue(config_of(folder, url), ledger)
        queue.watch(ledger.tasks())
        os.write(1, b"begun\n")

        def is_done() -> bool:
            queue.tick(time.time())
            return queue.left == 0

        until(is_done, "the delivery", 600.0)
        queue.stop(10.0)


@contextmanager
def _worker(folder: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.benchmarks.delivery", "--work", str(folder), url]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def killed(folder: Path, server: S3Server, *, kills: int, files: int, size: int, longest: float = 0.5) -> Report:
    """Kill `kills` processes in the midst of deliveries of `files` files, each at a random moment; say what came of it.

    A delivery that comes to its end is followed by another one, into another bucket, until as many were killed.
    """
    luck = random.Random(kills)
    report = Report()
    while report.kills < kills or not report.rounds:
        place = folder / f"round-{report.rounds}"
        bucket = server.make_bucket(f"kills-{os.getpid()}-{report.rounds}")
        hashes = prepare(place, files, size, large=True, seed=report.rounds)
        url = f"s3://{bucket}/results"
        while not _ended(place, url, luck.uniform(0, longest) if report.kills < kills else None):
            report.kills += 1
            _note_torn(server, bucket, hashes, report)
        _note_end(server, bucket, place, hashes, report)
        report.rounds += 1
        shutil.rmtree(place)
    return report


def _ended(folder: Path, url: str, lives: float | None) -> bool:
    """Have a process deliver for so many seconds, or (None) as long as it takes; returns whether it came to an end."""
    with _worker(folder, url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        try:
            process.wait(lives)
        except subprocess.TimeoutExpired:
            process.kill()
            return False
    assert process.returncode == 0, process.returncode
    return True


def _note_torn(server: S3Server, bucket: str, hashes: dict[str, str], report: Report) -> None:
    """Look at every object that can be seen: each is whole, or it is torn."""
    for name, content in server.objects(bucket).items():
        task_id = name.removeprefix("results/").partition(".")[0]
        if name.endswith(".json"):
            report.torn += json.loads(content)["sha256"] != hashes[task_id]
        else:
            report.torn += hashlib.sha256(content).hexdigest() != hashes[task_id]


def _note_end(server: S3Server, bucket: str, place: Path, hashes: dict[str, str], report: Report) -> None:
    _note_torn(server, bucket, hashes, report)
    names = set(server.keys(bucket))
    wanted = {f"results/{task_id}.mp4{ending}" for task_id in hashes for ending in ("", ".json")}
    report.missing += len(wanted - names)
    report.twice += len(names - wanted)
    report.uploads += server.uploads(bucket)
    with Ledger.open(place / "ledger.db") as ledger:
        for task in ledger.tasks():
            copies = ledger.copies([task.id]).get(task.id, [])
            url = f"s3://{bucket}/results/{task.id}.mp4"
            is_known = task.delivered == url and [(each.location, each.sha256) for each in copies] == [
                (url, hashes[task.id])
            ]
            report.unknown += not is_known


def _delivered(folder: Path, url: str) -> float:
    """Seconds the queue takes for all of it."""
    with Ledger.open(folder / "ledger.db") as ledger:
        queue = DeliveryQueue(config_of(folder, url), ledger)
        queue.watch(ledger.tasks())
        began = time.perf_counter()

        def is_done() -> bool:
            queue.tick(time.time())
            return queue.left == 0

        until(is_done, "the delivery", 600.0)
        took = time.perf_counter() - began
        queue.stop(10.0)
        return took


def _bare(folder: Path, url: str) -> float:
    """Seconds that the library's own put takes for the same files, as many at once, with nothing looked at."""
    import obstore

    storage = open_storage(url, config_of(folder, url))
    store = storage._store  # type: ignore[attr-defined]
    files = sorted((folder / "videos").iterdir())
    began = time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda file: obstore.put(store, file.name, file), files))
    return time.perf_counter() - began


def measure_speed(endpoint: str, *, files: int, size: int, rounds: int) -> None:
    """Print the throughput of both, in turn, and their ratio."""
    import httpx

    ratios = []
    for number in range(rounds):
        speeds = {}
        for name, timed in (("delivered", _delivered), ("bare put", _bare)):
            with tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                prepare(folder / "r", files, size, large=False, seed=number)
                bucket = f"speed-{os.getpid()}-{number}-{name[:4]}"
                httpx.put(f"{endpoint}/{bucket}", trust_env=False).raise_for_status()
                speeds[name] = files * size / 1e6 / timed(folder / "r", f"s3://{bucket}/x")
        ratios.append(speeds["delivered"] / speeds["bare put"])
        told = ", ".join(f"{name} {speed:,.0f} MB/s" for name, speed in speeds.items())
        print(f"{files} files of {size / 1e6:g} MB: {told}, ratio {ratios[-1]:.2f}")
    print(f"median ratio {median(ratios):.2f}")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--size", type=int, default=300_000, help="bytes of each file")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--endpoint")
    given = parser.parse_args()
    if given.work:
        work(Path(given.work[0]), given.work[1])
        return
    if given.endpoint:
        os.environ |= {"AWS_ENDPOINT_URL": given.endpoint, "AWS_REGION": "us-east-1"}
        measure_speed(given.endpoint, files=given.files, size=given.size, rounds=given.rounds)
        return
    with S3Server() as server, tempfile.TemporaryDirectory() as temporary:
        os.environ |= server.environ
        if given.speed:
            measure_speed(server.endpoint, files=given.files, size=given.size, rounds=given.rounds)
        else:
            print(killed(Path(temporary), server, kills=given.kills, files=given.files, size=given.size))


if __name__ == "__main__":
    main()
