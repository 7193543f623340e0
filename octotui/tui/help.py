"""`?`: every key by topic, and a line to search them."""

from __future__ import annotations

from collections.abc import Mapping

from textual.widget import Widget
from textual.widgets import Input

from octotui.tui.commands import COMMANDS, TOPICS, show_key
from octotui.tui.lines import Lines
from octotui.tui.pieces import Line, Role, fit
from octotui.tui.sheets import TextSheet, key_line

_STATES = (
    ("◌ queued", "the gateway has it, nobody works on it yet"),
    ("◐ running", "being made"),
    ("● ready", "there is a result, and it is not saved"),
    ("↓ saving", "on its way to disk"),
    ("✓ saved", "on disk, whole"),
    ("✗ failed", "the gateway says so, and why"),
    ("⊘ cancelled", "stopped at the gateway"),
    ("▽ expired", "the result was not saved in time"),
    ("? unknown", "a word octotui does not know; asked on"),
)


def help_lines(keys: Mapping[str, tuple[str, ...]], wanted: str = "") -> list[Line]:
    """Every command that has `wanted` in its words, under its topic; then what the states mean."""
    wanted = wanted.casefold().strip()
    lines: list[Line] = []
    for topic in TOPICS:
        rows: list[Line] = []
        for command in COMMANDS:
            shown = " ".join(show_key(key) for key in keys.get(command.id, ())) or "–"
            words = f"{shown} {command.label} {command.tooltip} {command.id}".casefold()
            if command.topic == topic and wanted in words:
                shown = "1 … 9" if command.each_key and len(keys[command.id]) > 3 else shown
                rows.append(
                    (
                        (f"  {fit(shown, 11)} ", Role.KEY),
                        (fit(command.label, 14), Role.STRONG),
                        (command.tooltip, Role.DIM),
                    )
                )
        if rows:
            lines += [((topic, Role.TITLE),), *rows, ()]
    states: list[Line] = [
        ((f"  {fit(state, 13)}", Role.STRONG), (meaning, Role.DIM))
        for state, meaning in _STATES
        if wanted in f"{state} {meaning}"
    ]
    if states:
        lines += [(("States", Role.TITLE),), *states, ()]
    return lines or [((f"No key has “{wanted}” in its words.", Role.DIM),)]


class Help(TextSheet[None]):
    """All keys."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__("Keys", key_line(("/", "Search"), ("esc", "Back"), ("j k", "Scroll")), Lines(indent=28))
        self._in_use = keys
        self.search = Input(placeholder="search", compact=True, id="sheet-search")
        self.search.display = False

    def parts(self) -> list[Widget]:
        """A line to search, and the keys."""
        return [self.search, self.text]

    def on_mount(self) -> None:
        """Show all of them."""
        self.text.show(help_lines(self._in_use))

    def key_slash(self) -> None:
        """Search."""
        self.search.display = True
        self.set_focus(self.search)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches while one types."""
        self.text.show(help_lines(self._in_use, event.value))

    def on_input_submitted(self) -> None:
        """Back to the text, with the search kept."""
        self.set_focus(None)
