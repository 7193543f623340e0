"""Commands that leave the screen: for good, or for another profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from octotui.model import DownloadState, Task
from octotui.tui.dashboard.confirmation import Other
from octotui.units import clock_time, countdown, plural

if TYPE_CHECKING:
    from octotui.tui.dashboard.confirmation import Confirmation
    from octotui.tui.dashboard.context import Context, Program
    from octotui.tui.dashboard.header import Header
    from octotui.tui.dashboard.task_actions import TaskActions


class ExitActions:
    """Exits, confirmed first while something would be lost or stands still because of it."""

    def __init__(
        self, context: Context, program: Program, header: Header, confirmation: Confirmation, tasks: TaskActions
    ) -> None:
        """`header` knows how the engine of this process is."""
        self._context = context
        self._program = program
        self._header = header
        self._confirmation = confirmation
        self._tasks = tasks
        self._warned_of: set[str] = set()
        """Ids of results of which it was said that they are lost soon: each is said once."""

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
        snapshot = self._context.snapshot
        is_saving = self._header.works_here and self._header.error is None
        running = snapshot.under_way() if is_saving else 0
        unwritten = snapshot.ledger.unwritten
        if unwritten is not None and unwritten.are_facts_waiting:
            since = clock_time(unwritten.since)
            self._confirmation.confirm(f"What came in since {since} is not written, and may be lost. {deed}?", deed, do)
        elif near := self._near_losses():
            self._warned_of.update(task.id for task in near)
            self._confirmation.confirm(self._loss_question(near, deed), deed, do, self._saving_first(near))
        elif running:
            files = plural(running, "file")
            now, then = ("is", "It goes") if running == 1 else ("are", "They go")
            question = f"{files} {now} being saved. {deed}? {then} on at the next start."
            self._confirmation.confirm(question, deed, do)
        else:
            do()

    def _near_losses(self) -> list[Task]:
        """Results that nobody saves and that are lost within `expiring_before`, the nearest first; none twice.

        None, too, where another process at work would save them in time (`rescue_before`), or no key could.
        """
        context = self._context
        config, now = context.config, context.clock()
        if not context.keys["download_all"] or (config.rescue_before and not self._header.works_here):
            return []
        near = [
            task
            for task in context.snapshot.ready(now)
            if task.deadline is not None
            and task.deadline.at - now <= config.expiring_before
            and task.download.state is DownloadState.NONE
        ]
        return near if any(task.id not in self._warned_of for task in near) else []

    def _loss_question(self, near: list[Task], deed: str) -> str:
        first = near[0]
        left = countdown(first.deadline.at - self._context.clock()) if first.deadline is not None else ""
        label = self._context.panes.label_of(first)
        name = f"{label} {first.title or first.id}"
        if len(near) == 1:
            return f"{name} is lost in {left}, and nobody saves it. {deed}?"
        return f"{plural(len(near), 'result')} nobody saves are lost soon, the first in {left}: {name}. {deed}?"

    def _saving_first(self, near: list[Task]) -> Other:
        return Other(self._context.keys["download_all"][0], "Save first", lambda: self._tasks.save(near))
