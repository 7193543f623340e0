"""What was found out, collected by id until it is written."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from octotui.ledger.limits import MAX_DURATIONS, MAX_EVENTS
from octotui.model import DownloadState, Task

if TYPE_CHECKING:
    from octotui.ledger.records import Duration, Minute
    from octotui.model import Download, EngineStatus, LogEntry


LOOK = ("progress", "last_asked_at", "last_answer_at")
"""The fields of a task that an answer without news changes: most answers are such."""
_INTENTS = ("tags", "given_title", "download")
_all_but_look = attrgetter(*(each.name for each in fields(Task) if each.name not in {*LOOK, *_INTENTS}))


class Attempted(NamedTuple):
    """One attempt, on its way into the ledger."""

    task_id: str
    at: float
    rung: str
    outcome: str


@dataclass(slots=True)
class Batch:
    """Facts that wait to be written, the latest of each task."""

    tasks: dict[str, Task] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    downloads: dict[str, tuple[Download, int]] = field(default_factory=dict)
    """With the wish that held when it was reported."""
    events: deque[LogEntry] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    attempts: deque[Attempted] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    durations: deque[Duration] = field(default_factory=lambda: deque(maxlen=MAX_DURATIONS))
    minutes: dict[int, Minute] = field(default_factory=dict)
    status: EngineStatus | None = None
    old: set[str] = field(default_factory=set)
    """Ids of tasks of which nothing that waits is news."""
    number: int = 0
    """Of all batches that a process sends; one whose writing was in doubt is sent again under the same."""
    looks: set[str] = field(default_factory=set)
    """Ids of tasks that were only looked at: of what is written of them, no more than `LOOK` is different. A store may
    write all of such a task all the same."""

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(
            self.tasks
            or self.answers
            or self.downloads
            or self.events
            or self.attempts
            or self.durations
            or self.minutes
            or self.status is not None
        )

    def add_task(self, task: Task, before: Task | None) -> None:
        """Collect what is known of a task; `before` is what was last collected of it, None where that is not known."""
        if before is None or _all_but_look(before) != _all_but_look(task):
            self.looks.discard(task.id)
        elif task.id not in self.tasks:
            self.looks.add(task.id)
        self.tasks[task.id] = task

    def add_download(self, task_id: str, download: Download, wish: int) -> None:
        """Collect a report, unless one waits that says the same wish's result is saved."""
        waiting = self.downloads.get(task_id)
        saved = waiting is not None and waiting[0].state is DownloadState.SAVED and wish <= waiting[1]
        if saved and download.state is not DownloadState.SAVED:
            return
        self.downloads[task_id] = (download, wish)

    def add_minute(self, minute: Minute) -> None:
        """Add to what waits of the same minute."""
        waiting = self.minutes.get(minute.at)
        self.minutes[minute.at] = minute if waiting is None else waiting.plus(minute)

    def take_task(self, task_id: str) -> Batch:
        """Take out what waits for one task."""
        taken = Batch()
        if task_id in self.tasks:
            taken.tasks[task_id] = self.tasks.pop(task_id)
        if task_id in self.looks:
            taken.looks.add(task_id)
            self.looks.remove(task_id)
        if task_id in self.answers:
            taken.answers[task_id] = self.answers.pop(task_id)
        if task_id in self.downloads:
            taken.downloads[task_id] = self.downloads.pop(task_id)
        if task_id in self.old:
            taken.old.add(task_id)
            self.old.remove(task_id)
        return taken

    def put_back(self, older: Batch) -> None:
        """Take in again what could not be written, behind what has been reported since."""
        # What was more than a look before stays more, however many looks came after it.
        self.looks = (self.looks - (older.tasks.keys() - older.looks)) | (older.looks - self.tasks.keys())
        self.tasks = older.tasks | self.tasks
        self.answers = older.answers | self.answers
        newer, self.downloads = self.downloads, older.downloads
        for task_id, (download, wish) in newer.items():
            self.add_download(task_id, download, wish)
        self.events.extendleft(reversed(older.events))
        self.attempts.extendleft(reversed(older.attempts))
        self.durations.extendleft(reversed(older.durations))
        for minute in older.minutes.values():
            self.add_minute(minute)
        self.status = self.status or older.status
        self.old |= older.old
