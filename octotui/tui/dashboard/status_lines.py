"""Status lines around the panes: what each is told, how long an answer to a key stays, who has how much room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from octotui.presentation.remedies import advice
from octotui.presentation.task_row import READY, SAVING
from octotui.tui.commands import first_key
from octotui.tui.dashboard.footer import Footer
from octotui.tui.dashboard.header import Header, NewsLine, NextLoss
from octotui.tui.dashboard.tabs import TabStrip
from octotui.tui.table.pane import QUIET_NOTES

if TYPE_CHECKING:
    from textual.geometry import Size

    from octotui.config import Config
    from octotui.tui.ledger_snapshot import LedgerSnapshot
    from octotui.tui.table.pane_grid import Panes

NEWS_FROM = 16
"""Lines of height from which there is a line for the news."""
LOSS_WIDTHS = ((110, 46), (60, 40), (0, 0))
"""From how many cells of width on the next loss has how many; 0: all but the gateway's word."""
ARRANGING = "Looking through many tasks …"
"""Said while the tasks are sorted or filtered between keys and that takes a while."""
SAID_FOR = 5.0
"""Seconds an answer to a key stays."""


class StatusLines:
    """Header, next loss, tabs, news and footer; the dashboard places them."""

    def __init__(
        self,
        config: Config,
        snapshot: LedgerSnapshot,
        panes: Panes,
        clock: Callable[[], float],
        keys: Mapping[str, tuple[str, ...]],
        *,
        read_only: bool = False,
    ) -> None:
        """`clock` gives unix seconds, `keys` are those of each command."""
        self._config = config
        self._snapshot = snapshot
        self._panes = panes
        self._clock = clock
        self.header = Header(config.base_url, config.profile, clock, has_key=read_only or config.api_key is not None)
        self.header.read_only = read_only
        self._keys = keys
        self.next_loss = NextLoss(clock, first_key(keys, "next_loss"))
        self.tabs = TabStrip()
        self.news = NewsLine(clock)
        self.footer = Footer(keys)
        self._keys = keys
        self._said_until = 0.0
        self._loss_width = 0

    def say(self, text: str) -> None:
        """Answer a key, for a few seconds."""
        self._said_until = self._clock() + SAID_FOR
        self.news.said = text
        self.footer.said = None if self.news.display else text
        self.news.redraw()
        self.footer.redraw()

    def arranged(self) -> None:
        """Sorting or filtering is done: what was said about it goes."""
        if self.news.said == ARRANGING:
            self.fall_silent()

    def tick(self) -> None:
        """A second has passed: an answer may have stayed long enough."""
        if self._clock() >= self._said_until:
            self.fall_silent()

    def fall_silent(self) -> None:
        """Take the answer to the last key away."""
        if self.news.said:
            self.news.said = self.footer.said = None
            self.news.redraw()
            self.footer.redraw()

    def draw(self, width: int, useless: frozenset[str]) -> None:
        """Draw lines and titles on a screen of `width` cells, as far as they differ; `useless` is for the footer."""
        snapshot = self._snapshot
        panes = self._panes
        self.header.status = snapshot.status
        self.header.paused_since = snapshot.paused_since
        # Never told by the ledger itself: it is what cannot be written.
        self.header.unwritten = snapshot.ledger.unwritten
        self.header.unread_since = snapshot.trouble_since
        self.header.is_waiting = any(
            counts.get(word) for counts in snapshot.counts.values() for word in ("queued", "running", "unknown")
        )
        self.next_loss.key = first_key(self._keys, "next_loss")
        self.next_loss.loss = snapshot.next_loss()
        self.next_loss.is_unknown = self.header.may_miss_results or any(
            counts.get(word) for counts in snapshot.counts.values() for word in (READY, SAVING)
        )
        self.next_loss.label = panes.label_of(self.next_loss.loss)
        self._share_top(width)
        self.news.latest = snapshot.latest
        self.news.trouble = snapshot.trouble
        self.news.unread = snapshot.unread
        notice = snapshot.ledger.notices.urgent(self._clock())
        self.news.advice = advice(self.header.error, self.header.unwritten, self._config.withheld_key, notice)
        event_task = snapshot.tasks.get(snapshot.latest.task_id or "") if snapshot.latest else None
        self.news.label = panes.label_of(event_task)
        panes.show_counts(snapshot.counts.__getitem__)
        self.tabs.tabs = [(pane.facts, pane.counts) for pane in panes.panes.values()]
        if panes.together is not None:
            self.tabs.tabs.append((panes.together.facts, panes.together.counts))
        self.tabs.current = panes.pane.facts.name
        self.footer.useless = useless
        self.footer.notes = panes.pane.notes[QUIET_NOTES:] if panes.bare else ()
        for line in (self.header, self.next_loss, self.tabs, self.news, self.footer):
            line.redraw()

    def show_useless(self, useless: frozenset[str]) -> None:
        """Draw the footer anew where the cursor moved: `useless` are ids of commands that would do nothing there."""
        self.footer.useless = useless
        self.footer.redraw()

    def lay_out(self, size: Size) -> None:
        """Fit the lines to a screen of this size."""
        self.news.display = size.height >= NEWS_FROM
        self._share_top(size.width)

    def _share_top(self, width: int) -> None:
        """Give the next loss its part of the first line, but never what the header needs to say how things stand."""
        loss_width = next(cells for least, cells in LOSS_WIDTHS if width >= least) or width
        loss_width = min(loss_width, width - max(12, self.header.least_width))
        if loss_width != self._loss_width:
            self._loss_width = loss_width
            self.next_loss.styles.width = loss_width
