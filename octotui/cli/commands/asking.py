"""Commands that ask the gateway and end: `poll` and `wait`."""

from __future__ import annotations

import time
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
from octotui.cli.exit_codes import ExitCode
from octotui.cli.option_types import DURATION, command
from octotui.cli.selection import chosen, filter_option, read_filter, say_none
from octotui.model import FailureKind, GatewayState
from octotui.sanitize import clean
from octotui.task_events import gateway_words
from octotui.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.ledger import Ledger
    from octotui.model import Task


@command(short_help="Ask once about each task that is not final, and print them.")
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
        from octotui.cli.wait_notes import AskNotes  # noqa: PLC0415 - as below
        from octotui.engine import one_shot  # noqa: PLC0415 - brings HTTP: not before the arguments are known to be good

        with AskNotes(ledger.tasks) as notes:
            polled = one_shot.poll(config, ledger, wanted, progress=notes.show)
    tasks = polled.tasks
    now = time.time()
    if as_json:
        output.print_tasks_json(tasks, now)
    elif tasks:
        output.print_table(tasks, provider_labels(config), now)
    if not tasks:
        click.echo("nothing to ask", err=True)
    say_failures([task for task in tasks if task.id not in polled.unasked])
    if polled.unasked:
        click.echo(
            f"octotui: {plural(len(polled.unasked), 'task')} not asked: {clean(str(polled.why), 1000)}", err=True
        )
    codes = [ExitCode.GATEWAY] if polled.unasked else []
    codes += [exit_codes.of_request(task, polled.gateway) for task in tasks]
    finish(exit_codes.worst([*codes, *(exit_codes.of_state(task, now) for task in tasks)]))


def say_failures(tasks: Sequence[Task]) -> None:
    """Say each way in which requests failed once, on stderr."""
    failed: dict[str, list[str]] = {}
    for task in tasks:
        if task.failure is not None:
            failed.setdefault(task.failure.message, []).append(task.id)
    for message, ids in failed.items():
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        click.echo(f"octotui: {clean(ids[0], 300)}{more}: {message}", err=True)


@command(short_help="Wait until tasks are final.")
@click.argument("ids", nargs=-1, metavar="[ID …]", shell_complete=complete_id)
@click.option("--timeout", metavar="S", type=DURATION, help="Give up after this time (10, 30m, 2h): exit code 5.")
@click.option("--download", is_flag=True, help="Save the results, and wait for that too.")
@filter_option
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@command_options
@click.pass_context
def wait(  # noqa: PLR0917 - click gives them by name
    context: click.Context,
    ids: tuple[str, ...],
    timeout: float | None,
    download: bool,
    filter_text: str | None,
    as_json: bool,
) -> None:
    """Wait until the tasks named, or all that match, else all, are final; then print them.

    What matches is told at the start: a task that is added later is not waited for.
    """
    only = read_filter(filter_text)
    config = session_of(context).config_with_key()
    with open_ledger(config) as ledger:
        say_notices(ledger)
        check_not_paused(ledger)
        is_meant = None if only is not None else _is_not_final
        wanted = [task.id for task in chosen(ledger, ids, only, time.time(), among=is_meant)]
        if only is not None and not wanted:
            say_none(ledger, ids)
        from octotui.cli.run_until import run_until_done  # noqa: PLC0415 - as in `poll`

        began = time.time()
        if download:
            ledger.request_download(wanted)
        code = run_until_done(config, ledger, wanted, timeout=timeout, with_downloads=download)
        tasks = _tasks(ledger, wanted)
        standing = _trouble_since(began, ledger)
    now = time.time()
    if as_json:
        output.print_tasks_json(tasks, now)
    else:
        output.print_table(tasks, provider_labels(config), now)
    if not tasks and only is None:
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


def _is_not_final(task: Task) -> bool:
    return not task.state.is_final


def _tasks(ledger: Ledger, ids: Sequence[str]) -> list[Task]:
    return [task for task in (ledger.task(task_id) for task_id in ids) if task is not None]


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
