"""A gateway of a few lines on loopback, that answers what a test tells it to."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What is sent: a body (bytes, text, or anything JSON), its status and its headers."""

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


CUT = Reply(status=0)
"""No answer at all: the connection is cut once the question has come."""


@dataclass
class Gateway:
    """A running server: its address, and what it was asked."""

    base_url: str
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """(path with query, headers) of each request, in order."""

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


@contextmanager
def gateway(answer: Callable[[str], Reply], *, port: int = 0) -> Iterator[Gateway]:
    """Serve `answer(path)` on loopback, at any free port or at `port`, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            running.requests.append((self.path, dict(self.headers.items())))
            reply = answer(self.path)
            if reply is CUT:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            body = reply.encoded()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                # The client has what it wanted: a bounded read hangs up on an endless body.
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Tests read `requests` instead."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    running = Gateway(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
