"""Failures dialog (`F`): one line a reason; Enter shows the tasks, `e` makes one report for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from textual.binding import BindingType

from octotui.model import Task
from octotui.presentation.bulk.failure_groups import FailureGroup, detail_of, failure_groups, group_lines
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.commands import key_name, show_key
from octotui.tui.dialogs.base import TextDialog, key_line
from octotui.tui.rendering.text_widgets import Lines
from octotui.units import plural

_LOOK_AGAIN = 5
"""Seconds after which all tasks are looked through anew."""


class FailuresText(Lines):
    """The groups, and the selected one in full below them."""

    def __init__(self, clock: Callable[[], float], label_of: Callable[[str], str]) -> None:
        """`clock` gives unix seconds, `label_of` names a provider."""
        super().__init__()
        self._clock = clock
        self._label_of = label_of
        self.groups: list[FailureGroup] = []
        self._place = 0

    @property
    def selected(self) -> FailureGroup | None:
        """The group with the mark."""
        return self.groups[self._place] if self._place < len(self.groups) else None

    def show_groups(self, groups: list[FailureGroup]) -> None:
        """Show other groups; the mark stays on its reason."""
        before = self.selected
        self.groups = groups
        same = [
            place
            for place, group in enumerate(groups)
            if before is not None and (group.kind, group.reason) == (before.kind, before.reason)
        ]
        self._place = same[0] if same and self._place else min(self._place, max(0, len(groups) - 1))
        self.redraw()

    def select(self, by: int) -> None:
        """Move the mark."""
        self._place = max(0, min(len(self.groups) - 1, self._place + by))
        self.redraw()
        height, top = self.scrollable_content_region.height, self.scroll_offset.y
        if not top <= self._place < top + height:
            self.scroll_to(y=max(0, self._place - height // 2), animate=False)

    def fold(self, width: int) -> list[StyledLine]:
        """The lines for this width."""
        group = self.selected
        if group is None:
            return [(("Nothing has failed.", Role.DIM),)]
        lines = group_lines(self.groups, self._place, self._clock(), width, self._label_of)
        return [*lines, (), *detail_of(group, width, self._label_of)]


class Failures(TextDialog[FailureGroup]):
    """Failures by reason; the result is the group whose tasks are to be shown."""

    DEFAULT_CSS = """
    Failures #dialog { max-width: 174; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "select(1)", "Next"),
        ("k,up", "select(-1)", "Before"),
        ("enter", "show", "Show the tasks"),
    ]

    def __init__(
        self,
        text: FailuresText,
        tasks: Callable[[], Iterable[Task]],
        report: Callable[[FailureGroup], None],
        keys: Mapping[str, tuple[str, ...]],
        *,
        whose: str,
    ) -> None:
        """`tasks` are those to look through, `report` makes a report on a group, `whose` names a filter that holds."""
        reporting = [(show_key(key), "Report") for key in keys["report"][:1]]
        ordering = [(show_key(key), "Order") for key in keys["sort"][:1]]
        shown = [("Enter", "Tasks"), *reporting, *ordering, ("esc", "Back"), ("j k", "Choose")]
        super().__init__("Failures", key_line(*shown), text)
        self.failures = text
        self._tasks = tasks
        self._report = report
        self._whose = whose
        self._newest_first = False
        self._waited = 0
        """Seconds since the tasks were looked through."""
        for action, command in (("close", "failures"), ("report", "report"), ("order", "sort")):
            for key in keys[command]:
                self.bind_key(key_name(key), action)

    def on_mount(self) -> None:
        """Show them."""
        self._group_anew()

    def tick(self) -> None:
        """A second has passed."""
        self._waited += 1
        if self._waited >= _LOOK_AGAIN:
            self._group_anew()

    def _group_anew(self) -> None:
        self._waited = 0
        groups = failure_groups(self._tasks(), newest_first=self._newest_first)
        self.failures.show_groups(groups)
        count = sum(len(group.tasks) for group in groups)
        order = "newest first" if self._newest_first else "largest first"
        told = f"  {plural(count, 'task')} for {plural(len(groups), 'reason')}, {order}" if groups else ""
        self.heading.show((("Failures", Role.TITLE), (f"{told}{self._whose}", Role.DIM)))

    def action_select(self, by: int) -> None:
        """Choose another reason."""
        self.failures.select(by)
        self.say("")

    def action_order(self) -> None:
        """The largest group first, or the newest."""
        self._newest_first = not self._newest_first
        self._group_anew()

    def action_show(self) -> None:
        """Show the tasks of the group with the mark."""
        self.dismiss(self.failures.selected)

    def action_report(self) -> None:
        """Make a report on the group with the mark."""
        group = self.failures.selected
        if group is not None:
            self._report(group)
