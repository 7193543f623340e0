"""Kinds of values that options take besides click's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from octotui.cli.context import session_of
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.model import LONGEST_TITLE
from octotui.sanitize import clean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Duration(click.ParamType[float]):
    """Seconds, or a time with units, as the configuration writes it."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds; fails with a usage error."""
        from octotui.config.value_readers import read_duration  # noqa: PLC0415 - only when somebody gives one

        try:
            return read_duration(float(str(value)) if _is_number(value) else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


DURATION = _Duration()
"""For `--timeout` and `--seconds`."""


class ExampleCommand(click.Command):
    """A command whose help ends with examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples under the options."""
        from octotui.cli.help.examples import write_examples  # noqa: PLC0415 - only when somebody asks for help

        write_examples(ctx.command_path, formatter)


def command(
    name: str | None = None, *, cls: type[click.Command] = ExampleCommand, short_help: str | None = None
) -> Callable[[Callable[..., object]], click.Command]:
    """`click.command`, with examples in the help."""
    return click.command(name, cls=cls, short_help=short_help)


class ChoosingGroup(click.Group):
    """A group that names the nearest command, and all, where somebody asks for one that it has not."""

    command_class = ExampleCommand

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands that can follow, each with its whole description."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell's completion comes here

        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx) if name.startswith(incomplete))
        commands = [CompletionItem(name, help=each.get_short_help_str(200)) for name, each in found if each is not None]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples under the commands."""
        from octotui.cli.help.examples import write_examples  # noqa: PLC0415 - as above

        write_examples(ctx.command_path, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant. Raises `click.UsageError`."""
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            from octotui.config.problems import choices_message  # noqa: PLC0415 - only on the way out

            raise click.UsageError(choices_message(args[0], names, "command"), ctx)
        name, command, rest = super().resolve_command(ctx, args)
        if session_of(ctx).read_only and not isinstance(command, click.Group):
            path = f"{ctx.command_path} {name}".split()[1:]
            if not self.only_looks(ctx, " ".join(path)):
                raise CommandError(
                    f"--read-only: {' '.join(path)} writes or asks the gateway, and octotui was told to look only",
                    ExitCode.USAGE,
                )
        return name, command, rest

    def only_looks(self, ctx: click.Context, path: str) -> bool:
        """Whether a command (`ls`, `config get`) changes nothing; the group at the top knows."""
        root = ctx.find_root().command
        return isinstance(root, ChoosingGroup) and root is not self and root.only_looks(ctx, path)


def checked_tag(tag: str) -> str:
    """Return a tag as it is kept. Raises `CommandError` for what is none."""
    trimmed = tag.strip()
    if not trimmed or not trimmed.isprintable() or len(trimmed) > 100:
        raise CommandError("a tag is a short text without control characters")
    return trimmed


def checked_title(text: str) -> str:
    """Return a title as it is kept: one line, at most `LONGEST_TITLE` characters. Raises `CommandError` for none."""
    title = clean(" ".join(text.split()), LONGEST_TITLE)
    if not title:
        raise CommandError("a title is a short text")
    return title
