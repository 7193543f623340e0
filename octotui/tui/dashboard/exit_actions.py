"""Commands that leave the screen: for good, or for another profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from octotui.units import clock_time, plural

if TYPE_CHECKING:
    from octotui.tui.dashboard.context import Program
    from octotui.tui.dashboard.header import Header
    from octotui.tui.dashboard.task_actions import Confirm
    from octotui.tui.ledger_snapshot import LedgerSnapshot


class ExitActions:
    """Exits, confirmed first while this process saves files, or knows what the ledger does not."""

    def __init__(self, program: Program, snapshot: LedgerSnapshot, header: Header, confirm: Confirm) -> None:
        """`header` knows how the engine of this process is."""
        self._program = program
        self._snapshot = snapshot
        self._header = header
        self._confirm = confirm

    def quit(self) -> None:
        """Leave for good."""
        self._leave("Quit", self._program.leave)

    def switch_profile(self, name: str) -> None:
        """Go on with another profile, its own gateway and its own ledger."""
        self._leave(f"Go to {name}", lambda: self._program.leave(name))

    def restart(self, profile: str) -> None:
        """Open the screen anew, with what the configuration says by then."""
        self._leave("Start anew", lambda: self._program.leave(profile))

    def _leave(self, deed: str, do: Callable[[], None]) -> None:
        is_saving = self._header.works_here and self._header.error is None
        running = self._snapshot.under_way() if is_saving else 0
        unwritten = self._snapshot.ledger.unwritten
        if unwritten is not None and unwritten.are_facts_waiting:
            since = clock_time(unwritten.since)
            self._confirm(f"What came in since {since} is not written, and may be lost. {deed}?", deed, do)
        elif running:
            files = plural(running, "file")
            now, then = ("is", "It goes") if running == 1 else ("are", "They go")
            question = f"{files} {now} being saved. {deed}? {then} on at the next start."
            self._confirm(question, deed, do)
        else:
            do()
