"""The one picture of the ledger that all clients share: a thread follows it, handlers only read what it has read."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from octotui.change_feed import ChangeFeed
from octotui.ledger import LedgerError
from octotui.presentation.header import SILENT_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octotui.change_feed import TaskChange
    from octotui.ledger import Box, Ledger
    from octotui.model import EngineStatus, Task

LOOK_EVERY = 0.25
"""Seconds between two looks at the ledger; each costs microseconds while nobody writes."""
_READ_EVERY = 1.0
"""Seconds after which it is read although nobody has written: deadlines pass by themselves."""
KEPT_EVENTS = 2000
"""Events that a client who was away for a while can still get."""


@dataclass(slots=True, frozen=True)
class Picture:
    """The ledger as it was at one look; never changed, so that any thread may read it."""

    version: int = 0
    """Another one means that something a page shows is different."""
    tasks: Sequence[Task] = ()
    """In the order in which they were added."""
    status: EngineStatus | None = None
    boxes: Sequence[Box] = ()
    """Who works on it, and who did last."""
    paused_since: float | None = None
    """Unix seconds."""
    read_at: float = 0.0
    """When that was read, unix seconds."""
    trouble: str | None = None
    """Why the ledger cannot be read, in words; the rest is then as it was before."""

    def works(self, now: float) -> bool:
        """Whether somebody works on the ledger: an engine has said so within `SILENT_AFTER` seconds."""
        return any(self.silence(box, now) <= SILENT_AFTER for box in self.boxes)

    def silence(self, box: Box, now: float) -> float:
        """Return for how many seconds a box has said nothing."""
        return box.silent + max(0.0, now - self.read_at)


class NumberedChange(NamedTuple):
    """One change, as clients get it."""

    number: int
    change: TaskChange
    line: str
    """As `watch --jsonl` prints it."""


class LiveLedger:
    """Follows the ledger in a thread of its own; tells asyncio's side when there is anything new."""

    def __init__(
        self, ledger: Ledger, *, look_every: float = LOOK_EVERY, clock: Callable[[], float] = time.time
    ) -> None:
        self.ledger = ledger
        self.picture = Picture()
        self.epoch = secrets.token_hex(4)
        """Tells the events of this process from those of the one before, whose numbers begin at one, too."""
        self.beats = 0
        """How often it has looked: a thread that hangs stands still."""
        self._look_every = look_every
        self._clock = clock
        self._events: deque[NumberedChange] = deque(maxlen=KEPT_EVENTS)
        self._number = 0
        self._feed: ChangeFeed | None = None
        self._shown: object = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="octotui-web-ledger", daemon=True)
        self._bell: Bell | None = None

    def start(self) -> None:
        """Read the ledger, and begin to follow it; a ledger that cannot be read just now is tried again."""
        self._refresh()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def ring(self, bell: Bell) -> None:
        """Have `bell` rung whenever there is anything new."""
        self._bell = bell

    def now(self) -> float:
        """Return the time in unix seconds, by the clock that everything here goes by."""
        return self._clock()

    @property
    def newest(self) -> int:
        """The number of the newest event; 0 before there was one."""
        return self._number

    def events_after(self, number: int) -> tuple[list[NumberedChange], bool]:
        """Return the events after a number, and whether it has none of them missed."""
        kept = list(self._events)
        missed = bool(kept) and number < kept[0].number - 1
        return [event for event in kept if event.number > number], not missed

    def _follow(self) -> None:
        while not self._stopped.wait(self._look_every):
            self._refresh()

    def _refresh(self) -> None:
        self.beats += 1
        try:
            self._read()
        except LedgerError as error:
            self._show(replace(self.picture, trouble=str(error)))

    def _read(self) -> None:
        now = self._clock()
        if self._feed is None:
            feed = ChangeFeed(self.ledger, now)
            changes: list[TaskChange] = []
        else:
            feed = self._feed
            is_due = self.beats % max(1, round(_READ_EVERY / self._look_every)) == 0
            # What was in the way may be gone without anybody having written.
            if not (is_due or self.picture.trouble or self.ledger.changed_outside()):
                return
            revision = feed.revision
            changes = feed.changes_since_last(now)
            if revision == feed.revision and not changes:
                self._show(self._picture(self.picture.tasks, now))
                return
        self._feed = feed
        for change in changes:
            self._number += 1
            line = json.dumps(change.json(links=False), ensure_ascii=False, check_circular=False)
            self._events.append(NumberedChange(self._number, change, line))
        self._show(self._picture(tuple(feed.tasks.values()), now))

    def _picture(self, tasks: Sequence[Task], now: float) -> Picture:
        ledger = self.ledger
        return Picture(0, tasks, ledger.status(), tuple(ledger.boxes()), ledger.paused_since(), now)

    def _show(self, picture: Picture) -> None:
        """Take a picture over; it gets a version of its own where what a page shows of it is different."""
        now = self._clock()
        # When an engine last spoke is no news; that it has fallen silent is.
        boxes = tuple(
            (_lasting(box.status), box.saved, picture.silence(box, now) > SILENT_AFTER) for box in picture.boxes
        )
        status = None if picture.status is None else _lasting(picture.status)
        shown = (id(picture.tasks), status, boxes, picture.works(now), picture.paused_since, picture.trouble)
        is_new = shown != self._shown
        self._shown = shown
        self.picture = replace(picture, version=self.picture.version + is_new)
        if is_new and self._bell is not None:
            self._bell.ring()


def _lasting(status: EngineStatus) -> EngineStatus:
    """What an engine says, without what is different each time that it speaks."""
    return status._replace(at=0.0, last_answer_at=None, asks_last_minute=0)


class Bell:
    """Wakes coroutines of one loop from other threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()
        self.is_closing = False
        """Whether the server ends: nobody is to wait any more."""

    def ring(self) -> None:
        """Wake all who wait. May be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """Wake all who wait for the last time. May be called from any thread."""
        self.is_closing = True
        self.ring()

    def next_ring(self) -> asyncio.Event:
        """Return what is set at the next ring: take it before looking whether there is anything new."""
        return self._event

    def _wake(self) -> None:
        self._event.set()
        self._event = asyncio.Event()


async def rung(event: asyncio.Event, seconds: float) -> bool:
    """Wait for a ring, at most so long; returns whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
