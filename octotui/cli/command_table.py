"""The subcommands and their options; imported only where there are any: the dashboard does not wait for click."""

from __future__ import annotations

import importlib
import os

import click

from octotui import __version__
from octotui.cli.context import command_options, finish, keep, screen_options, session_of
from octotui.cli.exit_codes import CommandError, ExitCode, PipeClosed
from octotui.cli.option_types import ChoosingGroup

_COMMANDS = {
    "demo": "octotui.cli.commands.demo:demo",
    "add": "octotui.cli.commands.add:add",
    "ls": "octotui.cli.commands.tasks:ls",
    "show": "octotui.cli.commands.tasks:show",
    "poll": "octotui.cli.commands.asking:poll",
    "get": "octotui.cli.commands.saving:get",
    "retry": "octotui.cli.commands.saving:retry",
    "open": "octotui.cli.commands.saving:open_command",
    "watch": "octotui.cli.commands.watch:watch",
    "serve": "octotui.cli.commands.serve:serve",
    "wait": "octotui.cli.commands.asking:wait",
    "tag": "octotui.cli.commands.naming:tag",
    "title": "octotui.cli.commands.naming:title",
    "log": "octotui.cli.commands.log:log",
    "rm": "octotui.cli.commands.removing:rm",
    "prune": "octotui.cli.commands.removing:prune",
    "pause": "octotui.cli.commands.pause:pause",
    "resume": "octotui.cli.commands.pause:resume",
    "import": "octotui.cli.commands.import_sidecars:import_command",
    "boxes": "octotui.cli.commands.boxes:boxes",
    "report": "octotui.cli.commands.report:report",
    "discover": "octotui.cli.commands.discover:discover",
    "doctor": "octotui.cli.commands.doctor:doctor",
    "metrics": "octotui.cli.commands.metrics:metrics",
    "ledger": "octotui.cli.commands.ledger:ledger_group",
    "config": "octotui.cli.commands.settings:config",
    "completion": "octotui.cli.commands.settings:completion",
}
"""Where each subcommand is; its module is imported only when it is needed."""

_ONLY_LOOK = frozenset(
    {
        *(
            "ls",
            "show",
            "open",
            "log",
            "boxes",
            "report",
            "serve",
            "config path",
            "config check",
            "config get",
            "completion",
        ),
        *("metrics dashboard", "metrics alerts", "ledger check"),
    }
)
"""Commands that change nothing: no task, ledger, file or setting, and no count at the gateway. `--read-only` refuses
every other one, also one that is not thought of here."""

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(ChoosingGroup):
    """A group whose commands are imported on first use, listed in the order of the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order in which the help shows them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above says so; a test goes through all of it
        return command

    def only_looks(self, ctx: click.Context, path: str) -> bool:  # noqa: ARG002 - as in nested groups
        """Whether a command changes nothing."""
        return path in _ONLY_LOOK

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; click itself would turn a closed pipe into exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise PipeClosed from error


@click.group(cls=_Commands, invoke_without_command=True, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="octotui", message="%(prog)s %(version)s")
@click.option(
    "--read-only",
    is_flag=True,
    expose_value=False,
    callback=keep("read_only"),
    help="Look only: nothing is asked, saved or written.",
)
@screen_options
@command_options
@click.pass_context
def octotui(context: click.Context) -> None:
    """See, count down and save asynchronous video generations. Without a command: the dashboard.

    A key in OCTOTUI_API_KEY is all it needs. Try it without one: octotui demo.

    Exit codes: 0 ok, 1 a task failed or was cancelled, 2 usage or configuration, 3 the key was refused, 4 out of
    quota, 5 timed out, 6 network or gateway trouble, 7 expired before it was saved, 8 disk or file, 130 interrupted.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
    if context.invoked_subcommand is None:
        from octotui.cli.dashboard import open_dashboard  # noqa: PLC0415 - no command needs the screen

        finish(open_dashboard(session_of(context)))


def run() -> int:
    """Run what the command line says and return its exit code. Raises what `octotui.cli.main` explains."""
    if "_OCTOTUI_COMPLETE" in os.environ:
        importlib.import_module("octotui.cli.help.completion")
    try:
        return int(octotui.main(prog_name="octotui", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.USAGE
    except click.ClickException as error:
        raise CommandError(_usage_message(error), ExitCode.USAGE) from error
    except click.Abort as error:
        raise KeyboardInterrupt from error


def _usage_message(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" ({context.command_path} --help says more)" if context is not None else ""
    return f"{error.format_message().rstrip('.')}{hint}"
