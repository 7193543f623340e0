"""`add`: watch tasks. Sends nothing and needs no key."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from octotui.cli import output
from octotui.cli.context import (
    check_provider,
    command_options,
    complete_provider,
    complete_tag,
    fitting,
    open_ledger,
    provider_labels,
    session_of,
)
from octotui.cli.exit_codes import CommandError
from octotui.cli.option_types import checked_tag, checked_title, command
from octotui.gateway.routes import ROUTES
from octotui.model import NewTask
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.config import Config
    from octotui.intake.result import Intake
    from octotui.ledger import Ledger
    from octotui.model import Task

_MANY = 500
"""Tasks above which the whole ledger is read in place of one after the other."""


@command()
@click.argument("ids", nargs=-1, metavar="[ID …]")
@click.option(
    "--provider",
    metavar="P",
    shell_complete=complete_provider,
    help="Whose tasks these are, where neither id nor model says it.",
)
@click.option("--route", type=click.Choice(list(ROUTES)), help="Where to ask, instead of the provider's own route.")
@click.option(
    *("--tag", "tags"),
    multiple=True,
    metavar="T",
    shell_complete=complete_tag,
    help="Tag them, to find them again; may be repeated.",
)
@click.option("--title", metavar="TEXT", help="What to call them; the prompt is shown where nobody gives a title.")
@click.option(
    "--follow",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read FILE as it grows, like tail -F, until interrupted.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: ids that were added, known and changed.")
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
    as_json: bool,
) -> None:
    """Watch tasks.

    With - or piped text: anything that names tasks, such as ids, create answers as JSON or JSON lines, curl lines,
    URLs, pieces of a log. A task that is watched already is no error: it gets the tags and the title.
    """
    config = session_of(context).config()
    check_provider(config, provider)
    tags = tuple(checked_tag(tag) for tag in tags)
    title = None if title is None else checked_title(title)
    if follow is not None:
        if ids or title or as_json:
            raise CommandError("give ids (a title, --json), or a file to follow, not both")
        from octotui.cli.commands.follow import follow_file  # noqa: PLC0415 - a single id needs none of it

        follow_file(config, follow, provider=provider, route=route, tags=tags)
        return
    intakes = _understood(ids, config, provider, route, tags)
    tasks, unsure = _settled(intakes, config, can_ask=_can_ask(ids))
    shortened = [written for intake in intakes for written in intake.shortened]
    found = _meant(config, shortened) if shortened else []
    is_known = bool(shortened) and len(found) == len(shortened)
    known_tasks = [NewTask(task.id, task.provider, task.route, tags=tags) for task in found]
    if tasks or known_tasks or as_json:
        with open_ledger(config) as ledger:
            done = _add_all(ledger, [*tasks, *known_tasks], title)
        if as_json:
            output.print_json(done._asdict() | {"changed": [*done.changed], "unsure": unsure})
        else:
            output.say_added([*tasks, *known_tasks], set(done.added), provider_labels(config), gained=done.changed)
        if tasks:
            click.echo(f"{len(done.added)} added, {len(done.known)} known already", err=True)
    if unsure:
        shown = " ".join(clean(task_id, 300) for task_id in unsure[:10]) + (" …" if len(unsure) > 10 else "")
        names = ", ".join(each.name for each in config.providers)
        raise CommandError(f"whose task is this? Say it with --provider ({names}): {shown}")
    if not tasks and not is_known:
        raise CommandError(_nothing_found(intakes, shortened))


def _settled(intakes: Sequence[Intake], config: Config, *, can_ask: bool) -> tuple[list[NewTask], list[str]]:
    """Return the tasks whose provider is known by now, and the ids of those of which it is not."""
    tasks: list[NewTask] = []
    unsure: list[str] = []
    for intake in intakes:
        _settle_known(intake, config)
        if intake.unsure and can_ask:
            tasks += _asked_for(intake, config)
        else:
            unsure += intake.unsure
        tasks += intake.tasks
    return tasks, unsure


def _nothing_found(intakes: Sequence[Intake], shortened: Sequence[str]) -> str:
    if shortened:
        return f"a shortened id is no new task: {' '.join(clean(each, 300) for each in shortened[:5])}"
    examples = [example for intake in intakes for example in intake.ignored_examples]
    return f"no task found{', ignored: ' if examples else ''}{' · '.join(examples)}"


class _Done(NamedTuple):
    """What came of tasks that were to be watched: ids of new and of known ones, and what was new about those."""

    added: list[str]
    known: list[str]
    changed: dict[str, str]
    """In words: `tags a b added, title set`."""


def _add_all(ledger: Ledger, tasks: Sequence[NewTask], title: str | None) -> _Done:
    """Watch tasks; those that are known get the tags, and all get the title."""
    before = _tags_before(ledger, tasks)
    added, known = ledger.add(tasks, time.time())
    titled = set() if title is None else set(ledger.set_title((*added, *known), title))
    wanted: dict[str, list[str]] = {}
    for task in tasks:
        wanted.setdefault(task.id, []).extend(task.tags)
    changed: dict[str, str] = {}
    for task_id in known:
        tags = [tag for tag in dict.fromkeys(wanted.get(task_id, ())) if tag not in before.get(task_id, ())]
        words = [f"{'tag' if len(tags) == 1 else 'tags'} {' '.join(tags)} added"] if tags else []
        words += ["title set"] if task_id in titled else []
        if words:
            changed[task_id] = ", ".join(words)
    return _Done(added, known, changed)


def _tags_before(ledger: Ledger, tasks: Sequence[NewTask]) -> dict[str, tuple[str, ...]]:
    """Return the tags of those tasks that are watched and are to get some."""
    asked = {task.id for task in tasks if task.tags}
    if len(asked) > _MANY:
        return {task.id: task.tags for page in ledger.pages() for task in page if task.id in asked}
    return {task.id: task.tags for task in map(ledger.task, asked) if task is not None}


def _meant(config: Config, shortened: Sequence[str]) -> list[Task]:
    """Return the watched tasks that shortened ids mean; says on stderr which mean none, or several."""
    meant: list[Task] = []
    with open_ledger(config) as ledger:
        ids = [task.id for page in ledger.pages() for task in page]
        for written in shortened:
            found = fitting(ids, written)
            task = ledger.task(found[0]) if len(found) == 1 else None
            if task is not None:
                meant.append(task)
            elif found:
                fits = " ".join(clean(task_id, 300) for task_id in found[:5])
                click.echo(f"octotui: {clean(written, 300)} can mean {len(found)} watched tasks: {fits}", err=True)
            else:
                click.echo(f"octotui: {clean(written, 300)} is shortened, and no watched task fits it", err=True)
    return meant


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
