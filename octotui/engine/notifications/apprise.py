"""Notifications through Apprise, where the user has it: several pieces of news at once become one message."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from octotui.config import Config
from octotui.engine.worker_pool import WorkerPool
from octotui.extras import install_command
from octotui.model import EventKind, LogEntry
from octotui.redaction import mask_for_others
from octotui.sanitize import clean
from octotui.task_events import NoticeKind, TaskNotice

_TOGETHER = 500
"""Pieces of news in one message."""
_LINES = 20
"""Of those, how many are spelt out."""


def missing(config: Config) -> str | None:
    """Return what to do when notifications are set up but Apprise is not there; None when all is well."""
    if config.notify_urls and importlib.util.find_spec("apprise") is None:
        return f"notify_urls is set, but Apprise is not installed: {install_command('notify')}"
    return None


def message(notices: Sequence[TaskNotice]) -> tuple[str, str]:
    """Return title and text of one message about all of `notices`: plain text, no links, no signatures."""
    counts = Counter(each.event.value for each in notices)
    many = ", ".join(f"{count} {word}" for word, count in counts.items())
    title = f"octotui: {notices[0].event.value if len(notices) == 1 else many}"
    lines = [clean(f"{each.task.provider} {each.task.id}: {each.words}", 400) for each in notices[:_LINES]]
    if len(notices) > _LINES:
        lines.append(f"and {len(notices) - _LINES} more")
    return title, mask_for_others("\n".join(lines))


class AppriseNotifier:
    """Sends what is told, in a thread of its own; what goes wrong is a line in the activity log."""

    def __init__(
        self,
        config: Config,
        *,
        log: Callable[[LogEntry], None],
        clock: Callable[[], float],
        begin: Callable[[Sequence[TaskNotice]], list[TaskNotice]] = list,
    ) -> None:
        """`log` is called in that thread, too, and so is `begin`, which says of which nobody else has told."""
        self._begin = begin
        self._urls = config.notify_urls
        self._kinds = frozenset(config.notify_on)
        self._log = log
        self._clock = clock
        self._pool = WorkerPool(self._work, name="octotui-notify", at_once=1, together=_TOGETHER)
        self._sender: _Sender | None = None
        self._is_possible = bool(self._urls)
        advice = missing(config)
        if advice is not None:
            self._is_possible = False
            self._complain(advice)

    @property
    def is_busy(self) -> bool:
        """Whether something is being sent or waits for it."""
        return self._pool.is_busy

    @property
    def room(self) -> int:
        """How many more pieces of news may wait."""
        return self._pool.room

    def wants(self, kind: NoticeKind) -> bool:
        """Whether notifications of this kind were asked for, and can be sent."""
        return self._is_possible and kind in self._kinds

    def notify(self, notice: TaskNotice) -> None:
        """Have `notice` sent, if it is of a kind that was asked for. Returns at once."""
        if self.wants(notice.event) and not self._pool.put(notice):
            self._complain(f"notification of {clean(notice.task.id, 200)} dropped: too many are waiting")

    def stop(self, timeout: float) -> None:
        """Wait at most `timeout` seconds until all is sent."""
        # What stands in the outbox is left to whoever works next.
        left = [notice for notice in self._pool.stop(timeout) if not notice.number]
        if left:
            self._complain(f"{len(left)} notifications not sent: octotui has ended")

    def _work(self, items: list[TaskNotice]) -> None:
        try:
            notices = self._begin(items)
            if not notices:
                return
            if self._sender is None:
                self._sender = _Sender(self._urls, self._complain)
            trouble = self._sender.send(*message(notices))
        except Exception as error:  # noqa: BLE001 - a hundred plugins by others: nothing in them may end anything here
            trouble = f"{type(error).__name__} in Apprise"
        if trouble is not None:
            self._complain(f"notification not sent: {trouble}")

    def _complain(self, words: str) -> None:
        self._log(LogEntry(self._clock(), EventKind.NOTIFY, None, words))


class _Sender:
    """Apprise, imported on first use: it takes 0.4 s, and brings requests and YAML."""

    def __init__(self, urls: Sequence[str], complain: Callable[[str], None]) -> None:
        # Typed as Any: the package need not be there when octotui is checked.
        apprise: Any = importlib.import_module("apprise")
        self._last_words = _LastLogLine()
        logger = logging.getLogger("apprise")
        logger.addHandler(self._last_words)
        # What Apprise says must not be written across the screen.
        logger.propagate = False
        self._text = apprise.NotifyFormat.TEXT
        self._apprise = apprise.Apprise(asset=apprise.AppriseAsset(app_id="octotui", app_desc="octotui", app_url=""))
        for number, url in enumerate(urls, 1):
            if not self._apprise.add(url):
                complain(f"entry {number} of notify_urls is not understood by Apprise: {url.partition('://')[0]}://…")

    def send(self, title: str, text: str) -> str | None:
        """Send a message to everybody; returns why that failed, in words."""
        self._last_words.clear()
        is_sent = self._apprise.notify(title=title, body=text, body_format=self._text)
        return None if is_sent else self._last_words.said or "Apprise gives no reason"


class _LastLogLine(logging.Handler):
    """Keeps the last warning Apprise gave."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: str | None = None

    def clear(self) -> None:
        """Begin anew."""
        self.said = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record's text."""
        self.said = clean(mask_for_others(record.getMessage()), 300)
