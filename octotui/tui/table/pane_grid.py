"""All panes: side by side where there is room, else one of them, whichever has the focus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from octotui.estimates import Expectation
from octotui.gateway.providers import Provider
from octotui.model import Task
from octotui.presentation.columns import Columns
from octotui.presentation.counts import Counts
from octotui.presentation.filters import NO_FILTER, Filter
from octotui.presentation.sorting import DEFAULT_ORDER
from octotui.presentation.styled_text import StyledLine
from octotui.tui.table.pane import Pane
from octotui.tui.table.pane_frame import PaneFacts
from octotui.tui.table.pane_layout import PaneLayout
from octotui.tui.table.pane_plan import HeldPlan, Place, columns_for
from octotui.tui.table.pane_set import PaneSet

BARE_BELOW = (60, 16)
"""Narrower or shorter than this frames only take room."""

_AROUND = 3
"""Lines of a screen around the panes: header, news and footer."""
HEADED_FROM = 4
"""Lines of a pane from which on it has headings."""


EVERYBODY = "*"
"""Stands for all providers where else the name of one does."""


class Panes(PaneSet, Container):
    """The panes and which of them is meant."""

    DEFAULT_CSS = """
    Panes { height: 1fr; width: 1fr; }
    """

    @dataclass
    class Switched(Message):
        """Another pane has the focus."""

        panes: Panes

    def __init__(
        self,
        providers: Iterable[Provider],
        *,
        clock: Callable[[], float],
        expects: Callable[[Task], Expectation | None],
        hints: tuple[StyledLine, ...],
    ) -> None:
        """`hints` are the lines an empty pane shows."""
        Container.__init__(self, id="panes")
        self._clock = clock
        self._expects = expects
        self._hints = hints
        PaneSet.__init__(self)
        for provider in providers:
            self._make(provider.name, provider.label, provider.accent)
        self.current = next(iter(self.panes))
        self.filter: Filter = NO_FILTER
        self.order = DEFAULT_ORDER
        self.columns: Columns = ()
        """The columns somebody has chosen; empty: whatever there is room for."""
        self.zoomed = False
        self.bare = False
        """Whether the panes have no frames, and with them no titles."""
        self._space = (0, 0)
        self._placed: tuple[int, bool, int, str] | None = None
        self._plan = HeldPlan()
        self._together: Pane | None = None
        """The same, once it was made."""
        self._layout = PaneLayout(self._places)

    def compose(self) -> ComposeResult:
        """Every pane, shown or not."""
        yield from self.panes.values()

    def _make(self, name: str, label: str, accent: str) -> Pane:
        facts = PaneFacts(name, label, accent, len(self.panes) + 1)
        pane = Pane(facts, clock=self._clock, expects=self._expects, hints=self._hints)
        self.panes[name] = pane
        return pane

    def show_hints(self, hints: tuple[StyledLine, ...]) -> None:
        """Have empty panes show other lines."""
        self._hints = hints
        for pane in self.panes.values():
            pane.table.hints = hints
            pane.table.redraw()

    @property
    def layout(self) -> PaneLayout:
        """The layout for Textual, whose styles take none but its own."""
        return self._layout

    @property
    def alone(self) -> bool:
        """Whether one pane has the screen."""
        return self._columns == 0

    @property
    def _columns(self) -> int:
        """How many panes stand beside each other; 0: one of them has the screen."""
        return 0 if self.zoomed or self.together is not None else columns_for(*self._space, len(self.panes))

    def pane_for(self, provider: str) -> Pane:
        """The pane of a provider; one the configuration does not know gets one as well."""
        pane = self.panes.get(provider)
        if pane is None:
            pane = self._make(provider, provider, "#8a8a8a")
            pane.table.cells.columns = self.columns
            pane.table.rearrange(order=self.order, filter_=self.filter)
            self.mount(pane)
            self.lay_out(*self._space)
        return pane

    def lay_out(self, width: int, height: int) -> None:
        """Place the panes on a screen of this size, in cells."""
        self._space = (width, height)
        columns = self._columns
        alone = columns == 0
        self.bare = bare = width < BARE_BELOW[0] or height < BARE_BELOW[1]
        placed = (columns, bare, len(self.panes), self.pane.facts.name if alone else "")
        if placed != self._placed:  # setting a style repaints, even to what it was
            self._placed = placed
            for pane in [*self.panes.values(), *([self._together] if self._together is not None else [])]:
                pane.display = pane is self.pane if alone else pane is not self._together
                pane.table.cells.alone = columns < 2
        if alone:
            self.pane.show_frame(not bare, headed=not bare)
            self._arrange_anew()
        else:
            room = (width, self.size.height if self.size.width == width else height - _AROUND)
            self._show_plan(self._plan.make(room, self._needs, self._focus, columns))

    @property
    def _needs(self) -> list[int]:
        """How many tasks each pane has, whatever a filter leaves of them."""
        return [len(pane.table.rows.tasks) for pane in self.panes.values()]

    @property
    def _focus(self) -> int:
        """The place of the current pane among all."""
        return list(self.panes).index(self.current)

    def _show_plan(self, is_new: bool) -> None:
        if is_new:
            self._arrange_anew()
        for pane, place in zip(self.panes.values(), self._plan.places, strict=True):
            pane.show_frame(True, headed=place.height >= HEADED_FROM)

    def _arrange_anew(self) -> None:
        # Asked by itself a container gives the arrangement that it has kept; asked by a child it makes a new one.
        self.pane.refresh(repaint=False, layout=True)

    def _places(self, width: int, height: int) -> list[Place]:
        """Where the panes that are shown stand in a room of this size."""
        if self.alone:
            return [Place(0, 0, width, height)]
        return self._plan.fit((width, height), self._focus, self._columns)

    def _follow_needs(self) -> None:
        """Share the room anew where that shows more of what there is; nothing moves under the cursor's feet."""
        if self.alone:
            return
        table = self.pane.table
        position = table.selection.position
        is_held = position is not None and table.selection.is_held
        line = position - table.scroll_offset.y if position is not None and is_held else None
        if self._plan.follow(self._needs, self._focus, self._columns, line):
            self._show_plan(True)

    def focus_pane(self, name: str) -> None:
        """Go to a pane."""
        self.current = name
        self.separate()
        if self.alone or not self._plan.places[self._focus].is_open:
            self.lay_out(*self._space)
        self.screen.set_focus(self.pane.table)

    def gather(self, tasks: Mapping[str, Task]) -> None:
        """Show all `tasks` in one table, with the cursor and the marks where they were."""
        pane = self._together
        if pane is None:
            facts = PaneFacts(EVERYBODY, "All", None, len(self.panes) + 10)
            pane = self._together = Pane(facts, clock=self._clock, expects=self._expects, hints=self._hints)
            pane.table.cells.labels = self.labels
            self.mount(pane)
        here = self.pane.table.selection
        marked = {task_id for one in self.panes.values() for task_id in one.table.selection.marked}
        self.together = pane
        pane.table.cells.columns = self.columns
        pane.table.fill(tasks.values(), order=self.order, filter_=self.filter)
        pane.table.selection.adopt(here, marked)
        self.lay_out(*self._space)
        self.screen.set_focus(pane.table)

    def separate(self) -> None:
        """Show a pane for each provider again, with cursor and marks where they were."""
        pane = self.together
        if pane is None:
            return
        self.together = None
        here = pane.table.selection
        for one in self.panes.values():
            one.table.selection.adopt(here, here.marked & one.table.rows.tasks.keys())
        pane.table.fill((), order=self.order, filter_=self.filter)
        self.lay_out(*self._space)

    def step(self, by: int) -> None:
        """Go to the next pane, or back by -1."""
        names = list(self.panes)
        self.focus_pane(names[(names.index(self.current) + by) % len(names)])

    def toggle_zoom(self) -> None:
        """One pane alone, or all of them again."""
        self.zoomed = not self.zoomed
        self.lay_out(*self._space)
        self.post_message(self.Switched(self))

    def rearrange(self, *, order: str | None = None, filter_: Filter | None = None) -> None:
        """Sort or filter all panes."""
        self.order = order or self.order
        self.filter = self.filter if filter_ is None else filter_
        for pane in self.everyone:
            pane.table.rearrange(order=order, filter_=filter_)

    def show_columns(self, columns: Columns) -> None:
        """Show these columns in all panes; none: whatever there is room for."""
        self.columns = columns
        for pane in self.everyone:
            pane.table.cells.columns = columns
            pane.table.redraw()

    def show_counts(self, counts: Callable[[str], Counts]) -> None:
        """Draw the titles; `counts` knows the numbers of a provider."""
        self._follow_needs()
        marked = self.marked
        for name, pane in self.panes.items():
            pane.show_counts(counts(name), marked)
        if self.together is not None:
            self.together.show_counts(sum((Counter(counts(name)) for name in self.panes), Counter()), marked)

    def tick(self, speed: float | None) -> None:
        """A second has passed; a download brings `speed` bytes per second, as far as is known."""
        for pane in self.everyone:
            pane.table.rows.speed = speed
            if pane.display:
                pane.table.tick()

    def on_pane_focused(self, message: Pane.Focused) -> None:
        """Remember which pane is meant; the word of one that has lost the focus meanwhile came too late."""
        message.stop()
        if message.pane.facts.name in self.panes and self.screen.focused is message.pane.table:
            self.current = message.pane.facts.name
        self.post_message(self.Switched(self))
