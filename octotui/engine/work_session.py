"""A work session, from taking the lease to giving it up: polls, downloads, and reads people's wishes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from octotui.config import Config
from octotui.engine.delivery.queue import LAST_PIECE, DeliveryQueue
from octotui.engine.downloads.auto_download import AutoDownloader
from octotui.engine.downloads.queue import DownloadQueue
from octotui.engine.fresh_links import FreshLinks
from octotui.engine.lease_keeper import LeaseKeeper
from octotui.engine.ledger_feed import LedgerFeed
from octotui.engine.media.poster_worker import PosterMaker
from octotui.engine.minute_stats import MinuteStats
from octotui.engine.notifications.dispatcher import NotificationDispatcher
from octotui.engine.polling.asker import Asker
from octotui.engine.polling.poller import Poller
from octotui.engine.polling.request_gate import RequestGate
from octotui.engine.polling.scheduler import Scheduler
from octotui.engine.predecessor import asks_of_predecessor
from octotui.engine.sharing import Share, beside
from octotui.engine.status import status_of
from octotui.engine.watchdog import STALLED_AFTER, Watchdog
from octotui.estimates import Durations
from octotui.gateway.client import GatewayClient
from octotui.ledger import Duration, LastWord, Ledger
from octotui.model import EventKind, LogEntry, Task

TICK = 0.25
"""Seconds between two looks at wishes and downloads."""
_STATUS_EVERY = 1.0
_LEASE_EVERY = 2.0
_LAST_NEWS = 0.5
"""Seconds that hooks, and then notifications, get to end when the work does."""


class WorkSession:
    """The engine at work on one ledger, in one event loop. Made anew each time the lease is taken."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        client: GatewayClient,
        *,
        lease_keeper: LeaseKeeper,
        durations: Iterable[Duration],
        share: Share | None = None,
        save_all: bool,
        save_which: Callable[[Task, float], bool] | None = None,
        on_beat: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`durations` are those that the ledger has, `share` is what this engine is to others.

        `on_beat` is called each time the session's own loop has come round.
        """
        self._config = config
        self._ledger = ledger
        self._client = client
        self._lease_keeper = lease_keeper
        self._clock = clock
        loop = asyncio.get_running_loop()
        self._gate = RequestGate(config.requests_per_minute, config.connections, monotonic=loop.time)
        providers = {provider.name: provider for provider in config.providers}
        scheduler = Scheduler(
            config.requests_per_minute,
            Durations(durations),
            poll_seconds=config.poll_seconds,
            sick_at_once=max(1, config.connections // 4),
        )
        self._asker = Asker(
            client,
            self._gate,
            ledger,
            providers,
            watched=lambda: scheduler.watched,
            durations=scheduler.durations,
            newest=self._newest,
            clock=clock,
        )
        self._poller = Poller(self._asker, self._gate, scheduler, on_answer=self._answered, clock=clock)
        self._fresh_links = FreshLinks(self._poller)
        self._share = share
        self.deliveries = DeliveryQueue(config, ledger, clock=clock, share=share)
        undelivered = self.deliveries.bytes_waiting
        self._downloads = DownloadQueue(
            config, ledger, clock=clock, fresh_link=self._fresh_links.ask, share=share, undelivered=undelivered
        )
        self._auto_downloader = AutoDownloader(
            ledger, save_all=save_all, save_which=save_which, rescue_before=config.rescue_before
        )
        self._dispatcher = NotificationDispatcher(config, ledger, clock=clock)
        self._minute_stats = MinuteStats()
        self._began = clock()
        self._posters = PosterMaker(config, ledger, clock=clock)
        self._is_over = False
        """Whether the engine's own clock is to stop."""
        self._on_beat = on_beat
        self._watchdog = Watchdog(self._gate.monotonic())
        self._feed = LedgerFeed(ledger, takes_asks=True)
        self._is_paused = False
        self._woken = asyncio.Event()
        self._last_answer_at: float | None = None

    def wake(self) -> None:
        """Look at the wishes now. Call it on the loop."""
        self._woken.set()

    def end(self) -> None:
        """Have `run` return, with everything parked. Call it on the loop."""
        self._is_over = True
        self._woken.set()

    @property
    def is_telling(self) -> bool:
        """Whether checksums, hooks or notifications are under way, or are to come of what is written.

        For any thread.
        """
        return self._downloads.checksums.is_busy or self._dispatcher.is_busy

    @property
    def is_delivering(self) -> bool:
        """Whether results are being delivered, or are to be, and can be. For any thread; reads the ledger."""
        is_unread = self._feed.is_behind  # before `left`: what is read waits by then
        return self.deliveries.can_work and (is_unread or self.deliveries.left > 0)

    async def run(self) -> None:
        """Work until cancelled or until the lease is somebody else's; downloads are parked on the way out."""
        self._count_predecessor(await beside(self._ledger, self._ledger.last_word, self._clock()))
        try:
            async with asyncio.TaskGroup() as group:
                await self._read_ledger()
                jobs = [group.create_task(self._poller.run()), group.create_task(self._asker.quota.run())]
                await self._run_loop()
                for job in jobs:
                    job.cancel()
        finally:
            # No download is to wait for a fresh link any more.
            self._downloads.pause(True)
            self._fresh_links.stop()
            await asyncio.shield(asyncio.to_thread(self._downloads.stop, 2.0))
            await asyncio.shield(asyncio.to_thread(self.deliveries.stop, LAST_PIECE))
            await asyncio.shield(asyncio.to_thread(self._dispatcher.stop, _LAST_NEWS))
            await asyncio.shield(asyncio.to_thread(self._posters.stop))
            self._report(self._clock())

    def _count_predecessor(self, word: LastWord | None) -> None:
        """What was asked within the last minute counts against the same budget, whoever asked: this gate is new."""
        self._minute_stats.continue_sums(None if word is None else word.status)
        limiter = self._gate.limiter
        limiter.count_foreign(asks_of_predecessor(word, limiter.per_minute), self._gate.monotonic())

    async def _run_loop(self) -> None:
        """The engine's own clock: wishes, downloads and losses four times a second, the rest more rarely."""
        status_at = lease_at = float("-inf")
        while not self._is_over:
            now = self._clock()
            mark = self._gate.monotonic()
            if mark - lease_at >= _LEASE_EVERY:
                lease_at = mark
                if not await beside(self._ledger, self._lease_keeper.acquire):
                    return
                await beside(self._ledger, self._ledger.free_claims)
            are_wished = await beside(self._ledger, self._auto_downloader.request_due, now)
            if are_wished or self._woken.is_set() or await self._feed.has_news():
                self._woken.clear()
                await self._read_ledger()
            self._downloads.tick(now)
            self.deliveries.tick(now, are_files_in_use=lambda: self._dispatcher.is_busy or self._posters.is_busy)
            await beside(self._ledger, self._dispatcher.dispatch, now)
            if mark - status_at >= _STATUS_EVERY:
                status_at = mark
                self._watchdog.check(
                    mark,
                    sent=self._gate.limiter.taken,
                    may_ask=not (self._is_paused or self._gate.health.is_down),
                    is_overdue=lambda: self._poller.is_overdue(STALLED_AFTER),
                )
                self._report(now)
                self._on_beat()
                # Wishes written in this very process by somebody who did not say so.
                self._woken.set()
                continue
            try:
                async with asyncio.timeout(TICK):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read_ledger(self) -> None:
        """Read what has changed in the ledger: the pause of everything, new tasks, wishes, removals."""
        reading = await self._feed.read()
        changes = reading.changes
        self.deliveries.watch(changes.tasks)  # first of all: see `is_delivering`
        self._pause(reading.is_paused)
        self._dispatcher.watch(changes)
        if changes.removed:
            self._poller.forget_tasks(changes.removed)
            self._downloads.forget_tasks(changes.removed)
            self._auto_downloader.forget_tasks(changes.removed)
            self.deliveries.forget_tasks(changes.removed)
            self._posters.forget_tasks(changes.removed)
        if changes.anew:
            # What is remembered of them may never have reached the ledger: a fact of a task nobody watches is dropped.
            self._poller.forget_tasks(changes.anew)
            self._auto_downloader.forget_tasks(changes.anew)
            self._downloads.begin_anew(changes.anew)
        self._poller.watch(changes.tasks)
        current = [self._poller.get(task.id) or task for task in changes.tasks]
        self._auto_downloader.watch(current)
        self._downloads.update(current, changes.requests)
        self._posters.watch(changes.tasks)
        await beside(self._ledger, self._posters.take_asks)
        if reading.asks:
            self._poller.ask_now(reading.asks)

    def _pause(self, paused: bool) -> None:
        if paused is self._is_paused:
            return
        self._is_paused = paused
        self._gate.pause(paused)
        self._downloads.pause(paused)
        self.deliveries.pause(paused)
        words = "paused: nothing is asked, nothing is saved" if paused else "going on"
        self._ledger.log(LogEntry(self._clock(), EventKind.PAUSE, None, words))

    def _newest(self, task_id: str) -> Task | None:
        return self._poller.get(task_id)

    def _answered(self, before: Task, after: Task) -> None:
        self._minute_stats.record_answer(before, after)
        self._last_answer_at = after.last_answer_at or self._last_answer_at
        if after.state is not before.state and after.state.is_final and not self._ledger.is_shared:
            # Other windows decide by what is written: a result must not wait for the next batch.
            self._ledger.flush()
        self._auto_downloader.watch([after])
        self._downloads.update([after])

    def _report(self, now: float) -> None:
        """Write what the engine says about itself, also as its sign of life."""
        health = self._gate.health
        mark = self._gate.monotonic()
        minute = self._minute_stats.finish_minute(now, asks=self._gate.limiter.taken, fetched=self._downloads.fetched)
        if minute is not None:
            self._ledger.note_minute(minute)
        status = status_of(self._config, self._downloads, self.deliveries, now, self._began)._replace(
            gateway=health.state,
            since=now - (mark - health.since),
            next_try_at=None if health.next_try_at is None else now + (health.next_try_at - mark),
            last_answer_at=self._last_answer_at,
            message=health.message,
            asks_last_minute=self._gate.limiter.asked_last_minute(mark),
            budget_per_minute=self._gate.limiter.per_minute,
            quota_left=self._asker.quota.left,
            requests=dict(self._minute_stats.requests),
            lags=dict(self._minute_stats.lags),
        )
        self._ledger.set_status(status if self._share is None else self._share.sign_status(status, leads=True))
