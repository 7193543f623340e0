"""`pause` and `resume`: stop all asking and downloading on this ledger, whoever does it, and go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options, open_ledger, session_of
from octotui.cli.exit_codes import CommandError
from octotui.cli.option_types import command

if TYPE_CHECKING:
    from octotui.ledger import Ledger


@command(short_help="Pause all asking and saving, in every window.")
@command_options
@click.pass_context
def pause(context: click.Context) -> None:
    """Pause everything: nothing is asked, nothing is saved, until `octotui resume` or `P` in the dashboard.

    It holds for every window and service on this ledger, and over restarts. Results still expire meanwhile.
    """
    with open_ledger(session_of(context).config()) as ledger:
        changed = ledger.pause_all(True, time.time())
    click.echo("everything is paused" if changed else "everything was paused already", err=True)


@command(short_help="Go on after `octotui pause`.")
@command_options
@click.pass_context
def resume(context: click.Context) -> None:
    """Go on with everything after `octotui pause`; downloads that were paused one by one stay so."""
    with open_ledger(session_of(context).config()) as ledger:
        changed = ledger.pause_all(False, time.time())
    click.echo("going on" if changed else "nothing was paused", err=True)


def pause_words(ledger: Ledger, now: float) -> str | None:
    """Return since when everything is paused and how to go on, None while it is not."""
    since = ledger.paused_since()
    if since is None:
        return None
    from octotui.prose import duration  # noqa: PLC0415 - few need it

    return f"everything has been paused for {duration(now - since)}: octotui resume goes on"


def check_not_paused(ledger: Ledger) -> None:
    """Raise `CommandError` while everything is paused: whoever waits for an answer would wait for ever."""
    words = pause_words(ledger, time.time())
    if words is not None:
        raise CommandError(words)
