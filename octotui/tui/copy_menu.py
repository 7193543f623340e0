"""`y`: URL, id, path and command lines, each with its key; whatever is copied is shown as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events

from octotui.tui.copies import Copy
from octotui.tui.lines import Lines
from octotui.tui.pieces import Line, Role
from octotui.tui.sheets import TextSheet, key_line


class CopyMenu(TextSheet[None]):
    """Shows what there is to copy, copies what is asked for."""

    def __init__(self, copies: Sequence[Copy], copy: Callable[[str], str]) -> None:
        """`copy` copies a text and says where to."""
        super().__init__("Copy", key_line(("key", "Copy"), ("esc", "Back")), Lines(indent=0))
        self._copies = {item.key: item for item in copies}
        self._copy = copy

    def on_mount(self) -> None:
        """Show all of it."""
        lines: list[Line] = []
        for item in self._copies.values():
            lines += [((item.key, Role.KEY), (f"  {item.label}", Role.STRONG)), ((item.text, Role.DIM),), ()]
        self.text.show(lines)

    def on_key(self, event: events.Key) -> None:
        """A letter of the list copies."""
        item = self._copies.get(event.key)
        if item is not None:
            event.stop()
            event.prevent_default()
            self.text.show([((f"{item.label}:", Role.STRONG),), (), ((item.text, Role.TEXT),)])
            self.say(self._copy(item.text))
