"""`report`: what came of the tasks lately, for whoever slept meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from octotui.cli import output
from octotui.cli.context import command_options, open_ledger, say_notices, session_of
from octotui.cli.option_types import DURATION
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from octotui.engine.report import Report


@click.command(short_help="Count what was completed, saved, lost and failed lately.")
@click.option("--since", metavar="TIME", type=DURATION, default="24h", show_default=True, help="How far back (8h, 2d).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@command_options
@click.pass_context
def report(context: click.Context, since: float, as_json: bool) -> None:
    """Count what was completed, saved, lost and failed lately, from the ledger alone."""
    from octotui.engine.report import report as made  # noqa: PLC0415 - not before the arguments are known to be good

    config = session_of(context).config()
    now = time.time()
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        found = made(ledger.tasks(), now - since, now)
        say_notices(ledger)
    if as_json:
        output.print_json(as_dict(found))
        return
    for name, value in lines(found):
        click.echo(f"{name:<10}  {value}")


def as_dict(found: Report) -> dict[str, object]:
    """Return a report as scripts see it: times in unix seconds, lags in seconds."""
    return {
        "since": int(found.since),
        "until": int(found.until),
        "added": found.added,
        "completed": found.completed,
        "saved": found.saved,
        "bytes": found.bytes,
        "lost": found.lost,
        "cancelled": found.cancelled,
        "failed": dict(found.failed.most_common()),
        "not_saved": dict(found.not_saved.most_common()),
        "mean_lag": None if found.mean_lag is None else round(found.mean_lag, 1),
        "longest_lag": None if found.longest_lag is None else round(found.longest_lag, 1),
    }


def lines(found: Report) -> Iterator[tuple[str, str]]:
    """Yield a report as (name, words)."""
    from octotui import prose, units  # noqa: PLC0415 - JSON needs no words

    yield "since", units.date_time(found.since)
    yield "added", units.plural(found.added, "task")
    yield "completed", units.plural(found.completed, "task")
    yield "saved", f"{units.plural(found.saved, 'file')}, {prose.size(found.bytes)}"
    yield "lost", f"{found.lost:,} past their deadline and not saved" if found.lost else "nothing"
    yield "failed", _by_reason(found.failed)
    if found.cancelled:
        yield "cancelled", units.plural(found.cancelled, "task")
    if found.not_saved:
        yield "not saved", _by_reason(found.not_saved)
    if found.mean_lag is not None and found.longest_lag is not None:
        yield "seen after", f"{prose.duration(found.mean_lag)} on average, {prose.duration(found.longest_lag)} at most"


def _by_reason(counts: Counter[str]) -> str:
    """Return a total and, under it, a line a reason, the most frequent first."""
    total = f"{counts.total():,}" if counts else "nothing"
    return "\n".join([total, *(f"{'':<12}{count:>4} × {clean(reason, 200)}" for reason, count in counts.most_common())])
