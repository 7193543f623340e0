"""`serve`: the ledger as a page in the browser, as JSON and as events; looks only, and needs no key."""

from __future__ import annotations

import importlib.util
import sys
import threading
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options, open_ledger, say_notices, session_of
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import command
from octotui.cli.sd_notify import ServiceManager
from octotui.cli.signals import stopping_signals

if TYPE_CHECKING:
    from octotui.config import Config
    from octotui.web.metrics.address import ListenAddress
    from octotui.web.server import WebServer

_NEEDS = {"web": ("jinja2", "starlette", "uvicorn"), "terminal": ("textual_serve", "websockets")}
_LOOK_EVERY = 5.0
"""Seconds between two words to a service manager without a watchdog."""


@command(short_help="Show the tasks in a browser, for looking only.")
@click.option(
    "--listen",
    metavar="ADDR",
    default="127.0.0.1:8420",
    show_default=True,
    help="Where, as HOST:PORT or PORT; anything but this machine needs web_token_file. Port 0: any that is free.",
)
@click.option(
    "--terminal", is_flag=True, help="The dashboard, too, at /terminal, for looking only; needs web_token_file."
)
@command_options
@click.pass_context
def serve(context: click.Context, listen: str, terminal: bool) -> None:
    """Serve a page, JSON and events about the tasks: for looking only, nothing is asked, saved or written.

    `/` is the page, `/api/tasks` what ls --json prints, `/api/events` what watch --jsonl prints as server-sent events,
    `/metrics` what watch --metrics serves, `/terminal` the dashboard itself (with --terminal). `/healthz` says 503
    when the ledger cannot be read or nobody works on it.

    Whoever serves asks nobody: let octotui watch, or a dashboard, run beside it. SIGTERM or Ctrl+C ends it.
    """
    check_installed("web")
    if terminal:
        check_installed("terminal")
    from octotui.config.web_token import web_token  # noqa: PLC0415 - `--help` needs none of this
    from octotui.web.access import Token  # noqa: PLC0415 - as above
    from octotui.web.server import BadAddress, WebServer, read_address  # noqa: PLC0415 - as above

    session = session_of(context)
    config = session.config()
    text = web_token(config)
    try:
        address = read_address(listen)
        _check_guarded(address, config, has_token=text is not None)
        if terminal and text is None:
            raise CommandError(f"--terminal: whoever gets there draws on this machine, so {_token_words(config)}")
        token = None if text is None else Token(text)
        with open_ledger(config, is_reader=True, read_only=session.read_only) as ledger:
            say_notices(ledger)
            server = WebServer(config, ledger, address, token, _dashboard(config) if terminal else ())
            click.echo(f"octotui: serving {server.url}{' with a token' if token else ''}", err=True)
            _run(server)
    except BadAddress as error:
        raise CommandError(f"--listen: {error}") from None


def check_installed(extra: str) -> None:
    """Raise `CommandError` where the packages of an extra are missing."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDS[extra]):
        from octotui.extras import install_command  # noqa: PLC0415 - only on the way out

        raise CommandError(f"serve needs packages that are not installed: {install_command(extra)}")


def _check_guarded(address: ListenAddress, config: Config, *, has_token: bool) -> None:
    """Raise `CommandError` where others could look without a token."""
    if address.is_loopback or has_token:
        return
    raise CommandError(f"--listen: others can reach {address.host}, so {_token_words(config)}")


def _token_words(config: Config) -> str:
    where = config.path or "the configuration"
    return f'a token is needed: openssl rand -hex 24 > FILE, chmod 600 FILE, and web_token_file = "FILE" in {where}'


def _dashboard(config: Config) -> list[str]:
    """Return the command of a dashboard that looks only at what is served here."""
    options = [] if config.path is None else ["--config", str(config.path)]
    return [sys.executable, "-m", "octotui", "--read-only", *options, "--profile", config.profile]


def _run(server: WebServer) -> None:
    stopped = threading.Event()
    manager = ServiceManager()
    with stopping_signals(stopped):
        try:
            server.start(ended=stopped.set)
            manager.ready()
            manager.status(f"serving {server.url}")
            every = _LOOK_EVERY if manager.watchdog is None else manager.watchdog / 4
            fed = (-1, -1)
            while not stopped.wait(every):
                # Fed by loop and reader both: where one of them hangs, nobody is.
                beats = server.beats, server.live.beats
                if all(now != before for now, before in zip(beats, fed, strict=True)):
                    fed = beats
                    manager.alive()
        finally:
            manager.stopping()
            server.stop()
    if server.error is not None:
        raise CommandError(f"the server ended: {server.error}", ExitCode.FILE)
