"""Side panel: what stands beside the panes or in their place, made when it is first shown, after the first frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from octotui.tui.commands import show_key

if TYPE_CHECKING:
    from textual.containers import Horizontal

    from octotui.presentation.filters import Filter
    from octotui.tui.dashboard.context import Context
    from octotui.tui.dashboard.filter_bar import FilterBar
    from octotui.tui.dashboard.welcome import Welcome
    from octotui.tui.dialogs.details import Dock
    from octotui.tui.dialogs.posters import Pictures

DOCK_FROM = 200
"""Cells of width from which details stand beside the panes."""
DOCK_WIDTH = 60
"""Cells they take there, edge included."""


class SidePanel:
    """Welcome page, details beside the panes, filter bar, and what draws pictures."""

    def __init__(self, context: Context, middle: Horizontal, wake: Callable[[], None]) -> None:
        """`middle` holds the panes and takes what stands beside them; `wake` tells the engine that there are wishes."""
        self._context = context
        self._middle = middle
        self._wake = wake
        self._welcome: Welcome | None = None
        self._filter_bar: FilterBar | None = None
        self._dock: Dock | None = None
        self.is_welcoming = False
        """Whether the page for a new user stands in place of the panes."""

    def show_welcome(self) -> None:
        """Whoever has neither a key nor a task sees a page that says how to begin, until there is a task."""
        context = self._context
        is_new = context.config.api_key is None and not context.read_only
        shown = is_new and not context.snapshot.tasks and context.snapshot.trouble is None
        if shown is self.is_welcoming:
            return
        self.is_welcoming = shown
        if shown and self._welcome is None:
            from octotui.tui.dashboard.welcome import Welcome, opening_words  # noqa: PLC0415 - see the top

            keys = {name: " ".join(map(show_key, keys[:1])) or ":" for name, keys in context.keys.items()}
            self._welcome = Welcome(keys, opening_words(context.config))
            self._middle.mount(self._welcome, before=0)
        if self._welcome is not None:
            self._welcome.display = shown
        context.panes.display = not shown
        context.lay_out()
        if not shown:
            context.panes.focus_pane(context.panes.current)

    @cached_property
    def pictures(self) -> Pictures:
        """What the widgets that show pictures share."""
        from octotui.tui.dialogs.posters import Pictures  # noqa: PLC0415 - see the top

        context = self._context
        return Pictures(
            context.config,
            context.snapshot.ledger,
            clock=context.clock,
            wake=self._wake,
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
        return self._middle.screen.size.width >= DOCK_FROM

    def show_dock(self) -> None:
        """Show the details beside the panes."""
        context = self._context
        if self._dock is None:
            from octotui.tui.dialogs.details import DetailView, Dock  # noqa: PLC0415 - see the top

            view = DetailView(context.snapshot.ledger, context.clock, self.pictures, hint="Enter shows all of it")
            self._dock = Dock(view)
            self._middle.mount(self._dock)
        self._dock.display = True
        context.lay_out()

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
        if self._filter_bar is None:
            from octotui.tui.dashboard.filter_bar import FilterBar  # noqa: PLC0415 - see the top

            self._filter_bar = FilterBar(self._close_filter)
            self._middle.screen.mount(self._filter_bar, after=self._middle)
        self._filter_bar.open(self._context.panes.filter.text)

    def show_filter(self, filter_: Filter) -> None:
        """Show only what `filter_` wants."""
        self._context.panes.rearrange(filter_=filter_)
        self._context.draw_lines()

    def _close_filter(self, filter_: Filter) -> None:
        """Back to the tasks."""
        self.show_filter(filter_)
        self._middle.screen.set_focus(self._context.panes.pane.table)
