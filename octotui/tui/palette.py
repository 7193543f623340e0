"""The command palette: every command of the table, every profile, every theme."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from octotui.ledger import LedgerError
from octotui.sanitize import clean
from octotui.tui.commands import COMMANDS, MOVING, show_key

if TYPE_CHECKING:
    from octotui.tui.app import OctoApp


class Commands(Provider):
    """What the palette finds."""

    def _entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Name, help and deed of everything there is to find."""
        app = cast("OctoApp", self.app)
        board = app.dashboard
        for command in COMMANDS:
            keys = board.keys[command.id]
            if command.topic != MOVING and not command.each_key and command.id != "palette":
                shown = f"  ({', '.join(show_key(key) for key in keys)})" if keys else ""
                yield f"{command.label}{shown}", command.tooltip, partial(board.perform, command.id)
        for name in app.config.profiles:
            if name != app.config.profile:
                help_text = "Go on with this profile: its own gateway, key and ledger."
                yield f"Profile: {name}", help_text, partial(board.dialogs.switch_profile, name)
        # A ledger that cannot be read is said in the dashboard: here its views are just not there.
        with contextlib.suppress(LedgerError):
            for view in board.snapshot.ledger.saved_views():
                yield f"View: {clean(view.name)}", "A saved view.", partial(board.dialogs.show_view, view)
        for name in () if app.no_color else sorted(app.available_themes):
            yield (
                f"Theme: {name}",
                "Colours, until octotui ends; `theme` in the configuration keeps them.",
                partial(setattr, app, "theme", name),
            )

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for name, tooltip, do in self._entries():
            yield DiscoveryHit(Content(name), do, text=name, help=tooltip)

    async def search(self, query: str) -> Hits:
        """What matches `query`."""
        matcher = self.matcher(query)
        for name, tooltip, do in self._entries():
            score = max(matcher.match(name), matcher.match(tooltip) * 0.6)
            if score > 0:
                # `highlight` reads markup, and the name of a view is anybody's text.
                shown = Content(name) if "[" in name else matcher.highlight(name)
                yield Hit(score, shown, do, text=name, help=tooltip)
