"""Report sink: what the screen is given for reports, by whoever may open files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


def _keep_nothing(_task_id: str, _text: str) -> str:
    return "Not written to a file."


class Reporting(NamedTuple):
    """Report sink of a screen, which opens no file itself and does not know what is secret."""

    save: Callable[[str, str], str] = _keep_nothing
    """Keeps the report on a task (its id, the text); returns in words where."""
    hidden: Sequence[str] = ()
    """Texts that no report may hold."""


NO_REPORTING = Reporting()
