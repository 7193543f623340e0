"""Report dialog (`e`): a report on a task for the gateway's owner, shown whole, copied, and kept in a file."""

from __future__ import annotations

from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.dialogs.base import TextDialog, key_line
from octotui.tui.rendering.text_widgets import Lines


class ReportDialog(TextDialog[None]):
    """Dialog that shows a report, and says where it went."""

    def __init__(self, text: str, kept: str, copied: str) -> None:
        """`kept` and `copied` say in words where the report is."""
        super().__init__(
            "Report for the gateway's owner", key_line(("esc", "Back"), ("j k", "Scroll")), Lines(indent=2)
        )
        self._report = text
        self._said = (kept, copied)

    def on_mount(self) -> None:
        """Where it went first, then all of it."""
        lines: list[StyledLine] = [((said, Role.STRONG),) for said in self._said]
        self.text.show([*lines, (), *(((row, Role.TEXT),) for row in self._report.splitlines())])
