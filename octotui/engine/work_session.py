"""A work session, from taking the lease to giving it up: polls, downloads, and reads people's wishes."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path

from octotui.config import Config
from octotui.engine.downloads.auto_download import AutoDownloader
from octotui.engine.downloads.queue import DownloadQueue
from octotui.engine.faults import contained
from octotui.engine.lease_keeper import LeaseKeeper
from octotui.engine.media.poster_worker import PosterMaker
from octotui.engine.minute_stats import MinuteStats
from octotui.engine.notifications.dispatcher import NotificationDispatcher
from octotui.engine.polling.asker import Asker, error_of
from octotui.engine.polling.poller import Poller
from octotui.engine.polling.request_gate import RequestGate
from octotui.engine.polling.scheduler import Scheduler
from octotui.engine.watchdog import STALLED_AFTER, Watchdog
from octotui.estimates import Durations
from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import NetworkError
from octotui.ledger import Ledger, LedgerError
from octotui.model import EngineStatus, EventKind, GatewayState, LogEntry, Task

TICK = 0.25
"""Seconds between two looks at wishes and downloads."""
_STATUS_EVERY = 1.0
_LEASE_EVERY = 2.0
_LAST_NEWS = 0.5
"""Seconds that hooks, and then notifications, get to end when the work does."""
_FRESH_LINK_LIMIT = 120.0
"""Seconds a download waits for the gateway to say a fresh link."""


class WorkSession:
    """The engine at work on one ledger, in one event loop. Made anew each time the lease is taken."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        client: GatewayClient,
        *,
        lease_keeper: LeaseKeeper,
        save_all: bool,
        save_which: Callable[[Task, float], bool] | None = None,
        on_beat: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`on_beat` is called each time the session's own loop has come round."""
        self._config = config
        self._ledger = ledger
        self._client = client
        self._lease_keeper = lease_keeper
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._gate = RequestGate(config.requests_per_minute, config.connections, monotonic=self._loop.time)
        providers = {provider.name: provider for provider in config.providers}
        scheduler = Scheduler(
            config.requests_per_minute,
            Durations(ledger.durations()),
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
            clock=clock,
        )
        self._poller = Poller(self._asker, self._gate, scheduler, on_answer=self._answered, clock=clock)
        self._downloads = DownloadQueue(config, ledger, clock=clock, fresh_link=self._fresh_link)
        self._auto_downloader = AutoDownloader(
            ledger, save_all=save_all, save_which=save_which, rescue_before=config.rescue_before
        )
        self._dispatcher = NotificationDispatcher(config, ledger, clock=clock)
        self._minute_stats = MinuteStats()
        self._began = clock()
        self._posters = PosterMaker(config, ledger, clock=clock)
        self._link_asks: set[Future[Task | None]] = set()
        """Questions for a fresh link that downloads wait for; added to by their threads."""
        self._is_ending = False
        self._is_over = False
        """Whether the engine's own clock is to stop."""
        self._on_beat = on_beat
        self._watchdog = Watchdog(self._gate.monotonic())
        self._revision = 0
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
        """Whether hooks or notifications are under way, or are to come of what is written. For any thread."""
        return self._dispatcher.is_busy

    async def run(self) -> None:
        """Work until cancelled or until the lease is somebody else's; downloads are parked on the way out."""
        self._count_predecessor()
        try:
            async with asyncio.TaskGroup() as group:
                self._apply_changes()
                jobs = [group.create_task(self._poller.run()), group.create_task(self._asker.quota.run())]
                await self._run_loop()
                for job in jobs:
                    job.cancel()
        finally:
            self._stop_asking()
            await asyncio.shield(asyncio.to_thread(self._downloads.stop, 2.0))
            await asyncio.shield(asyncio.to_thread(self._dispatcher.stop, _LAST_NEWS))
            await asyncio.shield(asyncio.to_thread(self._posters.stop))
            self._report(self._clock())

    def _count_predecessor(self) -> None:
        """What was asked within the last minute counts against the same budget, whoever asked: this gate is new."""
        last = self._ledger.status()
        now = self._clock()
        if last is not None and 0 <= now - last.at < 60.0:
            self._gate.limiter.count_foreign(last.asks_last_minute, self._gate.monotonic())

    async def _run_loop(self) -> None:
        """The engine's own clock: wishes, downloads and losses four times a second, the rest more rarely."""
        status_at = lease_at = float("-inf")
        while not self._is_over:
            now = self._clock()
            mark = self._gate.monotonic()
            if mark - lease_at >= _LEASE_EVERY:
                lease_at = mark
                if not self._lease_keeper.acquire():
                    return
            if self._auto_downloader.request_due(now) or self._woken.is_set() or self._ledger.changed_outside():
                self._woken.clear()
                self._apply_changes()
            self._downloads.tick(now)
            self._dispatcher.dispatch(now)
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

    def _apply_changes(self) -> None:
        """Read what has changed in the ledger: the pause of everything, new tasks, wishes, removals."""
        self._pause(self._ledger.paused_since() is not None)
        changes = self._ledger.changes(self._revision, with_requests=True)
        self._revision = changes.revision
        self._dispatcher.watch(changes)
        if changes.removed:
            self._poller.forget_tasks(changes.removed)
            self._downloads.forget_tasks(changes.removed)
            self._auto_downloader.forget_tasks(changes.removed)
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
        self._posters.take_asks()
        wishes = self._ledger.take_asks()
        if wishes:
            self._poller.ask_now(wishes)

    def _pause(self, paused: bool) -> None:
        if paused is self._is_paused:
            return
        self._is_paused = paused
        self._gate.pause(paused)
        self._downloads.pause(paused)
        words = "paused: nothing is asked, nothing is saved" if paused else "going on"
        self._ledger.log(LogEntry(self._clock(), EventKind.PAUSE, None, words))

    def _answered(self, before: Task, after: Task) -> None:
        self._minute_stats.record_answer(before, after)
        self._last_answer_at = after.last_answer_at or self._last_answer_at
        if after.state is not before.state and after.state.is_final:
            # The download queue and other windows decide by what is written: a result must not wait for the next batch.
            self._ledger.flush()
        self._auto_downloader.watch([after])
        self._downloads.update([after])

    def _stop_asking(self) -> None:
        """Have no download wait for a fresh link any more."""
        self._downloads.pause(True)
        self._is_ending = True
        for future in tuple(self._link_asks):
            future.cancel()

    def _fresh_link(self, task_id: str) -> str | None:
        """Ask the gateway again for the link of a task; called in a download's thread. Raises `RequestError`."""
        with contained(f"asking for a fresh link of {task_id}"):
            future = asyncio.run_coroutine_threadsafe(self._poller.ask(task_id), self._loop)
            self._link_asks.add(future)
            if self._is_ending:
                future.cancel()
            try:
                task = future.result(_FRESH_LINK_LIMIT)
            except TimeoutError:
                future.cancel()
                message = f"the gateway was not asked within {_FRESH_LINK_LIMIT:.0f} s"
                raise NetworkError(message) from None
            except (CancelledError, LedgerError):
                # The work is ending, or the ledger cannot be written, which ends it too.
                message = "the gateway was not asked: octotui stops working"
                raise NetworkError(message) from None
            finally:
                self._link_asks.discard(future)
        if task is None:
            return None
        if task.failure is not None:
            raise error_of(task.failure)
        return task.result_url

    def _report(self, now: float) -> None:
        """Write what the engine says about itself, also as its sign of life."""
        health = self._gate.health
        mark = self._gate.monotonic()
        minute = self._minute_stats.finish_minute(now, asks=self._gate.limiter.taken, fetched=self._downloads.fetched)
        if minute is not None:
            self._ledger.note_minute(minute)
        self._ledger.set_status(
            EngineStatus(
                at=now,
                gateway=health.state,
                since=now - (mark - health.since),
                next_try_at=None if health.next_try_at is None else now + (health.next_try_at - mark),
                last_answer_at=self._last_answer_at,
                message=health.message,
                asks_last_minute=self._gate.limiter.asked_last_minute(mark),
                budget_per_minute=self._gate.limiter.per_minute,
                downloads_running=self._downloads.running,
                download_speed=self._downloads.speed,
                disk_free=_free(self._config.download_dir),
                quota_left=self._asker.quota.left,
                host=socket.gethostname(),
                pid=os.getpid(),
                working_since=self._began,
            )
        )


def without_key(config: Config, now: float) -> EngineStatus:
    """The status of an engine that has no key and so cannot ask anybody."""
    return EngineStatus(at=now, gateway=GatewayState.NO_KEY, since=now, budget_per_minute=config.requests_per_minute)


def parked(status: EngineStatus | None, now: float) -> EngineStatus | None:
    """`status` once nobody works any more."""
    return None if status is None else status._replace(at=now, downloads_running=0, download_speed=0.0)


def _free(folder: Path) -> int | None:
    """Bytes free where `folder` is or will be; None where that cannot be told (a mount that went away)."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return None
