"""Which tasks a command is about: those whose ids are given, those that match a filter, or all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from octotui.cli.context import watched
from octotui.cli.exit_codes import CommandError
from octotui.units import plural

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from octotui.ledger import Ledger
    from octotui.model import Task
    from octotui.presentation.filters import Filter

Function = TypeVar("Function", bound=Callable[..., Any])

ASK_ABOVE = 20
"""Tasks above which a person is asked before something is taken away from all of them."""


def complete_filter(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the fields, or the states, that the last term of a filter can begin with, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell's completion comes here

    from octotui.presentation.filters import FIELDS, MEASURES  # noqa: PLC0415 - as above

    before, blank, term = incomplete.rpartition(" ")
    inverted = "!" if term.startswith("!") else ""
    term = term.removeprefix("!")
    words = {f"{name}{'<' if name in MEASURES else ':'}": says for name, says in FIELDS.items()}
    if term.startswith("state:"):
        words = {f"state:{state}": "" for state in FIELDS["state"].split(", ")}
    start = f"{before}{blank}{inverted}"
    return [CompletionItem(f"{start}{word}", help=says) for word, says in words.items() if word.startswith(term)]


def filter_option(function: Function) -> Function:
    """Give a command `--filter`."""
    option = click.option(
        *("-f", "--filter", "filter_text"),
        metavar="TEXT",
        shell_complete=complete_filter,
        help="Only tasks that match: text, state:failed, tag:x, 'left<30m' (octotui ls --help names all fields).",
    )
    return option(function)


def read_filter(text: str | None) -> Filter | None:
    """Return what `--filter` says, None where it says nothing. Raises `CommandError` for what makes no sense."""
    if text is None:
        return None
    from octotui.presentation.filters import parse  # noqa: PLC0415 - few commands are given one

    found = parse(text)
    if found.problem is not None:
        raise CommandError(f"--filter: {found.problem}")
    return found if found.tests else None


def chosen(
    ledger: Ledger,
    ids: Sequence[str],
    wanted: Filter | None,
    now: float,
    *,
    among: Callable[[Task], bool] | None = None,
) -> list[Task]:
    """Return the tasks that are meant, in the order named, else of the ledger.

    Args:
        ledger: What is watched.
        ids: Those that were named, shortened or not; none: all that there are.
        wanted: Only those that match.
        now: Unix seconds.
        among: Only those for which this holds, where no ids were given.

    Raises:
        CommandError: an id means none, or several.

    """
    if ids:
        named = [task for task in map(ledger.task, watched(ledger, ids)) if task is not None]
        return [task for task in named if wanted is None or wanted.matches(task, now)]
    return [
        task
        for task in all_tasks(ledger)
        if (among is None or among(task)) and (wanted is None or wanted.matches(task, now))
    ]


def all_tasks(ledger: Ledger, fields: Iterable[str] | None = None) -> Iterator[Task]:
    """Yield every watched task, with these fields of it (None: all), without having all of them in memory."""
    for page in ledger.pages(fields):
        yield from page


def check_some(ids: Sequence[str], filter_text: str | None) -> None:
    """Raise `CommandError` where neither ids nor a filter say which tasks are meant."""
    if not ids and not (filter_text or "").strip():
        raise CommandError("give ids, or a filter: -f state:failed")


def say_none(ledger: Ledger, ids: Sequence[str] = ()) -> None:
    """Say on stderr that no task is meant: there are none, or none of them match."""
    count = len(ids) or ledger.count()
    click.echo(f"none of {count:,} match" if count else "no tasks: octotui add ID", err=True)


def check_agreed(question: str, *, is_agreed: bool, count: int, above: int = ASK_ABOVE) -> None:
    """Ask a person at the terminal before something is done to more than `above` tasks.

    Raises `CommandError` where they say no, or where nobody can be asked and `--yes` was not given.
    """
    import sys  # noqa: PLC0415 - beside its only use

    if is_agreed or count <= above:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(f"{question} Nobody can be asked here: give --yes, or --dry-run to see which.")
    if not click.confirm(question, err=True):
        raise CommandError(f"nothing was done; {plural(count, 'task')} left as they were")
