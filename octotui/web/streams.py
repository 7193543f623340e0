"""Server-sent events: the changes of the ledger one by one, and a word that the page is out of date."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from octotui.presentation.filters import NO_FILTER
from octotui.web.live_ledger import rung

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from octotui.presentation.filters import Filter
    from octotui.web.live_ledger import Bell, LiveLedger

MOST_STREAMS = 64
"""Clients that follow at once."""
_PING_EVERY = 15.0
"""Seconds of silence after which a comment is sent: proxies close what says nothing."""
_PAGE_EVERY = 1.0
"""Seconds between two words that the page is out of date, at least."""
_MEDIA = "text/event-stream; charset=utf-8"
_GAP = "some events are not kept any more: read /api/tasks anew"


class Streams:
    """All clients that follow; there are only so many."""

    def __init__(self, live: LiveLedger) -> None:
        self._live = live
        self._bell: Bell | None = None
        self._count = 0

    def open(self, bell: Bell) -> None:
        """Begin: `bell` rings when there is anything new."""
        self._bell = bell

    def changes(self, last_id: str, wanted: Filter, *, is_head: bool) -> Response:
        """Return the stream of `/api/events`, from after the event with an id on; without one, from now on."""
        return self._response(lambda bell: self._changes(bell, last_id, wanted), is_head=is_head)

    def page_news(self, *, is_head: bool) -> Response:
        """Return the stream of `/live`: `changed` each time that something shown is different."""
        return self._response(self._page_news, is_head=is_head)

    def _response(self, source: Callable[[Bell], AsyncGenerator[str, None]], *, is_head: bool) -> Response:
        bell = self._bell
        if bell is None or bell.is_closing or self._count >= MOST_STREAMS:
            return PlainTextResponse("Too many follow already.\n", 503, {"retry-after": "30"})
        headers = {"x-accel-buffering": "no"}
        if is_head:
            return Response(None, 200, {**headers, "content-type": _MEDIA})
        return StreamingResponse(self._counted(source(bell)), headers=headers, media_type=_MEDIA)

    async def _counted(self, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
        self._count += 1
        try:
            async for piece in pieces:
                yield piece
        finally:
            self._count -= 1
            await pieces.aclose()

    async def _changes(self, bell: Bell, last_id: str, wanted: Filter) -> AsyncGenerator[str, None]:
        live = self._live
        number, is_whole = self._begin(last_id)
        yield f"retry: 2000\nid: {live.epoch}-{number}\n\n"
        if not is_whole:
            yield self._gap()
        while not bell.is_closing:
            ring = bell.next_ring()
            events, is_whole = live.events_after(number)
            if not is_whole:
                yield self._gap()
            for event in events:
                number = event.number
                change = event.change
                if wanted is NO_FILTER or (change.task is not None and wanted.matches(change.task, change.at)):
                    yield f"id: {live.epoch}-{number}\ndata: {event.line}\n\n"
            if not events and not await rung(ring, _PING_EVERY):
                yield ": still here\n\n"

    def _begin(self, last_id: str) -> tuple[int, bool]:
        """Return after which event to begin, and whether none was missed by that."""
        if not last_id:
            return self._live.newest, True
        epoch, _, number = last_id.partition("-")
        is_ours = epoch == self._live.epoch and number.isascii() and number.isdigit()
        if not is_ours or int(number[:18]) > self._live.newest:
            return self._live.newest, False
        return int(number[:18]), True

    def _gap(self) -> str:
        line = {"event": "gap", "at": round(self._live.now(), 3), "task": None, "message": _GAP}
        return f"event: gap\ndata: {json.dumps(line)}\n\n"

    async def _page_news(self, bell: Bell) -> AsyncGenerator[str, None]:
        version = self._live.picture.version
        yield "retry: 2000\nevent: changed\ndata: 0\n\n"
        while not bell.is_closing:
            ring = bell.next_ring()
            newest = self._live.picture.version
            if newest != version:
                version = newest
                yield f"event: changed\ndata: {version}\n\n"
                # Many changes at once are one to whoever looks.
                await asyncio.sleep(_PAGE_EVERY)
            elif not await rung(ring, _PING_EVERY):
                yield ": still here\n\n"
