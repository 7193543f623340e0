"""Footer: the last line, with the keys that help most, as many as fit."""

from __future__ import annotations

from collections.abc import Mapping

from octotui.presentation.styled_text import Role, Span, StyledLine, width_of
from octotui.tui.commands import COMMANDS, Command, show_key
from octotui.tui.rendering.text_widgets import OneLine

_HELP_AND_QUIT = 18
"""Cells that help and quit take; a note leaves them."""


def footer_line(keys: Mapping[str, tuple[str, ...]], width: int, useless: frozenset[str] = frozenset()) -> StyledLine:
    """The most useful commands that fit into `width` cells, in the order of the table; help and quit never go.

    `useless` are the ids of commands that would do nothing now.
    """
    ranked = sorted((command for command in COMMANDS if command.footer is not None), key=_rank)
    chosen: list[Command] = []
    gap = 3 if width >= 60 else 2
    used = 1
    for command in ranked:
        if not keys.get(command.id) or command.id in useless:
            continue
        taken = width_of(_entry(command, keys, width)) + gap
        if used + taken - gap > width:
            break
        chosen.append(command)
        used += taken
    spans: list[Span] = [(" ", Role.TEXT)]
    for number, command in enumerate(sorted(chosen, key=COMMANDS.index) if width >= 60 else chosen):
        spans += [*([(" " * gap, Role.TEXT)] if number else []), *_entry(command, keys, width)]
    return tuple(spans)


def _rank(command: Command) -> int:
    return command.footer or 0


def _entry(command: Command, keys: Mapping[str, tuple[str, ...]], width: int) -> StyledLine:
    label = command.short if command.short and width < 100 else command.label
    return (show_key(keys[command.id][0]), Role.KEY), (f" {label}", Role.DIM)


class Footer(OneLine):
    """Footer with the keys that work where the cursor is."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(id="footer")
        self._keys = keys
        self.said: str | None = None
        """Takes the line for a few seconds on screens too short for the news."""
        self.useless: frozenset[str] = frozenset()
        """Ids of the commands that would do nothing where the cursor is."""
        self.notes: tuple[str, ...] = ()
        """What a pane's title would say where titles have no room: from all of it down to what must be known."""

    def line(self, width: int) -> StyledLine:
        """An answer to the last key, or the keys."""
        if self.said:
            return (" ", Role.TEXT), (self.said, Role.STRONG)
        note = next(
            (note for note in self.notes if note and width_of(((note, Role.TEXT),)) + _HELP_AND_QUIT <= width), ""
        )
        if not note:
            return footer_line(self._keys, width, self.useless)
        shown: Span = (f" {note} ", Role.STRONG)
        return shown, *footer_line(self._keys, width - width_of((shown,)), self.useless)
