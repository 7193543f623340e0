"""Commands that ask the gateway and end: `poll`, `get`, `wait`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octotui.cli import exit_codes, output
from octotui.cli.commands.pause import check_not_paused
from octotui.cli.context import (
    command_options,
    complete_id,
    finish,
    open_ledger,
    provider_labels,
    session_of,
    watched,
)
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import DURATION
from octotui.model import DownloadState
from octotui.sanitize import clean
from octotui.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.ledger import Ledger
    from octotui.model import Task


@click.command(short_help="Ask once about each task that is not final, and print them.")
@click.argument("ids", nargs=-1, metavar="[ID …]", shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@command_options
@click.pass_context
def poll(context: click.Context, ids: tuple[str, ...], as_json: bool) -> None:
    """Ask once, now, about each task named, else about each that is not final; then print them and exit."""
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        check_not_paused(ledger)
        wanted = watched(ledger, ids) if ids else None
        from octotui.engine import one_shot  # noqa: PLC0415 - brings HTTP: not before the arguments are known to be good

        polled = one_shot.poll(config, ledger, wanted)
    tasks = polled.tasks
    now = time.time()
    if as_json:
        output.print_tasks_json(tasks, now)
    elif tasks:
        output.print_table(tasks, provider_labels(config), now)
    if not tasks:
        click.echo("nothing to ask", err=True)
    _say_failures([task for task in tasks if task.id not in polled.unasked])
    if polled.unasked:
        click.echo(
            f"octotui: {plural(len(polled.unasked), 'task')} not asked: {clean(str(polled.why), 1000)}", err=True
        )
    codes = [ExitCode.GATEWAY] if polled.unasked else []
    codes += map(exit_codes.of_request, tasks)
    finish(exit_codes.worst([*codes, *(exit_codes.of_state(task, now) for task in tasks)]))


def _say_failures(tasks: Sequence[Task]) -> None:
    """Say each way in which requests failed once, on stderr."""
    failed: dict[str, list[str]] = {}
    for task in tasks:
        if task.failure is not None:
            failed.setdefault(task.failure.message, []).append(task.id)
    for message, ids in failed.items():
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        click.echo(f"octotui: {clean(ids[0], 300)}{more}: {message}", err=True)


@click.command(short_help="Download what is completed, and print the paths.")
@click.argument("ids", nargs=-1, metavar="[ID …]", shell_complete=complete_id)
@click.option(
    "--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Save here, not in download_dir."
)
@command_options
@click.pass_context
def get(context: click.Context, ids: tuple[str, ...], out: Path | None) -> None:
    """Download what is completed: the tasks named, else all that are not saved. Prints the path of each file.

    Waits for no task: one that is named and not completed yet is an error (2).
    """
    if out is not None and clean(str(out), 4000) != str(out):
        # The ledger keeps text; files would be saved in a folder of nearly that name.
        raise CommandError(f"--out: {clean(str(out), 300)}: the folder's name is no text that can be kept")
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        check_not_paused(ledger)
        wanted = watched(ledger, ids) if ids else [task.id for task in ledger.tasks() if task.is_ready]
        codes = [_check_ready(task) for task in _tasks(ledger, wanted)] if ids else []
        _forget_lost_files(ledger, wanted)
        from octotui.cli.progress import Progress  # noqa: PLC0415 - as in `poll`
        from octotui.engine import one_shot  # noqa: PLC0415 - as in `poll`

        with Progress() as progress:
            folder = None if out is None else str(out.absolute())
            one_shot.get(config, ledger, wanted, folder=folder, progress=progress.show)
        tasks = _tasks(ledger, wanted)
    now = time.time()
    for task in tasks:
        if task.is_saved:
            click.echo(task.download.file)
        elif task.download.state is DownloadState.FAILED:
            click.echo(f"octotui: not saved: {clean(task.id, 300)}: {task.download.error}", err=True)
        elif task.download.lacks_folder:
            click.echo(f"octotui: not saved: {clean(task.id, 300)}: {task.download.error}; it stays wanted", err=True)
    if not wanted:
        click.echo("nothing to download", err=True)
    finish(exit_codes.worst([*codes, *(exit_codes.of_download(task, now) for task in tasks)]))


def _tasks(ledger: Ledger, ids: Sequence[str]) -> list[Task]:
    return [task for task in (ledger.task(task_id) for task_id in ids) if task is not None]


def _check_ready(task: Task) -> ExitCode:
    """Say on stderr why a task that was named has no result to fetch, and return the code for that."""
    if task.is_ready or task.is_saved:
        return ExitCode.OK
    word = "not known yet" if task.state.value == "unknown" else task.state.value
    click.echo(f"octotui: nothing to download: {clean(task.id, 300)} is {word}", err=True)
    return exit_codes.of_state(task, 0.0) or ExitCode.USAGE


def _forget_lost_files(ledger: Ledger, ids: Sequence[str]) -> None:
    """Wish again for what was saved once and is no longer where it was."""
    lost = [task.id for task in _tasks(ledger, ids) if task.is_saved and not Path(task.download.file or "").is_file()]
    if lost:
        ledger.request_download(lost, force=True)


@click.command(short_help="Wait until tasks are final.")
@click.argument("ids", nargs=-1, metavar="[ID …]", shell_complete=complete_id)
@click.option("--timeout", metavar="S", type=DURATION, help="Give up after this time (10, 30m, 2h): exit code 5.")
@click.option("--download", is_flag=True, help="Save the results, and wait for that too.")
@command_options
@click.pass_context
def wait(context: click.Context, ids: tuple[str, ...], timeout: float | None, download: bool) -> None:
    """Wait until the tasks named, else all, are final; then print them."""
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        check_not_paused(ledger)
        wanted = watched(ledger, ids) if ids else [task.id for task in ledger.tasks() if not task.state.is_final]
        from octotui.cli.run_until import run_until_done  # noqa: PLC0415 - as in `poll`

        if download:
            ledger.request_download(wanted)
        code = run_until_done(config, ledger, wanted, timeout=timeout, with_downloads=download)
        tasks = _tasks(ledger, wanted)
    now = time.time()
    output.print_table(tasks, provider_labels(config), now)
    if code is ExitCode.TIMED_OUT:
        waiting = sum(1 for task in tasks if not task.state.is_final)
        click.echo(f"octotui: timed out; {waiting} of {plural(len(tasks), 'task')} not final", err=True)
    of_tasks = (exit_codes.of_state(task, now) for task in tasks)
    of_downloads = (exit_codes.of_download(task, now) for task in tasks)
    finish(exit_codes.worst([code, *of_tasks, *of_downloads]))
