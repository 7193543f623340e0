"""Commands that stop watching tasks: `rm` what is named, `prune` what is long saved. Files stay."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from octotui.cli import output
from octotui.cli.context import command_options, complete_id, open_ledger, session_of
from octotui.cli.exit_codes import CommandError
from octotui.cli.option_types import DURATION, command
from octotui.cli.selection import check_agreed, check_some, chosen, filter_option, read_filter, say_none
from octotui.sanitize import clean
from octotui.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octotui.ledger import Ledger
    from octotui.model import Task

_YES = click.option("-y", "--yes", "is_agreed", is_flag=True, help="Do not ask.")
_DRY = click.option("-n", "--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")


@command()
@click.argument("ids", nargs=-1, metavar="[ID …]", shell_complete=complete_id)
@filter_option
@_DRY
@_YES
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the ids that were removed.")
@command_options
@click.pass_context
def rm(  # noqa: PLR0917 - click gives them by name
    context: click.Context, ids: tuple[str, ...], filter_text: str | None, dry_run: bool, is_agreed: bool, as_json: bool
) -> None:
    """Stop watching tasks. Files that were saved stay.

    With --filter: all that match; more than 20 are asked about first, unless --yes is given. Where the text is a whole
    id, that task alone is meant.
    """
    check_some(ids, filter_text)
    config, wanted = session_of(context).config(), read_filter(filter_text)
    with open_ledger(config, is_reader=dry_run) as ledger:
        if not ids and filter_text is not None and ledger.task(filter_text.strip()) is not None:
            # Typed as for the shell's own rm, whose -f is another one: no other id that holds this one may go.
            ids, wanted = (filter_text.strip(),), None
        tasks = chosen(ledger, ids, wanted, time.time())
        if not tasks:
            say_none(ledger, ids)
        elif not dry_run and not ids:
            question = f"Stop watching {plural(len(tasks), 'task')} of {ledger.count():,}?"
            check_agreed(question, is_agreed=is_agreed, count=len(tasks))
        _remove(ledger, tasks, dry_run=dry_run, as_json=as_json)


@command(short_help="Stop watching what was saved long ago.")
@click.option("--saved", is_flag=True, help="What is saved; nothing else is pruned.")
@click.option("--older", metavar="TIME", type=DURATION, default=0.0, help="Only what was saved longer ago (30d).")
@_DRY
@_YES
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the ids that were removed.")
@command_options
@click.pass_context
def prune(  # noqa: PLR0917 - click gives them by name
    context: click.Context, saved: bool, older: float, dry_run: bool, is_agreed: bool, as_json: bool
) -> None:
    """Stop watching what was saved long ago. The files and their side-cars stay, so that `import` can bring it back.

    Asks first on a terminal; elsewhere --yes is needed.
    """
    if not saved:
        raise CommandError("say what is to go: --saved (and how long ago: --older 30d)")
    config = session_of(context).config()
    now = time.time()

    def is_old(task: Task) -> bool:
        return task.is_saved and now - (task.download.saved_at or task.added_at) >= older

    with open_ledger(config, is_reader=dry_run) as ledger:
        tasks = chosen(ledger, (), None, now, among=is_old)
        if not tasks:
            count = ledger.count()
            words = f"nothing to prune: none of {count:,} was saved so long ago" if count else "no tasks"
            click.echo(words, err=True)
        elif not dry_run:
            question = f"Stop watching {plural(len(tasks), 'saved task')} of {ledger.count():,}? The files stay."
            check_agreed(question, is_agreed=is_agreed, count=len(tasks), above=0)
        _remove(ledger, tasks, dry_run=dry_run, as_json=as_json)


def _remove(ledger: Ledger, tasks: Sequence[Task], *, dry_run: bool, as_json: bool) -> None:
    """Stop watching tasks and print which."""
    ids = [task.id for task in tasks]
    gone = ids if dry_run else ledger.remove(ids) if ids else []
    if as_json:
        output.print_json({"removed": [] if dry_run else gone, "would_remove": gone if dry_run else []})
        return
    word = "would remove" if dry_run else "removed"
    for page in output.batched(gone):
        click.echo("\n".join(f"{word} {clean(task_id, 600)}" for task_id in page))
