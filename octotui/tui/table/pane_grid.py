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
from octotui.tui.table.pane_layout import PaneLayout
from octotui.tui.table.pane_plan import Place, columns_for, is_better, plan

BARE_BELOW = (60, 16)
"""Narrower or shorter than this frames only take room."""

_AROUND = 3
"""Lines of a screen around the panes: header, news and footer."""
HEADED_FROM = 6
"""Lines of a pane from which on it has headings."""


class Panes(Container):
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
        self._needs: list[int] = []
        """How many tasks each pane had when the panes were placed."""
        self._plan: list[Place] = []
        self._planned_for = (0, 0)
        """The room `_plan` was made for, in cells."""
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
        return self._columns == 0

    @property
    def _columns(self) -> int:
        """How many panes stand beside each other; 0: one of them has the screen."""
        return 0 if self.zoomed else columns_for(*self._space, len(self.panes))

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
        placed = (columns, bare, len(self.panes), self.current if alone else "")
        if placed != self._placed:  # setting a style repaints, even to what it was
            self._placed = placed
            for name, pane in self.panes.items():
                pane.display = not alone or name == self.current
                pane.table.cells.alone = columns < 2
        if alone:
            self.pane.show_frame(not bare, headed=not bare)
            self.refresh(layout=True)
        else:
            self._put(self._planned(*(self.size if self.size.width == width else (width, height - _AROUND))))

    def _planned(self, width: int, height: int) -> list[Place]:
        """A plan by what is in the panes now."""
        self._planned_for = (width, height)
        self._needs = self._present_needs()
        return plan(width, height, self._needs, self._focus, self._columns)

    def _present_needs(self) -> list[int]:
        return [len(pane.table.rows.tasks) for pane in self.panes.values()]

    @property
    def _focus(self) -> int:
        """The place of the current pane among all."""
        return list(self.panes).index(self.current)

    def _put(self, new: list[Place]) -> None:
        """Place the panes as a plan says."""
        if new != self._plan:
            self._plan = new
            self.refresh(layout=True)
        for pane, place in zip(self.panes.values(), new, strict=True):
            pane.show_frame(True, headed=place.height >= HEADED_FROM)

    def _places(self, width: int, height: int) -> list[Place]:
        """Where the panes that are shown stand in a room of this size; it can be a line lower while somebody types."""
        if self.alone:
            return [Place(0, 0, width, height)]
        if self._planned_for != (width, height):
            self._planned_for = (width, height)
            self._plan = plan(width, height, self._needs, self._focus, self._columns)
        return self._plan

    def _follow_needs(self) -> None:
        """Share the room anew where that shows more of what there is; nothing moves under the cursor's feet."""
        needs = self._present_needs()
        if self.alone or needs == self._needs or not all(self._planned_for):
            return
        new = plan(*self._planned_for, needs, self._focus, self._columns)
        if is_better(new, self._plan, needs, self._focus, self._cursor_line()):
            self._needs = needs
            self._put(new)

    def _cursor_line(self) -> int | None:
        """The line of the current pane that a person has put the cursor on."""
        table = self.pane.table
        position = table.selection.position
        return position - table.scroll_offset.y if position is not None and table.selection.is_held else None

    def focus_pane(self, name: str) -> None:
        """Go to a pane."""
        self.current = name
        if self.alone or not self._plan[self._focus].is_open:
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
        self._follow_needs()
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
