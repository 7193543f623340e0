"""`boxes`: the machines that work on the ledger, and what each of them does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options, open_ledger, say_notices, session_of
from octotui.cli.option_types import command
from octotui.cli.output import cells_of_stdout, print_json

if TYPE_CHECKING:
    from octotui.ledger import Box


@command(short_help="List the machines that work on the ledger, and what each of them does.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@command_options
@click.pass_context
def boxes(context: click.Context, *, as_json: bool) -> None:
    """List the machines that work on the ledger: who asks the gateway, who saves what, and who is silent.

    A ledger in a file has one machine; a PostgreSQL ledger has as many as work on it, and those that did in the last
    week. Silence is measured by the server's clock.
    """
    session = session_of(context)
    with open_ledger(session.config(), is_reader=True, read_only=session.read_only) as ledger:
        found = ledger.boxes()
        say_notices(ledger)
    from octotui.presentation.boxes.box_rows import box_lines, in_order  # noqa: PLC0415 - not before the ledger is open

    if as_json:
        now = time.time()
        print_json([as_dict(box, now) for box in in_order(found)])
    elif not found:
        click.echo("nobody has worked on this ledger yet: octotui, or octotui watch, does", err=True)
    else:
        from octotui.presentation.styled_text import plain  # noqa: PLC0415 - JSON has no columns

        for line in box_lines(found, cells_of_stdout() or _UNCUT, len(found)):
            click.echo(plain(line).rstrip())


_UNCUT = 10_000
"""Cells that no row needs."""


def as_dict(box: Box, now: float) -> dict[str, object]:
    """Return a machine as scripts see it (`INTERFACE.md`, "Boxes as JSON"); `now` is unix seconds."""
    status = box.status
    is_there = not box.is_gone
    return {
        "box": status.host,
        "pid": status.pid,
        "version": status.version or None,
        "gone": box.is_gone,
        "leads": is_there and status.leads,
        "silent": round(box.silent, 1),
        "seen_at": int(now - box.silent),
        "gateway": status.gateway.value if is_there and status.leads else None,
        "folder": status.folder or None,
        "place": status.place or None,
        "disk_free": status.disk_free,
        "saving": status.downloads_running if is_there else 0,
        "speed": round(status.download_speed) if is_there else 0,
        "saved": box.saved,
        "bytes_last_hour": box.bytes_last_hour,
    }
