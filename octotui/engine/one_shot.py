"""One-shot work of a command: ask each task once, fetch what is ready. No thread outlives it."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from octotui.config import Config
from octotui.engine.downloads.further_results import FurtherResult, save_further_results
from octotui.engine.downloads.transfer_factory import TransferFactory
from octotui.engine.engine import Engine
from octotui.engine.polling.asker import Asker, client_of
from octotui.engine.polling.failure_scope import Watched
from octotui.engine.polling.request_gate import RequestGate
from octotui.estimates import Durations
from octotui.gateway.parsing.task_answer import links_beside
from octotui.ledger import Ledger, LedgerUnwritable
from octotui.model import DownloadState, DownloadTrouble, GatewayState, Task
from octotui.save_place import folder_of, place_of

_HOLDER_LIMIT = 60.0
"""Seconds to wait for the process that holds the lease to carry out a wish."""

_CHECKSUM_LIMIT = 600.0
"""Seconds to wait for the SHA-256 of what is saved: whoever reads it may be another machine, and gone."""
_A_MOMENT = 3.0
"""Seconds: longer than the pauses between two tries at one source, shorter than those once every source was tried."""


class Polled(NamedTuple):
    """What came of asking each task once."""

    tasks: list[Task]
    """All that were meant, as they are now; one whose request failed carries a `failure`."""
    unasked: list[str]
    """Ids of those that were not asked: nothing was written about them."""
    why: str | None = None
    """Why they were not."""
    gateway: GatewayState = GatewayState.LIVE
    """How the gateway stands by then: a key that one task's upstream refuses is no refused key."""


def poll(
    config: Config,
    ledger: Ledger,
    ids: Iterable[str] | None,
    *,
    clock: Callable[[], float] = time.time,
    progress: Callable[[int, int], None] = lambda _asked, _total: None,
) -> Polled:
    """Ask each of `ids` once, or each task that is not final (`None`), and store what came.

    Gives up early only where no HTTP answer comes at all. Where another process is at work, it is the one who asks.
    `progress` is told how many have been asked about, and of how many.
    """
    chosen = _chosen(ledger, ids)
    host, pid = socket.gethostname(), os.getpid()
    owner = f"{host}:{pid}:{uuid.uuid4().hex[:8]}"

    def acquire() -> bool:
        return ledger.take_lease(owner, host, pid, clock())

    started = clock()
    if acquire() or _has_no_holder(ledger, chosen, started, acquire, progress):
        try:
            return asyncio.run(_ask_all(config, ledger, chosen, clock, progress))
        finally:
            ledger.flush()
            ledger.release_lease(owner)
    unasked = _unasked(ledger, chosen, started)
    status = ledger.status()
    holder = f"{status.host}:{status.pid}" if status is not None else "another process"
    why = f"{holder}, which works on this ledger, did not ask within {_HOLDER_LIMIT:.0f} s"
    gateway = GatewayState.LIVE if status is None else status.gateway
    return Polled(_current(ledger, chosen), unasked, why if unasked else None, gateway)


def get(
    config: Config,
    ledger: Ledger,
    ids: Iterable[str] | None,
    *,
    folder: str | None = None,
    anyway: bool = False,
    progress: Callable[[Task], None] | None = None,
) -> list[Task]:
    """Fetch each of `ids`, or every completed task that is neither saved nor lost (`None`); returns how they ended.

    One whose folder cannot be used is returned as it is: wanted, with the reason. What is known to be lost, and with
    `anyway` what no answer calls completed, is tried once on every rung, and no wish for it is left behind. `folder`
    goes before the configured one; where machines share the ledger, this one is to save. `progress` is told of every
    change. Single failures raise nothing: they are in each task's `download`. Of what is named and saved, and has
    no checksum yet, that is waited for.
    """
    now = time.time()
    named = ledger.tasks() if ids is None else _chosen(ledger, ids)
    tasks = [task for task in named if task.is_ready or (anyway and not task.is_saved and not task.has_failed)]
    once = {task.id for task in tasks if not task.is_ready or task.is_expired(now)}
    chosen = [task.id for task in tasks if ids is not None or task.id not in once]
    if ids is not None:
        chosen += [task.id for task in named if task.download.lacks_checksum]
    if not chosen:
        return []
    place = place_of(folder_of(config.download_dir)) if ledger.is_shared else None
    asked = ledger.request_download(chosen, folder=folder, place=place, anyway=anyway)
    engine = Engine(config, ledger)
    engine.start()
    try:
        follow(ledger, engine, lambda: _none_under_way(ledger, chosen, once, progress, now))
        ended = [task for task in (ledger.task(task_id) for task_id in chosen) if task is not None]
        ledger.cancel_download(once.intersection(asked))
    finally:
        engine.stop()
    return ended


def get_further(config: Config, ledger: Ledger, task: Task) -> list[FurtherResult]:
    """Save the results that the last answer of a saved task names besides the first, beside that one's file."""
    raw = ledger.raw_answer(task.id)
    links, _ = links_beside(raw, config.base_url) if raw else ((), None)
    if not links or task.download.file is None:
        return []
    factory = TransferFactory(
        config, ledger, lambda: 0, clock=time.time, fresh_link=lambda _: None, patience=None, limits=None
    )
    try:
        return list(save_further_results(factory.shared_context(), task.id, Path(task.download.file), links))
    finally:
        factory.close()


def follow(
    ledger: Ledger,
    engine: Engine | None,
    is_done: Callable[[], bool],
    *,
    every: float = 0.25,
    is_patient: bool = False,
) -> None:
    """Call `is_done` after each change of the ledger, and every `every` seconds, until it says so.

    Raises what ended `engine`, if it ended against its will, and `LedgerUnwritable` where it waits for room on the
    disk, unless whoever follows `is_patient`.
    """
    changed = threading.Event()
    unsubscribe = ledger.subscribe(changed.set)
    try:
        while not is_done():
            if engine is not None and engine.error is not None:
                raise engine.error
            unwritten = ledger.unwritten
            if not is_patient and unwritten is not None and isinstance(unwritten.error, LedgerUnwritable):
                raise unwritten.error
            changed.wait(every)
            changed.clear()
    finally:
        unsubscribe()


def _chosen(ledger: Ledger, ids: Iterable[str] | None) -> list[Task]:
    if ids is None:
        return [task for task in ledger.tasks() if not task.state.is_final]
    return [task for task in (ledger.task(task_id) for task_id in ids) if task is not None]


async def _ask_all(
    config: Config,
    ledger: Ledger,
    tasks: list[Task],
    clock: Callable[[], float],
    progress: Callable[[int, int], None],
) -> Polled:
    gate = RequestGate(config.requests_per_minute, config.connections)
    providers = {provider.name: provider for provider in config.providers}
    meant = Watched(len(tasks), len({task.provider for task in tasks}), well=0)
    async with client_of(config, clock=clock) as client:
        known = Durations(ledger.durations())
        asker = Asker(client, gate, ledger, providers, watched=lambda: meant, durations=known, clock=clock)
        waiting = iter(tasks)
        asked: dict[str, Task] = {}

        async def work() -> None:
            for task in waiting:
                if not gate.health.is_unreachable:
                    async with gate.permit():
                        reply = await asker.request(task, task.route)
                    asked[task.id] = await asker.conclude(task, reply)
                    progress(len(asked), len(tasks))

        async with asyncio.TaskGroup() as group:
            for _ in range(config.connections):
                group.create_task(work())
    unasked = [task.id for task in tasks if task.id not in asked]
    return Polled(
        [asked.get(task.id, task) for task in tasks],
        unasked,
        gate.health.message if unasked else None,
        gate.health.state,
    )


def _has_no_holder(
    ledger: Ledger,
    tasks: list[Task],
    started: float,
    acquire: Callable[[], bool],
    progress: Callable[[int, int], None],
) -> bool:
    """Wish for answers, and wait until the process that holds the lease has brought them; returns whether it is gone.

    A holder in another container or on another host is known to be gone only by its silence: then the lease is ours.
    """
    ledger.ask_now(task.id for task in tasks)
    end = time.monotonic() + _HOLDER_LIMIT
    is_held = False

    def is_done() -> bool:
        nonlocal is_held
        waiting = _unasked(ledger, tasks, started)
        progress(len(tasks) - len(waiting), len(tasks))
        if time.monotonic() > end or not waiting:
            return True
        is_held = acquire()
        return is_held

    follow(ledger, None, is_done)
    return is_held


def _current(ledger: Ledger, tasks: list[Task]) -> list[Task]:
    return [found for found in (ledger.task(task.id) for task in tasks) if found is not None]


def _unasked(ledger: Ledger, tasks: list[Task], since: float) -> list[str]:
    return [task.id for task in _current(ledger, tasks) if (task.last_asked_at or 0.0) < since]


def _none_under_way(
    ledger: Ledger, ids: list[str], once: set[str], progress: Callable[[Task], None] | None, began: float
) -> bool:
    """Whether each of `ids` is saved with its checksum, given up, or waits for what this command does not wait for.

    That is a folder that cannot be used, a result that every source refuses by now, and for those in `once` whatever
    takes longer than a moment.
    """
    under_way = False
    soon = time.time() + _A_MOMENT
    for task_id in ids:
        task = ledger.task(task_id)
        if task is None:
            continue
        if progress is not None:
            progress(task)
        download = task.download
        is_under_way = download.state in (DownloadState.WANTED, DownloadState.RUNNING)
        is_read = download.lacks_checksum and time.time() - max(began, download.saved_at or 0.0) < _CHECKSUM_LIMIT
        is_refused = download.trouble is DownloadTrouble.REFUSED
        is_put_off = (task_id in once or is_refused) and download.next_at is not None and download.next_at > soon
        under_way = under_way or is_read or (is_under_way and not download.lacks_folder and not is_put_off)
    return not under_way
