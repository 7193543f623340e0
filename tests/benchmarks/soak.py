"""Kills a download of many files again and again, at random moments, and looks whether anything was ever lost.

`python -m tests.benchmarks.soak` kills 200 times within 20 files. After each kill every file under a final name is
compared with what the server holds; at the end all of them must be there. Printed: the share that was fetched twice.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from octotui.config import Config
from octotui.engine.downloads.queue import DownloadQueue
from octotui.ledger import Ledger
from octotui.model import DownloadState, NewTask, Task, TaskState
from tests.support.bad_server import BadServer, Exchange, clip

_PIECE = 16 * 1024


@dataclass(slots=True)
class Paced:
    """Sends `content` at a steady speed, from where it is asked to; one in four without entity tags or ranges."""

    content: bytes
    number: int
    speed: float
    """Bytes per second."""
    served: int = 0
    began: threading.Event = field(default_factory=threading.Event)

    @property
    def knows_range(self) -> bool:
        """Whether Range is honoured."""
        return self.number % 4 != 3

    def __call__(self, exchange: Exchange) -> None:
        start = (exchange.asked_range or 0) if self.knows_range else 0
        total = len(self.content)
        headers: dict[str, str | int] = {"Content-Length": total - start, "Content-Type": "video/mp4"}
        if self.number % 4 < 2:
            headers["ETag"] = f'"{self.number}"'
        if start:
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        if start >= total:
            exchange.answer(416, b"", {"Content-Range": f"bytes */{total}"})
            return
        exchange.head(206 if start else 200, headers)
        self.began.set()
        for at in range(start, total, _PIECE):
            piece = self.content[at : at + _PIECE]
            try:
                exchange.connection.sendall(piece)
            except OSError:
                return
            self.served += len(piece)
            if exchange.server.closing.wait(len(piece) / self.speed):
                return


@dataclass(slots=True, frozen=True)
class Report:
    """What a soak came to."""

    kills: int
    saved_early: int
    """Files that were under their final name before the last run."""

    with_ranges: float
    """Share of the bytes that were sent more than once by the three of four servers that know Range."""
    without_ranges: float
    """The same for the others: they can only begin again."""


class BrokenError(Exception):
    """A file under its final name is not what the server holds."""


def soak(*, kills: int, files: int, size: int, speed: float, folder: Path, seed: int = 0) -> Report:
    """Fetch `files` of `size` bytes each, at `speed` bytes per second a file, and kill the process `kills` times.

    Raises `BrokenError` as soon as anything under a final name differs from what the server holds.
    """
    chance = random.Random(seed)
    contents = [clip(size, number) for number in range(files)]
    digests = {f"video_{number}.mp4": hashlib.sha256(content).hexdigest() for number, content in enumerate(contents)}
    with BadServer() as server:
        replies = [Paced(content, number, speed) for number, content in enumerate(contents)]
        for number, reply in enumerate(replies):
            server.on(f"/{number}.mp4", reply)
        fill_ledger(folder, server.url, files)
        early = 0
        for _ in range(kills):
            kill_at_random(folder, server, chance)
            early = check(folder, digests)
        finish(folder, server.url)
        if check(folder, digests) != files:
            message = "not every file was saved"
            raise BrokenError(message)
        ranged, plain = (share([reply for reply in replies if reply.knows_range is known]) for known in (True, False))
        return Report(kills, early, ranged, plain)


def share(replies: list[Paced]) -> float:
    """Return the share of the bytes of `replies` that was sent more than once; 0 for none."""
    total = sum(len(reply.content) for reply in replies)
    return sum(reply.served for reply in replies) / total - 1 if total else 0.0


def fill_ledger(folder: Path, url: str, files: int) -> None:
    """Make a ledger in which every result is there and wanted."""
    ids = [f"video_{number}" for number in range(files)]
    now = time.time()
    with Ledger.open(folder / "ledger.db") as ledger:
        ledger.add([NewTask(task_id, "sora", "videos") for task_id in ids], now)
        for number, task_id in enumerate(ids):
            link = f"{url}/{number}.mp4"
            known = Task(task_id, "sora", "videos", now, state=TaskState.COMPLETED, completed_at=now, result_url=link)
            ledger.record(known)
        ledger.flush()
        ledger.request_download(ids)


def start(folder: Path, url: str) -> subprocess.Popen[bytes]:
    """Start a process that fetches until everything is saved."""
    return subprocess.Popen([sys.executable, "-m", "tests.benchmarks.soak", "--work", str(folder), url])


def kill_at_random(folder: Path, server: BadServer, chance: random.Random) -> None:
    """Start the work and kill it, most times in the middle of the transfers, sometimes before or between them."""
    asked = len(server.requests)
    process = start(folder, server.url)
    early = chance.random() < 0.1
    end = time.monotonic() + 20
    while not early and len(server.requests) == asked and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.5))
    process.send_signal(signal.SIGKILL)
    process.wait()


def finish(folder: Path, url: str) -> None:
    """Let the work come to its end."""
    process = start(folder, url)
    if process.wait(timeout=600) != 0:
        message = f"the last run ended with {process.returncode}"
        raise BrokenError(message)


def check(folder: Path, digests: dict[str, str]) -> int:
    """Compare every file under a final name with what it must be; returns how many there are."""
    found = 0
    for path in (folder / "videos").glob("*"):
        if path.suffix == ".mp4":
            found += 1
            if hashlib.sha256(path.read_bytes()).hexdigest() != digests.get(path.name):
                message = f"{path.name} is not what the server holds"
                raise BrokenError(message)
    return found


def work(folder: Path, url: str) -> None:
    """What the process does that is killed: the queue, on the ledger in `folder`, until everything is saved."""
    config = Config(
        state_dir=folder,
        base_url=url,
        api_key="sk-test",
        download_dir=folder / "videos",
        file_template="{id}.mp4",
        disk_reserve=0,
    )
    with Ledger.open(folder / "ledger.db") as ledger:
        queue = DownloadQueue(config, ledger, fresh_link=lambda _: None)
        changes = ledger.changes(0, with_requests=True)
        queue.update(changes.tasks, changes.requests)
        while any(task.download.state is not DownloadState.SAVED for task in ledger.tasks()):
            queue.tick(time.time())
            time.sleep(0.02)
        queue.stop(5)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--size", type=float, default=12.0, help="MB a file")
    parser.add_argument("--speed", type=float, default=1.5, help="MB/s a file")
    parser.add_argument("--work", nargs=2, metavar=("FOLDER", "URL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(Path(given.work[0]), given.work[1])
        return
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        size, speed = int(given.size * 1e6), given.speed * 1e6
        report = soak(kills=given.kills, files=given.files, size=size, speed=speed, folder=Path(name))
        took = time.monotonic() - began
        sys.stdout.write(
            f"{report.kills} kills in {took:.0f} s, {given.files} files of {given.size:g} MB\n"
            f"every file is byte-identical; {report.saved_early} were saved before the last run\n"
            f"fetched twice: {report.with_ranges:.1%} where the server knows ranges, "
            f"{report.without_ranges:.1%} where it does not\n"
        )


if __name__ == "__main__":
    main()
