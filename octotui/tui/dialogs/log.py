"""Log dialog (`L`): everything that happened, newest last, followed while one looks at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import work

from octotui.ledger import Ledger, LedgerError
from octotui.model import LogEntry
from octotui.presentation.log_filter import log_filter
from octotui.presentation.log_lines import event_line
from octotui.presentation.styled_text import Role, StyledLine, plain
from octotui.tui.dialogs.base import SearchedDialog, key_line
from octotui.tui.rendering.text_widgets import Lines

KEPT = 2000
"""Lines the view holds; the ledger has more."""


class LogView(SearchedDialog):
    """The activity log."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float], label_of: Callable[[str | None], str]) -> None:
        """`clock` gives unix seconds, `label_of` the provider's name for a task's id."""
        super().__init__(
            "Log",
            key_line(("/", "Filter"), ("esc", "Back"), ("G", "Follow"), ("j k", "Scroll")),
            Lines(indent=11),
            "text, kind:saved, provider:veo, task:id; ! inverts",
        )
        self._ledger = ledger
        self._clock = clock
        self._label_of = label_of
        self._events: list[LogEntry] = []
        self._shown: list[StyledLine] = []
        self._follows = True
        self._is_wanted = log_filter("")

    def on_mount(self) -> None:
        """Show the newest."""
        self.tick()

    def tick(self) -> None:
        """Read what is new; follow it while the end is in view."""
        if self._ledger.is_shared:
            self._read_aside()
            return
        try:
            self._add_events(self._new_events())
        except LedgerError as error:
            self.say(str(error))

    @work(exclusive=True, group="log")
    async def _read_aside(self) -> None:
        """Read in a thread what is new in a ledger that may be far away."""
        try:
            self._add_events(await asyncio.to_thread(self._new_events))
        except LedgerError as error:
            self.say(str(error))

    def _new_events(self) -> list[LogEntry]:
        return self._ledger.events(self._events[-1].number if self._events else 0, limit=KEPT)

    def _add_events(self, new: list[LogEntry]) -> None:
        self._follows = not self.text.text_lines or self.text.scroll_offset.y >= self.text.max_scroll_y
        if new or not self._events:
            self._events = [*self._events, *new][-KEPT:]
            self._show()
        else:
            self._show_title()

    def _show(self) -> None:
        self._shown = []
        now = self._clock()
        for event in self._events:
            label = self._label_of(event.task_id)
            line = event_line(event, now, label)
            if self._is_wanted(event, label, plain(line)):
                self._shown.append(line)
        kinds = ", ".join(sorted({event.kind for event in self._events}))
        nothing = f"Nothing matches. Kinds there are: {kinds}." if self._events else "Nothing has happened yet."
        self.text.show(self._shown or [((nothing, Role.DIM),)])
        self._show_title()
        if self._follows:
            self.call_after_refresh(self._catch_up)

    def _catch_up(self) -> None:
        if self._follows:
            self.action_to_end(True)

    def _show_title(self) -> None:
        count = (
            f"{len(self._shown):,}"
            if len(self._shown) == len(self._events)
            else f"{len(self._shown):,} of {len(self._events):,}"
        )
        note = "the newest comes in below" if self._follows else "G goes on following"
        self.heading.show((("Log", Role.TITLE), (f"  {count}, {note}", Role.DIM)))

    def look_for(self, wanted: str) -> None:
        """Filter, and look at the newest of what matches."""
        self._is_wanted = log_filter(wanted)
        self._follows = True
        self._show()

    def action_to_end(self, end: bool) -> None:
        """To the newest line, and follow; or to the first one."""
        self._follows = end
        super().action_to_end(end)
