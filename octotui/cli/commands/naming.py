"""Commands that give tasks names: `tag` and `title`. They send nothing and need no key."""

from __future__ import annotations

import time

import click

from octotui.cli import output
from octotui.cli.context import command_options, complete_id, complete_tag, open_ledger, session_of, watched
from octotui.cli.exit_codes import CommandError
from octotui.cli.option_types import ExampleCommand, checked_tag, checked_title, command
from octotui.cli.selection import check_some, chosen, filter_option, read_filter, say_none
from octotui.sanitize import clean


class _TagCommand(ExampleCommand):
    """Takes `-b` for a tag that is to go, wherever no option is called so."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move what names tags behind the options: click would take `-final` for `-f inal`."""
        options: dict[str, bool] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option):
                options.update(dict.fromkeys([*parameter.opts, *parameter.secondary_opts], not parameter.is_flag))
        kept: list[str] = []
        words: list[str] = []
        waiting = iter(args)
        for word in waiting:
            name = word.partition("=")[0] if word.startswith("--") else word
            if word == "--":
                words.extend(waiting)
            elif name in options:
                kept.append(word)
                if options[name] and name == word:
                    kept.extend(next(([value] for value in waiting), []))
            elif word.startswith("--"):
                kept.append(word)
            else:
                words.append(word)
        return super().parse_args(ctx, [*kept, "--", *words])


def _complete_word(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Return watched ids, and tags behind `+` and `-`, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell's completion comes here

    if incomplete[:1] in {"+", "-"}:
        tags = complete_tag(context, parameter, incomplete[1:])
        return [CompletionItem(f"{incomplete[0]}{tag.value}") for tag in tags]
    return complete_id(context, parameter, incomplete)


@command(cls=_TagCommand, short_help="Tag tasks, or take tags away.")
@click.argument("words", nargs=-1, metavar="[ID …] [+TAG …] [-TAG …]", shell_complete=_complete_word)
@filter_option
@click.option("-n", "--dry-run", is_flag=True, help="Say which would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the ids that changed.")
@command_options
@click.pass_context
def tag(context: click.Context, words: tuple[str, ...], filter_text: str | None, dry_run: bool, as_json: bool) -> None:
    """Give tasks tags (+night) and take others away (-draft): the tasks named, or all that match --filter.

    A tag that is called as an option is written behind --: octotui tag ID -- -f
    """
    ids = [word for word in words if word[:1] not in {"+", "-"}]
    added = [checked_tag(word[1:]) for word in words if word.startswith("+")]
    removed = [checked_tag(word[1:]) for word in words if word.startswith("-")]
    if not added and not removed:
        raise CommandError("say which tags: +night adds one, -night takes it away")
    if both := sorted({*added} & {*removed}):
        raise CommandError(f"{clean(both[0], 100)} is to be added and taken away: say one of the two")
    check_some(ids, filter_text)
    config, wanted = session_of(context).config(), read_filter(filter_text)
    with open_ledger(config, is_reader=dry_run) as ledger:
        tasks = chosen(ledger, ids, wanted, time.time())
        if not tasks:
            say_none(ledger, ids)
        if dry_run:
            gone = set(removed)
            changed = [task.id for task in tasks if gone.intersection(task.tags) or not set(added).issubset(task.tags)]
        else:
            changed = ledger.change_tags([task.id for task in tasks], add=added, remove=removed) if tasks else []
        now = {task_id: ledger.task(task_id) for task_id in changed} if not as_json and not dry_run else {}
    if as_json:
        output.print_json({"changed": [] if dry_run else changed, "would_change": changed if dry_run else []})
        return
    for task_id in changed:
        task = now.get(task_id)
        tags = "would change" if dry_run else " ".join(task.tags if task is not None else ()) or "no tags"
        click.echo(clean(f"{task_id}: {tags}", 1000))
    if tasks:
        click.echo(f"{len(changed):,} of {len(tasks):,} {'would change' if dry_run else 'changed'}", err=True)


@command(short_help="Give a task a title, or take it away.")
@click.argument("task_id", metavar="ID", shell_complete=complete_id)
@click.argument("words", nargs=-1, required=True, metavar="TEXT")
@command_options
@click.pass_context
def title(context: click.Context, task_id: str, words: tuple[str, ...]) -> None:
    """Give a task a title: it is shown, searched, and there for names of files. An empty text ('') takes it away.

    Where nobody gave a title the beginning of the prompt is shown.
    """
    text = " ".join(words)
    wanted = checked_title(text) if text.strip() else None
    config = session_of(context).config()
    with open_ledger(config) as ledger:
        (task_id,) = watched(ledger, [task_id])
        ledger.set_title([task_id], wanted)
        task = ledger.task(task_id)
    shown = task.title if task is not None else None
    click.echo(f"{clean(task_id, 600)}: {shown or 'no title'}")
