"""`e`: a report on a task for the gateway's owner, shown whole, copied, and kept in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from octotui.tui.lines import Lines
from octotui.tui.pieces import Line, Role
from octotui.tui.sheets import TextSheet, key_line


def _keep_nothing(_task_id: str, _text: str) -> str:
    return "Not written to a file."


class Reporting(NamedTuple):
    """What the screen cannot do or know by itself: it opens no file."""

    save: Callable[[str, str], str] = _keep_nothing
    """Keeps the report on a task (its id, the text); returns in words where."""
    hidden: Sequence[str] = ()
    """Texts that no report may hold."""


NO_REPORTING = Reporting()


class ReportSheet(TextSheet[None]):
    """Shows a report, and says where it went."""

    def __init__(self, text: str, kept: str, copied: str) -> None:
        """`kept` and `copied` say in words where the report is."""
        super().__init__(
            "Report for the gateway's owner", key_line(("esc", "Back"), ("j k", "Scroll")), Lines(indent=2)
        )
        self._report = text
        self._said = (kept, copied)

    def on_mount(self) -> None:
        """Where it went first, then all of it."""
        lines: list[Line] = [((said, Role.STRONG),) for said in self._said]
        self.text.show([*lines, (), *(((row, Role.TEXT),) for row in self._report.splitlines())])
