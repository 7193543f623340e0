"""Waiting notes: how far it is, what is waited for and until when; one line at the start, then one a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator

import click

from octotui import units
from octotui.model import DownloadState, EngineStatus, GatewayState, Task
from octotui.sanitize import clean

EVERY = 60.0
"""Seconds between two notes."""


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
        self._say = say or (lambda line: click.echo(f"octotui: {line}", err=True))
        self._clock = clock
        self._next_at = float("-inf")

    def check(
        self, tasks: Collection[Task], status: EngineStatus | None, now: float, *, is_paused: bool = False
    ) -> None:
        """Write a note if one is due: of the tasks waited for and of the gateway at `now` (unix seconds)."""
        mark = self._clock()
        if mark < self._next_at:
            return
        self._next_at = mark + EVERY
        parts = (
            _how_far(tasks, status, with_downloads=self._with_downloads),
            *_next_loss(tasks, now),
            *_what_for(tasks, status, now, is_paused=is_paused),
        )
        self._say(f"waiting: {', '.join(parts)}")


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


def _next_loss(tasks: Iterable[Task], now: float) -> Iterator[str]:
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
        since = f" since {units.clock_time(status.since)}" if status.since else ""
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
