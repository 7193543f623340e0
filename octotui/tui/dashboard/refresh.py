"""Refresh of the screen from the ledger: at once, or read in a thread where there is much of it."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

from octotui import garbage
from octotui.ledger import LedgerError
from octotui.presentation.styled_text import Role
from octotui.tui.ledger_snapshot import MANY_TASKS, Delta, LedgerSnapshot
from octotui.tui.rendering.cooperative import in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from octotui.presentation.terminal_alerts import Alerts
    from octotui.tui.dashboard.context import Context
    from octotui.tui.table.pane import Pane
    from octotui.tui.table.table import TaskTable

_SLICE = 10
"""Changed tasks taken in in one step: a few tenths of a millisecond."""

_TRY_AGAIN = 1.0
"""Seconds between two tries to reach a ledger on another machine."""
_COLLECTING = 200, 5, 100
"""When the garbage collector sets to work among many tasks: as long in all as with its own 700, 10 and 10, but three
milliseconds at a time instead of up to twenty, and seldom through all tasks that have changed since they were read."""


class SnapshotRefresh:
    """Reads the ledger for the dashboard. Keys wait for a few changes at most, never for many."""

    def __init__(
        self,
        context: Context,
        alerts: Alerts,
        show_welcome: Callable[[], None],
        start: Callable[[Callable[[], Coroutine[None, None, None]]], object],
    ) -> None:
        """`alerts` are told of every change; `show_welcome` looks whether there are tasks; `start` begins a worker."""
        self._context = context
        self._alerts = alerts
        self._show_welcome = show_welcome
        # Not a coroutine: one that is cancelled before it begins would complain that nobody awaited it.
        self._start = start
        self.is_loading = False
        """Whether all there is is being read for the first time: only the first of it can be shown so far."""
        self._is_reading = False
        self._is_far = context.snapshot.ledger.is_shared
        """Whether the ledger may be on another machine: then no reading is waited for on the loop."""
        self._unsubscribe: Callable[[], None] = lambda: None
        self._has_news = False
        """Whether somebody has written since the reading under way began."""

    def follow(self) -> None:
        """Show the columns that the ledger keeps, and hear of what others write, where they do."""
        context = self._context
        ledger = context.snapshot.ledger
        if self._is_far:
            self._unsubscribe = ledger.subscribe(partial(self._pull_soon, asyncio.get_running_loop()))
            return
        # A ledger that cannot be read is said by the first pull.
        with contextlib.suppress(LedgerError):
            context.panes.show_columns(ledger.columns())

    def stop(self) -> None:
        """Hear of the ledger no more."""
        self._unsubscribe()

    def _pull_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read what was written; called in whichever thread has heard of it."""
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(self.pull)

    def begin(self) -> None:
        """Show what the ledger has: before the first frame, or after it where that would take long."""
        if self._is_far:
            self.is_loading = True
            self._start(partial(self._load, 0))
            self._context.draw_lines()
            return
        context = self._context
        count = context.snapshot.count()
        if count > MANY_TASKS:
            self.is_loading = True
            delta = context.snapshot.take_first_page(context.clock(), count)
            for name, pane in self._panes(delta):
                pane.table.apply_changes(delta.changed.get(name, ()), ())
            self._start(partial(self._load, count))
            context.draw_lines()
        else:
            self.pull()

    def pull(self) -> None:
        """Read what changed and draw what differs."""
        if self.is_loading:
            return
        if self._is_far:
            self._read_aside()
            return
        context = self._context
        self._show(context.snapshot.pull(context.clock()))

    def tick(self) -> None:
        """A second has passed: read, in a thread while much is going on."""
        if self._context.snapshot.is_lively:
            self._read_aside()
        else:
            self.pull()

    def _read_aside(self) -> None:
        self._has_news = self._is_reading
        if not self._is_reading and not self.is_loading:
            self._is_reading = True
            self._start(self._pull_aside)

    async def _pull_aside(self) -> None:
        context = self._context
        try:
            reading = await asyncio.to_thread(context.snapshot.read)
            delta = context.snapshot.apply(reading, context.clock())
            for name, pane in self._panes(delta):
                async for _ in in_turns(self._take_slices(name, pane.table, delta)):
                    pass
            if context.panes.together is not None:
                async for _ in in_turns(self._take_slices_of_all(context.panes.together.table, delta)):
                    pass
            await asyncio.sleep(0)
            for name, tasks in delta.changed.items():
                delta.changed[name] = context.snapshot.current(name, tasks)
            self._announce(delta)
        finally:
            self._is_reading = False
        if self._has_news:
            self._read_aside()

    def _take_slices(self, name: str, table: TaskTable, delta: Delta) -> Iterator[None]:
        """Take in what concerns one pane, as it is by then: between two slices a key may have had the ledger read."""
        snapshot = self._context.snapshot
        tasks = delta.changed.get(name, ())
        for start in range(0, len(tasks), _SLICE):
            table.apply_changes(snapshot.current(name, tasks[start : start + _SLICE]), (), draw=False)
            yield
        gone = delta.gone_from(name, table.rows.tasks)
        for start in range(0, len(gone), _SLICE):
            some = [id_ for id_ in gone[start : start + _SLICE] if not snapshot.has(id_, name)]
            table.apply_changes((), some, draw=False)
            yield
        if tasks or gone:
            table.apply_changes((), ())

    def _take_slices_of_all(self, table: TaskTable, delta: Delta) -> Iterator[None]:
        """The same for the table with the tasks of all providers."""
        tasks = self._context.snapshot.tasks
        ids = [*(task.id for some in delta.changed.values() for task in some), *delta.removed]
        for start in range(0, len(ids), _SLICE):
            some_ids = ids[start : start + _SLICE]
            changed = [tasks[task_id] for task_id in some_ids if task_id in tasks]
            table.apply_changes(changed, [task_id for task_id in some_ids if task_id not in tasks], draw=False)
            yield
        table.apply_changes((), ())

    async def _load(self, count: int) -> None:
        context = self._context
        tables = [pane.table for pane in context.panes.panes.values()]
        hints = [table.hints for table in tables]
        for table in tables:
            words = f"reading {count:,} tasks …" if count else "reading the ledger …"
            table.hints = (((" ", Role.TEXT),), ((f"   {words}", Role.DIM),))
            table.redraw()
        arranged = context.panes.order, context.panes.filter
        if self._is_far:
            await self._wait_for_ledger()
        fresh = LedgerSnapshot(context.snapshot.ledger, context.snapshot.fleet_watch)
        # Every new object would have the collector look through all the tasks again and again: there is no litter.
        with garbage.loading(_COLLECTING):
            delta = await asyncio.to_thread(self._read_all, fresh)
        self.is_loading = False
        context.snapshot.adopt(fresh)
        for table, hint in zip(tables, hints, strict=True):
            table.hints = hint
            table.apply_changes((), ())
        context.lay_out()
        if context.panes.together is not None:
            context.panes.gather(context.snapshot.tasks)
        if arranged != (context.panes.order, context.panes.filter):
            context.panes.rearrange(order=context.panes.order, filter_=context.panes.filter)
        self._show(delta)

    async def _wait_for_ledger(self) -> None:
        """Return once the ledger answers; until then the header says since when it does not."""
        context = self._context
        while True:
            try:
                columns = await asyncio.to_thread(context.snapshot.ledger.columns)
            except LedgerError as error:
                context.snapshot.note_trouble(str(error), context.clock())
                context.draw_lines()
                await asyncio.sleep(_TRY_AGAIN)
            else:
                context.snapshot.note_trouble(None, context.clock())
                context.panes.show_columns(columns)
                return

    def _read_all(self, fresh: LedgerSnapshot) -> Delta:
        """In a thread: read all tasks and bring them into order; what is left to be drawn are panes yet to be made."""
        context = self._context
        now = context.clock()
        delta = fresh.pull(now)
        fresh.learn(fresh.read_durations())
        fresh.has_news = False
        for name in delta.changed.keys() & context.panes.panes.keys():
            tasks = delta.changed.pop(name)
            context.panes.panes[name].table.rows.fill(tasks, now)
            self._alerts.observe(tasks, now)  # says nothing of what is there at the start
        return delta

    def _show(self, delta: Delta) -> None:
        for name, pane in self._panes(delta) if delta else ():
            changed = delta.changed.get(name, ())
            gone = delta.gone_from(name, pane.table.rows.tasks)
            if changed or gone:
                pane.table.apply_changes(changed, gone)
        together = self._context.panes.together
        if delta and together is not None:
            together.table.apply_changes([task for some in delta.changed.values() for task in some], delta.removed)
        self._announce(delta)

    def _panes(self, delta: Delta) -> list[tuple[str, Pane]]:
        """All panes there are, those made that `delta` needs; a list, for a key may bring another one meanwhile."""
        panes = self._context.panes
        for name in delta.changed:
            panes.pane_for(name)
        return list(panes.panes.items())

    def _announce(self, delta: Delta) -> None:
        """Say around the panes what a pull brought."""
        context = self._context
        now = context.clock()
        self._alerts.observe([task for tasks in delta.changed.values() for task in tasks], now)
        self._alerts.forget_tasks(delta.removed)
        if context.snapshot.has_news:
            context.snapshot.has_news = False
            self._start(self._learn)
        self._show_welcome()
        context.draw_lines()

    async def _learn(self) -> None:
        snapshot = self._context.snapshot
        lessons = await asyncio.to_thread(snapshot.read_durations)
        for start in range(0, len(lessons), _SLICE):
            snapshot.learn(lessons[start : start + _SLICE])
            await asyncio.sleep(0)  # keys first
