"""A follow session: what an engine does while another one asks the gateway. It saves results, on this machine too."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from octotui.config import Config
from octotui.engine.delivery.queue import LAST_PIECE, DeliveryQueue
from octotui.engine.downloads.queue import DownloadQueue
from octotui.engine.fresh_links import link_of
from octotui.engine.lease_keeper import LeaseKeeper
from octotui.engine.ledger_feed import LedgerFeed, Reading
from octotui.engine.minute_stats import MinuteStats
from octotui.engine.sharing import Share, beside
from octotui.engine.status import status_of
from octotui.gateway.errors import NetworkError
from octotui.ledger import Ledger, LedgerError
from octotui.model import Task

TICK = 0.25
"""Seconds between two looks at wishes and downloads."""
_STATUS_EVERY = 1.0
_LEASE_EVERY = 1.0
"""Seconds between two tries to take over the asking."""
_FRESH_LINK_LIMIT = 120.0
"""Seconds a download waits until whoever asks the gateway has done so."""
_ASK_AGAIN = 5.0
"""Seconds after which the wish is written again: whoever took it may have been killed before it asked."""


class FollowSession:
    """Downloads of a shared ledger, in one event loop, until the lease is ours."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        share: Share,
        *,
        on_beat: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`on_beat` is called each time the session's own loop has come round."""
        self._config = config
        self._ledger = ledger
        self._share = share
        self._clock = clock
        self._on_beat = on_beat
        self.deliveries = DeliveryQueue(config, ledger, clock=clock, share=share)
        undelivered = self.deliveries.bytes_waiting
        self._downloads = DownloadQueue(
            config, ledger, clock=clock, fresh_link=self._fresh_link, share=share, undelivered=undelivered
        )
        self._feed = LedgerFeed(ledger, takes_asks=False)
        self._minute_stats = MinuteStats()
        self._began = clock()
        self._woken = asyncio.Event()
        self._is_over = False
        self._answers = _Answers()

    @property
    def is_telling(self) -> bool:
        """Whether checksums are under way; hooks never are, whoever asks the gateway runs them."""
        return self._downloads.checksums.is_busy

    @property
    def is_delivering(self) -> bool:
        """Whether results of this machine are being delivered, or are to be, and can be. For any thread."""
        is_unread = self._feed.is_behind  # before `left`: what is read waits by then
        return self.deliveries.can_work and (is_unread or self.deliveries.left > 0)

    def wake(self) -> None:
        """Look at the wishes now. Call it on the loop."""
        self._woken.set()

    def end(self) -> None:
        """Have `run` return, with everything parked. Call it on the loop."""
        self._is_over = True
        self._woken.set()

    async def run(self, lease_keeper: LeaseKeeper) -> bool:
        """Save results until the lease is ours (True), or until `end` (False); what is being fetched is parked then."""
        status_at = lease_at = float("-inf")
        try:
            while not self._is_over:
                now, mark = self._clock(), time.monotonic()
                if mark - lease_at >= _LEASE_EVERY:
                    lease_at = mark
                    if await beside(self._ledger, lease_keeper.acquire):
                        return True
                if self._woken.is_set() or await self._feed.has_news():
                    self._woken.clear()
                    self._apply(await self._feed.read())
                self._downloads.tick(now)
                self.deliveries.tick(now)
                if mark - status_at >= _STATUS_EVERY:
                    status_at = mark
                    self._report(now)
                    self._on_beat()
                    self._woken.set()
                    continue
                try:
                    async with asyncio.timeout(TICK):
                        await self._woken.wait()
                except TimeoutError:
                    continue
            return False
        finally:
            self._downloads.pause(True)
            self._answers.stop()
            await asyncio.shield(asyncio.to_thread(self._downloads.stop, 2.0))
            await asyncio.shield(asyncio.to_thread(self.deliveries.stop, LAST_PIECE))
            self._report(self._clock())

    def _apply(self, reading: Reading) -> None:
        changes = reading.changes
        self.deliveries.watch(changes.tasks)
        self.deliveries.forget_tasks(changes.removed)
        self.deliveries.pause(reading.is_paused)
        self._downloads.pause(reading.is_paused)
        self._downloads.forget_tasks(changes.removed)
        self._downloads.begin_anew(changes.anew)
        self._downloads.update(changes.tasks, changes.requests)
        self._answers.learn(changes.tasks)

    def _fresh_link(self, task_id: str) -> str | None:
        """Have whoever asks the gateway ask again for the link of a task; called in a download's thread."""
        try:
            before = self._ledger.task(task_id)
            waiting = self._answers.expect(task_id, before)
            end = time.monotonic() + _FRESH_LINK_LIMIT
            self._ledger.ask_now([task_id])
            while not waiting.came.wait(_ASK_AGAIN) and time.monotonic() < end:
                self._ledger.ask_now([task_id])
        except LedgerError as error:
            raise NetworkError(f"the gateway was not asked: {error}") from error
        return link_of(waiting.result())

    def _report(self, now: float) -> None:
        """Write what the engine says about itself, also as its sign of life."""
        minute = self._minute_stats.finish_minute(now, asks=0, fetched=self._downloads.fetched)
        if minute is not None:
            self._ledger.note_minute(minute)
        status = status_of(self._config, self._downloads, self.deliveries, now, self._began)
        self._ledger.set_status(self._share.sign_status(status, leads=False))


class _Answer:
    """What one download waits for."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.came = threading.Event()
        self.task: Task | None = None

    def result(self) -> Task:
        """Return the task as it was asked last. Raises `NetworkError` where nobody has."""
        if self.task is None:
            raise NetworkError("the gateway was not asked: octotui stops working, or nobody asks")
        return self.task


class _Answers:
    """Who waits for the next answer about which task. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[_Answer]] = {}
        self._is_over = False

    def expect(self, task_id: str, before: Task | None) -> _Answer:
        """Wait for an answer that is newer than that of the task as it is now."""
        answer = _Answer(0.0 if before is None else before.last_asked_at or 0.0)
        with self._lock:
            if self._is_over:
                answer.came.set()
            else:
                self._waiting.setdefault(task_id, []).append(answer)
        return answer

    def learn(self, tasks: list[Task]) -> None:
        """Tell those who wait what has come."""
        with self._lock:
            for task in tasks:
                waiting = self._waiting.get(task.id, ())
                # Another time, not a later one: whoever asks by now may have another clock.
                for answer in [each for each in waiting if (task.last_asked_at or 0.0) != each.since]:
                    answer.task = task
                    answer.came.set()
                    self._waiting[task.id].remove(answer)

    def stop(self) -> None:
        """Have nobody wait any more."""
        with self._lock:
            self._is_over = True
            for waiting in self._waiting.values():
                for answer in waiting:
                    answer.came.set()
            self._waiting.clear()
