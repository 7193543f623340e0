"""Cancellation of a download in its own thread: it is stopped at once, even while it waits for a server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

_REACHES_SOCKET = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class StopHandle:
    """A handle by which the queue stops a worker thread and whatever it waits for. Methods are for any thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._head_due: float | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether the worker has been told to stop."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Tell the worker to stop, and end what it waits for on the network."""
        self._stopped.set()
        self._cut()

    def wait(self, seconds: float) -> bool:
        """Wait in the worker's thread; True when it was told to stop meanwhile."""
        return self._stopped.wait(seconds)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket of the connection being made; the `trace` extension of a request."""
        if event in _REACHES_SOCKET:
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
            if self.is_stopped:
                self._cut()

    def expect_head(self, seconds: float | None) -> None:
        """Give the server `seconds` for the head of its answer; None once it is there.

        A timeout on the socket ends a silent server only; one that sends a byte of its headers now and then goes on.
        """
        with self._lock:
            self._head_due = None if seconds is None else self._clock() + seconds
            if seconds is None:
                return
            self._socket = None

    def check_stall(self) -> None:
        """End a wait for a head that is over its time; the queue calls this now and then."""
        with self._lock:
            is_over = self._head_due is not None and self._clock() > self._head_due
        if is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            connected = self._socket
            if connected is not None:
                # Past SSLSocket.shutdown, which would take the TLS state away under the reading thread.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connected, socket.SHUT_RDWR)
