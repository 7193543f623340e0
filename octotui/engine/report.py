"""The report of what came of the tasks within a span of time: a pure function of the ledger's tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from octotui.failure_reason import NO_REASON
from octotui.model import DownloadState, Task, TaskState


@dataclass(slots=True)
class Report:
    """What happened from `since` to `until` (unix seconds) to the tasks that are still watched."""

    since: float
    until: float
    added: int = 0
    completed: int = 0
    saved: int = 0
    bytes: int = 0
    """Size of the files saved."""
    lost: int = 0
    """Results whose time ran out before they were saved."""
    cancelled: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """Tasks that failed, by reason."""
    not_saved: Counter[str] = field(default_factory=Counter)
    """Downloads that were given up, of tasks that ended in this time, by reason."""
    lags: list[float] = field(default_factory=list)
    """Seconds from completion to octotui's knowing, where both are known."""

    @property
    def mean_lag(self) -> float | None:
        """Seconds; None where nothing can be told."""
        return sum(self.lags) / len(self.lags) if self.lags else None

    @property
    def longest_lag(self) -> float | None:
        """Seconds; None where nothing can be told."""
        return max(self.lags, default=None)


def report(tasks: Iterable[Task], since: float, until: float) -> Report:
    """Count what happened to `tasks` from `since` to `until`, both unix seconds."""
    found = Report(since, until)
    for task in tasks:
        found.added += _is_within(task.added_at, found)
        if task.is_saved and _is_within(task.download.saved_at, found):
            found.saved += 1
            found.bytes += task.download.bytes_total or task.download.bytes_done
        if task.deadline is not None and task.is_expired(until) and task.deadline.at >= since:
            found.lost += 1
        if _is_within(ended_at(task), found):
            _count_end(found, task)
    return found


def ended_at(task: Task) -> float | None:
    """When a task became final, by the gateway's word, else when that was seen; None while it is not."""
    return (task.completed_at or task.final_seen_at) if task.state.is_final else None


def lag_of(task: Task) -> float | None:
    """Seconds from completion to being seen; None for what was final before anybody here watched it."""
    if task.completed_at is None or task.final_seen_at is None or task.completed_at < task.added_at:
        return None
    return max(0.0, task.final_seen_at - task.completed_at)


def _is_within(at: float | None, found: Report) -> bool:
    return at is not None and found.since <= at <= found.until


def _count_end(found: Report, task: Task) -> None:
    if task.state is TaskState.FAILED:
        found.failed[task.error_message or task.error_code or NO_REASON] += 1
    elif task.state is TaskState.CANCELLED:
        found.cancelled += 1
    else:
        found.completed += 1
        if (lag := lag_of(task)) is not None:
            found.lags.append(lag)
        if task.download.state is DownloadState.FAILED:
            found.not_saved[task.download.error or NO_REASON] += 1
