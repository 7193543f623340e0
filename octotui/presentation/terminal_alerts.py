"""The terminal's own ways to call somebody back: its bell, and the notifications of OSC 9 and OSC 777."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from octotui.config import Config
from octotui.model import Task
from octotui.sanitize import clean
from octotui.task_events import NoticeTracker, TaskNotice

_LONGEST = 200
"""Characters of one notification."""


def escape(
    notices: Sequence[TaskNotice], *, bell: bool, protocol: str, kinds: Collection[str], in_tmux: bool = False
) -> str:
    """Return what to write to the terminal about `notices`: nothing, a BEL, one notification, or both.

    `protocol` is off, osc9 or osc777, `kinds` names what is spoken of. Inside of tmux a notification is wrapped so
    that it reaches the terminal outside. Only whoever owns the terminal may write it, and never in mid-frame.
    """
    heard = [each for each in notices if each.event.value in kinds]
    if not heard:
        return ""
    return ("\a" if bell else "") + _notification(_words(heard), protocol, in_tmux)


def _words(notices: Sequence[TaskNotice]) -> str:
    first = clean(f"{notices[0].task.id}: {notices[0].words}", _LONGEST)
    return first if len(notices) == 1 else f"{first}, and {len(notices) - 1} more"


def _notification(words: str, protocol: str, in_tmux: bool) -> str:
    if protocol == "off":
        return ""
    # ConEmu and Windows Terminal read a number at the beginning of OSC 9 as a command; a word keeps them from that.
    sequence = f"\x1b]9;octotui: {words}\a" if protocol == "osc9" else f"\x1b]777;notify;octotui;{words}\a"
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" if in_tmux else sequence


class Alerts:
    """Follows tasks as the ledger has them and writes to the terminal what was asked for; nothing of the start."""

    def __init__(
        self,
        config: Config,
        now: float,
        write: Callable[[str], object],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`now` (unix seconds) is when this window began to look; `write` sends text to the terminal, as it is."""
        self._config = config
        self._write = write
        self._in_tmux = bool(environ.get("TMUX"))
        self._is_on = config.bell or config.terminal_notify != "off"
        self._tracker = NoticeTracker(began=now, expiring_before=config.expiring_before)

    def take_settings(self, config: Config, now: float, tasks: Iterable[Task]) -> None:
        """Go on as `config` says; of what is so already with these `tasks`, which are all, nothing is said."""
        was_on, before, self._config = self._is_on, self._config, config
        self._is_on = config.bell or config.terminal_notify != "off"
        if self._is_on and (not was_on or config.expiring_before != before.expiring_before):
            self._tracker = NoticeTracker(began=now, expiring_before=config.expiring_before)
            self._tracker.observe(tasks, now)

    def observe(self, tasks: Iterable[Task], now: float) -> None:
        """Take in tasks that may have changed; the first time, all there are. Call it without any for deadlines."""
        if not self._is_on:
            return
        config = self._config
        sequence = escape(
            self._tracker.observe(tasks, now),
            bell=config.bell,
            protocol=config.terminal_notify,
            kinds=config.terminal_on,
            in_tmux=self._in_tmux,
        )
        if sequence:
            self._write(sequence)

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        self._tracker.forget_tasks(ids)
