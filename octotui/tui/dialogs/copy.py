"""Copy dialog (`y`): URL, id, path and command lines, each with its key; whatever is copied is shown as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from octotui.presentation.copy_choices import Copy
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.dialogs.base import TextDialog, key_line
from octotui.tui.rendering.text_widgets import Lines

_FIRST = 3
"""Lines of each text that the menu shows."""
_MOST = 500
"""Lines of the text that was copied that are shown."""


def _rows(text: str, role: Role, most: int) -> list[StyledLine]:
    rows = text.split("\n")
    lines: list[StyledLine] = [((row, role),) for row in rows[:most]]
    if len(rows) > most:
        lines.append(((f"and {len(rows) - most:,} more", Role.DIM),))
    return lines


class CopyMenu(TextDialog[None]):
    """Dialog that shows what there is to copy, and copies what is asked for."""

    DEFAULT_CSS = """
    CopyMenu #dialog {
        width: 100%;
        max-width: 100%;
        height: 90%;
        border: none;
        border-top: solid $primary;
        border-bottom: solid $primary;
        padding: 0;
    }
    """

    def __init__(
        self,
        copies: Sequence[Copy],
        copy: Callable[[str], str],
        sign: Callable[[str, Callable[[str], None]], None],
        *,
        whose: str = "",
    ) -> None:
        """`copy` copies a text and says where to; `whose` names what is copied from, where it is several tasks.

        `sign` hands on a signed link of an object, some time later.
        """
        super().__init__(
            f"Copy: {whose}" if whose else "Copy", key_line(("key", "Copy"), ("esc", "Back")), Lines(indent=0)
        )
        self._copies = {item.key: item for item in copies}
        self._copy = copy
        self._sign = sign
        for key in self._copies:
            self.bind_key(key, f"copy('{key}')")

    def on_mount(self) -> None:
        """Show all of it."""
        lines: list[StyledLine] = []
        for item in self._copies.values():
            lines += [((item.key, Role.KEY), (f"  {item.label}", Role.STRONG)), *_rows(item.text, Role.DIM, _FIRST), ()]
        self.text.show(lines)

    def action_copy(self, key: str) -> None:
        """Copy what has this key in the list."""
        item = self._copies[key]
        if not item.signs:
            self._copied(item)
            return
        self.say("Signing …")
        self._sign(item.signs, lambda link: self._copied(item._replace(text=link)))

    def _copied(self, item: Copy) -> None:
        if not self.is_current:
            return  # it was signed for a dialog that is gone
        self.text.show([((f"{item.label}:", Role.STRONG),), (), *_rows(item.text, Role.TEXT, _MOST)])
        self.say(self._copy(item.text))
