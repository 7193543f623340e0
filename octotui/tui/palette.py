"""The command palette: every command of the table, every profile, every saved view, every theme."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from octotui.ledger import LedgerError
from octotui.sanitize import clean
from octotui.tui.commands import commands_for, show_key

if TYPE_CHECKING:
    from octotui.ledger import SavedView
    from octotui.tui.dashboard.context import Context


class Entry(NamedTuple):
    """Entry of the palette: its name, its help, and what it does."""

    name: str
    help: str
    do: Callable[[], None]


def palette_entries(
    context: Context,
    *,
    switch_profile: Callable[[str], None],
    show_view: Callable[[SavedView], None],
    themes: Iterable[str],
    set_theme: Callable[[str], None],
) -> Iterator[Entry]:
    """Everything there is to find; `themes` are the names of those one can choose."""
    for command in commands_for(read_only=context.read_only):
        keys = context.keys[command.id]
        if command.each_key:
            yield from _pane_entries(context, command.id)
        elif command.id != "palette":
            shown = f"  ({', '.join(show_key(key) for key in keys)})" if keys else ""
            yield Entry(f"{command.label}{shown}", command.tooltip, partial(context.perform, command.id))
    for name in context.config.profiles:
        if name != context.config.profile:
            help_text = "Go on with this profile: its own gateway, key and ledger."
            yield Entry(f"Profile: {name}", help_text, partial(switch_profile, name))
    # A ledger that cannot be read is said in the dashboard: here its views are just not there.
    with contextlib.suppress(LedgerError):
        for view in context.snapshot.ledger.saved_views():
            yield Entry(f"View: {clean(view.name)}", "A saved view.", partial(show_view, view))
    for name in themes:
        help_text = "Colours, until octotui ends; `theme` in the configuration keeps them."
        yield Entry(f"Theme: {name}", help_text, partial(set_theme, name))


def _pane_entries(context: Context, command_id: str) -> Iterator[Entry]:
    """A pane an entry, with its key where it has one."""
    keys = context.keys[command_id]
    for number, label in enumerate(context.panes.labels.values(), start=1):
        shown = f"  ({show_key(keys[number - 1])})" if number <= len(keys) else ""
        yield Entry(f"Pane: {clean(label)}{shown}", "Go to this pane.", partial(context.perform, command_id, number))


def provider_of(entries: Callable[[], Iterable[Entry]]) -> type[Provider]:
    """A class for Textual, which makes its providers itself: what it makes finds `entries`, as they are by then."""

    class Entries(Provider):
        async def discover(self) -> Hits:
            """Everything, before anything is typed."""
            for entry in entries():
                yield DiscoveryHit(Content(entry.name), entry.do, text=entry.name, help=entry.help)

        async def search(self, query: str) -> Hits:
            """What matches `query`."""
            matcher = self.matcher(query)
            for entry in entries():
                score = max(matcher.match(entry.name), matcher.match(entry.help) * 0.6)
                if score > 0:
                    # `highlight` reads markup, and the name of a view is anybody's text.
                    shown = Content(entry.name) if "[" in entry.name else matcher.highlight(entry.name)
                    yield Hit(score, shown, entry.do, text=entry.name, help=entry.help)

    return Entries
