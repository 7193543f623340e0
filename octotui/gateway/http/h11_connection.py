"""An HTTP/1.1 connection as asyncio feeds it and h11 frames it: requests out, responses in, in httpx's words."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from typing import Final

import h11
import httpx

from octotui.gateway.http.plain_answer import PlainAnswer, Reading, read_plain

_UNREAD: Final = 256 * 1024
"""Bytes that may wait to be read before the peer is made to pause."""
_LONGEST_HEAD: Final = 100 * 1024
"""Bytes of a status line with all its headers; httpx draws the same line."""


class H11Connection(asyncio.Protocol):
    """Carries one exchange after another, each of `send`, `head`, `chunk` to the last, and `is_ready_again`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.has_answered = False
        """Whether anything has come in this exchange."""
        self._framing = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._closed = loop.create_future()
        self._is_asking = False
        self._is_over = False
        self._lost: Exception | None = None
        self._unread = 0
        self._unframed: bytearray | None = None
        """What came in an exchange that h11 has no part in, so far."""

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport that `send` writes to."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's own promise to a stream protocol
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Frame what came; a word out of turn (a 408 to an idle connection) ends the use of this one."""
        if not self._is_asking:
            self._end(None)
            return
        self.has_answered = True
        if self._unframed is None:
            self._framing.receive_data(data)
        else:
            self._unframed += data
        self._unread += len(data)
        if self._unread > _UNREAD and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that nothing more comes; asyncio closes the transport."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone, and why."""
        self._end(exc)
        if not self._closed.done():
            self._closed.set_result(None)

    # the client's side

    @property
    def is_quiet(self) -> bool:
        """Whether it is open, and nothing came since the last exchange."""
        return not (self._is_over or self._transport is None or self._transport.is_closing())

    def send(self, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Write a request without a body. Raises `httpx.LocalProtocolError`, which never quotes a header."""
        self._is_asking, self.has_answered = True, False
        written = written_request(self._framing, method, target, headers)
        if self._transport is not None:
            self._transport.write(written)

    async def ask(
        self, written: bytes, seconds: float | None, request: Callable[[], httpx.Request]
    ) -> PlainAnswer | None:
        """Send a GET that is `written` already, and return its answer where that is plain.

        None: the answer is to be read by `head` and `chunk`, as that of `request`. For a plain one h11 alone would take
        as long as all the rest. Raises what `head` raises.
        """
        self._is_asking, self.has_answered = True, False
        came = self._unframed = bytearray()
        if self._transport is not None:
            self._transport.write(written)
        found: PlainAnswer | Reading = Reading.UNFINISHED
        while found is Reading.UNFINISHED and not self._is_over:
            await self._more(seconds)
            found = read_plain(came)
        self._unframed = None
        if isinstance(found, PlainAnswer):
            self._is_asking = False
            return found
        sent = request()
        written_request(self._framing, b"GET", sent.url.raw_path, sent.headers.raw)
        if came:
            self._framing.receive_data(bytes(came))
        if self._is_over and self._lost is None:
            self._framing.receive_data(b"")
        return None

    async def head(self, seconds: float | None) -> h11.Response:
        """Return the response's status and headers.

        Raises `httpx.ReadTimeout` after `seconds` of silence, `ReadError` and `RemoteProtocolError`.
        """
        while True:
            event = await self._event(seconds)
            if isinstance(event, h11.Response):
                return event

    async def chunk(self, seconds: float | None) -> bytes:
        """Return the next part of the response's body, nothing at its end. Raises what `head` raises."""
        while True:
            event = await self._event(seconds)
            if isinstance(event, h11.EndOfMessage):
                return b""
            if isinstance(event, h11.Data) and event.data:
                return bytes(event.data)

    def is_ready_again(self) -> bool:
        """Whether another exchange may follow the one that has come to its end; makes ready for it."""
        self._is_asking = False
        framing = self._framing
        is_done = framing.our_state is h11.DONE and framing.their_state is h11.DONE
        if not (is_done and self.is_quiet) or framing.trailing_data[0]:
            return False
        framing.start_next_cycle()
        return True

    async def encrypt(self, context: ssl.SSLContext, name: str) -> H11Connection:
        """Return the wire inside this one: TLS through the tunnel that a proxy has opened. Raises `OSError`."""
        inner = H11Connection(self.loop)
        transport = None
        if self._transport is not None:
            transport = await self.loop.start_tls(self._transport, inner, context, server_hostname=name)
        if transport is None:
            raise ConnectionResetError("the proxy hung up")
        inner.connection_made(transport)
        return inner

    def abort(self) -> None:
        """Close it without waiting for anything."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Close it and wait until it is."""
        self.abort()
        await self._closed

    async def _event(self, seconds: float | None) -> h11.Event:
        while True:
            try:
                event = self._framing.next_event()
            except h11.RemoteProtocolError as error:
                gone = self._is_over and not self.has_answered
                words = "the server hung up without an answer" if gone else str(error)
                raise httpx.RemoteProtocolError(words) from error
            if event is h11.NEED_DATA:
                await self._more(seconds)
            elif isinstance(event, h11.ConnectionClosed) or not isinstance(event, h11.Event):
                raise httpx.RemoteProtocolError("the server hung up in the middle of its answer")
            else:
                return event

    async def _more(self, seconds: float | None) -> None:
        if self._lost is not None:
            raise httpx.ReadError(str(self._lost)) from self._lost
        if self._unread > _UNREAD and self._transport is not None:
            self._transport.resume_reading()
        self._unread = 0
        self._waiter = self.loop.create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._waiter
        except TimeoutError:
            raise httpx.ReadTimeout("") from None
        finally:
            self._waiter = None

    def _end(self, error: Exception | None) -> None:
        if not self._is_over:
            self._is_over, self._lost = True, error
            if error is None and self._unframed is None:
                self._framing.receive_data(b"")
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def written_request(
    framing: h11.Connection, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """Return a request without a body as bytes. Raises `httpx.LocalProtocolError`, which never quotes a header."""
    try:
        head = framing.send(h11.Request(method=method, target=target, headers=list(headers)))
        end = framing.send(h11.EndOfMessage())
    except h11.LocalProtocolError:
        # h11's words hold the header's value, and that may be the key.
        raise httpx.LocalProtocolError("the request holds what HTTP cannot carry") from None
    return (head or b"") + (end or b"")
