"""Fresh links: what a download's thread asks the gateway for when its own link leads nowhere any more."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, Future

from octotui.engine.faults import contained
from octotui.engine.polling.asker import error_of
from octotui.engine.polling.poller import Poller
from octotui.gateway.errors import NetworkError
from octotui.ledger import LedgerError
from octotui.model import Task

_LIMIT = 120.0
"""Seconds a download waits for the gateway to say a fresh link."""


class FreshLinks:
    """Has the poller ask, for threads that wait for the answer. Made on the poller's loop."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._loop = asyncio.get_running_loop()
        self._asks: set[Future[Task | None]] = set()
        """Questions that downloads wait for; added to by their threads."""
        self._is_ending = False

    def ask(self, task_id: str) -> str | None:
        """Ask the gateway again for the link of a task; called in a download's thread. Raises `RequestError`."""
        with contained(f"asking for a fresh link of {task_id}"):
            future = asyncio.run_coroutine_threadsafe(self._poller.ask(task_id), self._loop)
            self._asks.add(future)
            if self._is_ending:
                future.cancel()
            try:
                task = future.result(_LIMIT)
            except TimeoutError:
                future.cancel()
                message = f"the gateway was not asked within {_LIMIT:.0f} s"
                raise NetworkError(message) from None
            except (CancelledError, LedgerError):
                # The work is ending, or the ledger cannot be written, which ends it too.
                message = "the gateway was not asked: octotui stops working"
                raise NetworkError(message) from None
            finally:
                self._asks.discard(future)
        return link_of(task)

    def stop(self) -> None:
        """Have no download wait any more."""
        self._is_ending = True
        for future in tuple(self._asks):
            future.cancel()


def link_of(task: Task | None) -> str | None:
    """Return the link that the last answer about a task has; raises what `RequestError` there was instead."""
    if task is None:
        return None
    if task.failure is not None:
        raise error_of(task.failure)
    return task.result_url
