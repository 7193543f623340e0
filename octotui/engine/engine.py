"""The engine in a thread of its own: holds the lease while it works, follows while another process does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable

from octotui.config import Config
from octotui.engine.delivery.queue import DeliveryQueue
from octotui.engine.delivery.storage import StorageTrouble
from octotui.engine.follow_session import FollowSession
from octotui.engine.lease_keeper import LeaseKeeper
from octotui.engine.placing import PlacingNotes, tell_of_placed
from octotui.engine.polling.asker import client_of
from octotui.engine.sharing import Share, beside, share_of
from octotui.engine.status import parked, without_key
from octotui.engine.watchdog import AskingStalled
from octotui.engine.work_session import WorkSession
from octotui.gateway.errors import BadProxyError
from octotui.gateway.routes import origin_of
from octotui.ledger import Ledger, LedgerAway, LedgerBusy, LedgerUnwritable
from octotui.model import EventKind, LogEntry, Task
from octotui.save_place import folder_of

_LOOK_FOR_LEASE = 1.0
"""Seconds between two tries to take over the work."""


class Engine:
    """Starts and stops the work on a ledger. Windows see it only through the ledger."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        *,
        download_all: bool = False,
        download_which: Callable[[Task, float], bool] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`download_all` saves whatever completes, or of that what `download_which` holds for, by task and time."""
        self._config = config
        self._ledger = ledger
        self._download_all = download_all
        self._download_which = download_which
        self._clock = clock
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._session: WorkSession | FollowSession | None = None
        self._deliveries: DeliveryQueue | None = None
        """Those of the present session, or of the last one."""
        self._started = threading.Event()
        self._is_changed = False
        """Whether the present session ends only for the next one to begin with other settings."""
        self.error: BaseException | None = None
        """What ended the engine against its will, for whoever waits on it.

        It does not begin anew by itself: what was wrong once is most likely wrong again at the same task, and every
        beginning asks the gateway. Another process takes over by the lease, a person is told.
        """
        self.ended_at: float | None = None
        """When that was, unix seconds."""
        self.beats = 0
        """How often the work, or the wait for the lease, has come round: it stands still when either hangs."""

    @property
    def is_alive(self) -> bool:
        """Whether the engine's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_telling(self) -> bool:
        """Whether checksums, hooks or notifications are still under way, or are to come of what is written."""
        session = self._session
        return session is not None and session.is_telling

    @property
    def is_delivering(self) -> bool:
        """Whether results are being delivered, or are to be, and nothing keeps them from it."""
        session = self._session
        if session is not None:
            return session.is_delivering
        # Before it has come round for the first time nobody knows.
        is_beginning = self.beats == 0 and self.is_alive and self._config.api_key is not None
        return is_beginning and self._config.deliver_to is not None

    @property
    def undelivered(self) -> tuple[int, str | None]:
        """How many results this engine has still to deliver, or had when it ended, and why it cannot."""
        queue = self._deliveries
        return (0, None) if queue is None else (queue.left, queue.trouble)

    def start(self) -> None:
        """Start the thread; returns once its loop runs."""
        self._thread = threading.Thread(target=self._run, name="octotui-engine", daemon=True)
        self._thread.start()
        self._started.wait()

    def stop(self, timeout: float = 5.0) -> None:
        """Park the downloads, write what is known, give the lease back. Waits at most `timeout` seconds."""
        if self._thread is None:
            return
        self._call(self._cancel)
        self._thread.join(timeout)

    def wake(self) -> None:
        """Say that wishes were written: the engine looks at once instead of at its next tick."""
        self._call(self._wake_session)

    def reconfigure(self, config: Config) -> None:
        """Go on with other settings: what is being saved is parked, and goes on with them; the lease stays ours.

        Key, profile and ledger are those it was made with.
        """
        self._config = config
        self._call(self._begin_anew)

    def link(self, url: str) -> str:
        """Sign a link of a delivered result; for any thread, and it may ask who we are. Raises `OSError` with words."""
        from octotui.engine.delivery.links import signed_link  # noqa: PLC0415 - few ask for one

        try:
            return signed_link(url, self._config)
        except StorageTrouble as error:
            raise OSError(str(error)) from error

    def _begin_anew(self) -> None:
        if self._session is not None:
            self._is_changed = True
            self._session.end()

    def _beat(self) -> None:
        self.beats += 1

    def _wake_session(self) -> None:
        if self._session is not None:
            self._session.wake()

    def _cancel(self) -> None:
        if self._main is not None:
            self._main.cancel()

    def _call(self, function: Callable[[], object]) -> None:
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(function)
        except RuntimeError:
            # The loop has closed between the look and the call: nobody is left to be told.
            return

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._work())
        except BaseException as error:
            self.ended_at = self._clock()
            self.error = error
            # A traceback is for faults of ours; a proxy that cannot be used is told in its own words.
            if not isinstance(error, BadProxyError):
                raise
        finally:
            self._started.set()

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = main = asyncio.current_task()
        self._started.set()
        if self._config.api_key is None:
            last = await beside(self._ledger, self._ledger.status)
            self._ledger.set_status(without_key(self._config, last, self._clock()))
            await asyncio.Event().wait()
        try:
            while True:
                lease_keeper = LeaseKeeper(self._ledger, self._owner, clock=self._clock)
                try:
                    if await self._has_lease(lease_keeper):
                        # What waits since the last spell comes first: the new one begins with what is written.
                        await beside(self._ledger, self._ledger.flush)
                        await self._hold_lease(lease_keeper)
                except* AskingStalled as stalled:
                    self._session = None
                    self._ledger.log(LogEntry(self._clock(), EventKind.ENGINE, None, str(stalled.exceptions[0])))
                except* (LedgerAway, LedgerBusy, LedgerUnwritable):
                    # Somebody was stopped in the middle of a write, the disk is full, or the ledger's server is away:
                    # the work begins anew as soon as the ledger can be written. Until then `Ledger.unwritten` says so
                    # to whoever has a screen.
                    self._session = None
                if main is not None and main.cancelling():
                    # The error came on the way out, and in the cancellation's place.
                    return
                if self._is_changed:
                    self._is_changed = False
                    continue
                await asyncio.sleep(_LOOK_FOR_LEASE)
                self._beat()
        finally:
            self._loop = None

    async def _has_lease(self, lease_keeper: LeaseKeeper) -> bool:
        """Whether we are to ask the gateway; while another engine does, results of a shared ledger are saved."""
        if await beside(self._ledger, lease_keeper.acquire):
            return True
        share = await self._share()
        if share is None:
            return False
        session = FollowSession(self._config, self._ledger, share, on_beat=self._beat, clock=self._clock)
        self._session, self._deliveries = session, session.deliveries
        try:
            return await session.run(lease_keeper)
        finally:
            self._session = None

    async def _share(self) -> Share | None:
        if not self._ledger.is_shared:
            return None
        return await asyncio.to_thread(self._shared)

    def _shared(self) -> Share | None:
        config = self._config
        share = share_of(config, self._ledger, self._owner)
        if share is not None:
            notes = PlacingNotes(folder_of(config.download_dir))
            tell_of_placed(notes, self._ledger, share, origin=origin_of(config.base_url), now=self._clock())
        return share

    async def _hold_lease(self, lease_keeper: LeaseKeeper) -> None:
        config = self._config
        try:
            async with client_of(config, clock=self._clock, before=lease_keeper.check) as client:
                self._session = WorkSession(
                    config,
                    self._ledger,
                    client,
                    lease_keeper=lease_keeper,
                    durations=await beside(self._ledger, self._ledger.durations),
                    share=await self._share(),
                    save_all=self._download_all,
                    save_which=self._download_which,
                    on_beat=self._beat,
                    clock=self._clock,
                )
                self._deliveries = self._session.deliveries
                with contextlib.ExitStack() as sources:
                    if config.inbox is not None:
                        from octotui.engine.sources.watched_folder import watching_folder  # noqa: PLC0415 - brings the whole of `intake`

                        sources.enter_context(watching_folder(config, self._ledger, self.wake))
                    if config is not self._config:  # changed while the client was being made
                        self._begin_anew()
                    await self._session.run()
        finally:
            self._session = None
            await asyncio.shield(beside(self._ledger, self._give_up))

    def _give_up(self) -> None:
        """Say that nobody works any more, unless we are about to begin anew."""
        # The session's last word counts, with its sums, and not the one that was written before it.
        self._ledger.flush()
        last = parked(self._ledger.status(), self._clock())
        if last is not None and last.box in {"", self._owner}:
            self._ledger.set_status(last)
        self._ledger.flush()
        if not self._is_changed or (self._main is not None and self._main.cancelling()):
            self._ledger.release_lease(self._owner)
