"""One client's connection with an end to everything: to what it does not send, and to what it does not read."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 256
"""Above this a request is answered with 503; a quarter more, and a connection is closed at once."""
LONGEST_HEAD = 16 * 1024
"""Bytes of request line and headers."""
LONGEST_MESSAGE = 64 * 1024
"""Bytes of one message over a web socket: a paste into the terminal."""
REQUEST_SECONDS = 10.0
"""Within which a request must have come, whole, from when its connection was made or its first byte came."""
STALL_SECONDS = 30.0
"""For which a client may leave unread what it asked for."""


class BoundedConnection(H11Protocol):
    """uvicorn's own protocol, which waits for ever for a first request and for a reader, with those two bounds."""

    request_seconds = REQUEST_SECONDS
    stall_seconds = STALL_SECONDS
    _request_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None
    _is_handed_over = False
    """Whether it is a web socket's by now, which has bounds of its own."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS * 5 // 4:
            transport.abort()
            return
        self._bound_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all waiting."""
        self._unset_request_timer()
        self._unset_stall_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        super().data_received(data)
        self._bound_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand it over."""
        self._is_handed_over = True
        self._unset_request_timer()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Go on with the next request."""
        super().on_response_complete()
        # Between two requests uvicorn's keep-alive counts; a request that has not come whole yet goes on being bounded.
        if self.conn.their_state is h11.IDLE:
            self._unset_request_timer()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._unset_stall_timer()
        self._stall_timer = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting for it."""
        self._unset_stall_timer()
        super().resume_writing()

    def _bound_request(self) -> None:
        if self._is_handed_over or self.conn.their_state not in {h11.IDLE, h11.SEND_BODY}:
            self._unset_request_timer()
        elif self._request_timer is None and not self.transport.is_closing():
            self._request_timer = self.loop.call_later(self.request_seconds, self.transport.abort)

    def _unset_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _unset_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
