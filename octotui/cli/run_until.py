"""Runs the engine in this process while a command follows the ledger, until there is nothing left to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from octotui.change_feed import ChangeFeed, TaskChange
from octotui.cli.exit_codes import ExitCode
from octotui.cli.signals import stopping_signals
from octotui.cli.wait_notes import WaitNotes
from octotui.config import Config
from octotui.engine.engine import Engine
from octotui.engine.one_shot import follow
from octotui.ledger import Ledger, LedgerAway
from octotui.model import DownloadState, GatewayState, Task
from octotui.sanitize import clean
from octotui.units import plural

_OUTAGES = {GatewayState.KEY_REFUSED: ExitCode.KEY_REFUSED, GatewayState.OUT_OF_QUOTA: ExitCode.OUT_OF_QUOTA}
"""What no waiting mends."""
_Answer = TypeVar("_Answer")
_TRY_EVERY = 1.0
"""Seconds between two tries to reach the server of a ledger."""
_PATIENCE = 10.0
"""Seconds after which a completed result that nothing is fetching is one whose download somebody cancelled, and one
that waits for its folder waits for a person."""


def run_until_done(
    config: Config, ledger: Ledger, ids: Collection[str], *, timeout: float | None, with_downloads: bool
) -> ExitCode:
    """Run the engine until `ids` are final (and saved or given up, `with_downloads`).

    Returns `TIMED_OUT` after `timeout` seconds, `KEY_REFUSED` or `OUT_OF_QUOTA` as soon as the gateway says so, else
    `OK`. Tasks that are no longer watched are not waited for.
    """
    end = None if timeout is None else time.monotonic() + timeout
    notice = WriteNotice(ledger)
    feed = ChangeFeed(ledger, time.time())
    waiting = Waiting(with_downloads=with_downloads)
    code = ExitCode.OK
    notes = WaitNotes(with_downloads=with_downloads)

    def is_done() -> bool:
        nonlocal code
        now = time.time()
        notice.check()
        feed.changes_since_last(now)
        tasks = [feed.tasks[task_id] for task_id in ids if task_id in feed.tasks]
        if waiting.is_over(tasks, now):
            # The hook for the last result is a part of it, and so is its delivery; a timeout cuts them off.
            return not (engine.is_telling or engine.is_delivering) or (end is not None and time.monotonic() >= end)
        notes.check(tasks, feed.status(), now, is_paused=feed.is_paused)
        code = outage(feed)
        return code is not ExitCode.OK or is_late()

    def is_late() -> bool:
        nonlocal code
        if end is not None and time.monotonic() >= end:
            code = ExitCode.TIMED_OUT
        return code is not ExitCode.OK

    try:
        with running(Engine(config, ledger)) as engine:
            follow(ledger, engine, riding_out(is_done, is_late))
    finally:
        notes.wipe()
    say_undelivered(engine)
    return code


def say_undelivered(engine: Engine) -> None:
    """Say on stderr that results are still to be delivered, and why; the next engine goes on with them."""
    left, trouble = engine.undelivered
    if left:
        why = f": {clean(trouble, 500)}" if trouble else ""
        count = plural(left, "result")
        click.echo(f"octotui: {count} not delivered yet{why}; the next octotui or octotui watch goes on", err=True)


def print_changes(
    ledger: Ledger,
    engine: Engine,
    show_change: Callable[[TaskChange], None],
    is_over: Callable[[ChangeFeed, float], bool],
) -> ChangeFeed:
    """Tell every change of the ledger until `is_over`, SIGTERM or SIGHUP; the engine must run already."""
    feed = when_reachable(lambda: ChangeFeed(ledger, time.time()))
    notice = WriteNotice(ledger)
    stopped = threading.Event()

    def is_done() -> bool:
        now = time.time()
        notice.check()
        for change in feed.changes_since_last(now):
            show_change(change)
        return stopped.is_set() or is_over(feed, now)

    with stopping_signals(stopped):
        follow(ledger, engine, riding_out(is_done, stopped.is_set), is_patient=True)
    # What ended it may have been written since the last look.
    for change in feed.changes_since_last(time.time()):
        show_change(change)
    return feed


def when_reachable(ask: Callable[[], _Answer]) -> _Answer:
    """Ask a ledger something as soon as its server is there; says once on stderr what is waited for."""
    is_said = False
    while True:
        try:
            return ask()
        except LedgerAway as error:
            if not is_said:
                click.echo(f"octotui: {error}", err=True)
                is_said = True
            time.sleep(_TRY_EVERY)


def riding_out(is_done: Callable[[], bool], is_over: Callable[[], bool]) -> Callable[[], bool]:
    """Return `is_done` that goes on while the ledger's server is away (`WriteNotice` says so), until `is_over`."""

    def is_done_or_over() -> bool:
        try:
            return is_done()
        except LedgerAway:
            return is_over()

    return is_done_or_over


@contextmanager
def running(engine: Engine) -> Iterator[Engine]:
    """Start an engine and stop it cleanly, whatever ends the block."""
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


class WriteNotice:
    """Says on stderr that the ledger cannot be written, once each time, and that it is written again."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._is_said = False

    def check(self) -> None:
        """Say what is new."""
        unwritten = self._ledger.unwritten
        if (unwritten is not None) is self._is_said:
            return
        self._is_said = unwritten is not None
        if unwritten is None:
            click.echo("octotui: the ledger is written again", err=True)
        else:
            waits = " What came in waits in memory until it can." if unwritten.are_facts_waiting else ""
            click.echo(f"octotui: {unwritten.error}{waits}", err=True)


class Waiting:
    """Decides whether tasks still have something to wait for."""

    def __init__(self, *, with_downloads: bool) -> None:
        self._with_downloads = with_downloads
        self._idle_since: dict[str, float] = {}

    def is_over(self, tasks: Iterable[Task], now: float) -> bool:
        """Whether every task is final and, where downloads count, saved or given up; `now` in unix seconds."""
        is_over = True
        for task in tasks:
            is_over = self._is_settled(task, now) and is_over
        return is_over

    def _is_settled(self, task: Task, now: float) -> bool:
        if not task.state.is_final:
            return False
        if not self._with_downloads or not task.is_ready or task.download.state is DownloadState.FAILED:
            return True
        if task.download.state is not DownloadState.NONE and not task.download.lacks_folder:
            self._idle_since.pop(task.id, None)
            return False
        return now - self._idle_since.setdefault(task.id, now) >= _PATIENCE


def outage(feed: ChangeFeed) -> ExitCode:
    """Return the code for a gateway that refuses the key or has no quota left; `OK` for all else."""
    status = feed.status()
    return ExitCode.OK if status is None else _OUTAGES.get(status.gateway, ExitCode.OK)
