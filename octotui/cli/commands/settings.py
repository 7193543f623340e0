"""`config` and `completion`: about octotui itself, not about tasks."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

import click

from octotui.cli.context import command_options, session_of
from octotui.cli.dashboard import default_keys, screen_problems
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.cli.option_types import ChoosingGroup, command

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from octotui.config.effective_settings import Effective


@click.group(cls=ChoosingGroup)
@command_options
def config() -> None:
    """Show, write and check the configuration. None is needed: a key in OCTOTUI_API_KEY is enough."""


@config.command()
@command_options
@click.pass_context
def path(context: click.Context) -> None:
    """Print where the configuration is, or would be."""
    click.echo(session_of(context).file())


@config.command()
@command_options
@click.pass_context
def init(context: click.Context) -> None:
    """Write the commented example; a file that is there is left alone."""
    file = session_of(context).file()
    if not _write_example(file):
        raise CommandError(f"{file} is there already; it was left as it is")
    click.echo(file)


@config.command(short_help="Say what is wrong with the configuration, else what holds.")
@command_options
@click.pass_context
def check(context: click.Context) -> None:
    """Say what is wrong with the configuration, with file, line and the valid choices; else what holds."""
    from octotui.config import load  # noqa: PLC0415 - `path` needs less
    from octotui.config.no_key import no_key  # noqa: PLC0415 - as above
    from octotui.ledger.url import in_words  # noqa: PLC0415 - as above

    session = session_of(context)
    found = load(session.config_file, profile=session.profile, also=screen_problems)
    for name, value in (
        ("file", found.path or f"none (octotui config init writes {session_of(context).file()})"),
        ("profile", found.profile),
        ("gateway", found.base_url),
        ("key", found.api_key_source or f"none: {'; '.join(no_key(found))}"),
        ("ledger", in_words(found.ledger_place)),
        ("downloads", found.download_dir),
        ("providers", ", ".join(provider.name for provider in found.providers)),
    ):
        click.echo(f"{name:<9}  {value}")


def _complete_setting(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of settings, and those that the file has with dots, for the shell."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell's completion comes here

    from octotui.config import ConfigError  # noqa: PLC0415 - as above
    from octotui.config.settings_table import SETTINGS  # noqa: PLC0415 - as above

    try:
        written = [name for name in session_of(context).config().lines if "." in name]
    except ConfigError:
        written = []
    return [CompletionItem(name) for name in dict.fromkeys([*SETTINGS, *written]) if name.startswith(incomplete)]


@config.command("get", short_help="Print a setting, or all, and where each comes from.")
@click.argument("name", required=False, shell_complete=_complete_setting)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object, or an array of all.")
@command_options
@click.pass_context
def get_setting(context: click.Context, name: str | None, as_json: bool) -> None:
    """Print a setting, or all, and where each comes from: default, file and line, profile or environment.

    Names with dots name what stands in a table: keys.download, providers.kling.label, profiles.studio.base_url. The
    key itself is never printed, nor are passwords.
    """
    from octotui.cli.output import print_json  # noqa: PLC0415 - as above
    from octotui.config.effective_settings import EffectiveSettings  # noqa: PLC0415 - as above

    found = session_of(context).config()
    needs_keys = name is not None and name.startswith("keys.")
    settings = EffectiveSettings(found, default_keys() if needs_keys else {})
    rows = settings.all() if name is None else [settings.one(name)]
    if as_json:
        objects = [_json(row) for row in rows]
        print_json(objects if name is None else objects[0])
        return
    for row in rows:
        click.echo(_line(row, found.profile))


_NOTHING = frozenset({"", "none", "null", "default", "unset"})
"""What people type for a setting that is to be as if nobody had said anything."""


@config.command("set", short_help="Write a setting into the file, and nothing else.")
@click.argument("name", shell_complete=_complete_setting)
@click.argument("value", nargs=-1, required=True)
@command_options
@click.pass_context
def set_setting(context: click.Context, name: str, value: tuple[str, ...]) -> None:
    """Write a setting into the file (with --profile: into that profile's table); every other line stays as it is.

    VALUE as you would say it: 30m, 10, yes, completed lost, "mpv --loop", or as TOML: '["mpv", "--loop"]'.
    """
    from octotui.config import ConfigError  # noqa: PLC0415 - as above
    from octotui.config.effective_settings import Effective, masked  # noqa: PLC0415 - as above
    from octotui.config.setting_changes import set_setting as write  # noqa: PLC0415 - as above
    from octotui.config.setting_names import setting_path  # noqa: PLC0415 - as above
    from octotui.config.settings_table import SETTINGS  # noqa: PLC0415 - as above

    file = session_of(context).file()
    where = setting_path(name, session_of(context).profile)
    typed = shlex.join(value) if len(value) > 1 else value[0]
    try:
        written = write(file, where, typed, also=screen_problems)
    except ConfigError as error:
        if typed.strip().lower() not in _NOTHING:
            raise
        raise CommandError(f"{error}; to have the default again: octotui config unset {name}") from None
    row = Effective(".".join(where), masked(where[-1], written.value), "file", file, written.line)
    click.echo(_line(row, ""))
    setting = SETTINGS.get(where[-1]) if where[0] not in {"keys", "providers"} else None
    if setting and setting.environment and os.environ.get(setting.environment, "").strip():
        click.echo(f"octotui: {setting.environment} is set and wins over it", err=True)


@config.command("unset", short_help="Take a setting out of the file, and nothing else.")
@click.argument("name", shell_complete=_complete_setting)
@command_options
@click.pass_context
def unset_setting(context: click.Context, name: str) -> None:
    """Take a setting out of the file (with --profile: out of that profile's table): its default holds again."""
    from octotui.config.setting_changes import unset_setting as take_out  # noqa: PLC0415 - as above
    from octotui.config.setting_names import check_known, setting_path  # noqa: PLC0415 - as above

    file = session_of(context).file()
    where = setting_path(name, session_of(context).profile)
    if take_out(file, where):
        click.echo(f"{'.'.join(where)} taken out of {file}")
        return
    check_known(where, default_keys() if where[0] == "keys" else ())
    click.echo(f"octotui: {'.'.join(where)} is not set in {file}", err=True)


@config.command("edit", short_help="Open the file in $VISUAL or $EDITOR, then check it.")
@command_options
@click.pass_context
def edit(context: click.Context) -> None:
    """Open the file in $VISUAL or $EDITOR, then check it. A file that is missing begins as the commented example."""
    file = session_of(context).file()
    try:
        editor = shlex.split(os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", ""))
    except ValueError as error:
        raise CommandError(f"VISUAL or EDITOR is no command: {error}") from None
    if not editor:
        raise CommandError(f"no editor is named: set VISUAL or EDITOR, or open {file}")
    _write_example(file)
    _run_editor([*editor, str(file)])
    context.invoke(check)


def _run_editor(command: list[str]) -> None:
    """Run an editor until it ends. Raises `CommandError` when it cannot be started, or says that it failed."""
    import signal  # noqa: PLC0415 - as above
    import subprocess  # noqa: PLC0415 - as above

    # Ctrl+C is for the editor. A handler that does nothing is not handed on to it, as ignoring would be.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - the user's own editor, a list of words
    except OSError as error:
        raise CommandError(f"cannot start {command[0]}: {error.strerror}") from None
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        raise CommandError(f"{command[0]} ended with status {status}; {command[-1]} was not checked")


def _json(row: Effective) -> dict[str, Any]:
    return row._asdict() | {"file": None if row.file is None else str(row.file)}


def _line(row: Effective, profile: str) -> str:
    """Return a setting as a line of TOML that says in a comment where it comes from."""
    from octotui.config.toml_edit import toml_key, toml_value  # noqa: PLC0415 - as above
    from octotui.sanitize import clean  # noqa: PLC0415 - as above

    place = f"{row.file}:{row.line}" if row.line else str(row.file)
    where = {
        "default": "default",
        "environment": f"environment variable {row.variable}",
        "file": place,
        "profile": f"profile {profile}, {place}",
    }[row.source]
    if row.value is not None:
        return clean(f"{'.'.join(map(toml_key, row.name.split('.')))} = {toml_value(row.value)}  # {where}", 4000)
    return clean(f"# {row.name}: {'not set' if row.source == 'default' else where}", 4000)


def _write_example(file: Path) -> bool:
    """Write the commented example where there is no file; returns whether there was none."""
    from octotui.config import settings_file  # noqa: PLC0415 - as above
    from octotui.config.example import example_text  # noqa: PLC0415 - only written once

    return settings_file.write_new(file, example_text())


@command(short_help="Print the completion script for bash, zsh or fish, or the man page.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "man"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script: eval "$(octotui completion bash)"; octotui completion fish | source.

    With man: the man page, in roff.
    """
    program = context.find_root().command
    if shell == "man":
        from octotui.cli.help.man_page import man_page  # noqa: PLC0415 - only needed here

        assert isinstance(program, click.Group)  # noqa: S101 - as `command_table` has it
        click.echo(man_page(program), nl=False)
        return
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - only needed here

    import octotui.cli.help.completion  # noqa: F401, PLC0415 - has click know our own scripts

    shell_class = get_completion_class(shell)
    if shell_class is None:
        raise CommandError(f"there is no completion for {shell}", ExitCode.USAGE)
    click.echo(shell_class(program, {}, "octotui", "_OCTOTUI_COMPLETE").source())
