"""`octotui ledger copy` and `ledger check`: a ledger taken elsewhere, and looked through."""

from __future__ import annotations

import os
import socket
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from octotui import units
from octotui.cli.context import command_options, finish, open_ledger, session_of
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import ChoosingGroup
from octotui.cli.output import print_json
from octotui.config.ledger_password import ledger_password
from octotui.ledger import GONE_AFTER, Ledger, LedgerUnwritable
from octotui.ledger.url import in_words, is_url
from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octotui.config import Config
    from octotui.ledger.interchange.copying import CopiedTable

_SAID = 5
"""Tasks that are named where they differ."""
_BETWEEN = 0.25
"""Seconds between two tries to take the lease of somebody who may be gone."""


@click.group("ledger", cls=ChoosingGroup)
@command_options
def ledger_group() -> None:
    """Take the ledger elsewhere, or look it through."""


@ledger_group.command("check", short_help="Read the whole ledger and say what is wrong with it.")
@click.argument("where", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: place, tasks, problems.")
@command_options
@click.pass_context
def check_ledger(context: click.Context, where: str | None, *, as_json: bool) -> None:
    """Read the whole ledger and say what is wrong with it; exit code 8 when anything is.

    WHERE is the file or the postgresql:// URL of another ledger than this profile's.
    """
    session = session_of(context)
    config = session.config()
    if where is None:
        with open_ledger(config, is_reader=True, read_only=session.read_only) as ledger:
            _say_problems(ledger, as_json=as_json)
    else:
        with _opened(where, config, must_exist=True, read_only=True) as ledger:
            _say_problems(ledger, as_json=as_json)


def _say_problems(ledger: Ledger, *, as_json: bool) -> None:
    problems, tasks = ledger.check(), ledger.count()
    if as_json:
        print_json({"place": ledger.place, "tasks": tasks, "problems": problems})
    else:
        for problem in problems:
            click.echo(clean(problem, 500))
        if not problems:
            click.echo(f"{ledger.place}: whole, {units.plural(tasks, 'task')}")
    finish(ExitCode.FILE if problems else ExitCode.OK)


class _Verdict(NamedTuple):
    """What a copy has come to."""

    done: list[CopiedTable]
    lacking: list[str]
    """Tasks that are not there."""
    different: list[str]
    """Tasks that were there before, and are known otherwise."""
    moved_to: Path | None = None

    @property
    def left_out(self) -> int:
        """Rows of `tasks` in the source that no task can be made of: such a row is in no list, and not copied."""
        return next(each.left_out for each in self.done if each.table == "tasks")

    @property
    def is_whole(self) -> bool:
        """Whether every task is there, and the same."""
        return not (self.lacking or self.different or self.left_out)


@ledger_group.command("copy", short_help="Copy a ledger into another one: file or PostgreSQL, both ways.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--dry-run", is_flag=True, help="Only count what there is.")
@click.option("--keep", is_flag=True, help="Leave the file FROM under its name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command_options
@click.pass_context
def copy_ledger(context: click.Context, source: str, target: str, *, dry_run: bool, keep: bool, as_json: bool) -> None:
    """Copy all that a ledger knows into another one: tasks, answers, history, saved views, what is still to be told.

    FROM and TO are files or postgresql:// URLs. Nobody may work on either. What TO has stays as it is, so that a copy
    that was broken off is done again by the same line. Every task is compared afterwards; only when all are there and
    the same, a file FROM is renamed, so that nobody goes on with it. It is never deleted.
    """
    config = session_of(context).config()
    if _same(source, target):
        raise CommandError("FROM and TO are the same ledger")
    if dry_run:
        _count_only(source, target, config, as_json=as_json)
        return
    with (
        _opened(source, config, must_exist=True) as from_ledger,
        _opened(target, config) as to_ledger,
        _alone_on(from_ledger),
        _alone_on(to_ledger),
    ):
        verdict = _copy(from_ledger, to_ledger)
    if verdict.is_whole and not (keep or is_url(source)):
        verdict = verdict._replace(moved_to=_moved(Path(source).expanduser()))
    _say_verdict(verdict, source, target, as_json=as_json)
    finish(ExitCode.FILE if verdict.lacking or verdict.left_out else ExitCode.OK)


def _copy(source: Ledger, target: Ledger) -> _Verdict:
    from octotui.ledger.interchange.copying import copy, differences  # noqa: PLC0415 - only where something is copied

    said_at = time.monotonic()

    def say_progress(tasks: int) -> None:
        nonlocal said_at
        if sys.stderr.isatty() and time.monotonic() - said_at > 1.0:
            said_at = time.monotonic()
            click.echo(f"octotui: {tasks:,} tasks", err=True)

    done = copy(source, target, say_progress)
    lacking: list[str] = []
    different: list[str] = []
    for each in differences(source, target):
        (different if each.is_there else lacking).append(each.task_id)
    return _Verdict(done, lacking, different)


def _say_verdict(verdict: _Verdict, source: str, target: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "from": in_words(source),
                "to": in_words(target),
                "tables": [each._asdict() for each in verdict.done],
                "lacking": verdict.lacking,
                "different": verdict.different,
                "moved_to": None if verdict.moved_to is None else str(verdict.moved_to),
            }
        )
        return
    rows = [[each.table, f"{each.found:,}", f"{each.copied:,}"] for each in verdict.done if each.found]
    for line in _in_columns(["table", "rows", "copied"], rows):
        click.echo(line)
    for ids, words in ((verdict.lacking, "could not be copied"), (verdict.different, "were there, known otherwise")):
        if ids:
            named = ", ".join(clean(task_id, 100) for task_id in ids[:_SAID])
            click.echo(f"{units.plural(len(ids), 'task')} {words}: {named}{' …' if len(ids) > _SAID else ''}")
    if verdict.left_out:
        click.echo(f"{units.plural(verdict.left_out, 'row')} of damaged tasks left out: octotui ledger check")
    if verdict.is_whole:
        click.echo("compared: every task is there and the same")
    if verdict.moved_to is not None:
        click.echo(f"the old file is now {verdict.moved_to}")
    elif not is_url(source):
        click.echo(f"{source} stays as it is")
    if is_url(target):
        click.echo(f"to use it on this machine: octotui config set ledger {in_words(target)}")


def _count_only(source: str, target: str, config: Config, *, as_json: bool) -> None:
    from octotui.ledger.interchange import tables  # noqa: PLC0415 - only where something is copied

    with _opened(source, config, must_exist=True, read_only=True) as ledger:
        found = ledger.interchange.count_rows()
    try:
        with _opened(target, config, read_only=True) as ledger:
            there = ledger.interchange.count_rows()
    except LedgerUnwritable:
        there = dict.fromkeys(tables.ALL, 0)  # there is no ledger yet
    if as_json:
        counted: list[dict[str, Any]] = [
            {"table": table, "from": found[table], "to": there[table]} for table in tables.ALL
        ]
        print_json({"from": in_words(source), "to": in_words(target), "tables": counted})
        return
    rows = [[table, f"{found[table]:,}", f"{there[table]:,}"] for table in tables.ALL if found[table] or there[table]]
    for line in _in_columns(["table", "rows in FROM", "rows in TO"], rows):
        click.echo(line)
    click.echo("nothing was copied: this was a dry run")


@contextmanager
def _opened(where: str, config: Config, *, must_exist: bool = False, read_only: bool = False) -> Iterator[Ledger]:
    place: Path | str = where
    if not is_url(where):
        place = Path(where).expanduser()
        if must_exist and not place.is_file():
            raise CommandError(f"{place} is no file: name the file of a ledger, or a postgresql:// URL")
    with Ledger.open(place, read_only=read_only, password=ledger_password(config)) as ledger:
        yield ledger


@contextmanager
def _alone_on(ledger: Ledger) -> Iterator[None]:
    """Hold the lease of a ledger on which nobody works. Raises `CommandError` where somebody does."""
    host = socket.gethostname()
    owner = f"{host}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    end = time.monotonic() + GONE_AFTER + 1.0
    while not ledger.take_lease(owner, host, os.getpid(), time.time(), stale_after=GONE_AFTER):
        if time.monotonic() > end:
            holder = ledger.lease()
            who = "another octotui" if holder is None else f"process {holder.pid} on {clean(holder.host, 100)}"
            raise CommandError(f"{who} works on {ledger.place}: stop it first")
        time.sleep(_BETWEEN)
    try:
        there = [box.status for box in ledger.boxes() if not (box.is_gone or box.status.leads)]
        if there:
            who = f"process {there[0].pid} on {clean(there[0].host, 100)}"
            raise CommandError(f"{who} saves results of {ledger.place}: stop it first")
        yield
    finally:
        ledger.release_lease(owner)


def _moved(file: Path) -> Path:
    """Rename the file of a ledger that was copied, and what belongs to it; returns its new name."""
    moved_to = file.with_name(f"{file.name}.copied-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{file}{suffix}")
        if part.exists():
            part.rename(f"{moved_to}{suffix}")
    return moved_to


def _in_columns(heading: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield lines of a table: names at the left, numbers at the right of their columns."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for row in (heading, *rows):
        first, *others = (
            text.rjust(width) if place else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others])


def _same(source: str, target: str) -> bool:
    if is_url(source) or is_url(target):
        return in_words(source) == in_words(target)
    return Path(source).expanduser().resolve() == Path(target).expanduser().resolve()
