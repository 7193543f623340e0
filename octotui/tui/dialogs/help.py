"""Help dialog (`?`): every key by topic, what states and words mean, and a line to search them all."""

from __future__ import annotations

from collections.abc import Mapping

from octotui.presentation.filters import FIELDS, MEASURES
from octotui.presentation.styled_text import Role, Span, StyledLine, fit, width_of, wrap
from octotui.tui.commands import TOPICS, Command, commands_for, show_key
from octotui.tui.dialogs.base import SearchedDialog, key_line
from octotui.tui.rendering.text_widgets import Lines

_STATES = (
    ("◌ queued", "the gateway has it, nobody works on it yet"),
    ("◐ running", "being made"),
    ("● ready", "there is a result, and it is not saved"),
    ("↓ saving", "on its way to disk"),
    ("⇣ waiting", "saving it is tried again later"),
    ("✓ saved", "on disk, whole"),
    ("⇡ delivered", "saved, and put where deliver_to says, proved there"),
    ("✗ failed", "the gateway says so, and why"),
    ("⊘ cancelled", "stopped at the gateway"),
    ("▽ expired", "the result was not saved in time"),
    ("? unknown", "a word octotui does not know; asked on"),
)


_GLOSSARY = (
    ("save", "bring a result from the gateway to your disk, whole and checked"),
    ("deliver", "put a saved result, with its side-car, into object storage or a folder (deliver_to), proved there"),
    ("ask", "one request to the gateway about one task; asks a minute are its budget"),
    ("deadline", "when a result is lost, unless it is saved before"),
    ("lost", "past its deadline and not saved: nobody can save it any more"),
    ("sources", "who says a deadline: the gateway, the signature of the link, or a rule of thumb for the provider (~)"),
    ("slack", "time left until the deadline, less what saving takes at the present speed"),
    ("lag", "time from a task's end at the gateway to octotui's knowing of it"),
    ("box", "a machine that works on the ledger; several do where it is in PostgreSQL"),
    ("ledger", "the file in which all of this is kept; every window, command and service shares it"),
)
"""Words that are octotui's own, or mean something narrower here; each thing has one word everywhere."""

_NAMES_FROM = 60
"""Cells from which a row has room for what the command does, and for its name in `[keys]`."""
_INDENT = 28
"""Where what a command does begins, in such a row."""


def help_lines(
    keys: Mapping[str, tuple[str, ...]], wanted: str = "", width: int = 200, *, read_only: bool = False
) -> list[StyledLine]:
    """Every command that has `wanted` in its words, under its topic; then what filters, states and words mean."""
    wanted = wanted.casefold().strip()
    lines: list[StyledLine] = []
    for topic in TOPICS:
        rows: list[StyledLine] = []
        for command in commands_for(read_only=read_only):
            shown = " ".join(show_key(key) for key in keys.get(command.id, ())) or "–"
            words = f"{shown} {command.label} {command.tooltip} {command.id}".casefold()
            if command.topic == topic and wanted in words:
                shown = "1 … 9" if command.each_key and len(keys[command.id]) > 3 else shown
                rows += _rows(command, shown, width)
        if rows:
            lines += [((topic, Role.TITLE),), *rows, ()]
    if lines and width >= _NAMES_FROM:
        lines += [(("At the end of each row: the command's name, for [keys] in the configuration.", Role.DIM),), ()]
    terms: list[StyledLine] = [
        ((f"  {fit(term, 13)}", Role.STRONG), (meaning, Role.DIM))
        for term, meaning in _terms()
        if wanted in f"{term} {meaning}"
    ]
    if terms:
        lines += [(("Filter", Role.TITLE),), *terms, ()]
    states: list[StyledLine] = [
        ((f"  {fit(state, 13)}", Role.STRONG), (meaning, Role.DIM))
        for state, meaning in _STATES
        if wanted in f"{state} {meaning}"
    ]
    if states:
        lines += [(("States", Role.TITLE),), *states, ()]
    glossary: list[StyledLine] = [
        part
        for word, meaning in _GLOSSARY
        if wanted in f"{word} {meaning}".casefold()
        for part in wrap(((f"  {fit(word, 13)}", Role.STRONG), (meaning, Role.DIM)), width, 15)
    ]
    if glossary:
        lines += [(("Words", Role.TITLE), ("  what they mean here", Role.DIM)), *glossary, ()]
    return lines or [((f"Nothing here has “{wanted}” in its words.", Role.DIM),)]


def _terms() -> list[tuple[str, str]]:
    """What may stand in a filter, and what it means."""
    fields = [(f"{name}{'<' if name in MEASURES else ':'}", meaning) for name, meaning in FIELDS.items()]
    fields[0] = ("state:", "begins with one of the words below, without their signs")
    return [*fields, ("!", "turns a term round: !state:saved"), ("a,b", "either; terms side by side must all hold")]


def _rows(command: Command, shown: str, width: int) -> list[StyledLine]:
    """Key, label, what it does and the command's name; where that has no room, what it does on a line of its own."""
    key: Span = (f"  {fit(shown, 11)} ", Role.KEY)
    if width < _NAMES_FROM:
        return [(key, (command.label, Role.STRONG)), ((f"    {command.tooltip}", Role.DIM),)]
    rows = wrap((key, (fit(command.label, 14), Role.STRONG), (command.tooltip, Role.DIM)), width, _INDENT)
    gap = width - width_of(rows[-1]) - len(command.id)
    if gap < 2:
        rows.append(())
        gap = width - len(command.id)
    rows[-1] = (*rows[-1], (" " * gap + command.id, Role.TEXT))
    return rows


class HelpText(Lines):
    """Help text: the keys, folded to the width."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]], *, read_only: bool = False) -> None:
        super().__init__()
        self._keys = keys
        self._read_only = read_only
        self._wanted = ""

    def search(self, wanted: str) -> None:
        """Show what has `wanted` in its words."""
        self._wanted = wanted
        self.redraw()

    def fold(self, width: int) -> list[StyledLine]:
        """The lines for this width."""
        indent = _INDENT if width >= _NAMES_FROM else 4
        lines = help_lines(self._keys, self._wanted, width, read_only=self._read_only)
        return [part for line in lines for part in wrap(line, width, indent)]


class Help(SearchedDialog):
    """Help dialog with all keys."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]], *, read_only: bool = False) -> None:
        self.keys = HelpText(keys, read_only=read_only)
        super().__init__("Keys", key_line(("/", "Search"), ("esc", "Back"), ("j k", "Scroll")), self.keys)

    def look_for(self, wanted: str) -> None:
        """Show the keys that have it in their words."""
        self.keys.search(wanted)

    def action_close(self) -> None:
        """Back to the tasks, also from the search."""
        self.set_focus(None)
        self.dismiss(None)
