"""`demo`: the dashboard, or plain lines, against a gateway in a box; nothing of the user's own is touched."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octotui.cli.context import finish, open_ledger, provider_labels, screen_options, session_of
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import DURATION, command
from octotui.model import EventKind, NewTask

if TYPE_CHECKING:
    from octotui.change_feed import TaskChange
    from octotui.config import Config
    from octotui.demo.demo_gateway import Box
    from octotui.ledger import Ledger

_FASTER = 4.0
"""How many times as fast `--fast` lets tasks and files go, by the same wall clock as everything else."""
_POLL_SECONDS = 2
_MOVES = frozenset({EventKind.STATE, EventKind.PROGRESS, EventKind.LOST, EventKind.DOWNLOAD, EventKind.SAVED})
"""What happens to a task that is alive."""
_ARRIVALS_EVERY = 0.5
"""Seconds between two looks for tasks that were submitted to the box."""


@command()
@click.option("--headless", is_flag=True, help="No screen: one line a change, then a summary.")
@click.option(
    "--seconds", metavar="N", type=DURATION, default=8.0, show_default=True, help="With --headless: how long."
)
@click.option("--fast", is_flag=True, help="Tasks and files go four times as fast.")
@click.option("--fleet", is_flag=True, help="Two engines share the ledger, in a PostgreSQL of the demo's own.")
@screen_options
@click.pass_context
def demo(context: click.Context, *, headless: bool, seconds: float, fast: bool, fleet: bool) -> None:
    """Show the dashboard on a gateway in a box.

    No key, no network; every provider moving, files that really download. Everything is kept in a temporary folder
    and removed at the end.

    With --fleet there are two machines, as far as two processes can be: one asks the gateway, both save. That needs
    PostgreSQL on this machine, and the extra postgres.
    """
    if not headless:
        from octotui.cli.dashboard import (  # noqa: PLC0415 - not headless
            as_asked,
            check_terminal,
            settings_source,
            show_dashboard,
        )

        check_terminal("octotui demo --headless does")
    from octotui.config import load  # noqa: PLC0415 - as everywhere
    from octotui.demo.demo_gateway import Box  # noqa: PLC0415 - only the demo needs a server

    # A proxy of the user's would be asked for what runs inside this very process.
    os.environ.update(NO_PROXY="*", no_proxy="*")
    pace = _FASTER if fast else 1.0
    with ExitStack() as stack:
        url = stack.enter_context(_database()) if fleet else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="octotui-demo-")))
        box = stack.enter_context(Box(pace=pace, speed=pace))
        file, environ = _written(box, folder), _environ(box, folder, url)
        # More often than settings may say, where everything goes faster than anywhere else.
        config = dataclasses.replace(load(file, environ), poll_seconds=_POLL_SECONDS / pace)
        ledger = stack.enter_context(open_ledger(config))
        stack.enter_context(_arrivals(box, ledger))
        if fleet:
            from octotui.demo.second_engine import second_engine  # noqa: PLC0415 - a fleet alone has one

            second = folder / "second"
            stack.enter_context(second_engine(_settings(box, second), environ, second))
        if headless:
            code = _without_screen(config, ledger, seconds)
        else:
            session = session_of(context)
            settings = settings_source(session, config, file, environ, can_restart=False)
            code = ExitCode(show_dashboard(as_asked(config, session), ledger, settings).code)
    finish(code)


@contextmanager
def _database() -> Iterator[str]:
    """Make a server and yield the URL of a ledger on it; both are gone at the end."""
    from octotui.demo.postgres_server import ServerError, binaries, temporary_server  # noqa: PLC0415 - as above

    programs = binaries()
    if programs is None:
        raise CommandError(
            "demo --fleet needs PostgreSQL 14 or newer on this machine (initdb, pg_ctl and postgres; the package "
            "postgresql of most systems)"
        )
    try:
        with temporary_server(programs) as server:
            yield server.url()
    except ServerError as error:
        raise CommandError(f"the PostgreSQL of the demo: {error}", ExitCode.FILE) from error


def _environ(box: Box, folder: Path, ledger: str | None) -> dict[str, str]:
    """The environment that the demo's settings are read in; nothing of the user's counts."""
    environ = {"HOME": str(Path.home()), "OCTOTUI_STATE_DIR": str(folder / "state"), "OCTOTUI_API_KEY": box.key}
    return environ if ledger is None else environ | {"OCTOTUI_LEDGER": ledger}


def _written(box: Box, folder: Path) -> Path:
    """Write a configuration of the demo's own, which can be changed from inside and goes with its folder."""
    file = folder / "config.toml"
    file.write_text(_settings(box, folder), encoding="utf-8")
    return file


def _settings(box: Box, folder: Path) -> str:
    lines = (
        "# The demo's own configuration: it goes with the demo.",
        f"base_url = {json.dumps(box.base_url)}",
        f"download_dir = {json.dumps(str(folder / 'downloads'))}",
        f"poll_seconds = {_POLL_SECONDS}",
    )
    return "\n".join(lines) + "\n"


@contextmanager
def _arrivals(box: Box, ledger: Ledger) -> Iterator[None]:
    """Add the box's tasks to the ledger, and while the block runs those that are submitted later."""
    over = threading.Event()

    def keep_adding() -> None:
        while not over.wait(_ARRIVALS_EVERY):
            now = time.time()
            if fresh := box.newcomers(now):
                ledger.add(fresh, now)

    remember(box, ledger)
    ledger.add(box.tasks(), time.time())
    thread = threading.Thread(target=keep_adding, name="octotui-demo-arrivals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def remember(box: Box, ledger: Ledger) -> None:
    """Write down the week before as it was found out then; its tasks are watched no longer."""
    past = box.past_week()
    ledger.add([NewTask(each.task.id, each.task.provider, each.task.route, each.task.model) for each in past], 0.0)
    for task, duration in past:
        ledger.record(task, is_news=False)
        ledger.note_duration(
            provider=task.provider,
            model=task.model,
            seconds=task.seconds,
            size=task.size,
            duration=duration,
            at=task.final_seen_at or 0.0,
        )
    ledger.flush()
    for task, _ in past:
        if task.is_saved:
            ledger.record_download(task.id, task.download)
    ledger.flush()
    ledger.remove([each.task.id for each in past])


def _without_screen(config: Config, ledger: Ledger, seconds: float) -> ExitCode:
    """Print what happens for `seconds`; an error when some provider's tasks have not moved by then."""
    from octotui.cli.run_until import print_changes, running  # noqa: PLC0415 - as above
    from octotui.engine.engine import Engine  # noqa: PLC0415 - as above
    from octotui.units import plural  # noqa: PLC0415 - as above

    labels = provider_labels(config)
    moved: set[str] = set()
    saved = 0

    def show_change(change: TaskChange) -> None:
        nonlocal saved
        click.echo(change.line(labels))
        if change.task is not None and change.kind in _MOVES:
            moved.add(change.task.provider)
            saved += change.kind is EventKind.SAVED

    end = time.monotonic() + seconds
    with running(Engine(config, ledger, download_all=True)) as engine:
        feed = print_changes(ledger, engine, show_change, lambda _feed, _now: time.monotonic() >= end)
    click.echo(
        f"{plural(len(feed.tasks), 'task')} of {plural(len(moved), 'provider')} moved within {seconds:g} s; "
        f"{plural(saved, 'file')} saved, and removed with the temporary folder"
    )
    if ledger.is_shared:
        click.echo(_boxes_line(ledger))
    still = [label for name, label in labels.items() if name not in moved]
    if still:
        raise CommandError(f"nothing moved: {', '.join(still)}", ExitCode.GATEWAY)
    return ExitCode.OK


def _boxes_line(ledger: Ledger) -> str:
    """Return who has saved how much."""
    from octotui.units import plural  # noqa: PLC0415 - as above

    boxes = ledger.boxes()
    saved = " and ".join(str(box.saved) for box in boxes)
    return f"{plural(len(boxes), 'engine')} on one ledger in PostgreSQL; files in their folders: {saved}"
