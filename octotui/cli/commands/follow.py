"""`add --follow FILE`: watches every task that a growing file names, until interrupted."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import click

from octotui.cli.context import open_ledger, provider_labels
from octotui.cli.output import say_added
from octotui.cli.signals import stopping_signals
from octotui.intake.follow_file import Tail
from octotui.intake.parse import read
from octotui.sanitize import clean

if TYPE_CHECKING:
    from pathlib import Path

    from octotui.config import Config
    from octotui.ledger import Ledger

_LOOK_EVERY = 0.25


def follow_file(config: Config, path: Path, *, provider: str | None, route: str | None, tags: tuple[str, ...]) -> None:
    """Add what `path` names now and whatever is written to it later; ends with SIGTERM, SIGHUP or Ctrl+C.

    What names no task says nothing; an id whose provider cannot be told is said on stderr and left out.
    """
    stopped = threading.Event()
    labels = provider_labels(config)
    tail = Tail(path)
    waits = "" if path.exists() else ", which is not there yet"
    click.echo(f"following {clean(str(path), 600)}{waits}", err=True)

    def add_tasks(ledger: Ledger, text: str) -> None:
        intake = read(text, config.providers, provider=provider, route=route, tags=tags)
        if intake.tasks:
            added, _known = ledger.add(intake.tasks, time.time())
            say_added(intake.tasks, set(added), labels)
        for task_id in intake.unsure:
            click.echo(f"octotui: whose task is {clean(task_id, 300)}? Say it with --provider", err=True)

    with open_ledger(config) as ledger, stopping_signals(stopped):
        try:
            while not stopped.is_set():
                if text := tail.read():
                    add_tasks(ledger, text)
                else:
                    stopped.wait(_LOOK_EVERY)
        finally:
            # The last line may lack its end; a known id is no error, so nothing is risked by reading it.
            if text := tail.rest():
                add_tasks(ledger, text)
            tail.close()
