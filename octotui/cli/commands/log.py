"""`log`: the activity log of the ledger, as lines or as JSON."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from octotui import units
from octotui.cli import output
from octotui.cli.context import command_options, open_ledger, provider_labels, say_notices, session_of
from octotui.cli.exit_codes import CommandError
from octotui.cli.option_types import DURATION, command
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octotui.ledger import Ledger
    from octotui.model import LogEntry
    from octotui.presentation.log_filter import Wanted

_ALL = 20_000
"""Events the ledger keeps."""
_LOOK_EVERY = 0.25
"""Seconds between two looks at a ledger that is followed."""


@command(short_help="Print what happened, and go on with --follow.")
@click.option("--since", metavar="TIME", type=DURATION, help="Only what happened within this time (8h, 2d).")
@click.option("--lines", type=click.IntRange(min=0), default=200, show_default=True, help="How many without --since.")
@click.option("--follow", is_flag=True, help="Go on with what happens, until interrupted.")
@click.option(
    *("-f", "--filter", "filter_text"),
    metavar="TEXT",
    default="",
    help="Only events that match: text, kind:lost, task:video_6a8, provider:veo; ! inverts.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.option("--jsonl", is_flag=True, help="One JSON object a line.")
@command_options
@click.pass_context
def log(  # noqa: PLR0917 - click gives them by name
    context: click.Context,
    since: float | None,
    lines: int,
    follow: bool,
    filter_text: str,
    as_json: bool,
    jsonl: bool,
) -> None:
    """Print what happened, oldest first: the activity log of the ledger, which keeps 20,000 events."""
    from octotui.presentation.log_filter import log_filter, log_problem  # noqa: PLC0415 - not before the arguments are known

    if as_json and (jsonl or follow):
        raise CommandError("--json prints one array: take --jsonl with --follow")
    if (problem := log_problem(filter_text)) is not None:
        raise CommandError(f"--filter: {problem}")
    config = session_of(context).config()
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        printer = _Printer(ledger, provider_labels(config), log_filter(filter_text), jsonl=jsonl)
        events = ledger.events(limit=_ALL)
        last = events[-1].number if events else 0
        begin = float("-inf") if since is None else time.time() - since
        chosen = [event for event in events if event.at >= begin and printer.is_wanted(event)]
        if since is None:
            chosen = chosen[len(chosen) - lines :] if lines < len(chosen) else chosen
        if as_json:
            output.print_json([printer.json(event) for event in chosen])
        else:
            printer.print(chosen)
        if not chosen and not follow:
            click.echo(f"none of {len(events):,} events match" if events else "nothing has happened yet", err=True)
        say_notices(ledger)
        if follow:
            _follow(ledger, printer, last)


class _Printer:
    """Prints events as lines of text, or of JSON."""

    def __init__(self, ledger: Ledger, labels: dict[str, str], wanted: Wanted, *, jsonl: bool) -> None:
        self._ledger = ledger
        self._labels = labels
        self._wanted = wanted
        self._jsonl = jsonl
        self._providers: dict[str, str | None] = {}

    def is_wanted(self, event: LogEntry) -> bool:
        return self._wanted(event, self._label(event), self.line(event))

    def print(self, events: Iterable[LogEntry]) -> None:
        encode = output.encoder().encode
        lines = (encode(self.json(event)) if self._jsonl else self.line(event) for event in events)
        for page in output.batched(lines):
            click.echo("\n".join(page))

    def line(self, event: LogEntry) -> str:
        """Date and time, provider, id, words."""
        task_id = event.task_id
        subject = () if task_id is None or task_id in event.text else (self._label(event), clean(task_id, 600))
        return " ".join(part for part in (units.date_time(event.at), *subject, event.text) if part)

    def json(self, event: LogEntry) -> dict[str, Any]:
        return {
            "number": event.number,
            "at": round(event.at, 3),
            "event": str(event.kind),
            "detail": str(event.detail) or None,
            "id": event.task_id,
            "provider": self._provider(event),
            "message": event.text,
        }

    def _label(self, event: LogEntry) -> str:
        provider = self._provider(event)
        return "" if provider is None else self._labels.get(provider, provider)

    def _provider(self, event: LogEntry) -> str | None:
        """The provider of the task it is about; None where it is about none, or that is watched no longer."""
        task_id = event.task_id
        if task_id is None:
            return None
        if task_id not in self._providers:
            task = self._ledger.task(task_id)
            self._providers[task_id] = None if task is None else task.provider
        return self._providers[task_id]


def _follow(ledger: Ledger, printer: _Printer, last: int) -> None:
    """Print what comes after the event number `last`, until SIGTERM, SIGHUP or Ctrl+C."""
    from octotui.cli.signals import stopping_signals  # noqa: PLC0415 - only where it goes on

    stopped = threading.Event()
    with stopping_signals(stopped):
        for event in _coming(ledger, last, stopped):
            if printer.is_wanted(event):
                printer.print([event])


def _coming(ledger: Ledger, last: int, stopped: threading.Event) -> Iterator[LogEntry]:
    from octotui.ledger import LedgerAway  # noqa: PLC0415 - as above

    while not stopped.is_set():
        # A server that is away comes back, and what was said meanwhile comes with it.
        with suppress(LedgerAway):
            for event in ledger.events(last, limit=_ALL):
                last = event.number
                yield event
        while not stopped.wait(_LOOK_EVERY) and not ledger.changed_outside():
            pass
