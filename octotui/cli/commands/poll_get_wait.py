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
    say_notices,
    session_of,
    watched,
)
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import DURATION
from octotui.model import DownloadState, FailureKind, GatewayState
from octotui.sanitize import clean
from octotui.task_events import gateway_words
from octotui.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.engine.downloads.further_results import FurtherResult
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
        say_notices(ledger)
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
    codes += [exit_codes.of_request(task, polled.gateway) for task in tasks]
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
@click.option("--anyway", is_flag=True, help="Also try what no answer calls completed: its link and /content, once.")
@click.option("--all-results", is_flag=True, help="Of a task that made several results save the others too.")
@command_options
@click.pass_context
def get(context: click.Context, ids: tuple[str, ...], out: Path | None, anyway: bool, all_results: bool) -> None:
    """Download what is completed: the tasks named, else all that are not saved. Prints the path of each file.

    Waits for no task: one that is named and not completed yet is an error (2), unless --anyway tries it. A result that
    is past its deadline is tried only where it is named: once, and the exit code is 7 where that brings nothing.

    With --all-results further results of a task are saved beside the first, as …-2.mp4, …-3.mp4 and so on.
    """
    if anyway and not ids:
        raise CommandError("--anyway needs the ids of the tasks that are meant")
    if out is not None and clean(str(out), 4000) != str(out):
        # The ledger keeps text; files would be saved in a folder of nearly that name.
        raise CommandError(f"--out: {clean(str(out), 300)}: the folder's name is no text that can be kept")
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        say_notices(ledger)
        check_not_paused(ledger)
        wanted = watched(ledger, ids) if ids else _not_lost(ledger, time.time())
        codes = [_check_ready(task, anyway=anyway) for task in _tasks(ledger, wanted)] if ids else []
        _forget_lost_files(ledger, wanted)
        from octotui.cli.progress import Progress  # noqa: PLC0415 - as in `poll`
        from octotui.engine import one_shot  # noqa: PLC0415 - as in `poll`

        ready = [task for task in _tasks(ledger, wanted) if task.is_ready]
        with Progress(tasks=ready, status=ledger.status) as progress:
            folder = None if out is None else str(out.absolute())
            ended = one_shot.get(config, ledger, wanted, folder=folder, anyway=anyway, progress=progress.show)
        now = time.time()
        fetched = {task.id for task in ended}
        tasks = [*ended, *(task for task in _tasks(ledger, wanted) if task.is_saved and task.id not in fetched)]
        further = [
            (task, one_shot.get_further(config, ledger, task)) for task in tasks if task.is_saved and all_results
        ]
    for task in tasks:
        _say_end(task, now)
    codes += [_say_further(task, result) for task, results in further for result in results]
    if not wanted:
        click.echo("nothing to download", err=True)
    finish(exit_codes.worst([*codes, *(exit_codes.of_download(task, now) for task in tasks)]))


def _not_lost(ledger: Ledger, now: float) -> list[str]:
    """Return the ids of what can be saved; what is past its deadline is named on stderr."""
    ready = [task for task in ledger.tasks() if task.is_ready]
    lost = [task for task in ready if task.is_expired(now)]
    for task in lost:
        click.echo(
            f"octotui: lost, not tried: {clean(task.id, 300)}: past its deadline; octotui get ID tries", err=True
        )
    return [task.id for task in ready if not task.is_expired(now)]


def _say_end(task: Task, now: float) -> None:
    """Print where a result is, or say on stderr why it is not there."""
    download = task.download
    if task.is_saved:
        click.echo(download.file)
    elif download.state is not DownloadState.NONE:
        is_lasting = download.state is DownloadState.WANTED and task.is_ready and not task.is_expired(now)
        stays = "; it stays wanted" if is_lasting else ""
        click.echo(f"octotui: not saved: {clean(task.id, 300)}: {download.error or 'no answer'}{stays}", err=True)


def _tasks(ledger: Ledger, ids: Sequence[str]) -> list[Task]:
    return [task for task in (ledger.task(task_id) for task_id in ids) if task is not None]


def _say_further(task: Task, result: FurtherResult) -> ExitCode:
    """Print where a further result of `task` is, or say on stderr why it is not there; returns the code for that."""
    if result.file is not None:
        click.echo(result.file)
        return ExitCode.OK
    words = clean(result.words, 1000)
    click.echo(f"octotui: not saved: result {result.number} of {clean(task.id, 300)}: {words}", err=True)
    return ExitCode.GATEWAY


def _check_ready(task: Task, *, anyway: bool) -> ExitCode:
    """Say on stderr why a task that was named has no result to fetch, and return the code for that."""
    if task.is_ready or task.is_saved or (anyway and not task.has_failed):
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
        say_notices(ledger)
        check_not_paused(ledger)
        wanted = watched(ledger, ids) if ids else [task.id for task in ledger.tasks() if not task.state.is_final]
        from octotui.cli.run_until import run_until_done  # noqa: PLC0415 - as in `poll`

        began = time.time()
        if download:
            ledger.request_download(wanted)
        code = run_until_done(config, ledger, wanted, timeout=timeout, with_downloads=download)
        tasks = _tasks(ledger, wanted)
        standing = _trouble_since(began, ledger)
    now = time.time()
    output.print_table(tasks, provider_labels(config), now)
    if not tasks:
        click.echo("nothing to wait for", err=True)
    if code is ExitCode.TIMED_OUT:
        waiting = sum(1 for task in tasks if not task.state.is_final)
        click.echo(f"octotui: timed out; {waiting} of {plural(len(tasks), 'task')} not final", err=True)
        if _nobody_answered(tasks, began):
            code = ExitCode.GATEWAY
            click.echo(f"octotui: nobody could be asked: {_why_nobody(tasks, began) or standing}", err=True)
    of_tasks = (exit_codes.of_state(task, now) for task in tasks)
    of_downloads = (exit_codes.of_download(task, now) for task in tasks)
    finish(exit_codes.worst([code, *of_tasks, *of_downloads]))


def _nobody_answered(tasks: Sequence[Task], began: float) -> bool:
    """Whether no question about any of these has reached the gateway since `began` (unix seconds)."""
    return all(_unreached(task, began) for task in tasks if not task.state.is_final) and not any(
        (task.last_answer_at or 0.0) >= began for task in tasks
    )


def _unreached(task: Task, began: float) -> bool:
    is_asked = (task.last_asked_at or 0.0) >= began
    return not is_asked or (task.failure is not None and task.failure.kind is FailureKind.NETWORK)


def _why_nobody(tasks: Sequence[Task], began: float) -> str | None:
    failures = (task.failure for task in tasks if task.failure is not None and task.failure.at >= began)
    return next((clean(failure.message, 1000) for failure in failures), None)


def _trouble_since(began: float, ledger: Ledger) -> str:
    """Return what the engine says of a gateway that does not answer; `began` is in unix seconds."""
    status = ledger.status()
    if status is None or status.at < began or status.gateway in {GatewayState.LIVE, GatewayState.STARTING}:
        return "no question was sent and answered in that time"
    return clean(gateway_words(status.gateway, status.message), 1000)
