"""`L`: everything that happened, newest last, followed while one looks."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget
from textual.widgets import Input

from octotui.ledger import Ledger, LedgerError
from octotui.model import Event
from octotui.tui.lines import Lines
from octotui.tui.pieces import Role, plain
from octotui.tui.sheets import TextSheet, key_line
from octotui.tui.status import event_line

KEPT = 2000
"""Lines the view holds; the ledger has more."""


class LogView(TextSheet[None]):
    """The activity log."""

    def __init__(self, ledger: Ledger, label_of: Callable[[str | None], str]) -> None:
        """`label_of` gives the provider's name for a task's id."""
        super().__init__(
            "Log", key_line(("/", "Filter"), ("esc", "Back"), ("G", "Newest"), ("j k", "Scroll")), Lines(indent=11)
        )
        self._ledger = ledger
        self._label_of = label_of
        self._events: list[Event] = []
        self.search = Input(placeholder="filter", compact=True, id="sheet-search")
        self.search.display = False

    def parts(self) -> list[Widget]:
        """A line to filter, and the log."""
        return [self.search, self.text]

    def on_mount(self) -> None:
        """Show the newest."""
        self.tick()
        self.call_after_refresh(self.action_to_end, True)

    def tick(self) -> None:
        """Read what is new; follow it when the end is in view."""
        since = self._events[-1].number if self._events else 0
        try:
            new = self._ledger.events(since, limit=KEPT)
        except LedgerError as error:
            self.say(str(error))
            return
        if new or not self._events:
            at_end = self.text.scroll_offset.y >= self.text.max_scroll_y
            self._events = [*self._events, *new][-KEPT:]
            self._show()
            if at_end:
                self.call_after_refresh(self.action_to_end, True)

    def _show(self) -> None:
        wanted = self.search.value.casefold()
        lines = [event_line(event, self._label_of(event.task_id)) for event in self._events]
        shown = [line for line in lines if wanted in plain(line).casefold()]
        self.text.show(shown or [(("Nothing has happened yet." if not wanted else "Nothing matches.", Role.DIM),)])

    def key_slash(self) -> None:
        """Filter."""
        self.search.display = True
        self.set_focus(self.search)

    def on_input_changed(self) -> None:
        """Filter while one types."""
        self._show()

    def on_input_submitted(self) -> None:
        """Back to the text, with the filter kept."""
        self.set_focus(None)
