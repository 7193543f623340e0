"""`config path|init|check` and `completion`: about octotui itself, not about tasks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from octotui.cli.context import command_options, session_of
from octotui.cli.dashboard import screen_problems
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import ChoosingGroup

if TYPE_CHECKING:
    from pathlib import Path


@click.group(cls=ChoosingGroup)
@command_options
def config() -> None:
    """Show, write and check the configuration. None is needed: a key in OCTOTUI_API_KEY is enough."""


@config.command()
@command_options
@click.pass_context
def path(context: click.Context) -> None:
    """Print where the configuration is, or would be."""
    click.echo(_path(context))


@config.command()
@command_options
@click.pass_context
def init(context: click.Context) -> None:
    """Write the commented example; a file that is there is left alone."""
    from octotui.config.example import example_text  # noqa: PLC0415 - only written once

    file = _path(context)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{file} is there already; it was left as it is") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(example_text())
    click.echo(file)


@config.command(short_help="Say what is wrong with the configuration, else what holds.")
@command_options
@click.pass_context
def check(context: click.Context) -> None:
    """Say what is wrong with the configuration, with file, line and the valid choices; else what holds."""
    from octotui.config import load  # noqa: PLC0415 - `path` needs less
    from octotui.config.no_key import no_key  # noqa: PLC0415 - as above

    session = session_of(context)
    found = load(session.config_file, profile=session.profile, also=screen_problems)
    for name, value in (
        ("file", found.path or f"none (octotui config init writes {_path(context)})"),
        ("profile", found.profile),
        ("gateway", found.base_url),
        ("key", found.api_key_source or f"none: {'; '.join(no_key(found))}"),
        ("ledger", found.ledger_path),
        ("downloads", found.download_dir),
        ("providers", ", ".join(provider.name for provider in found.providers)),
    ):
        click.echo(f"{name:<9}  {value}")


def _path(context: click.Context) -> Path:
    from octotui.config import config_path  # noqa: PLC0415 - as above

    named = session_of(context).config_file
    return config_path() if named is None else named.absolute()


@click.command(short_help="Print the completion script for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script: eval "$(octotui completion bash)"; octotui completion fish | source."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only needed here

    shell_class = get_completion_class(shell)
    if shell_class is None:
        raise CommandError(f"there is no completion for {shell}", ExitCode.USAGE)
    click.echo(shell_class(context.find_root().command, {}, "octotui", "_OCTOTUI_COMPLETE").source())
