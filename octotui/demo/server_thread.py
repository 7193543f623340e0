"""Runs the HTTP servers of the box in a thread with an event loop of its own, and stops them whatever clients do."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from octotui.demo.server import MAX_HEAD, serve_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octotui.demo.server import Handler

_BACKLOG = 512
_STOP_SECONDS = 10.0
_LAST_TURNS = 4
"""Turns of the loop from an accepted connection to its end."""


@dataclass(slots=True, frozen=True)
class Listener:
    """One address to answer on."""

    host: str
    port: int
    """0 takes a free one."""
    handler: Handler


class HostThread:
    """The listeners of a box at work in one thread."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = tuple(listeners)
        self._sockets: list[socket.socket] = []
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="gateway in a box", daemon=True)

    def start(self) -> list[int]:
        """Starts to listen and returns the ports; raises `OSError` when an address is not to be had."""
        try:
            for listener in self._listeners:
                self._sockets.append(socket.create_server((listener.host, listener.port), backlog=_BACKLOG))
        except OSError:
            for taken in self._sockets:
                taken.close()
            self._loop.close()
            raise
        ports = [taken.getsockname()[1] for taken in self._sockets]
        self._thread.start()
        return ports

    def stop(self) -> None:
        """Hangs up on everybody and returns once the thread has ended."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        servers = [
            await asyncio.start_server(self._welcome(listener.handler), sock=taken, limit=MAX_HEAD)
            for listener, taken in zip(self._listeners, self._sockets, strict=True)
        ]
        await self._stopping.wait()
        for server in servers:
            server.close()
        for task, writer in tuple(self._connections.items()):
            # A client that does not read must not hold up the end, so nothing more is flushed to it.
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for server in servers:
            await server.wait_closed()
        # What was accepted just before the end has its transport made, and hung up on, in the next turns of the loop.
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)

    def _welcome(self, handler: Handler) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self._stopping.is_set():
                writer.transport.abort()
                return
            task = self._loop.create_task(serve_connection(handler, reader, writer))
            self._connections[task] = writer
            task.add_done_callback(lambda done: self._connections.pop(done, None))

        return connected
