"""Download requests: the newest one for each unsaved result, and which of them have come to an end here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from octotui.engine.sharing import Share
from octotui.ledger import DownloadRequest
from octotui.model import DownloadState, Task, TaskState

_UNDER_WAY = frozenset({DownloadState.WANTED, DownloadState.RUNNING})
_UNASKED = DownloadRequest()
"""Of a result that is wanted without a request for it."""


class RequestBook:
    """Tells which results are to be fetched.

    What the engine has in memory of a task may be older than what a download's worker has just reported. A request that
    was settled here is therefore never taken up again, whatever an older picture of its task says; a newer one is.
    """

    def __init__(self, share: Share | None = None) -> None:
        """`share` is what this engine is to others on the ledger, if there are any."""
        self._share = share
        self._requests: dict[str, DownloadRequest] = {}
        self._settled: dict[str, int] = {}
        """The version of the request that ended here: its result was saved, or given up."""

    def learn(self, requests: Mapping[str, DownloadRequest]) -> None:
        """Learn what the ledger says was asked for (`Changes.requests`)."""
        self._requests.update(requests)

    def of(self, task_id: str) -> DownloadRequest:
        """Return the newest request that is known for a result."""
        return self._requests.get(task_id, _UNASKED)

    def version(self, task_id: str) -> int:
        """Return the version of that request."""
        return self.of(task_id).version

    def settle(self, task_id: str, version: int) -> None:
        """Say that this version, and every older one, has come to an end."""
        self._settled[task_id] = version

    def is_due(self, task: Task) -> bool:
        """Whether the result of a task is there, wanted, and not settled."""
        if task.download.state not in _UNDER_WAY:
            self._requests.pop(task.id, None)
            return False
        if self._share is not None and not self._share.is_for_us(task, self.of(task.id).place):
            return False
        is_there = task.state is TaskState.COMPLETED or (task.download.anyway and not task.has_failed)
        return is_there and self.version(task.id) > self._settled.get(task.id, -1)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer, or anew: their requests are counted from the beginning."""
        for task_id in ids:
            self._requests.pop(task_id, None)
            self._settled.pop(task_id, None)
