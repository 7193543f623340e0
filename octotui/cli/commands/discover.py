"""`discover`: lists the account's tasks with the second credential and watches those that are not watched yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options, open_ledger, provider_labels, session_of
from octotui.cli.exit_codes import CommandError
from octotui.cli.option_types import DURATION, command
from octotui.cli.output import say_added
from octotui.units import plural

if TYPE_CHECKING:
    from octotui.config import Config
    from octotui.config.system_token import SecondKey

_NONE = (
    "there is no system access token: set OCTOTUI_SYSTEM_TOKEN and OCTOTUI_SYSTEM_USER, or system_token_file (or "
    "system_token_command) and system_user in the configuration; the gateway's web page makes one, under your account"
)


@command(short_help="Find your account's tasks at the gateway, and watch them.")
@click.option("--add/--dry-run", "add", default=True, help="Watch what is found (the default), or only say what it is.")
@click.option("--since", metavar="TIME", type=DURATION, help="Only tasks submitted within this time (8h, 2d).")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Tag what is added; may be repeated.")
@command_options
@click.pass_context
def discover(context: click.Context, add: bool, since: float | None, tags: tuple[str, ...]) -> None:
    """Find the tasks of your account at the gateway and watch those that are not watched yet.

    Needs the account's system access token, which is another credential than the key.
    """
    from octotui.engine.sources import account_tasks  # noqa: PLC0415 - brings HTTP: not before the arguments are known to be good

    config = session_of(context).config()
    listed = account_tasks.listed_tasks(config, _second_key(config))
    oldest = None if since is None else time.time() - since
    found = account_tasks.videos(listed, oldest)
    tasks = [account_tasks.new_task(task, config.providers, tags) for task in found]
    with open_ledger(config) as ledger:
        known = {task.id for task in ledger.tasks()}
        fresh = [task for task in tasks if task.id not in known]
        if add and fresh:
            ledger.add(fresh, time.time())
    say_added(fresh, {task.id for task in fresh}, provider_labels(config), added_word="added" if add else "unknown")
    left_out = len(listed) - len(found)
    click.echo(
        f"{plural(len(listed), 'task')} at the gateway: {len(fresh)} {'added' if add else 'would be added'}, "
        f"{len(tasks) - len(fresh)} known already{f', {left_out} left out' if left_out else ''}",
        err=True,
    )


def _second_key(config: Config) -> SecondKey:
    from octotui.config.system_token import second_key  # noqa: PLC0415 - nothing else needs it

    found = second_key(config)
    if found is None:
        raise CommandError(_NONE)
    return found
