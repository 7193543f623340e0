"""The screen's picture of the ledger: pulled, never pushed, and the same until it is pulled again."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from octotui.estimates import Durations, Expectation, expectation
from octotui.ledger import LedgerError
from octotui.model import EXPIRED, DownloadState, EngineStatus, LogEntry, Task, TaskState
from octotui.presentation.task_row import shown_word
from octotui.tui.other_boxes import WaitingWords

if TYPE_CHECKING:
    from octotui.ledger import Changes, Duration, FirstPage, Ledger
    from octotui.presentation.boxes.whereabouts import Fleet
    from octotui.tui.other_boxes import FleetWatch

MANY_TASKS = 2000
"""Tasks from which on the first frame does not wait for all of them: reading so many takes some 30 ms."""
_FIRST = 200
"""Tasks of each provider that the first frame has of so many: more than any screen shows."""
_FIRST_WITHIN = 0.5
"""Seconds that the first frame waits for those; of 100,000 tasks they are there before it asks."""
_NEWEST_EVENTS = 200
"""How many events one pull reads at most."""
_MANY = 100
"""Changed tasks from which on the next reading is better done in a thread: some 40 microseconds each."""
_DUE = frozenset({DownloadState.WANTED, DownloadState.RUNNING})
_OUTDATED = 1000
"""Deadlines that may be remembered of tasks that have another one by now, or were saved or removed."""
_MOST_EXPECTED = 2000
"""Tasks for which it is remembered when they should be done: more than any screen shows."""


@dataclass(slots=True)
class Delta:
    """What one pull brought: tasks by provider to draw anew, and ids that are gone."""

    changed: dict[str, list[Task]] = field(default_factory=lambda: defaultdict(list))
    removed: list[str] = field(default_factory=list)
    moved: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By the provider that has lost them: ids that another provider has now."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.moved)

    def gone_from(self, provider: str, ids: Container[str]) -> list[str]:
        """Which of the `ids` a provider's pane has are not its own any more."""
        return [*self.moved.get(provider, ()), *(task_id for task_id in self.removed if task_id in ids)]


class Reading(NamedTuple):
    """What the ledger said since a revision; the rest only when nothing went wrong."""

    since: int
    trouble: str | None = None
    changes: Changes | None = None
    status: EngineStatus | None = None
    paused_since: float | None = None
    events: Sequence[LogEntry] = ()
    fleet: Fleet | None = None
    """Who shares the ledger, where that was looked at."""


class ShownTally:
    """How many tasks show which word."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        """By provider, then by the word shown."""
        self._expired: set[str] = set()
        """Ids of the tasks that are counted as expired: all else that a task is counted as, it says itself."""

    def add_all(self, provider: str, tasks: Sequence[Task], now: float) -> None:
        """Count tasks of one provider in, as they are at `now` (unix seconds)."""
        words = [shown_word(task, now) for task in tasks]
        self.counts[provider].update(words)
        self._expired.update(task.id for task, word in zip(tasks, words, strict=True) if word == EXPIRED)

    def add(self, task: Task, now: float) -> None:
        """Count a task in, as it is at `now` (unix seconds)."""
        self.add_all(task.provider, (task,), now)

    def drop(self, task: Task | None) -> None:
        """Count out a task as it was when it was counted in; nothing for None."""
        if task is not None:
            word = EXPIRED if task.id in self._expired else shown_word(task, -inf)
            self._expired.discard(task.id)
            self.counts[task.provider][word] -= 1


class FirstReading(NamedTuple):
    """What the ledger said of many tasks before all of them are read."""

    page: FirstPage
    status: EngineStatus | None
    paused_since: float | None


class LedgerSnapshot:
    """Tasks, counts and the next loss, kept up to date by what changed alone."""

    def __init__(self, ledger: Ledger, fleet_watch: FleetWatch | None = None) -> None:
        """`fleet_watch` knows who shares the ledger with this machine; the screen brings it."""
        self.ledger = ledger
        self.fleet_watch = fleet_watch
        self.waiting = WaitingWords()
        """Which results wait for another machine."""
        self.tasks: dict[str, Task] = {}
        self._tally = ShownTally()
        self.counts = self._tally.counts
        self.status: EngineStatus | None = None
        self.speed: float | None = None
        """Bytes per second of one download, as last measured; None before there was one."""
        self.latest: LogEntry | None = None
        """The last thing that happened."""
        self.paused_since: float | None = None
        """Since when everything is paused."""
        self.trouble: str | None = None
        """Why the ledger could not be read, in words; None while it can."""
        self.trouble_since: float | None = None
        """Since when it could not, unix seconds."""
        self._revision = 0
        self._deadlines: list[tuple[float, str]] = []
        self._event_number = 0
        self._durations = Durations()
        self._learnt_to = 0
        """The number of the last duration that was learnt."""
        self._expected: dict[str, tuple[Task, Expectation | None]] = {}
        self.has_news = True
        """Whether tasks have ended from which nobody has set out to learn yet."""
        self._ahead: Thread | None = None
        self._first: Reading | None = None
        """What `read_ahead` has read."""
        self._first_page: FirstReading | None = None
        """The same where there is more to read."""
        self.is_lively = False
        """Whether so much changes that it is better read in a thread."""
        self.unread = 0
        """How many tasks there are, while only the first of them have been read."""

    def read_ahead(self, now: float) -> None:
        """Begin to read in a thread, while the screen is still being imported; of many tasks the first alone."""
        self._ahead = Thread(target=self._read_ahead, args=(now,), name="octotui-read-ahead", daemon=True)
        self._ahead.start()

    def _read_ahead(self, now: float) -> None:
        if self.count() <= MANY_TASKS:
            self._first = self.read()
        else:
            self._first_page = _first_reading(self.ledger, now)

    def take_first_page(self, now: float, count: int) -> Delta:
        """Take in the first of `count` tasks, and how many are how far, where `read_ahead` has had time for that."""
        delta = Delta()
        self.unread = count
        if self._ahead is not None:
            self._ahead.join(_FIRST_WITHIN)
        if (first := self._first_page) is not None:
            self._take_status(first.status)
            self.paused_since = first.paused_since
            self._apply_tasks(delta, first.page.tasks, now)
            for name, words in first.page.counts.items():
                self.counts[name] = Counter(words)
        return delta

    def count(self) -> int:
        """How many tasks the ledger has."""
        try:
            return self.ledger.count()
        except LedgerError as error:
            self.trouble = str(error)
            return 0

    def adopt(self, other: LedgerSnapshot) -> None:
        """Take over everything another snapshot of the same ledger has read; it must not be used any more."""
        self.__dict__.update(other.__dict__)

    def pull(self, now: float) -> Delta:
        """Read what changed since the last pull; results whose time ran out count as changed."""
        if self._ahead is not None:
            self._ahead.join()
            self._ahead = None
        first, self._first = self._first, None
        return self.apply(first or self.read(), now)

    def read(self) -> Reading:
        """Ask the ledger what changed. Touches nothing, so that it can be done in any thread."""
        since = self._revision
        try:
            changes = self.ledger.changes(since, with_requests=self.ledger.is_shared)
            fleet = None if self.fleet_watch is None else self.fleet_watch.read()
            events = self.ledger.events(self._event_number, limit=_NEWEST_EVENTS)
            return Reading(since, None, changes, self.ledger.status(), self.ledger.paused_since(), events, fleet)
        except LedgerError as error:
            return Reading(since, str(error))

    def apply(self, reading: Reading, now: float) -> Delta:
        """Take in what was read, unless something newer was taken in meanwhile."""
        delta = Delta()
        if reading.since != self._revision:
            return delta
        self.note_trouble(reading.trouble, now)
        if reading.changes is not None:
            self._take_status(reading.status)
            self.paused_since = reading.paused_since
            if reading.events:
                self.latest = reading.events[-1]
                self._event_number = reading.events[-1].number
            self._revision = reading.changes.revision
            self.is_lively = reading.since > 0 and len(reading.changes.tasks) >= _MANY
            self._apply_tasks(delta, self.waiting.apply(reading.changes, reading.fleet), now)
            self._drop_tasks(delta, reading.changes.gone(self.tasks))
        self._expire(delta, now)
        return delta

    @property
    def fleet(self) -> Fleet:
        """Who shares the ledger with this machine."""
        from octotui.presentation.boxes.whereabouts import ALONE  # noqa: PLC0415 - not for the first frame

        return self.waiting.fleet or ALONE

    def note_trouble(self, words: str | None, now: float) -> None:
        """Note why the ledger cannot be read, as of `now`; None: it can."""
        self.trouble = words
        self.trouble_since = None if words is None else self.trouble_since or now

    def current(self, provider: str, tasks: Iterable[Task]) -> list[Task]:
        """These tasks as they are now, those that are gone from this provider left out."""
        found = (self.tasks.get(task.id) for task in tasks)
        return [task for task in found if task is not None and task.provider == provider]

    def has(self, task_id: str, provider: str) -> bool:
        """Whether a provider has this task now."""
        task = self.tasks.get(task_id)
        return task is not None and task.provider == provider

    def next_loss(self) -> Task | None:
        """The completed, unsaved result that is lost first, as of the last pull."""
        while self._deadlines:
            at, task_id = self._deadlines[0]
            if self._loses(at, task_id):
                return self.tasks[task_id]
            heapq.heappop(self._deadlines)
        return None

    def _loses(self, at: float, task_id: str) -> bool:
        """Whether the result of a task is still there, unsaved, and lost at this time."""
        task = self.tasks.get(task_id)
        return task is not None and _loss_at(task) == at

    def ready(self, now: float) -> list[Task]:
        """Every result that can be saved and is not, the nearest deadline first."""
        found = [task for task in self.tasks.values() if shown_word(task, now) == "ready"]
        return sorted(found, key=lambda task: task.deadline.at if task.deadline else float("inf"))

    def under_way(self) -> int:
        """How many files are being saved or are about to be; what is paused is neither."""
        status = self.status
        running = 0 if status is None else status.downloads_running
        if self.paused_since is not None:
            return running
        due = sum(
            task.state is TaskState.COMPLETED and task.download.state in _DUE and not task.download.paused
            for task in self.tasks.values()
        )
        # What the engine says may be a second old, and so may the rows.
        return max(running, due)

    def expects(self, task: Task) -> Expectation | None:
        """When `task` should be done; None when it is, or when nothing is known that would tell."""
        known = self._expected.get(task.id)
        if known is None or known[0] is not task:
            if len(self._expected) >= _MOST_EXPECTED:
                self._expected.clear()
            expected = expectation(task, self._durations.spread(task))
            known = self._expected[task.id] = (task, expected if expected and expected.is_founded else None)
        return known[1]

    def read_durations(self) -> list[Duration]:
        """Read how long the tasks took that have ended since the last lesson. Can be done in any thread."""
        try:
            return self.ledger.durations(self._learnt_to)
        except LedgerError as error:
            self.trouble = str(error)
            return []

    def learn(self, durations: Iterable[Duration]) -> None:
        """Learn from what `read_durations` has read; some 10 microseconds each."""
        for duration in durations:
            if duration.number > self._learnt_to:
                self._learnt_to = duration.number
                key = (duration.provider, duration.model, duration.seconds, duration.size)
                self._durations.learn(key, duration.duration)
        self._expected.clear()

    def _take_status(self, status: EngineStatus | None) -> None:
        self.status = status
        if status is not None and status.downloads_running and status.download_speed:
            self.speed = status.download_speed / status.downloads_running

    def _apply_tasks(self, delta: Delta, tasks: Sequence[Task], now: float) -> None:
        if not self.tasks:
            self._take_all(delta, tasks, now)
            return
        for task in tasks:
            before = self.tasks.get(task.id)
            if before is not None and before.provider != task.provider:
                delta.moved[before.provider].append(task.id)
            self._tally.drop(before)
            self.tasks[task.id] = task
            if task.state.is_final and (before is None or not before.state.is_final):
                self.has_news = True
            self._tally.add(task, now)
            delta.changed[task.provider].append(task)
            at = _loss_at(task)
            if at is not None and at > now and (before is None or _loss_at(before) != at):
                heapq.heappush(self._deadlines, (at, task.id))
        if len(self._deadlines) > 2 * len(self.tasks) + _OUTDATED:
            self._deadlines = [each for each in self._deadlines if self._loses(*each)]
            heapq.heapify(self._deadlines)

    def _take_all(self, delta: Delta, tasks: Sequence[Task], now: float) -> None:
        """Take in the first tasks there are, which may be many: in half of the time that one after the other takes."""
        self.tasks = {task.id: task for task in tasks}
        for task in tasks:
            delta.changed[task.provider].append(task)
        for provider, some in delta.changed.items():
            self._tally.add_all(provider, some, now)
        self.has_news = self.has_news or any(task.state.is_final for task in tasks)
        losses = ((_loss_at(task), task.id) for task in tasks if task.deadline is not None)
        self._deadlines = [(at, task_id) for at, task_id in losses if at is not None and at > now]
        heapq.heapify(self._deadlines)

    def _drop_tasks(self, delta: Delta, removed: Iterable[str]) -> None:
        for task_id in removed:
            self._tally.drop(self.tasks.pop(task_id, None))
            delta.removed.append(task_id)

    def _expire(self, delta: Delta, now: float) -> None:
        """Tasks whose deadline has just passed look different although nothing was written."""
        while self._deadlines and self._deadlines[0][0] <= now:
            at, task_id = heapq.heappop(self._deadlines)
            task = self.tasks.get(task_id)
            if task is not None and _loss_at(task) == at:
                self._tally.drop(task)
                self._tally.add(task, now)
                delta.changed[task.provider].append(task)


def _loss_at(task: Task) -> float | None:
    """When an unsaved result is lost."""
    return task.deadline.at if task.is_ready and task.deadline is not None else None


def _first_reading(ledger: Ledger, now: float) -> FirstReading | None:
    """Read what the first frame has of many tasks; what cannot be read is said by the reading of all."""
    with suppress(LedgerError):
        page = ledger.first_page(now, _FIRST)
        if page is not None:
            return FirstReading(page, ledger.status(), ledger.paused_since())
    return None
