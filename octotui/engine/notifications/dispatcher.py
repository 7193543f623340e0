"""Tells the user's hooks and notifications what happens: the one place in the engine where news begins."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable

from octotui.config import Config
from octotui.engine.notifications.apprise import AppriseNotifier
from octotui.engine.notifications.hooks import Hooks, commands_of
from octotui.ledger import Changes, Ledger, LedgerError
from octotui.model import LogEntry
from octotui.task_events import NoticeTracker, TaskNotice


class NotificationDispatcher:
    """Reads what the ledger says of tasks and passes on what is new since the first look. Never waits for anybody."""

    def __init__(self, config: Config, ledger: Ledger, *, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock
        self._revision = 0
        self._is_deaf = not (commands_of(config) or config.notify_urls)
        self._tracker = NoticeTracker(began=clock(), expiring_before=config.expiring_before)
        self._hooks = Hooks(config, log=self._log, clock=clock)
        self._notices = AppriseNotifier(config, log=self._log, clock=clock)

    def watch(self, changes: Changes) -> None:
        """Take in what has changed in the ledger; the first time is the start, and no news."""
        if self._is_deaf:
            return
        self._tracker.forget_tasks(changes.removed)
        self._pass_on(self._tracker.observe(changes.tasks, self._clock()))
        self._revision = changes.revision

    def dispatch(self, now: float) -> None:
        """Tell which deadlines have come near or gone by at `now`."""
        if not self._is_deaf:
            self._pass_on(self._tracker.observe((), now))

    @property
    def is_busy(self) -> bool:
        """Whether somebody is still being told, or the ledger knows more than this dispatcher. For any thread."""
        if self._is_deaf:
            return False
        behind = self._ledger.changes(self._revision).revision > self._revision
        return behind or self._hooks.is_busy or self._notices.is_busy

    def stop(self, timeout: float) -> None:
        """Look once more, then wait at most `timeout` seconds, twice, for those who are told; the rest is logged."""
        with contextlib.suppress(LedgerError):
            self.watch(self._ledger.changes(self._revision))
        self._hooks.stop(timeout)
        self._notices.stop(timeout)

    def _pass_on(self, notices: Iterable[TaskNotice]) -> None:
        for each in notices:
            self._hooks.run_for(each)
            self._notices.notify(each)

    def _log(self, event: LogEntry) -> None:
        # A hook may outlive the ledger it was to be logged in.
        with contextlib.suppress(LedgerError):
            self._ledger.log(event)
