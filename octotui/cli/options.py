"""Kinds of values that options take besides click's own."""

from __future__ import annotations

import click


class _Duration(click.ParamType[float]):
    """Seconds, or a time with units, as the configuration writes it."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds; fails with a usage error."""
        from octotui.config.values import read_duration  # noqa: PLC0415 - only when somebody gives one

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
