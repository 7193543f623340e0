"""`doctor`: what works and what does not, each with a verdict and what to do about it."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from octotui.cli import exit_codes, output
from octotui.cli.context import command_options, finish, open_ledger, session_of
from octotui.cli.exit_codes import ExitCode
from octotui.cli.option_types import command
from octotui.engine.diagnostics.finding import Finding, Trouble, Verdict, fail, ok

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from octotui.config import Config, Problem

_CODES = {
    Trouble.SETTINGS: ExitCode.USAGE,
    Trouble.KEY: ExitCode.KEY_REFUSED,
    Trouble.QUOTA: ExitCode.OUT_OF_QUOTA,
    Trouble.GATEWAY: ExitCode.GATEWAY,
    Trouble.FILE: ExitCode.FILE,
}
_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


@command(short_help="Check what octotui needs, with a remedy for each trouble.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@command_options
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check configuration, base URL, key, clock, quota, downloads, disk, delivery, ledger, engine and terminal.

    Each trouble comes with a remedy. Sends two or three harmless requests; where results are delivered (deliver_to), a
    small object is put there and deleted again. Warnings are no errors: the exit code is 0
    unless something fails.
    """
    findings: list[Finding] = []
    for finding in _findings(context):
        findings.append(finding)
        if not as_json:
            _print(finding)
    code = exit_code(findings)
    if as_json:
        output.print_json(as_dict(findings))
    finish(code)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """Return the code for the worst of what failed."""
    return exit_codes.worst(_CODES[finding.trouble] for finding in findings if finding.trouble is not None)


def as_dict(findings: Sequence[Finding]) -> dict[str, object]:
    """Return a checkup as scripts see it."""
    order = list(Verdict)
    worst = max((finding.verdict for finding in findings), key=order.index, default=Verdict.OK)
    return {
        "verdict": worst.value,
        "exit_code": int(exit_code(findings)),
        "checks": [
            {
                "name": finding.name,
                "verdict": finding.verdict.value,
                "says": finding.says,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }


def _print(finding: Finding) -> None:
    verdict = click.style(f"{finding.verdict.value:<4}", fg=_COLOURS[finding.verdict])
    click.echo(f"{verdict}  {finding.name:<13}  {finding.says}")
    if finding.remedy is not None:
        click.echo(f"{'':<21}→ {finding.remedy}")


def _findings(context: click.Context) -> Iterator[Finding]:
    """Yield the findings as they come; what needs a good configuration is left out without one."""
    from octotui.cli.dashboard import screen_problems  # noqa: PLC0415 - not before the arguments are known to be good
    from octotui.config import ConfigError, load  # noqa: PLC0415 - as above

    session = session_of(context)
    of_screen: list[Problem] = []

    def keep_apart(config: Config) -> Iterable[Problem]:
        # Only the dashboard refuses these: what the other commands need is still worth looking at.
        of_screen.extend(screen_problems(config))
        return ()

    try:
        config = load(session.config_file, profile=session.profile, also=keep_apart)
    except ConfigError as error:
        problems = sorted([*error.problems, *of_screen], key=lambda problem: problem.line or 0)
        yield from map(_of_settings, problems)
        return
    yield from map(_of_settings, of_screen)
    if not of_screen:
        place = config.path or "no file, which is fine"
        yield ok("configuration", f"{place}, profile {config.profile}")
    from octotui.engine.diagnostics import delivery, gateway, machine  # noqa: PLC0415 - brings HTTP

    yield from gateway.examine(config)
    yield from machine.disk(config)
    yield from delivery.examine(config)
    yield from _of_ledger(config)
    yield from _of_terminal(config)


def _of_settings(problem: Problem) -> Finding:
    from octotui.config.problems import ENVIRONMENT  # noqa: PLC0415 - as above

    where = "that variable" if problem.file == ENVIRONMENT else "that line"
    remedy = f"mend {where}; octotui config check says when all is well"
    return fail("configuration", Trouble.SETTINGS, str(problem), remedy)


def _of_ledger(config: Config) -> Iterator[Finding]:
    """Yield what the ledger, its tasks and its lease say; none is made where there is none."""
    from octotui.engine.diagnostics import ledger_server, machine, ranges  # noqa: PLC0415 - brings HTTP
    from octotui.ledger import LedgerError  # noqa: PLC0415 - as above

    if config.ledger is None and not config.ledger_path.exists():
        yield ok("ledger", f"none yet; octotui add makes {config.ledger_path}")
        return
    now = time.time()
    try:
        with open_ledger(config, is_reader=True) as ledger:
            yield machine.judge_ledger(ledger)
            facts = ledger.server_facts()
            if facts is not None:
                yield from ledger_server.judge_server(facts)
            yield machine.judge_lease(ledger.lease(), ledger.status(), now)
            yield from ranges.examine(config, ledger.tasks(), now)
    except LedgerError as error:
        yield machine.unusable_ledger(error)


def _of_terminal(config: Config) -> list[Finding]:
    from octotui.cli import terminal  # noqa: PLC0415 - only looked at once all else is said

    size = os.get_terminal_size(sys.stdout.fileno()) if sys.stdout.isatty() else None
    shape = None if size is None else (size.columns, size.lines)
    findings = terminal.examine(os.environ, shape, sys.stdout.encoding or "ascii", terminal.tmux_option)
    return findings if size is None else [*findings, *_of_widths(config), _of_textual()]


def _of_widths(config: Config) -> list[Finding]:
    """Ask the terminal how wide it draws marks, where it can be asked and has any."""
    from octotui.cli import terminal  # noqa: PLC0415 - as above
    from octotui.cli.cursor_report import cells_of  # noqa: PLC0415 - as above
    from octotui.cli.dashboard import draws_ambiguous_wide, suited  # noqa: PLC0415 - as above

    if not sys.stdin.isatty() or suited(config, os.environ, sys.stdout.encoding or "ascii").ascii:
        return []
    return [terminal.judge_widths(config.ambiguous_wide, draws_ambiguous_wide(cells_of))]


def _of_textual() -> Finding:
    """Judge Textual where there is a screen to draw; only its classes are looked at, nothing of ours is drawn."""
    from importlib.metadata import version  # noqa: PLC0415 - as above

    from octotui.cli.dashboard import textual_differences  # noqa: PLC0415 - as above
    from octotui.engine.diagnostics.machine import judge_textual  # noqa: PLC0415 - as above

    known, differences = textual_differences()
    return judge_textual(version("textual"), known, differences)
