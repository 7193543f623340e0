"""What the ledger has about one task, gathered for the details and for a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from octotui.estimates import Expectation
from octotui.failed_answer import last_good
from octotui.gateway.parsing.deadlines import deadlines_of
from octotui.model import Deadline, LogEntry, Task
from octotui.presentation.boxes.whereabouts import ALONE, Fleet

if TYPE_CHECKING:
    from octotui.ledger import Attempt, Ledger

_EVENTS = 20
"""Lines of the log that are about one task, at most."""


class TaskRecord(NamedTuple):
    """What the ledger has about a task."""

    task: Task
    label: str = ""
    """What its provider is called."""
    attempts: Sequence[Attempt] = ()
    events: Sequence[LogEntry] = ()
    answer: str | None = None
    """The last answer as it came, a failing one with its status."""
    previous: str | None = None
    """The last good answer that was different from it."""
    retention: float | None = None
    """Seconds for which its provider keeps results, by rule of thumb."""
    expected: Expectation | None = None
    """When it should be done, where anything is known that tells."""
    fleet: Fleet = ALONE
    """Who shares the ledger."""
    waits_for: str = ""
    """Which other machine its download waits for, in words."""

    @property
    def good_answer(self) -> str | None:
        """The last answer that was a good one."""
        return last_good(self.answer, self.previous)

    @property
    def deadlines(self) -> list[Deadline]:
        """Every deadline there is for the task: the gateway's, the link's, the rule's; the earliest counts."""
        task = self.task
        return deadlines_of(
            gateway_expires_at=task.gateway_expires_at,
            result_url=task.result_url,
            state=task.state,
            completed_at=min((at for at in (task.completed_at, task.final_seen_at) if at is not None), default=None),
            retention=self.retention,
        )


def task_record(
    ledger: Ledger, task: Task, label: str, retention: float | None, expected: Expectation | None = None
) -> TaskRecord:
    """Read what the ledger has about a task. Raises `LedgerError`."""
    return TaskRecord(
        task,
        label,
        ledger.attempts(task.id),
        ledger.events(task_id=task.id, limit=_EVENTS),
        ledger.raw_answer(task.id),
        ledger.previous_answer(task.id),
        retention,
        expected,
    )
