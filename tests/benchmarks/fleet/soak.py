"""The soak itself: tasks come, three boxes ask and save, and everything around them breaks all the time."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from octotui.demo.lifecycle import Life, LinkStyle
from octotui.ledger import Ledger, LedgerError
from octotui.model import DownloadState, NewTask, TaskState
from tests.benchmarks.fleet.boxes import BoxProcess, all_started
from tests.benchmarks.fleet.gateway import RecordingBox
from tests.benchmarks.fleet.verdict import Verdict, Watch, final_verdict
from tests.support.database_proxy import DatabaseProxy, proxy_before
from tests.support.postgres import Cluster, new_cluster

NAMES = ("ant", "bee", "cat")
"""The boxes; the first two share one folder."""
SPEED = 1_000_000
"""Bytes a second of one download."""


@dataclass(slots=True, frozen=True)
class Plan:
    """How long, and how hard. All times are seconds; a pair is the least and the most between two of a kind."""

    seconds: float
    seed: int = 0
    per_minute: int = 240
    poll_seconds: float = 5.0
    offsets: tuple[float, ...] = (0.0, 600.0, -600.0)
    """How far the clocks of the boxes are ahead."""
    running: tuple[float, float] = (1.0, 20.0)
    """How long a task runs at the gateway."""
    new_task: tuple[float, float] = (0.2, 1.5)
    kill: tuple[float, float] = (3.0, 7.0)
    down: tuple[float, float] = (0.0, 2.0)
    """How long a killed box stays so."""
    freeze: tuple[float, float] = (15.0, 30.0)
    frozen: tuple[float, float] = (6.5, 12.0)
    crash: tuple[float, float] = (12.0, 25.0)
    """Between two crashes of the server."""
    cut: tuple[float, float] = (4.0, 10.0)
    """Between two cuts of one box's line to the server; every third time it swallows for some seconds."""
    settle: float = 180.0
    """How long the boxes may take, left alone, for what is still to be done."""


@dataclass(slots=True)
class Troubles:
    """What was done to the boxes."""

    kills: int = 0
    freezes: int = 0
    crashes: int = 0
    cuts: int = 0
    tasks: int = 0
    happened: list[tuple[float, str]] = field(default_factory=list)
    """By `time.monotonic`."""

    def note(self, words: str) -> None:
        """Write down that something was done now."""
        self.happened.append((time.monotonic(), words))


class Fleet:
    """Everything that takes part: server, gateway, proxies, boxes."""

    def __init__(
        self, plan: Plan, folder: Path, cluster: Cluster, gateway: RecordingBox, proxies: list[DatabaseProxy]
    ) -> None:
        self.plan = plan
        self.gateway = gateway
        self.cluster = cluster
        self.url = cluster.url("fleet")
        self.hooks = folder / "hooks"
        self.hooks.touch()
        self.troubles = Troubles()
        self.over = threading.Event()
        self.unadded: list[str] = []
        """Tasks that were submitted and not watched yet."""
        folders = (folder / "shared", folder / "shared", folder / "own")
        self.boxes = [
            BoxProcess(name, folder=folder / name, videos=videos, offset=offset, proxy=proxy)
            for name, videos, offset, proxy in zip(NAMES, folders, plan.offsets, proxies, strict=True)
        ]
        for box in self.boxes:
            box.configure(
                base_url=gateway.base_url,
                key=gateway.key,
                ledger=cluster.url("fleet").replace(str(cluster.folder), str(box.proxy.folder)),
                hooks=self.hooks,
                per_minute=plan.per_minute,
                poll_seconds=plan.poll_seconds,
            )

    # What is done to it, each in a thread of its own until it is over

    def add_tasks(self, chance: random.Random) -> None:
        """Have tasks come: submitted to the gateway, and watched by the ledger."""
        with Ledger.open(self.url, late=True) as ledger:
            waiting = self.unadded
            while self._wait(chance, self.plan.new_task):
                size = int(chance.choice((0, 0, 1.5e6, 4e6)))
                ending = TaskState.FAILED if chance.random() < 0.1 else TaskState.COMPLETED
                life = Life(
                    queued=chance.uniform(0, 3),
                    running=chance.uniform(*self.plan.running),
                    ending=ending,
                    size=size,
                    rate=SPEED,
                    link=chance.choice((LinkStyle.AZURE, LinkStyle.AWS, LinkStyle.CONTENT)),
                )
                waiting.append(self.gateway.create("sora", "sora-2", life=life))
                self.troubles.tasks += 1
                with contextlib.suppress(LedgerError):
                    ledger.add([NewTask(task, "sora", "videos", "sora-2") for task in waiting], time.time())
                    waiting.clear()

    def kill(self, chance: random.Random) -> None:
        """Kill boxes and start them again."""
        while self._wait(chance, self.plan.kill):
            box = chance.choice(self.boxes)
            if not box.is_up:
                continue
            box.kill()
            self.troubles.kills += 1
            self.troubles.note(f"killed {box.name}")
            self._wait(chance, self.plan.down)
            box.start()
            self.troubles.note(f"started {box.name}")

    def freeze(self, chance: random.Random) -> None:
        """Stop boxes for longer than the others wait, and have them go on."""
        while self._wait(chance, self.plan.freeze):
            box = chance.choice(self.boxes)
            if not box.is_up:
                continue
            box.freeze()
            self.troubles.freezes += 1
            self.troubles.note(f"froze {box.name}")
            self._wait(chance, self.plan.frozen)
            box.wake()
            self.troubles.note(f"woke {box.name}")

    def crash(self, chance: random.Random) -> None:
        """Crash the server and start it again."""
        while self._wait(chance, self.plan.crash):
            self.cluster.stop("immediate")
            self._wait(chance, (0.0, 3.0))
            self.cluster.start()
            self.troubles.crashes += 1
            self.troubles.note("restarted the server")

    def cut(self, chance: random.Random) -> None:
        """Cut the line between a box and the server, or have it swallow what is sent."""
        while self._wait(chance, self.plan.cut):
            box = chance.choice(self.boxes)
            self.troubles.cuts += 1
            if chance.random() < 0.33:
                self.troubles.note(f"swallowing of {box.name}")
                box.proxy.swallow()
                self._wait(chance, (2.0, 10.0))
                box.proxy.flow()
                self.troubles.note(f"flowing of {box.name}")
            else:
                box.proxy.cut()
                self.troubles.note(f"cut {box.name}")

    def _wait(self, chance: random.Random, between: tuple[float, float]) -> bool:
        """Wait for some time of a span; whether it goes on."""
        return not self.over.wait(chance.uniform(*between))

    def settle(self) -> bool:
        """Leave the boxes alone until nothing is to be done any more; whether they got there in time."""
        end = time.monotonic() + self.plan.settle
        for box in self.boxes:
            box.wake()
            box.start()
        with Ledger.open(self.url) as ledger:
            ledger.add([NewTask(task, "sora", "videos", "sora-2") for task in self.unadded], time.time())
            while time.monotonic() < end:
                if all(
                    task.state.is_final
                    and (task.state is not TaskState.COMPLETED or task.download.state is DownloadState.SAVED)
                    for task in ledger.tasks()
                ):
                    return True
                time.sleep(0.5)
        return False


@contextlib.contextmanager
def fleet(plan: Plan, folder: Path) -> Iterator[Fleet]:
    """Make everything, and take it away."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(new_cluster())
        gateway = stack.enter_context(RecordingBox(seed=plan.seed, speed=1.0))
        proxies = [stack.enter_context(proxy_before(cluster.folder)) for _ in NAMES]
        made = Fleet(plan, folder, cluster, gateway, proxies)
        Ledger.open(made.url).close()
        stack.enter_context(all_started(made.boxes))
        yield made


def soak(plan: Plan, *, say: Callable[[str], object], keep: Path | None = None) -> Verdict:
    """Have it all happen for as long as the plan says; returns what came of it. Logs of the boxes go to `keep`."""
    folder = Path(tempfile.mkdtemp(prefix="octotui-fleet-"))
    try:
        with fleet(plan, folder) as made:
            watch = Watch(made.gateway, made.boxes, say=say)
            _break_for(plan, made, watch)
            say("left alone, to see what comes of what is still to be done")
            is_settled = made.settle()
            for box in made.boxes:
                box.stop()
            watch.look()
            return final_verdict(made, watch, is_settled=is_settled)
    finally:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for name in NAMES:
                shutil.copyfile(folder / name / "log", keep / f"{name}.log")
        shutil.rmtree(folder)


def _break_for(plan: Plan, made: Fleet, watch: Watch) -> None:
    errors: list[BaseException] = []

    def run(what: Callable[[random.Random], None], seed: int) -> None:
        try:
            what(random.Random(seed))
        except BaseException as error:  # noqa: BLE001 - raised again when all have ended
            errors.append(error)
            made.over.set()

    deeds = (made.add_tasks, made.kill, made.freeze, made.crash, made.cut)
    threads = [
        threading.Thread(target=run, args=(deed, plan.seed * 100 + number), name=deed.__name__)
        for number, deed in enumerate(deeds)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + plan.seconds
    while not made.over.wait(1.0) and time.monotonic() < end:
        watch.look()
    made.over.set()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
