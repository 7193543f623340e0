"""What a span of time came to, in figures: pure functions over the ledger's hours and tasks.

Overview and `report` share them. Nothing here knows how a figure looks.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from octotui.download_order import seconds_needed
from octotui.ledger.hours import HOUR, bucket_of, ended_at, hour_of, reason_of, seconds_of
from octotui.model import Task, TaskState

if TYPE_CHECKING:
    from octotui.ledger import FailureCount, History, Outcome, Rendering

DAY = 24 * HOUR
_SOON = 600.0
"""Seconds after which a file that is saved had waited for something else than its bytes."""

Name = tuple[str, ...]
"""What a group is of: a provider, a provider and a model, a tag, a day …"""


class Span(NamedTuple):
    """How far back one looks."""

    name: str
    seconds: int
    slot: int
    """Seconds that are shown as one."""


SPANS = (Span("day", DAY, HOUR), Span("week", 7 * DAY, 6 * HOUR), Span("month", 30 * DAY, DAY))


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """Return how many seconds `share` (0..1] of the tasks in a histogram took at most; None of an empty one.

    It is the middle of the bucket in which the task of that rank is, so at most 4.5 % off.
    """
    total = sum(buckets.values())
    if not total:
        return None
    rank = max(1, math.ceil(share * total - 1e-9))
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return seconds_of(max(buckets))


@dataclass(slots=True)
class Figures:
    """What became of some tasks within a span of time."""

    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    saved: int = 0
    """Files saved."""
    bytes: int = 0
    """Their size."""
    losses: int = 0
    regained: int = 0
    renderings: Counter[int] = field(default_factory=Counter)
    """How many took how long, by `hours.bucket_of`."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why how many failed."""

    @property
    def ended(self) -> int:
        """How many tasks became final."""
        return self.completed + self.failed + self.cancelled

    @property
    def lost(self) -> int:
        """Results that are lost."""
        return max(0, self.losses - self.regained)

    @property
    def success_rate(self) -> float | None:
        """Share (0..1) of those that were completed among those that were completed or failed; None of none."""
        judged = self.completed + self.failed
        return self.completed / judged if judged else None

    @property
    def median(self) -> float | None:
        """Seconds of rendering that half of the tasks took at most; None where none is known."""
        return quantile(self.renderings, 0.5)

    @property
    def p90(self) -> float | None:
        """Seconds of rendering that nine in ten took at most; None where none is known."""
        return quantile(self.renderings, 0.9)

    def add_outcome(self, row: Outcome) -> None:
        """Take in what became of tasks within an hour."""
        self.completed += row.completed
        self.failed += row.failed
        self.cancelled += row.cancelled
        self.saved += row.saved
        self.bytes += row.bytes
        self.losses += row.lost
        self.regained += row.regained


Groups = dict[Name, Figures]


def by_model(row: Outcome | FailureCount | Rendering) -> Name:
    """Provider and model, which is empty where nobody knows it."""
    return row.provider, row.model or ""


def by_provider(row: Outcome | FailureCount | Rendering) -> Name:
    """The provider."""
    return (row.provider,)


def by_day(row: Outcome | FailureCount | Rendering) -> Name:
    """The local date: `2026-11-29`."""
    return (time.strftime("%Y-%m-%d", time.localtime(row.at)),)


def grouped(
    history: History,
    key: Callable[[Outcome | FailureCount | Rendering], Name],
    since: float = 0.0,
    until: float = math.inf,
) -> Groups:
    """Return the figures of each group from the hour of `since` to `until` (unix seconds).

    What is said to be later was written while a clock was wrong.
    """
    first = hour_of(since)
    groups: defaultdict[Name, Figures] = defaultdict(Figures)
    for outcome in history.outcomes:
        if first <= outcome.at <= until:
            groups[key(outcome)].add_outcome(outcome)
    for rendering in history.renderings:
        if first <= rendering.at <= until:
            groups[key(rendering)].renderings[rendering.bucket] += rendering.tasks
    for failure in history.failures:
        if first <= failure.at <= until:
            groups[key(failure)].reasons[failure.reason] += failure.tasks
    return {name: figures for name, figures in groups.items() if figures != Figures()}


def by_tag(tasks: Iterable[Task], since: float, until: float) -> Groups:
    """Return the figures of each tag, `()` for tasks without one: of the tasks that are still watched.

    Hours know no tags. A task with two tags is in both groups.
    """
    groups: defaultdict[Name, Figures] = defaultdict(Figures)
    for task in tasks:
        names: list[Name] = [(tag,) for tag in task.tags]
        for name in names or [()]:
            _add_task(groups[name], task, since, until)
    return {name: figures for name, figures in groups.items() if figures != Figures()}


def _add_task(figures: Figures, task: Task, since: float, until: float) -> None:
    at = ended_at(task) if task.state.is_final else None
    if at is not None and since <= at <= until:
        if task.state is TaskState.COMPLETED:
            figures.completed += 1
            started = task.created_at or task.running_since
            if started is not None and at > started:
                figures.renderings[bucket_of(at - started)] += 1
        elif task.state is TaskState.FAILED:
            figures.failed += 1
            figures.reasons[reason_of(task.error_code, task.error_message, task.given_title, task.prompt)] += 1
        else:
            figures.cancelled += 1
    download = task.download
    if task.is_saved and download.saved_at is not None and since <= download.saved_at <= until:
        figures.saved += 1
        figures.bytes += download.bytes_total or download.bytes_done
    if task.deadline is not None and task.is_expired(until) and task.deadline.at >= max(since, task.added_at):
        figures.losses += 1


def altogether(groups: Iterable[Figures]) -> Figures:
    """Return the sum of all groups."""
    total = Figures()
    for each in groups:
        total.completed += each.completed
        total.failed += each.failed
        total.cancelled += each.cancelled
        total.saved += each.saved
        total.bytes += each.bytes
        total.losses += each.losses
        total.regained += each.regained
        total.renderings += each.renderings
        total.reasons += each.reasons
    return total


class Reason(NamedTuple):
    """One reason for which tasks failed."""

    words: str
    tasks: int
    models: tuple[tuple[Name, int], ...]
    """How many of each provider and model, the most first."""


def reasons(groups: Groups) -> list[Reason]:
    """Return why tasks failed, the most frequent reason first, from groups by provider and model."""
    found: defaultdict[str, Counter[Name]] = defaultdict(Counter)
    for name, figures in groups.items():
        for words, count in figures.reasons.items():
            found[words][name] += count
    rows = [Reason(words, models.total(), tuple(models.most_common())) for words, models in found.items()]
    return sorted(rows, key=lambda row: (-row.tasks, row.words))


def slots(outcomes: Sequence[Outcome], since: float, until: float, length: int) -> list[tuple[float, int]]:
    """Return (when it began, bytes of files saved in it) of every slot of `length` seconds; `until` is in the last."""
    count = max(1, round((until - since) / length))
    end = (math.floor(until / HOUR) + 1) * HOUR
    first = end - count * length
    sums = [0] * count
    for outcome in outcomes:
        if first <= outcome.at < end:
            sums[int((outcome.at - first) // length)] += outcome.bytes
    return [(first + number * length, amount) for number, amount in enumerate(sums)]


def full_in(free: int | None, outcomes: Sequence[Outcome], since: float, until: float) -> float | None:
    """Return the seconds after which the disk is full if as much is saved as since then.

    None where nothing was saved, or nobody knows what is free (bytes). What was saved is spread over the time from
    the first hour that is known.
    """
    known = [outcome for outcome in outcomes if hour_of(since) <= outcome.at <= until]
    saved = sum(outcome.bytes for outcome in known)
    if free is None or saved <= 0:
        return None
    return free / saved * max(HOUR, until - max(since, known[0].at))


def saving_speed(tasks: Iterable[Task]) -> float | None:
    """Return the bytes per second at which results were saved soon after they were seen; None where none was.

    The median; a stand-in until a download runs and its speed is measured.
    """
    speeds = []
    for task in tasks:
        download = task.download
        if not task.is_saved or download.saved_at is None or task.final_seen_at is None:
            continue
        took = download.saved_at - task.final_seen_at
        if 0 < took <= _SOON:
            speeds.append((download.bytes_total or download.bytes_done) / took)
    return median(speeds) if speeds else None


class Unsaved(NamedTuple):
    """A result that can be lost."""

    task: Task
    left: float
    """Seconds."""
    needed: float | None
    """Seconds that saving it takes, as far as size and speed are known."""

    @property
    def is_too_late(self) -> bool:
        """Whether saving it takes longer than it is there."""
        return self.needed is not None and self.needed > self.left


def unsaved(tasks: Iterable[Task], now: float, speed: float | None) -> list[Unsaved]:
    """Return every unsaved result with a deadline that is still to come, the nearest first.

    `speed` is that of one download in bytes per second, None where none has run. A size that nobody knows is the mean
    of what was saved of the same model, else of all that was saved.
    """
    waiting: list[tuple[float, Task]] = []
    sizes: defaultdict[Name, list[int]] = defaultdict(list)
    for task in tasks:
        if task.is_saved:
            size = task.download.bytes_total or task.download.bytes_done
            sizes[task.provider, task.model or ""].append(size)
            sizes[()].append(size)
        elif task.is_ready and task.deadline is not None and task.deadline.at > now:
            waiting.append((task.deadline.at, task))
    found = []
    for at, task in sorted(waiting, key=lambda pair: (pair[0], pair[1].id)):
        known = sizes.get((task.provider, task.model or "")) or sizes.get(())
        typical = sum(known) // len(known) if known else None
        total = task.download.bytes_total or typical
        left_over = None if total is None else max(0, total - task.download.bytes_done)
        needed = None if left_over is None or not speed else seconds_needed(left_over, speed)
        found.append(Unsaved(task, at - now, needed))
    return found
