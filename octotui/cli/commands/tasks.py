"""Commands that only read and write the ledger: `add`, `ls`, `show`, `rm`. They send nothing and need no key."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octotui.cli import output
from octotui.cli.context import (
    check_provider,
    command_options,
    complete_id,
    fitting,
    open_ledger,
    provider_labels,
    say_notices,
    session_of,
    watched,
)
from octotui.cli.exit_codes import CommandError
from octotui.failed_answer import is_failed
from octotui.gateway.routes import ROUTES
from octotui.model import EXPIRED, LONGEST_TITLE, NewTask, TaskState
from octotui.sanitize import clean
from octotui.task_json import task_json

if TYPE_CHECKING:
    from octotui.config import Config
    from octotui.intake.result import Intake
    from octotui.ledger import Ledger
    from octotui.model import Task

_STATES = (*(state.value for state in TaskState), EXPIRED, "ready", "saving", "waiting", "saved")


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID …]")
@click.option("--provider", metavar="P", help="Whose tasks these are, where neither id nor model says it.")
@click.option("--route", type=click.Choice(list(ROUTES)), help="Where to ask, instead of the provider's own route.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Tag them, to find them again; may be repeated.")
@click.option("--title", metavar="TEXT", help="What to call them; the prompt is shown where nobody gives a title.")
@click.option(
    "--follow",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read FILE as it grows, like tail -F, until interrupted.",
)
@command_options
@click.pass_context
def add(  # noqa: PLR0917 - click gives them by name
    context: click.Context,
    ids: tuple[str, ...],
    provider: str | None,
    route: str | None,
    tags: tuple[str, ...],
    title: str | None,
    follow: Path | None,
) -> None:
    """Watch tasks.

    With - or piped text: anything that names tasks, such as ids, create answers as JSON or JSON lines, curl lines,
    URLs, pieces of a log.
    """
    config = session_of(context).config()
    check_provider(config, provider)
    tags = tuple(_checked_tag(tag) for tag in tags)
    title = None if title is None else checked_title(title)
    if follow is not None:
        if ids or title:
            raise CommandError("give ids (and a title), or a file to follow, not both")
        from octotui.cli.commands.follow import follow_file  # noqa: PLC0415 - a single id needs none of it

        follow_file(config, follow, provider=provider, route=route, tags=tags)
        return
    intakes = _understood(ids, config, provider, route, tags)
    tasks: list[NewTask] = []
    unsure: list[str] = []
    for intake in intakes:
        _settle_known(intake, config)
        if intake.unsure and _can_ask(ids):
            tasks += _asked_for(intake, config)
        else:
            unsure += intake.unsure
        tasks += intake.tasks
    shortened = [written for intake in intakes for written in intake.shortened]
    is_known = bool(shortened) and _say_shortened(config, shortened)
    if tasks:
        with open_ledger(config) as ledger:
            added, known = ledger.add(tasks, time.time())
            if title is not None:
                ledger.set_title((*added, *known), title)
        output.say_added(tasks, set(added), provider_labels(config))
        click.echo(f"{len(added)} added, {len(known)} known already", err=True)
    if unsure:
        shown = " ".join(clean(task_id, 300) for task_id in unsure[:10]) + (" …" if len(unsure) > 10 else "")
        names = ", ".join(each.name for each in config.providers)
        raise CommandError(f"whose task is this? Say it with --provider ({names}): {shown}")
    if not tasks and not is_known:
        if shortened:
            raise CommandError(f"a shortened id is no new task: {' '.join(clean(each, 300) for each in shortened[:5])}")
        examples = [example for intake in intakes for example in intake.ignored_examples]
        raise CommandError(f"no task found{', ignored: ' if examples else ''}{' · '.join(examples)}")


def _say_shortened(config: Config, shortened: list[str]) -> bool:
    """Say which watched tasks shortened ids mean; whether every one means exactly one."""
    means_one = True
    with open_ledger(config) as ledger:
        labels = provider_labels(config)
        for written in shortened:
            found = fitting(ledger, written)
            task = ledger.task(found[0]) if len(found) == 1 else None
            means_one = means_one and task is not None
            if task is not None:
                click.echo(f"known {clean(task.id, 600)} {labels.get(task.provider, task.provider)}")
            elif found:
                fits = " ".join(clean(task_id, 300) for task_id in found[:5])
                click.echo(f"octotui: {clean(written, 300)} can mean {len(found)} watched tasks: {fits}", err=True)
            else:
                click.echo(f"octotui: {clean(written, 300)} is shortened, and no watched task fits it", err=True)
    return means_one


def _understood(
    ids: tuple[str, ...], config: Config, provider: str | None, route: str | None, tags: tuple[str, ...]
) -> list[Intake]:
    """Read what was typed and what was piped in; says on stderr what it made of the text."""
    from octotui.intake.typed_ids import parse_ids  # noqa: PLC0415 - `ls` and `rm` read no ids

    typed = [task_id for task_id in ids if task_id != "-"]
    intakes: list[Intake] = []
    if typed:
        try:
            intakes.append(parse_ids(typed, config.providers, provider=provider, route=route, tags=tags))
        except ValueError as error:
            raise CommandError(str(error)) from None
    if "-" in ids or not ids:
        if not ids and sys.stdin.isatty():
            raise CommandError("give task ids, or pipe text in; octotui add - reads what you type")
        from octotui.intake.parse import read  # noqa: PLC0415 - a typed id needs none of it

        intake = read(_standard_input(), config.providers, provider=provider, route=route, tags=tags)
        # With nothing else the command says it itself, at its end.
        if typed or intake.tasks or intake.unsure or intake.shortened:
            click.echo(intake.says, err=True)
        intakes.append(intake)
    return intakes


def _standard_input() -> str:
    from octotui.intake.cleaning.text import MAX_TEXT, decode  # noqa: PLC0415 - as above

    return decode(sys.stdin.buffer.read(MAX_TEXT + 1))


def _can_ask(ids: tuple[str, ...]) -> bool:
    return bool(ids) and "-" not in ids and sys.stdin.isatty() and sys.stderr.isatty()


def _settle_known(intake: Intake, config: Config) -> None:
    """Take from the ledger whose the unsure ones are that are watched already."""
    if not intake.unsure:
        return
    with open_ledger(config) as ledger:
        watched_tasks = [task for task in map(ledger.task, intake.unsure) if task is not None]
    for task in watched_tasks:
        described = intake.settle_with.pop(task.id)
        intake.unsure.remove(task.id)
        intake.tasks.append(
            NewTask(
                *(task.id, task.provider, task.route, described.model, intake.tags),
                title=described.given_title,
                prompt=described.prompt,
            )
        )


def _asked_for(intake: Intake, config: Config) -> list[NewTask]:
    """Ask the person at the terminal whose the unsure tasks are."""
    names = {provider.name: provider for provider in config.providers}
    shown = ", ".join(clean(task_id, 80) for task_id in intake.unsure[:5])
    name = click.prompt(f"Whose task is {shown}?", type=click.Choice(list(names)), err=True)
    return intake.settle(names[name])


def _checked_tag(tag: str) -> str:
    trimmed = tag.strip()
    if not trimmed or not trimmed.isprintable() or len(trimmed) > 100:
        raise CommandError("a tag is a short text without control characters")
    return trimmed


def checked_title(text: str) -> str:
    """Return a title as it is kept: one line, at most `LONGEST_TITLE` characters. Raises `CommandError` for none."""
    title = clean(" ".join(text.split()), LONGEST_TITLE)
    if not title:
        raise CommandError("a title is a short text")
    return title


@click.command()
@click.option("--provider", metavar="P", help="Only this provider's tasks.")
@click.option("--state", type=click.Choice(_STATES), help="Only tasks in this state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@command_options
@click.pass_context
def ls(context: click.Context, provider: str | None, state: str | None, as_json: bool) -> None:
    """List the watched tasks."""
    config = session_of(context).config()
    check_provider(config, provider)
    now = time.time()
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        tasks = (
            task
            for page in ledger.pages()
            for task in page
            if (provider is None or task.provider == provider) and (state is None or _is_in(task, state, now))
        )
        if as_json:
            output.print_tasks_json(tasks, now)
        elif not output.print_table(tasks, provider_labels(config), now):
            click.echo("no tasks: octotui add ID", err=True)
        say_notices(ledger)


def _is_in(task: Task, state: str, now: float) -> bool:
    if state in {"ready", "saving", "waiting", "saved"}:
        from octotui.presentation.task_row import shown_word  # noqa: PLC0415 - few lists ask for the screen's words

        return shown_word(task, now) == state
    return task.shown_state(now) == state


@click.command(short_help="Show one task, with its last answer.")
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
    assert task is not None  # noqa: S101 - `watched` has just seen it
    if as_json:
        output.print_json(task_json(task, now))
        return
    rows = output.facts(task, provider_labels(config).get(task.provider, task.provider), now)
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


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID …", shell_complete=complete_id)
@command_options
@click.pass_context
def rm(context: click.Context, ids: tuple[str, ...]) -> None:
    """Stop watching tasks. Files that were saved stay."""
    config = session_of(context).config()
    with open_ledger(config) as ledger:
        wanted = watched(ledger, ids)
        for task_id in ledger.remove(wanted):
            click.echo(f"removed {clean(task_id, 600)}")
