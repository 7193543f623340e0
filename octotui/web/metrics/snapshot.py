"""What one scrape tells, read from the ledger within a few milliseconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from octotui.ledger.process_place import process_place
from octotui.presentation.header import SILENT_AFTER
from octotui.web.metrics.task_counts import TaskCounts

if TYPE_CHECKING:
    from octotui.ledger import History, Lease, Ledger
    from octotui.model import DownloadState, EngineStatus


@dataclass(slots=True, frozen=True)
class Snapshot:
    """The facts of one moment."""

    states: dict[tuple[str, str], int]
    """Tasks by provider and state, those that have come to none included."""
    downloads: dict[DownloadState, int]
    next_losses: dict[str, float]
    """By provider, unix seconds."""
    providers: list[str]
    totals: History
    """The sums over all time."""
    status: EngineStatus | None
    is_working: bool
    """Whether the engine that asks has spoken within `SILENT_AFTER`."""
    at_work: list[EngineStatus]
    """The last words of all engines that work on the ledger; several where it is shared."""
    is_leader: bool
    """Whether this process is the one that asks."""
    paused_since: float | None
    is_writable: bool
    """False where this process has tried to write the ledger and could not."""


class SnapshotReader:
    """Reads snapshots, one after the other."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock
        self._counts = TaskCounts(ledger)

    def read(self) -> Snapshot:
        """Return how things stand now. Raises `LedgerError`."""
        ledger, now = self._ledger, self._clock()
        self._counts.refresh(now)
        status, totals = ledger.status(), ledger.totals()
        is_working = status is not None and now - status.at <= SILENT_AFTER
        return Snapshot(
            states=dict(self._counts.states),
            downloads=dict(self._counts.downloads),
            next_losses=self._counts.next_losses(),
            providers=sorted(self._counts.providers | {each.provider for each in totals.outcomes}),
            totals=totals,
            status=status,
            is_working=is_working,
            at_work=self._at_work(status) if is_working else [],
            is_leader=_is_ours(ledger.lease()),
            paused_since=ledger.paused_since(),
            is_writable=ledger.unwritten is None,
        )

    def _at_work(self, status: EngineStatus | None) -> list[EngineStatus]:
        """Return the words of those who work. Of a ledger that is not shared `boxes` would count its saved tasks."""
        if self._ledger.is_shared:
            return [box.status for box in self._ledger.boxes() if not box.is_gone]
        return [] if status is None else [status]


def _is_ours(lease: Lease | None) -> bool:
    return lease is not None and lease.pid == os.getpid() and (lease.boot, lease.namespace) == process_place()
