"""`report`: what came of the tasks lately, for whoever slept meanwhile."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options, open_ledger, say_notices, session_of
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import DURATION, command
from octotui.cli.output import print_json
from octotui.cli.report_files import hidden_of
from octotui.cli.selection import chosen, filter_option, read_filter, say_none
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from octotui.engine.report import Report


_BY = ("model", "provider", "tag", "reason", "day")


@command(short_help="Count what was completed, saved, lost and failed lately.")
@click.option("--since", metavar="TIME", type=DURATION, default="24h", show_default=True, help="How far back (8h, 2d).")
@filter_option
@click.option("--by", type=click.Choice(_BY), help="A row for each of them: the counts, success and rendering time.")
@click.option("--output", "-o", type=click.Choice(("table", "json", "csv")), default="table", help="The format.")
@click.option("--json", "output", flag_value="json", help="One JSON object: short for -o json.")
@click.option("--csv", "output", flag_value="csv", help="A line a row, by model unless --by says else: -o csv.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write a page with charts that can be sent to somebody: no id, title, prompt, link or key is in it.",
)
@command_options
@click.pass_context
def report(
    context: click.Context, *, since: float, filter_text: str | None, by: str | None, output: str, page: Path | None
) -> None:
    """Count what was completed, saved, lost and failed lately, from the ledger alone.

    Without --by it is about the tasks that are still watched. With it, and in the page, it is by the hours that the
    ledger keeps for 400 days, also of tasks that are watched no longer; by tag it is about those that are. Those hours
    know no single tasks: --filter goes without --by, or with --by tag.
    """
    from octotui.engine.report import report as made  # noqa: PLC0415 - not before the arguments are known to be good
    from octotui.presentation.charts.report_rows import csv_text, report_rows, table_lines  # noqa: PLC0415 - as above

    only = read_filter(filter_text)
    if only is not None and (page is not None or (by or ("model" if output == "csv" else "tag")) != "tag"):
        # What they go by is kept by the hour, for all tasks together.
        raise CommandError("--filter is about single tasks: take it without --by, or with --by tag, and not for a page")
    config = session_of(context).config()
    now = time.time()
    with open_ledger(config, is_reader=True, read_only=session_of(context).read_only) as ledger:
        tasks = chosen(ledger, (), only, now)
        if only is not None and not tasks:
            say_none(ledger)
        history = ledger.history(now - since)
        say_notices(ledger)
    labels = {provider.name: provider.label for provider in config.providers}
    if page is not None:
        from octotui.presentation.charts.html_report import Shown, html_report  # noqa: PLC0415 - only for a page

        shown = Shown(history, tasks, now - since, now, labels, hidden_of(config))
        _write_page(page, html_report(shown, by or "model"))
        return
    rows = report_rows(by or "model", history, tasks, now - since, now)
    if output == "csv":
        click.echo(csv_text(by or "model", rows), nl=False)
        return
    found = made(tasks, now - since, now)
    if output == "json":
        asks = sum(hour.asks for hour in history.hours) if only is None else None
        print_json(as_dict(found) | {"asks": asks, "by": by, "groups": rows if by else []})
    elif by is None:
        for name, value in lines(found):
            click.echo(f"{name:<10}  {value}")
    elif rows:
        click.echo("\n".join(table_lines(by, rows, labels)))
    else:
        click.echo("Nothing has ended or was saved in this time.", err=True)


def _write_page(path: Path, content: str) -> None:
    """Write the page beside its place and put it there, or on stdout for `-`. Raises `CommandError`."""
    if str(path) == "-":
        click.echo(content, nl=False)
        return
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}", ExitCode.FILE) from error
    click.echo(f"Written to {path}", err=True)


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
