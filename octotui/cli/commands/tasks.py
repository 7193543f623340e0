"""Commands that only read the ledger: `ls`, `show`. They send nothing and need no key."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from octotui.cli import output
from octotui.cli.context import (
    check_provider,
    command_options,
    complete_id,
    complete_provider,
    fleet_of,
    open_ledger,
    provider_labels,
    say_notices,
    session_of,
    watched,
)
from octotui.cli.exit_codes import CommandError
from octotui.cli.listing import format_of, format_options, print_tasks
from octotui.cli.option_types import command
from octotui.cli.selection import all_tasks, filter_option, read_filter, say_none
from octotui.failed_answer import is_failed
from octotui.model import EXPIRED, TaskState
from octotui.task_json import task_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octotui.config import Config
    from octotui.ledger import Ledger
    from octotui.model import Task

_CHOSEN_BY = frozenset({"provider", "state", "deadline", "download", "delivered"})
"""The fields that `--provider` and `--state` look at."""
_STATES = (*(state.value for state in TaskState), EXPIRED, "ready", "saving", "waiting", "saved", "delivered")


@command()
@click.option("--provider", metavar="P", shell_complete=complete_provider, help="Only this provider's tasks.")
@click.option("--state", type=click.Choice(_STATES), help="Only tasks in this state.")
@filter_option
@format_options
@command_options
@click.pass_context
def ls(  # noqa: PLR0917 - click gives them by name
    context: click.Context,
    provider: str | None,
    state: str | None,
    filter_text: str | None,
    kind: str | None,
    columns: str | None,
    as_json: bool,
) -> None:
    """List the watched tasks."""
    config = session_of(context).config()
    check_provider(config, provider)
    wanted, how = read_filter(filter_text), format_of(kind, columns, as_json)
    now = time.time()
    # A filter may look at anything.
    fields = _CHOSEN_BY | how.needs if wanted is None else None
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        is_told = ledger.is_shared and how.is_for_people
        tasks: Iterator[Task] = (
            task
            for task in all_tasks(ledger, None if is_told else fields)
            if (provider is None or task.provider == provider)
            and (state is None or _is_in(task, state, now))
            and (wanted is None or wanted.matches(task, now))
        )
        if is_told:
            from octotui.presentation.boxes.whereabouts import with_file_words  # noqa: PLC0415 - JSON needs no words

            tasks = map(partial(with_file_words, fleet=fleet_of(config, ledger)), tasks)
        if not print_tasks(tasks, how, provider_labels(config), now):
            say_none(ledger)
        say_notices(ledger)


def _is_in(task: Task, state: str, now: float) -> bool:
    if state == "saved":
        return task.is_saved
    if state in {"ready", "saving", "waiting", "delivered"}:
        from octotui.presentation.task_row import shown_word  # noqa: PLC0415 - few lists ask for the screen's words

        return shown_word(task, now) == state
    return task.shown_state(now) == state


@command(short_help="Show one task, with its last answer.")
@click.argument("task_id", metavar="ID", shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--report", is_flag=True, help="A report for the gateway's owner, as Markdown.")
@command_options
@click.pass_context
def show(context: click.Context, task_id: str, as_json: bool, report: bool) -> None:
    """Show one task, with its last answer; keys are masked, and so are signatures of links.

    With --json the link stays whole, since scripts need it.

    With --report: everything that helps the gateway's owner, and no key, no signature, no prompt, no local path.
    """
    if as_json and report:
        raise CommandError("--json or --report, not both")
    config = session_of(context).config()
    now = time.time()
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        (task_id,) = watched(ledger, [task_id])
        if report:
            click.echo(_report(config, ledger, task_id, now), nl=False)
            return
        task, raw, before = ledger.task(task_id), ledger.raw_answer(task_id), ledger.previous_answer(task_id)
        fleet = fleet_of(config, ledger)
    assert task is not None  # noqa: S101 - `watched` has just seen it
    if as_json:
        output.print_json(task_json(task, now))
        return
    from octotui.presentation.boxes.whereabouts import way_here, with_file_words  # noqa: PLC0415 - as in `ls`

    label = provider_labels(config).get(task.provider, task.provider)
    rows = output.facts(with_file_words(task, fleet), label, now, way_here(task, fleet))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")
    if raw is not None:
        click.echo(f"\nlast answer:\n{output.masked_answer(raw)}")
        if is_failed(raw) and before is not None:
            click.echo(f"\nthe answer before:\n{output.masked_answer(before)}")


def _report(config: Config, ledger: Ledger, task_id: str, now: float) -> str:
    from octotui.cli.report_files import hidden_of  # noqa: PLC0415 - few need it
    from octotui.presentation.bug_report import bug_report  # noqa: PLC0415 - as above
    from octotui.presentation.task_record import task_record  # noqa: PLC0415 - as above

    task = ledger.task(task_id)
    assert task is not None  # noqa: S101 - `watched` has just seen it
    provider = next((each for each in config.providers if each.name == task.provider), None)
    label, retention = (provider.label, provider.retention) if provider else (task.provider, None)
    record = task_record(ledger, task, label, retention)
    return bug_report(record, now, base_url=config.base_url, hidden=hidden_of(config))
