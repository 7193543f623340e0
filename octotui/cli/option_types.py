"""Kinds of values that options take besides click's own."""

from __future__ import annotations

import click


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


class ChoosingGroup(click.Group):
    """A group that names the nearest command, and all, where somebody asks for one that it has not."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant. Raises `click.UsageError`."""
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            from octotui.config.problems import choices_message  # noqa: PLC0415 - only on the way out

            raise click.UsageError(choices_message(args[0], names, "command"), ctx)
        return super().resolve_command(ctx, args)
