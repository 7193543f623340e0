"""Commands about the view: what is filtered, sorted and zoomed, saved under a name or taken away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger import SavedView
from octotui.presentation.filters import NO_FILTER, parse
from octotui.presentation.sorting import DEFAULT_ORDER, is_order
from octotui.sanitize import clean
from octotui.tui.table.pane_grid import EVERYBODY

if TYPE_CHECKING:
    from octotui.presentation.columns import Columns
    from octotui.tui.dashboard.context import Context
    from octotui.tui.dashboard.navigation import Navigation
    from octotui.tui.dashboard.side_panel import SidePanel


class ViewActions:
    """Saved views, and the way back to all tasks. Methods are named as their commands."""

    def __init__(self, context: Context, side_panel: SidePanel, navigation: Navigation) -> None:
        self._context = context
        self._side_panel = side_panel
        self._navigation = navigation

    def sort(self) -> None:
        """Show the list of orders, and sort by the one that is picked."""
        from octotui.tui.dialogs.sort_list import COLUMNS, SortList  # noqa: PLC0415 - the first frame needs it not

        def answered(order: str | None) -> None:
            if order == COLUMNS:
                self.columns()
            elif order is not None:
                self._navigation.sort_by(order)
                self._context.draw_lines()

        self._context.show_dialog(SortList(self._context.panes.order), answered)

    def columns(self) -> None:
        """Choose the columns of the tables."""
        from octotui.tui.dialogs.choose_columns import ChooseColumns  # noqa: PLC0415 - the first frame needs it not

        panes = self._context.panes

        def answered(columns: Columns | None) -> None:
            if columns is not None:
                panes.show_columns(columns)
                self._context.attempt(lambda: self._context.snapshot.ledger.keep_columns(columns))

        self._context.show_dialog(ChooseColumns(panes.columns, panes.show_columns), answered)

    def views(self) -> None:
        """Show, save and delete views."""
        from octotui.tui.dialogs.saved_views import SavedViewsDialog  # noqa: PLC0415 - the first frame needs it not

        panes = self._context.panes
        where = EVERYBODY if panes.together is not None else panes.current if panes.zoomed else None
        present = SavedView("", panes.filter.text, panes.order, where, panes.columns)

        def answered(view: SavedView | None) -> None:
            if view is not None:
                self.show_view(view)

        ledger = self._context.snapshot.ledger
        dialog = SavedViewsDialog(ledger, present, panes.current, panes.labels, read_only=self._context.read_only)
        self._context.show_dialog(dialog, answered)

    def show_view(self, view: SavedView) -> None:
        """Filter, sort and zoom as a saved view says."""
        panes = self._context.panes
        name = clean(view.name)
        filter_ = parse(view.filter)
        panes.rearrange(order=view.order if is_order(view.order) else DEFAULT_ORDER, filter_=filter_)
        panes.show_columns(view.columns)
        if view.provider == EVERYBODY:
            panes.gather(self._context.snapshot.tasks)
            self._context.say(f"View {name}; in its filter: {filter_.problem}." if filter_.problem else f"View {name}.")
            self._context.draw_lines()
            return
        panes.separate()
        is_missing = view.provider is not None and view.provider not in panes.panes
        alone = view.provider is not None and not is_missing
        if alone != panes.zoomed:
            panes.toggle_zoom()
        if view.provider is not None and not is_missing:
            panes.focus_pane(view.provider)
        trouble = "; its pane is no longer there" if is_missing else ""
        trouble += f"; in its filter: {filter_.problem}" if filter_.problem else ""
        self._context.say(f"View {name}{trouble}.")
        self._context.draw_lines()

    def back(self) -> None:
        """Take away what came last: range and marks, filter, zoom, the details beside the panes."""
        panes = self._context.panes
        tables = [pane.table for pane in panes.in_use]
        if any(table.selection.marked or table.selection.in_range for table in tables):
            for table in tables:
                table.selection.clear()
                table.redraw()
        elif panes.filter.text:
            self._side_panel.show_filter(NO_FILTER)
        elif panes.together is not None:
            self._navigation.together()
        elif panes.zoomed:
            panes.toggle_zoom()
        elif self._side_panel.dock is not None:
            self._side_panel.hide_dock()
            self._context.lay_out()
