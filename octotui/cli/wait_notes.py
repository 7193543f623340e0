"""Waiting notes: how far it is, what is waited for and until when.

On a terminal one line that is rewritten; elsewhere one line at the start, then one a minute.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from types import TracebackType
from typing import Self

import click

from octotui import units
from octotui.model import DownloadState, EngineStatus, GatewayState, Task
from octotui.sanitize import clean

EVERY = 60.0
"""Seconds between two notes where there is no terminal."""
_REDRAW = 0.2
"""Seconds between two drawings of a line."""


class LiveLine:
    """One line on stderr that is written over and over; nothing where stderr is no terminal."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds from any moment."""
        self.is_shown = sys.stderr.isatty()
        self._clock = clock
        self._next_at = float("-inf")
        self._is_drawn = False

    def is_due(self) -> bool:
        """Whether it is time to draw again."""
        return self.is_shown and self._clock() >= self._next_at

    def draw(self, text: str) -> None:
        """Write `text` in place of what stood there, cut to the width of the terminal."""
        from octotui.presentation.styled_text import fit  # noqa: PLC0415 - only on a terminal

        self._next_at = self._clock() + _REDRAW
        self._is_drawn = True
        sys.stderr.write(f"\r{fit(text, _width())}")
        sys.stderr.flush()

    def wipe(self) -> None:
        """Take the line away, so that what is printed next stands alone."""
        if self._is_drawn:
            self._is_drawn = False
            sys.stderr.write(f"\r{' ' * _width()}\r")
            sys.stderr.flush()


def _width() -> int:
    import shutil  # noqa: PLC0415 - as above

    return max(1, shutil.get_terminal_size().columns - 1)


class AskNotes:
    """How many of the tasks that are asked about once have been asked, and how fast it goes."""

    def __init__(
        self,
        tasks: Callable[[], Iterable[Task]],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`tasks` returns all that are watched; `clock` counts seconds from any moment, `now` is in unix seconds."""
        self._line = LiveLine(clock)
        self._tasks = tasks
        self._unsaved: list[Task] | None = None
        """What can be lost; read when the first line is written."""
        self._clock, self._now = clock, now
        self._began = clock()
        self._note_at = self._began + EVERY

    def show(self, asked: int, total: int) -> None:
        """Take in that `asked` of `total` have been asked about."""
        mark = self._clock()
        if self._line.is_due():
            self._line.draw(self.text(asked, total, mark))
        elif not self._line.is_shown and mark >= self._note_at:
            self._note_at = mark + EVERY
            click.echo(f"octotui: {self.text(asked, total, mark)}", err=True)

    def text(self, asked: int, total: int, mark: float) -> str:
        """Return it in words: how many, the rate, the next loss."""
        passed = mark - self._began
        rate = f"{asked / passed * 60:,.0f} asks a minute" if passed >= 1 else ""
        if self._unsaved is None:
            self._unsaved = [task for task in self._tasks() if task.is_ready]
        losses = next_loss(self._unsaved, self._now())
        return ", ".join(part for part in (f"asked {asked:,} of {units.plural(total, 'task')}", rate, *losses) if part)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.wipe()


class WaitNotes:
    """Notes on stderr for whoever waits without a screen."""

    def __init__(
        self,
        *,
        with_downloads: bool,
        say: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`with_downloads`: what is waited for are files, too. `clock` counts seconds from any moment."""
        self._with_downloads = with_downloads
        self._line = LiveLine(clock) if say is None else None
        self._say = say or (lambda line: click.echo(f"octotui: {line}", err=True))
        self._clock = clock
        self._next_at = float("-inf")

    def check(
        self, tasks: Collection[Task], status: EngineStatus | None, now: float, *, is_paused: bool = False
    ) -> None:
        """Write a note if one is due: of the tasks waited for and of the gateway at `now` (unix seconds)."""
        line = self._line if self._line is not None and self._line.is_shown else None
        mark = self._clock()
        if not line.is_due() if line is not None else mark < self._next_at:
            return
        self._next_at = mark + EVERY
        parts = (
            _how_far(tasks, status, with_downloads=self._with_downloads),
            *next_loss(tasks, now),
            *_what_for(tasks, status, now, is_paused=is_paused),
        )
        (self._say if line is None else line.draw)(f"waiting: {', '.join(parts)}")

    def wipe(self) -> None:
        """Take the line of a terminal away."""
        if self._line is not None:
            self._line.wipe()


def _how_far(tasks: Collection[Task], status: EngineStatus | None, *, with_downloads: bool) -> str:
    all_of_them = units.plural(len(tasks), "task")
    parts = [f"{sum(task.state.is_final for task in tasks)} of {all_of_them} final"]
    if with_downloads:
        parts.append(f"{sum(task.is_saved for task in tasks)} saved")
    if status is not None and status.download_speed:
        parts.append(units.speed(status.download_speed))
    if status is not None and status.asks_last_minute:
        parts.append(f"{units.plural(status.asks_last_minute, 'ask')} a minute")
    return ", ".join(parts)


def next_loss(tasks: Iterable[Task], now: float) -> Iterator[str]:
    """Say which unsaved result is lost first, and when."""
    losses = [(task.deadline.at, task.id) for task in tasks if task.is_ready and task.deadline is not None]
    at, task_id = min((loss for loss in losses if loss[0] > now), default=(0.0, ""))
    if task_id:
        yield f"next loss in {units.countdown(at - now)} ({clean(task_id, 300)})"


def _what_for(tasks: Iterable[Task], status: EngineStatus | None, now: float, *, is_paused: bool) -> Iterator[str]:
    """Say what keeps everything from going on, if anything is known to; and until when it waits."""
    if is_paused:
        yield "everything is paused"
    elif status is not None and status.gateway not in {GatewayState.LIVE, GatewayState.STARTING}:
        since = f" since {units.moment(status.since, now)}" if status.since else ""
        yield f"gateway {status.gateway.value.replace('_', ' ').upper()}{since}{_why(status.message)}"
        if status.next_try_at is not None:
            yield f"next try in {units.countdown(max(0.0, status.next_try_at - now))}"
    else:
        failing = [task for task in tasks if not task.state.is_final and task.failure is not None]
        if failing and failing[0].failure is not None:
            yield f"{units.plural(len(failing), 'task')} not answered{_why(failing[0].failure.message)}"
    held = [task.download for task in tasks if task.download.state is DownloadState.WANTED and task.download.error]
    if held:
        yield f"{units.plural(len(held), 'download')} held up{_why(held[0].error)}"


def _why(reason: str | None) -> str:
    return f" ({clean(reason, 200)})" if reason else ""
