"""Tells the user's hooks and notifications what happens: what the ledger's outbox holds, each of it once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from itertools import takewhile

from octotui.config import Config
from octotui.engine.notifications.apprise import AppriseNotifier
from octotui.engine.notifications.hooks import Hooks, commands_of
from octotui.ledger import Changes, Ledger, LedgerError, QueuedNotice
from octotui.model import EventKind, LogEntry, Task
from octotui.task_events import DeadlineWatch, NoticeKind, TaskNotice, is_our_loss

_AT_A_TIME = 100
"""Rows of the outbox that are handed out in one step."""
_LONGEST_HOLD = 600.0
"""Seconds that the news of a saved file waits for its SHA-256, and what comes after it with it."""
_OLDEST = 24 * 3600.0
"""Seconds after which nobody wants to hear of something any more."""


class NotificationDispatcher:
    """Hands out what is to be told. Never waits for anybody.

    A row is marked as told when its hook begins, or its message is sent; a worker that is killed before leaves it to
    the next one.
    """

    def __init__(self, config: Config, ledger: Ledger, *, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._clock = clock
        self._handed = 0
        """Number of the last row that was handed out."""
        self._has_news = False
        """Whether rows may have come since."""
        self._held: tuple[int, float] | None = None
        """The row that waits for a checksum, and since when."""
        self._is_deaf = not (commands_of(config) or config.notify_urls)
        self._deadlines = DeadlineWatch(early=config.expiring_before)
        self._hooks = Hooks(config, log=self._log, clock=clock, begin=lambda notices: self._begin(notices, "hook"))
        self._notices = AppriseNotifier(
            config, log=self._log, clock=clock, begin=lambda notices: self._begin(notices, "notify")
        )

    def watch(self, changes: Changes) -> None:
        """Take in what has changed in the ledger; what of it is news is handed out next."""
        if not self._is_deaf:
            self._deadlines.forget_tasks(changes.removed)
            self._deadlines.observe(changes.tasks, self._clock())
        self._has_news = True

    def dispatch(self, now: float) -> None:
        """Write down which deadlines have come near or gone by at `now`, and hand out what waits."""
        if not self._is_deaf:
            due = self._deadlines.due(now)
            near = {task.id: event.value for event, task in due if _is_worth_telling(event, task, now)}
            if near:
                self._ledger.note_deadlines(near, now)
                self._has_news = True
        if self._has_news:
            self._has_news = False
            self._hand_out()

    @property
    def is_busy(self) -> bool:
        """Whether somebody is still being told, or something is still to be told. For any thread."""
        if self._is_deaf:
            return False
        return self._hooks.is_busy or self._notices.is_busy or bool(self._ledger.queued_notices(self._handed, limit=1))

    def stop(self, timeout: float) -> None:
        """Look once more, then wait at most `timeout` seconds, twice, for those who are told; the rest is left."""
        with contextlib.suppress(LedgerError):
            self._hand_out()
        self._hooks.stop(timeout)
        self._notices.stop(timeout)

    def _hand_out(self) -> None:
        """Put what waits in the outbox into the hands of hooks and notifications, as much as they have room for."""
        while room := min(_AT_A_TIME, self._hooks.room, self._notices.room):
            rows = list(takewhile(self._is_ripe, self._ledger.queued_notices(self._handed, limit=room)))
            if not rows:
                return
            self._handed = rows[-1].number
            now = self._clock()
            notices = [TaskNotice(NoticeKind(row.kind), row.task, row.at, row.number) for row in rows]
            fresh = [notice for notice in notices if now - notice.at < _OLDEST]
            for whom, teller in (("hook", self._hooks), ("notify", self._notices)):
                told = {notice.number for notice in fresh if teller.wants(notice.event)}
                unwanted = [notice.number for notice in notices if notice.number not in told]
                if unwanted:
                    self._ledger.begin_notices(unwanted, whom)
            for notice in fresh:
                self._hooks.run_for(notice)
                self._notices.notify(notice)

    def _is_ripe(self, row: QueuedNotice) -> bool:
        """Whether it can be told: what tells of a saved file names its SHA-256, which may follow a moment later."""
        if self._is_deaf or row.kind != NoticeKind.SAVED.value or not row.task.download.lacks_checksum:
            return True
        now = self._clock()
        if self._held is None or self._held[0] != row.number:
            self._held = (row.number, now)
        return now - self._held[1] >= _LONGEST_HOLD

    def _begin(self, notices: Sequence[TaskNotice], whom: str) -> list[TaskNotice]:
        """Return those of `notices` that nobody has told `whom` of; from now on everybody takes them as told."""
        try:
            mine = set(self._ledger.begin_notices([notice.number for notice in notices], whom))
        except LedgerError:
            # It cannot be written that they were told: told they will be by whoever can.
            return []
        return [notice for notice in notices if notice.number in mine]

    def _log(self, event: LogEntry) -> None:
        # A hook may outlive the ledger it was to be logged in.
        with contextlib.suppress(LedgerError):
            self._ledger.log(event)


def _is_worth_telling(event: EventKind, task: Task, now: float) -> bool:
    """Whether a deadline that is near or past is told: not the loss of what nobody watched, nor one of long ago."""
    if event is EventKind.EXPIRING:
        return True
    return is_our_loss(task) and task.deadline is not None and now - task.deadline.at < _OLDEST
