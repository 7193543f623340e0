"""`metrics`: what goes with the metrics of `watch`, and how `watch` gives them out."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import ChoosingGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from octotui.config import Config
    from octotui.ledger import Ledger
    from octotui.web.metrics.exporter import Exporter
    from octotui.web.metrics.server import MetricsServer


@click.group(cls=ChoosingGroup, short_help="Print a Grafana dashboard, or alert rules.")
@command_options
def metrics() -> None:
    """Print what goes with the metrics of octotui watch --metrics: a Grafana dashboard, alert rules for Prometheus."""


@metrics.command(short_help="Print a Grafana dashboard as JSON.")
@command_options
def dashboard() -> None:
    """Print a Grafana dashboard as JSON, to be imported; it asks for the Prometheus to read from."""
    click.echo(_shipped("dashboard.json"), nl=False)


@metrics.command(short_help="Print alert rules for Prometheus.")
@command_options
def alerts() -> None:
    """Print alert rules, as a file that rule_files of Prometheus names."""
    click.echo(_shipped("alerts.yml"), nl=False)


def _shipped(name: str) -> str:
    from importlib.resources import files  # noqa: PLC0415 - `watch` imports this module too

    return files("octotui.web.metrics").joinpath(name).read_text("utf-8")


@contextmanager
def giving_out_metrics(
    config: Config, ledger: Ledger, *, address: str | None, folder: Path | None
) -> Iterator[Callable[[], None]]:
    """Serve the metrics at `address` and write them into `folder`, as long as the block runs.

    Yields what to call at every look at the ledger. The file is written once more at the end.

    Raises:
        CommandError: prometheus_client is missing, or the address or folder cannot be used.
        ConfigError: the token in `web_token_file` cannot be used.

    """
    if address is None and folder is None:
        yield _do_nothing
        return
    from octotui.web.metrics import missing  # noqa: PLC0415 - few want metrics

    if (advice := missing()) is not None:
        raise CommandError(advice)
    from octotui.web.metrics.exporter import Exporter  # noqa: PLC0415 - an extra, and 0.1 s

    exporter = Exporter(ledger, disk_reserve=config.disk_reserve)
    with ExitStack() as stack:
        if address is not None:
            server = stack.enter_context(_server(exporter, config, address))
            click.echo(f"metrics at http://{server.address}/metrics", err=True)
        yield stack.enter_context(_keeping_file(exporter, folder)) if folder is not None else _do_nothing


def _do_nothing() -> None:
    """Stand in for the file where there is none."""


def _server(exporter: Exporter, config: Config, written: str) -> MetricsServer:
    from octotui.config.web_token import web_token  # noqa: PLC0415 - as above
    from octotui.web.metrics.address import read_listen_address  # noqa: PLC0415 - as above
    from octotui.web.metrics.server import MetricsServer  # noqa: PLC0415 - as above

    try:
        return MetricsServer(exporter, read_listen_address(written), token=web_token(config))
    except ValueError as error:
        raise CommandError(f"--metrics: {error}") from error
    except OSError as error:
        raise CommandError(f"--metrics: cannot listen on {written}: {error.strerror or error}") from error


@contextmanager
def _keeping_file(exporter: Exporter, folder: Path) -> Iterator[Callable[[], None]]:
    from octotui.web.metrics.textfile import MetricsFile  # noqa: PLC0415 - as above

    file = MetricsFile(exporter, folder, lambda words: click.echo(f"octotui: {words}", err=True))
    try:
        file.write()
    except OSError as error:
        raise CommandError(f"--metrics-textfile: {folder}: {error.strerror or error}", ExitCode.FILE) from error
    try:
        yield file.write_if_due
    finally:
        file.try_to_write()
