"""`watch`: the engine without a screen, for systemd, tmux and cron."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octotui.cli import exit_codes, output
from octotui.cli.commands.metrics import giving_out_metrics
from octotui.cli.commands.pause import pause_words
from octotui.cli.context import command_options, finish, open_ledger, provider_labels, say_notices, session_of
from octotui.cli.exit_codes import ExitCode
from octotui.cli.option_types import command
from octotui.cli.selection import filter_option, read_filter
from octotui.config import DEFAULT_PROFILE
from octotui.model import EventKind
from octotui.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from octotui.change_feed import ChangeFeed, TaskChange
    from octotui.cli.context import Session
    from octotui.config import Config
    from octotui.ledger import Ledger
    from octotui.model import Task


@command(short_help="Poll and save without a screen, one line a change.")
@click.option("--download", is_flag=True, help="Save whatever completes.")
@click.option("--jsonl", is_flag=True, help="One JSON event a line.")
@click.option("--links", is_flag=True, help="Whole links in the events of --jsonl, with what signs them.")
@click.option("--until-done", is_flag=True, help="End when every task is final (and saved, with --download).")
@filter_option
@click.option(
    *("--metrics", "metrics_address"),
    metavar="ADDR",
    help="Serve metrics for Prometheus (127.0.0.1:9464), at /metrics.",
)
@click.option(
    *("--metrics-textfile", "metrics_folder"),
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write them into DIR/octotui.prom, for the node exporter.",
)
@click.option("--print-unit", is_flag=True, help="Print an example of a systemd user unit, and end.")
@command_options
@click.pass_context
def watch(
    context: click.Context,
    *,
    download: bool,
    jsonl: bool,
    links: bool,
    until_done: bool,
    filter_text: str | None,
    metrics_address: str | None,
    metrics_folder: Path | None,
    print_unit: bool,
) -> None:
    """Ask, and save if told to, without a screen; prints one line for each change.

    With --filter it asks about all tasks, but prints, saves and waits for only those that match by then.

    As what it prints often goes to a journal that others read, links are masked unless --links is given.

    With --metrics it serves metrics, with --metrics-textfile it writes them every 15 seconds and at the end; octotui
    metrics prints a dashboard and alert rules for them.

    SIGTERM ends it cleanly: downloads are parked and go on at the next start. As a systemd service (Type=notify) it
    says when it is ready, how things stand, and feeds the watchdog.
    """
    only = read_filter(filter_text)
    if print_unit:
        chosen = {
            "--download": download,
            "--jsonl": jsonl,
            "--links": links,
            "--filter": filter_text,
            "--metrics": metrics_address,
            "--metrics-textfile": metrics_folder,
        }
        _print_unit(session_of(context), chosen)
        return
    matches = None if only is None else only.matches
    from octotui.cli.run_until import when_reachable  # noqa: PLC0415 - `--help` needs none of these
    from octotui.engine.notifications.apprise import missing  # noqa: PLC0415 - as above
    from octotui.presentation.terminal_alerts import Alerts  # noqa: PLC0415 - as above

    config = session_of(context).config_with_key()
    labels = provider_labels(config)
    alerts = Alerts(config, time.time(), _write_to_terminal)

    def show_change(change: TaskChange) -> None:
        if change.task is not None:
            if change.kind is EventKind.REMOVED:
                alerts.forget_tasks([change.task.id])
            else:
                alerts.observe([change.task], change.at)
            if matches is not None and not matches(change.task, change.at):
                return
        if jsonl:
            output.print_json(change.json(links=links))
        else:
            click.echo(change.line(labels))

    with ExitStack() as stack:
        # A machine that starts together with its ledger's server waits for that.
        ledger = when_reachable(lambda: stack.enter_context(open_ledger(config)))
        give_out = stack.enter_context(
            giving_out_metrics(config, ledger, address=metrics_address, folder=metrics_folder)
        )
        tasks, paused = when_reachable(lambda: (ledger.tasks(), pause_words(ledger, time.time())))
        click.echo(f"watching {plural(len(tasks), 'task')} on {config.base_url}", err=True)
        say_notices(ledger)
        for words in (paused, missing(config)):
            if words is not None:
                click.echo(f"octotui: {words}", err=True)
        alerts.observe(tasks, time.time())

        def keep_others_told(now: float) -> None:
            alerts.observe((), now)
            give_out()

        code = _run(config, ledger, show_change, keep_others_told, matches, download=download, until_done=until_done)
    finish(code)


def _write_to_terminal(sequence: str) -> None:
    """Write to the terminal on stderr; stdout is data, and may be on its way to somebody else."""
    if sys.stderr.isatty():
        sys.stderr.write(sequence)
        sys.stderr.flush()


def _print_unit(session: Session, options: Mapping[str, bool | str | Path | None]) -> None:
    """Print a unit for the settings as they are now: a service has neither this folder nor this environment."""
    from octotui.cli.service import unit_text  # noqa: PLC0415 - few need one
    from octotui.ledger.url import in_words  # noqa: PLC0415 - as above

    config = session.config()
    arguments = ["watch"]
    folders = [config.state_dir, config.download_dir, config.inbox]
    for name, value in options.items():
        if isinstance(value, Path):
            folders.append(value)
            arguments += [name, str(value.absolute())]
        elif value:
            arguments += [name] if value is True else [name, value]
    if config.path is not None and (session.config_file is not None or os.environ.get("OCTOTUI_CONFIG")):
        arguments += ["--config", str(config.path)]
    if config.profile != DEFAULT_PROFILE:
        arguments += ["--profile", config.profile]
    places = {"OCTOTUI_STATE_DIR": str(config.state_dir), "OCTOTUI_BASE_URL": config.base_url}
    if config.ledger is not None:
        # Without a password: a unit is a file that everybody may read.
        places["OCTOTUI_LEDGER"] = in_words(config.ledger)
    environ = {name: place for name, place in places.items() if os.environ.get(name)}
    writable = dict.fromkeys(path.absolute() for path in folders if path)
    click.echo(unit_text(arguments, writable=[*writable], environ=environ), nl=False)


def _matching(tasks: Iterable[Task], matches: Callable[[Task, float], bool] | None, now: float) -> Iterable[Task]:
    return tasks if matches is None else [task for task in tasks if matches(task, now)]


def _run(
    config: Config,
    ledger: Ledger,
    show_change: Callable[[TaskChange], None],
    keep_others_told: Callable[[float], None],
    matches: Callable[[Task, float], bool] | None,
    *,
    download: bool,
    until_done: bool,
) -> ExitCode:
    from octotui.cli.run_until import (  # noqa: PLC0415 - brings HTTP
        Waiting,
        outage,
        print_changes,
        running,
        say_undelivered,
        when_reachable,
    )
    from octotui.cli.service import Service  # noqa: PLC0415 - as above
    from octotui.cli.wait_notes import WaitNotes  # noqa: PLC0415 - as above
    from octotui.engine.engine import Engine  # noqa: PLC0415 - as above

    waiting = Waiting(with_downloads=download)
    notes = WaitNotes(with_downloads=download)
    tasks = when_reachable(ledger.tasks)
    settled_before = {task.id for task in tasks if waiting.is_over([task], time.time())}

    engine = Engine(config, ledger, download_all=download, download_which=matches)
    service = Service(engine)

    def is_over(feed: ChangeFeed, now: float) -> bool:
        service.report_progress(feed)
        keep_others_told(now)
        if not until_done:
            return False
        if outage(feed) is not ExitCode.OK:
            return True
        tasks = [*_matching(feed.tasks.values(), matches, now)]
        if waiting.is_over(tasks, now):
            return not (engine.is_telling or engine.is_delivering)
        if not sys.stdout.isatty():
            # At a terminal the changes themselves say how it goes.
            notes.check(tasks, feed.status(), now, is_paused=feed.is_paused)
        return False

    with running(engine):
        try:
            feed = print_changes(ledger, engine, show_change, is_over)
        finally:
            service.stopping()
            notes.wipe()
    if not until_done:
        return ExitCode.OK
    say_undelivered(engine)
    now = time.time()
    followed = [task for task in _matching(feed.tasks.values(), matches, now) if task.id not in settled_before]
    return exit_codes.worst(
        [
            outage(feed),
            *(exit_codes.of_state(task, now) for task in followed),
            *(exit_codes.of_download(task, now) for task in followed),
        ]
    )
