"""The terminal's own ways to call somebody back: its bell, and the notifications of OSC 9 and OSC 777."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from octotui.config import Config
from octotui.model import Task
from octotui.sanitize import clean
from octotui.task_events import News, Occasions

_LONGEST = 200
"""Characters of one notification."""


def escape(
    news: Sequence[News], *, bell: bool, protocol: str, occasions: Collection[str], in_tmux: bool = False
) -> str:
    """Return what to write to the terminal about `news`: nothing, a BEL, one notification, or both.

    `protocol` is off, osc9 or osc777, `occasions` names what is spoken of. Inside of tmux a notification is wrapped so
    that it reaches the terminal outside. Only whoever owns the terminal may write it, and never in mid-frame.
    """
    heard = [each for each in news if each.occasion.value in occasions]
    if not heard:
        return ""
    return ("\a" if bell else "") + _notification(_words(heard), protocol, in_tmux)


def _words(news: Sequence[News]) -> str:
    first = clean(f"{news[0].task.id}: {news[0].words}", _LONGEST)
    return first if len(news) == 1 else f"{first}, and {len(news) - 1} more"


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
        self._occasions = Occasions(began=now, expiring_before=config.expiring_before)

    def hear(self, tasks: Iterable[Task], now: float) -> None:
        """Take in tasks that may have changed; the first time, all there are. Call it without any for deadlines."""
        if not self._is_on:
            return
        config = self._config
        sequence = escape(
            self._occasions.look(tasks, now),
            bell=config.bell,
            protocol=config.terminal_notify,
            occasions=config.terminal_on,
            in_tmux=self._in_tmux,
        )
        if sequence:
            self._write(sequence)

    def forget(self, ids: Iterable[str]) -> None:
        """These are watched no longer."""
        self._occasions.forget(ids)
