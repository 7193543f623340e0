"""Overview dialog (`0`). The arrows choose a result, Enter goes there, `s` looks back over another span of time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from octotui.ledger import History, LedgerError
from octotui.model import Task
from octotui.presentation.charts.axes import Draw
from octotui.presentation.charts.sections import past_of
from octotui.presentation.charts.statistics import SPANS, saving_speed, unsaved
from octotui.presentation.overview import Scene, boxes_section, latest_losses, overview_lines
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.commands import key_name
from octotui.tui.dialogs.base import TextDialog, key_line
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.rendering.text_widgets import Lines

_LOOK_AGAIN = 10.0
"""Seconds after which all tasks are looked through anew although no count has changed."""
_READ_AGAIN = 60.0
"""Seconds after which the hours are read anew: they change by the hour."""


def drawing() -> tuple[Draw | None, str]:
    """What draws plots, and in words why it cannot be had. Imports it: 0.15 s, for a thread."""
    try:
        from octotui.presentation.charts.canvas import draw  # noqa: PLC0415 - see above
    except (ImportError, OSError) as error:
        # It has a compiled part, which is not there on every machine: the figures are, all the same.
        return None, f"No plots: plotext cannot be loaded here ({str(error).splitlines()[0]})"
    return draw, ""


class OverviewText(Lines):
    """The lines of the overview, kept up to date."""

    def __init__(self, snapshot: LedgerSnapshot, clock: Callable[[], float], labels: Mapping[str, str]) -> None:
        """`labels` says what each provider is called."""
        super().__init__()
        self._snapshot = snapshot
        self._clock = clock
        self._scene = Scene(labels=labels)
        self._counted: dict[str, Counter[str]] = {}
        self._looked_at = float("-inf")
        self._history: History | None = None
        self._read_at = float("-inf")
        self._span = 0
        self._selected = 0
        self._boxes_alone = False
        """Whether only the machines that share the ledger show, all of them."""

    @property
    def selected(self) -> Task | None:
        """The task with the mark."""
        choices = self._scene.choices
        return choices[min(self._selected, len(choices) - 1)] if choices else None

    @property
    def is_shared(self) -> bool:
        """Whether there can be several machines on the ledger."""
        return self._snapshot.ledger.is_shared

    def select(self, by: int) -> None:
        """Move the mark."""
        self._selected = max(0, min(len(self._scene.choices) - 1, self._selected + by))
        self.redraw()
        rows = [row for row, line in enumerate(self.text_lines) if ("▸ ", Role.KEY) in line]
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if rows and self._selected == 0 and rows[0] < height:
            self.scroll_to(y=0, animate=False)  # what stands above the first choice has no other key
        elif rows and not top <= rows[0] < top + height:
            self.scroll_to(y=max(0, rows[0] - height // 2), animate=False)

    def next_span(self) -> None:
        """Look back over the next span of time: a day, a week, a month."""
        self._span = (self._span + 1) % len(SPANS)
        self._look_back()
        self.redraw()

    def toggle_boxes(self) -> bool:
        """Show only the machines that share the ledger, or everything again; returns whether there are any."""
        self._boxes_alone = bool(self._scene.boxes) and not self._boxes_alone
        self.scroll_to(y=0, animate=False)
        self.redraw()
        return bool(self._scene.boxes)

    @work(exclusive=True, group="history")
    async def read_history(self) -> None:
        """Read the hours, and the first time what draws, both in a thread."""
        scene = self._scene
        if scene.draw is None and not scene.no_plots:
            scene.draw, scene.no_plots = await asyncio.to_thread(drawing)
        since = self._clock() - max(span.seconds for span in SPANS)
        try:
            self._history = await asyncio.to_thread(self._snapshot.ledger.history, since)
        except LedgerError as error:
            self._snapshot.note_trouble(str(error), self._clock())
            return
        self._look_back()
        self.redraw()

    @work(exclusive=True, group="minutes")
    async def read_minutes(self, now: float) -> None:
        """Read in a thread what was done in the last hour, from a ledger that may be far away."""
        try:
            self._scene.minutes = await asyncio.to_thread(self._snapshot.ledger.minutes, now - 3600)
        except LedgerError as error:
            self._snapshot.note_trouble(str(error), now)
        self.redraw()

    def _look_back(self) -> None:
        if self._history is not None:
            self._scene.past = past_of(self._history, SPANS[self._span], self._clock())

    def refresh_text(self) -> None:
        """Read what there is and draw what differs."""
        snapshot, scene, now = self._snapshot, self._scene, self._clock()
        counts = {name: Counter(counts) for name, counts in snapshot.counts.items()}
        if counts != self._counted or not 0 <= now - self._looked_at < _LOOK_AGAIN:
            chosen = self.selected
            self._counted, self._looked_at = counts, now
            labels = scene.labels
            in_order = [*labels, *(name for name in counts if name not in labels)]
            scene.counts = {labels.get(name, name): counts.get(name, Counter()) for name in in_order}
            speed = snapshot.speed or saving_speed(snapshot.tasks.values())
            scene.unsaved = unsaved(snapshot.tasks.values(), now, speed)
            scene.lost, scene.losses = latest_losses(snapshot.tasks.values(), now)
            ids = [task.id for task in scene.choices]
            # The mark stays on its task, wherever that has moved.
            if chosen is not None and self._selected and chosen.id in ids:
                self._selected = ids.index(chosen.id)
        scene.status, scene.boxes = snapshot.status, snapshot.fleet.boxes
        if snapshot.ledger.is_shared:
            self.read_minutes(now)
        else:
            try:
                scene.minutes = snapshot.ledger.minutes(now - 3600)
            except LedgerError as error:
                snapshot.note_trouble(str(error), now)
        if not 0 <= now - self._read_at < _READ_AGAIN:
            self._read_at = now
            self.read_history()
        self.redraw()

    def fold(self, width: int) -> list[StyledLine]:
        """The lines for this width."""
        if self._boxes_alone:
            return boxes_section(self._scene, width, len(self._scene.boxes))
        selected = self.selected
        height = self.scrollable_content_region.height
        return overview_lines(self._scene, self._clock(), width, height, None if selected is None else selected.id)


class Overview(TextDialog[str]):
    """The overview; ends with the id of the task to go to."""

    DEFAULT_CSS = """
    Overview #dialog { width: 100%; max-width: 100%; height: 100%; }
    Overview #dialog-title { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "select(1)", "Next"),
        ("k,up", "select(-1)", "Before"),
        ("s", "span", "Day, week, month"),
        ("b", "boxes", "Boxes"),
        ("enter", "go", "Go there"),
    ]

    def __init__(self, text: OverviewText, closing_keys: Iterable[str]) -> None:
        """`closing_keys` are those that open it, as the configuration writes them."""
        keys = [("Enter", "Go"), ("esc", "Back"), ("s", "Day, week, month"), ("j k", "Choose")]
        if text.is_shared:
            keys.insert(3, ("b", "Boxes"))
        super().__init__("Overview", key_line(*keys), text)
        self.overview = text
        for key in closing_keys:
            self.bind_key(key_name(key), "close")

    def on_mount(self) -> None:
        """Show it."""
        self.tick()

    def tick(self) -> None:
        """A second has passed."""
        self.overview.refresh_text()

    def action_select(self, by: int) -> None:
        """Choose another task."""
        self.overview.select(by)

    def action_span(self) -> None:
        """Look back over another span of time."""
        self.overview.next_span()

    def action_boxes(self) -> None:
        """Only the machines that share the ledger, or everything again."""
        if not self.overview.toggle_boxes():
            self.say("This ledger is one machine's: there are no other boxes.")

    def action_go(self) -> None:
        """Go to the task with the mark."""
        task = self.overview.selected
        self.dismiss(None if task is None else task.id)
