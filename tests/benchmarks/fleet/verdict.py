"""What must never happen, looked for while the soak runs and at its end."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from octotui.ledger import Ledger
from octotui.model import DownloadState, TaskState

if TYPE_CHECKING:
    from octotui.demo.media import ServedFile
    from tests.benchmarks.fleet.boxes import BoxProcess
    from tests.benchmarks.fleet.gateway import Delivery, Question, RecordingBox
    from tests.benchmarks.fleet.soak import Fleet

_WINDOW = 60.0


@dataclass(slots=True)
class Verdict:
    """What came of a soak."""

    violations: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


class Watch:
    """Looks at what has come in since it last looked."""

    def __init__(
        self,
        gateway: RecordingBox,
        boxes: Sequence[BoxProcess],
        *,
        say: Callable[[str], object],
    ) -> None:
        """`say` is told of each violation at once."""
        self._gateway = gateway
        self._boxes = boxes
        self._say = say
        self._questions = 0
        self._newest: Question | None = None
        self._digests: dict[tuple[Path, int], str] = {}
        self.violations: list[str] = []
        self.epochs: set[int] = set()

    def look(self) -> None:
        """Look at the questions and the files there are now."""
        asked = self._gateway.questions
        while self._questions < len(asked):
            self._take_in(asked[self._questions])
            self._questions += 1
        for folder in {box.videos for box in self._boxes}:
            for path in folder.glob("*.mp4"):
                self._check_file(path)

    def _take_in(self, question: Question) -> None:
        before = self._newest
        self.epochs.add(question.epoch)
        is_other = before is not None and (question.epoch, question.process) != (before.epoch, before.process)
        if before is not None and is_other and question.epoch <= before.epoch:
            self._complain(
                f"{question.box} asks in epoch {question.epoch} although {before.box} asks in {before.epoch}",
                question.at,
            )
            return
        self._newest = question

    def _check_file(self, path: Path) -> None:
        try:
            key = (path, path.stat().st_mtime_ns)
            if key in self._digests:
                return
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return
        self._digests[key] = digest
        file = next((file for task, file in self._gateway.files.items() if task.replace(":", "_") == path.stem), None)
        if file is None or digest != digest_of(file):
            self._complain(f"{path.name} is not what the gateway holds", 0.0)

    def _complain(self, words: str, at: float) -> None:
        self.violations.append(words)
        self._say(f"VIOLATION at {at:.1f}: {words}")


def fullest_minute(questions: Sequence[Question]) -> int:
    """Return how many questions were sent at most in any minute; by the way they took, as many may arrive in less."""
    sent = sorted(question.sent for question in questions)
    return max((at + 1 - bisect_right(sent, last - _WINDOW) for at, last in enumerate(sent)), default=0)


def digest_of(file: ServedFile) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read(0, file.size)).hexdigest()


def final_verdict(made: Fleet, watch: Watch, *, is_settled: bool) -> Verdict:
    """Look at everything once more, now that nobody does anything."""
    verdict = Verdict([*watch.violations])
    found = verdict.violations
    if not is_settled:
        found.append("left alone, the boxes did not get to the end of what was to be done")
    for box in made.boxes:
        found += [f"{box.name} ended by itself, with {code}" for code in box.ended_alone]
    _check_ledger(made, found)
    most = fullest_minute(made.gateway.questions)
    if most > made.plan.per_minute:
        found.append(f"{most} questions were sent in a minute, of {made.plan.per_minute}")
    share = _check_deliveries(made, found)
    told, missing = _check_hooks(made, found)
    troubles = made.troubles
    gateway, plan = made.gateway, made.plan
    broken = f"{troubles.kills} kills, {troubles.freezes} freezes, {troubles.crashes} crashes of the server"
    asked = f"{len(gateway.questions)} questions in {len(watch.epochs)} epochs"
    fetched = f"{len(gateway.deliveries)} answers with bytes of results"
    verdict.figures = [
        f"{troubles.tasks} tasks; {broken}, {troubles.cuts} cut lines",
        f"{asked}, {most} in the fullest minute of {plan.per_minute}",
        f"{fetched}; {share:.1%} of the bytes were sent more than once",
        f"{told} hooks run, {missing} marked as told by a box that was killed before they ran",
    ]
    return verdict


def _check_ledger(made: Fleet, found: list[str]) -> None:
    places = {box.videos for box in made.boxes}
    with Ledger.open(made.url) as ledger:
        tasks = {task.id: task for task in ledger.tasks()}
        copies = ledger.copies(tasks)
    locations = {Path(copy.location): copy for each in copies.values() for copy in each}
    if len(tasks) != made.troubles.tasks:
        found.append(f"{made.troubles.tasks - len(tasks)} tasks are not in the ledger")
    for task in tasks.values():
        if task.state is not TaskState.COMPLETED:
            if task.state is not TaskState.FAILED:
                found.append(f"lost fact: {task.id} is {task.state.value}")
            continue
        file = made.gateway.files.get(task.id)
        if task.download.state is not DownloadState.SAVED or task.download.file is None or file is None:
            found.append(f"lost fact: {task.id} is completed, its download {task.download.state.value}")
        elif not Path(task.download.file).exists() or task.download.sha256 != digest_of(file):
            found.append(f"what the ledger says was saved of {task.id} is not there")
    for folder in places:
        unknown = [path.name for path in folder.glob("*.mp4") if path not in locations]
        found += [f"{folder.name}/{name} is not known to the ledger" for name in unknown]
    found += [f"two files in {folder.name}: {path.name}" for folder in places for path in folder.glob("*-[2-9].mp4")]


def _check_deliveries(made: Fleet, found: list[str]) -> float:
    """Look for files that went twice into one folder; returns the share of the bytes that were sent more than once."""
    places = {box.name: box.videos for box in made.boxes}
    by_file: dict[tuple[Path, str], list[Delivery]] = defaultdict(list)
    for delivery in made.gateway.deliveries:
        by_file[places[delivery.box], delivery.task].append(delivery)
    sent = size = 0
    for (place, task), deliveries in by_file.items():
        whole = [each for each in deliveries if each.reached == each.size]
        if whole:
            sent += sum(each.reached - each.start for each in deliveries if each.reached)
            size += deliveries[0].size
        for each in deliveries:
            earlier = [other for other in whole if other.last < each.at]
            # What was on its way to a process that was killed is sent again: the end of a file, never all of it.
            if each.start == 0 and earlier:
                found.append(f"{task} was fetched into {place.name} by {earlier[0].box}, and again by {each.box}")
    return sent / size - 1 if size else 0.0


def _check_hooks(made: Fleet, found: list[str]) -> tuple[int, int]:
    """Look for hooks that ran twice; returns how many ran, and how many did not."""
    lines = Counter(tuple(line.split()[:2]) for line in made.hooks.read_text().splitlines())
    found += [
        f"the hook for {event} of {task} ran {times} times" for (task, event), times in lines.items() if times > 1
    ]
    with Ledger.open(made.url) as ledger:
        due = sum(
            (task.state is TaskState.COMPLETED) + (task.download.state is DownloadState.SAVED)
            for task in ledger.tasks()
        )
    return sum(lines.values()), due - len(lines)
