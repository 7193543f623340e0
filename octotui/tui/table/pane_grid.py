"""All panes: side by side where there is room, else one of them, whichever has the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

WIDE = 140
TALL = 40
"""From this size on the panes stand side by side."""
LEAST_ROWS = 6
"""Lines a pane needs to be of use beside others."""
BARE_BELOW = (60, 16)
"""Narrower or shorter than this frames only take room."""

HEADED_FROM = 20
"""Lines of a screen from which on panes have headings."""


def columns_for(width: int, height: int, count: int) -> int:
    """How many panes stand beside each other; 1 means that only one of `count` is shown."""
    if width < WIDE or height < TALL or count < 2:
        return 1
    columns = 3 if width >= 260 and count > 4 else 2
    rows = -(-count // columns)
    return columns if height // rows >= LEAST_ROWS else 1


def _row_heights(columns: int, count: int) -> str:
    """Heights of the rows of panes; a last row with fewer panes has wider ones, and they may be lower."""
    if columns == 1:
        return "1fr"
    full, rest = divmod(count, columns)
    return " ".join(["3fr"] * full + ["2fr"] * bool(rest))


class Panes(Container):
    """The panes and which of them is meant."""

    DEFAULT_CSS = """
    Panes { height: 1fr; width: 1fr; layout: grid; grid-size: 1; grid-gutter: 0; }
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
        super().__init__(id="panes")
        self._clock = clock
        self._expects = expects
        self._hints = hints
        self.panes: dict[str, Pane] = {}
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
        self.ignore_marks = False
        """Whether actions mean the task under the cursor alone, as in its details."""
        self._space = (0, 0)
        self._placed: tuple[int, bool, int, str] | None = None

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
    def pane(self) -> Pane:
        """The pane that has the focus, or had it last."""
        return self.panes[self.current]

    @property
    def labels(self) -> dict[str, str]:
        """What each provider that has a pane is called."""
        return {name: pane.facts.label for name, pane in self.panes.items()}

    def label_of(self, task: Task | None) -> str:
        """What a task's provider is called; empty without a task, and where the provider has no pane."""
        pane = self.panes.get(task.provider) if task is not None else None
        return pane.facts.label if pane is not None else ""

    @property
    def alone(self) -> bool:
        """Whether one pane has the screen."""
        return self.zoomed or columns_for(*self._space, len(self.panes)) == 1

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
        columns = 1 if self.zoomed else columns_for(width, height, len(self.panes))
        alone = columns == 1
        self.bare = bare = width < BARE_BELOW[0] or height < BARE_BELOW[1]
        last = len(self.panes)
        placed = (columns, bare, last, self.current if alone else "")
        if placed == self._placed:
            return  # setting a style repaints, even to what it was
        self._placed = placed
        self.styles.grid_size_columns = columns
        self.styles.grid_rows = _row_heights(columns, len(self.panes))
        for number, (name, pane) in enumerate(self.panes.items(), start=1):
            pane.display = not alone or name == self.current
            spare = columns - (last - 1) % columns if number == last else 1
            pane.styles.column_span = spare if columns > 1 else 1
            pane.table.cells.alone = alone
            pane.show_frame(not bare, headed=height >= HEADED_FROM)

    def focus_pane(self, name: str) -> None:
        """Go to a pane."""
        self.current = name
        if self.alone:
            self.lay_out(*self._space)
        self.screen.set_focus(self.pane.table)

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
        for pane in self.panes.values():
            pane.table.rearrange(order=order, filter_=filter_)

    def show_columns(self, columns: Columns) -> None:
        """Show these columns in all panes; none: whatever there is room for."""
        self.columns = columns
        for pane in self.panes.values():
            pane.table.cells.columns = columns
            pane.table.redraw()

    @property
    def is_arranging(self) -> bool:
        """Whether many tasks are being sorted or filtered between keys."""
        return any(pane.table.rows.is_arranging for pane in self.panes.values())

    def show_counts(self, counts: Callable[[str], Counts]) -> None:
        """Draw the titles; `counts` knows the numbers of a provider."""
        marked = self.marked
        for name, pane in self.panes.items():
            pane.show_counts(counts(name), marked)

    @property
    def marked(self) -> int:
        """How many marked tasks are shown, in all panes."""
        return sum(pane.table.selection.count for pane in self.panes.values())

    def tick(self, speed: float | None) -> None:
        """A second has passed; a download brings `speed` bytes per second, as far as is known."""
        for pane in self.panes.values():
            pane.table.rows.speed = speed
            if pane.display:
                pane.table.tick()

    def targets(self) -> list[Task]:
        """What an action means: everything marked, in all panes, or else the task under the cursor."""
        if self.ignore_marks:
            task = self.pane.table.selection.task
            return [task] if task is not None else []
        marked = [task for pane in self.panes.values() for task in pane.table.selection.marked_tasks()]
        return marked or self.pane.table.selection.targets()

    def shown_tasks(self) -> list[Task]:
        """What a key for all means: everything marked, in all panes, or else what the panes on the screen list."""
        marked = [task for pane in self.panes.values() for task in pane.table.selection.marked_tasks()]
        return marked or [
            task for pane in self.panes.values() if pane.display for task in pane.table.rows.shown_tasks()
        ]

    def on_pane_focused(self, message: Pane.Focused) -> None:
        """Remember which pane is meant."""
        message.stop()
        if message.pane.facts.name != self.current:
            self.current = message.pane.facts.name
        self.post_message(self.Switched(self))
