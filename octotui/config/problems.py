"""What is wrong with a configuration, said so that it can be mended: file, line, setting, and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from octotui.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

ENVIRONMENT = Path("environment")
"""Stands in `Problem.file` for a value that came from an environment variable."""


class Problem(NamedTuple):
    """One thing that is wrong with the settings."""

    file: Path
    """The configuration file, or `ENVIRONMENT`."""
    line: int | None
    """Counted from 1; None where no line can be named."""
    setting: str | None
    """Its dotted name (`profiles.studio.base_url`) or the environment variable's."""
    message: str

    def __str__(self) -> str:
        """`FILE:LINE: SETTING: MESSAGE`, with control characters made visible and anything like a key masked."""
        place = str(self.file) if self.line is None else f"{self.file}:{self.line}"
        from octotui.redaction import mask_secrets  # noqa: PLC0415 - only on the way out: no start pays for it

        parts = [place, self.setting, self.message] if self.setting else [place, self.message]
        return mask_secrets(clean(": ".join(parts), 4000))


class ConfigError(Exception):
    """The settings cannot be used; `problems` says why, all of them at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def choices_message(wrong: str, valid: Iterable[str], what: str) -> str:
    """Say that `wrong` is no `what`, what was probably meant, and what there is."""
    import difflib  # noqa: PLC0415 - as above

    names = list(valid)
    near = difflib.get_close_matches(wrong.lower(), names, n=1, cutoff=0.6)
    guess = f"; did you mean {near[0]}?" if near else "."
    return f"{clean(wrong, 60)!r} is no {what}{guess} Valid: {', '.join(names)}"
