"""One wanted download: what is known of it, and what the ledger is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from octotui.download_order import QueuedDownload, too_late
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.throughput import Speed
from octotui.engine.downloads.transfer import Transfer
from octotui.model import Download, DownloadState, DownloadTrouble, Task, TaskState


@dataclass(slots=True)
class Job:
    """One wanted download. Everything in it is guarded by the queue's lock, but what is said to be the worker's."""

    task: Task
    wish: int
    """The version of the request that was taken up: how it ended must not undo a newer one."""
    since: float
    transfer: Transfer
    """The worker's, while there is one; its byte counts may be read at any time."""
    paused: bool = False
    not_before: float = 0.0
    words: str | None = None
    """Why it waits."""
    trouble: DownloadTrouble | None = None
    """What kind of trouble `words` tell of."""
    stop_handle: StopHandle | None = None
    """Of the worker that is at it; None while it waits."""
    speed: Speed = field(default_factory=Speed)
    counted: int = 0
    """Bytes that are in the queue's own speed already."""
    is_claimed: bool = False
    """Whether it is ours to fetch, where several engines share the ledger."""
    told: Download | None = None
    """What the ledger was told last."""

    @property
    def bytes(self) -> tuple[int, int | None]:
        """How many bytes there are, and how many there will be, where that is known."""
        return self.transfer.bytes_done, self.transfer.bytes_total

    def count_bytes(self) -> int:
        """Return how many bytes have been fetched since the last call."""
        done = self.transfer.bytes_done
        counted, self.counted = self.counted, done
        return max(0, done - max(counted, self.transfer.bytes_found))

    @property
    def candidate(self) -> QueuedDownload:
        """What decides when it is its turn."""
        done, total = self.bytes
        deadline = self.task.deadline
        return QueuedDownload(
            self.task.id,
            None if deadline is None else deadline.at,
            None if total is None else total - done,
            self.since,
        )

    def running(self, mark: float, now: float) -> Download:
        """What the ledger is told while it is fetched: how far it is at `mark` (monotonic seconds), and how fast."""
        done, total = self.bytes
        speed = self.speed.sample(max(0, done - self.transfer.bytes_found), mark)
        late = too_late(self.candidate, now=now, speed=speed, typical_size=None)
        trouble = DownloadTrouble.LATE if late else None
        return Download(DownloadState.RUNNING, done, total, error=late, speed=speed, trouble=trouble)

    def queued(self, now: float, *, speed: float | None, typical_size: int | None) -> Download:
        """What the ledger is told while others are fetched; `speed` and `typical_size` are as for `too_late`."""
        late = too_late(self.candidate, now=now, speed=speed, typical_size=typical_size)
        return self.waiting(late or self.words, DownloadTrouble.LATE if late else self.trouble, now)

    def waiting(self, words: str | None, trouble: DownloadTrouble | None, now: float) -> Download:
        """What the ledger is told while it waits, for the reason that `words` and `trouble` name."""
        next_at = self.not_before if self.not_before > now else None
        return Download(DownloadState.WANTED, *self.bytes, error=words, trouble=trouble, next_at=next_at)

    def is_completed_meanwhile(self, task: Task) -> bool:
        """Whether what was tried before any answer called the task completed waits, and now one does."""
        is_news = task.state is TaskState.COMPLETED and self.task.state is not TaskState.COMPLETED
        return is_news and self.stop_handle is None
