"""Overview dialog (`0`). The arrows choose among what is lost next and what was lost, Enter goes there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from textual.binding import BindingType

from octotui.ledger import LedgerError
from octotui.model import Task
from octotui.presentation.overview import Scene, nearest_and_lost, overview_lines
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.commands import key_name
from octotui.tui.dialogs.base import TextDialog, key_line
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.rendering.text_widgets import Lines

_LOOK_AGAIN = 10.0
"""Seconds after which all tasks are looked through anew although no count has changed."""


class OverviewText(Lines):
    """The lines of the overview, kept up to date."""

    def __init__(self, snapshot: LedgerSnapshot, clock: Callable[[], float], labels: Mapping[str, str]) -> None:
        """`labels` says what each provider is called."""
        super().__init__()
        self._snapshot = snapshot
        self._clock = clock
        self._labels = labels
        self._scene = Scene(label_of=lambda task: labels.get(task.provider, task.provider))
        self._counted: dict[str, Counter[str]] = {}
        self._looked_at = float("-inf")
        self._selected = 0

    @property
    def choices(self) -> list[Task]:
        """The tasks one can go to, in the order in which they are shown."""
        return [*self._scene.nearest, *self._scene.lost]

    @property
    def selected(self) -> Task | None:
        """The task with the mark."""
        choices = self.choices
        return choices[min(self._selected, len(choices) - 1)] if choices else None

    def select(self, by: int) -> None:
        """Move the mark."""
        self._selected = max(0, min(len(self.choices) - 1, self._selected + by))
        self.redraw()
        rows = [row for row, line in enumerate(self.text_lines) if ("▸ ", Role.KEY) in line]
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if rows and self._selected == 0 and rows[0] < height:
            self.scroll_to(y=0, animate=False)  # what stands above the first choice has no other key
        elif rows and not top <= rows[0] < top + height:
            self.scroll_to(y=max(0, rows[0] - height // 2), animate=False)

    def refresh_text(self) -> None:
        """Read what there is and draw what differs."""
        snapshot, scene, now = self._snapshot, self._scene, self._clock()
        counts = {name: Counter(counts) for name, counts in snapshot.counts.items()}
        if counts != self._counted or not 0 <= now - self._looked_at < _LOOK_AGAIN:
            chosen = self.selected
            self._counted, self._looked_at = counts, now
            in_order = [*self._labels, *(name for name in counts if name not in self._labels)]
            scene.counts = {self._labels.get(name, name): counts.get(name, Counter()) for name in in_order}
            scene.nearest, scene.lost, scene.losses = nearest_and_lost(snapshot.tasks.values(), now)
            ids = [task.id for task in self.choices]
            # The mark stays on its task, wherever that has moved.
            if chosen is not None and self._selected and chosen.id in ids:
                self._selected = ids.index(chosen.id)
        scene.status = snapshot.status
        try:
            scene.minutes = snapshot.ledger.minutes(now - 3600)
        except LedgerError as error:
            snapshot.trouble = str(error)
        self.redraw()

    def fold(self, width: int) -> list[StyledLine]:
        """The lines for this width."""
        selected = self.selected
        return overview_lines(self._scene, self._clock(), width, None if selected is None else selected.id)


class Overview(TextDialog[str]):
    """The overview; ends with the id of the task to go to."""

    DEFAULT_CSS = """
    Overview #dialog { max-width: 174; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "select(1)", "Next"),
        ("k,up", "select(-1)", "Before"),
        ("enter", "go", "Go there"),
    ]

    def __init__(self, text: OverviewText, closing_keys: Iterable[str]) -> None:
        """`closing_keys` are those that open it, as the configuration writes them."""
        super().__init__("Overview", key_line(("Enter", "Go"), ("esc", "Back"), ("j k", "Choose")), text)
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

    def action_go(self) -> None:
        """Go to the task with the mark."""
        task = self.overview.selected
        self.dismiss(None if task is None else task.id)
