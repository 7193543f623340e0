"""What stands beside the panes or in their place, each made when it is first shown: the first frame waits for none."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from octotui.tui.commands import show_key

if TYPE_CHECKING:
    from octotui.tui.dashboard.filter_bar import FilterBar
    from octotui.tui.dashboard.screen import Dashboard
    from octotui.tui.dashboard.welcome import Welcome
    from octotui.tui.dialogs.details import Dock
    from octotui.tui.dialogs.posters import Pictures

DOCK_FROM = 200
"""Cells of width from which details stand beside the panes."""
DOCK_WIDTH = 60
"""Cells they take there, edge included."""


class SidePanel:
    """The welcome page, the details beside the panes, the line of the filter, and what draws pictures."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._welcome: Welcome | None = None
        self._filter_bar: FilterBar | None = None
        self._dock: Dock | None = None
        self.is_welcoming = False
        """Whether the page for a new user stands in place of the panes."""

    def show_welcome(self) -> None:
        """Whoever has neither a key nor a task sees a page that says how to begin, until there is a task."""
        board = self._dashboard
        shown = board.config.api_key is None and not board.snapshot.tasks and board.snapshot.trouble is None
        if shown is self.is_welcoming:
            return
        self.is_welcoming = shown
        if shown and self._welcome is None:
            from octotui.tui.dashboard.welcome import Welcome, opening_words  # noqa: PLC0415 - see the top

            keys = {name: " ".join(map(show_key, keys[:1])) or ":" for name, keys in board.keys.items()}
            self._welcome = Welcome(keys, opening_words(board.config))
            board.middle.mount(self._welcome, before=0)
        if self._welcome is not None:
            self._welcome.display = shown
        board.panes.display = not shown
        board.lay_out(board.size)
        if not shown:
            board.panes.focus_pane(board.panes.current)

    @cached_property
    def pictures(self) -> Pictures:
        """What the widgets that show pictures share."""
        from octotui.tui.dialogs.posters import Pictures  # noqa: PLC0415 - see the top

        board = self._dashboard
        return Pictures(
            board.config,
            board.snapshot.ledger,
            clock=board.clock,
            wake=board.wake,
            hold=lambda: self.filter_bar is not None,
        )

    # The details

    @property
    def dock(self) -> Dock | None:
        """The details beside the panes; None while they do not show."""
        return self._dock if self._dock is not None and self._dock.display else None

    @property
    def can_dock(self) -> bool:
        """Whether details have room beside the panes."""
        return self._dashboard.size.width >= DOCK_FROM

    def show_dock(self) -> None:
        """Show the details beside the panes."""
        board = self._dashboard
        if self._dock is None:
            from octotui.tui.dialogs.details import DetailView, Dock  # noqa: PLC0415 - see the top

            view = DetailView(board.snapshot.ledger, board.clock, self.pictures, hint="Enter shows all of it")
            self._dock = Dock(view)
            board.middle.mount(self._dock)
        self._dock.display = True
        board.lay_out(board.size)

    def hide_dock(self) -> None:
        """Take the details away again; whoever calls lays out what is left."""
        if self._dock is not None:
            self._dock.display = False

    # The filter

    @property
    def filter_bar(self) -> FilterBar | None:
        """The line in which a filter is typed; None while nobody types one."""
        bar = self._filter_bar
        return bar if bar is not None and bar.is_open else None

    def edit_filter(self) -> None:
        """Type a filter, beginning with the one that holds."""
        board = self._dashboard
        if self._filter_bar is None:
            from octotui.tui.dashboard.filter_bar import FilterBar  # noqa: PLC0415 - see the top

            self._filter_bar = FilterBar(board.close_filter)
            board.mount(self._filter_bar, before=board.news)
        self._filter_bar.open(board.panes.filter.text)
