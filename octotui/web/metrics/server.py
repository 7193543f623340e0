"""A small server for /metrics alone, on the standard library's WSGI server; for `watch`, which has no other page."""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import socket
import socketserver
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from octotui.web.metrics.address import ListenAddress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any, Self
    from wsgiref.types import StartResponse, WSGIEnvironment

    from octotui.web.metrics.exporter import Exporter

PATH = "/metrics"
_AT_ONCE = 8
"""Connections that are served at a time; one more is closed at once."""
_LOOK_EVERY = 0.2
"""Seconds between two looks whether the end has come."""
_LONGEST = 20.0
"""Seconds that one connection may take, however slowly it sends or reads."""


class MetricsServer:
    """Serves the metrics of an exporter, in threads of its own, from `with` to its end."""

    def __init__(self, exporter: Exporter, address: ListenAddress, *, token: str | None = None) -> None:
        """Bind the address. With `token` each request must bear it.

        Raises:
            OSError: the address is in use, or none of this machine's.
            ValueError: other machines can reach the address, and there is no token.

        """
        if token is None and not address.is_loopback:
            raise ValueError(f"{address} can be reached by other machines, and needs web_token_file")
        server_class = _ServerV6 if ":" in address.host else _Server
        self._server = server_class((address.host, address.port), _RequestHandler)
        self._server.set_app(_Page(exporter, token))
        self.address = ListenAddress(address.host, self._server.server_port)
        """Where it listens; the port is the real one."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_EVERY,), name="octotui-metrics", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Page:
    """The WSGI application: one page, to be read only."""

    def __init__(self, exporter: Exporter, token: str | None) -> None:
        self._exporter = exporter
        self._token = token

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, extra = self._verdict(environ)
        content_type, body = "text/plain; charset=utf-8", f"{status.phrase}\n".encode()
        if status is HTTPStatus.OK:
            content_type, body = self._exporter.render(environ.get("HTTP_ACCEPT", ""))
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Server", "octotui"),
            ("X-Content-Type-Options", "nosniff"),
            *extra,
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _verdict(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, list[tuple[str, str]]]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return HTTPStatus.METHOD_NOT_ALLOWED, [("Allow", "GET, HEAD")]
        if self._token is None and not _is_of_this_machine(environ.get("HTTP_HOST", "")):
            # A page of another house whose name was made to lead here (DNS rebinding) reads nothing.
            return HTTPStatus.FORBIDDEN, []
        if self._token is not None and not _bears(environ.get("HTTP_AUTHORIZATION", ""), self._token):
            return HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", 'Bearer realm="octotui"')]
        return (HTTPStatus.OK if environ["PATH_INFO"] == PATH else HTTPStatus.NOT_FOUND), []


def _bears(header: str, token: str) -> bool:
    scheme, _, borne = header.partition(" ")
    # WSGI hands out the bytes of a header as Latin-1.
    given = borne.strip().encode("latin-1", "replace")
    return scheme.lower() == "bearer" and hmac.compare_digest(given, token.encode())


def _is_of_this_machine(host: str) -> bool:
    """Whether a Host header names an address or localhost, and not some name that leads to an address."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name.lower() in {"localhost", ""}:
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


class _RequestHandler(WSGIRequestHandler):
    timeout = 10.0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's signature
        """Say nothing: stdout and stderr are the command's."""

    def handle(self) -> None:
        """Serve one request; a client that went away is none of ours."""
        with contextlib.suppress(OSError):
            super().handle()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[WSGIRequestHandler]) -> None:
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind, and ask no name server what this machine is called, as the library would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's signature
        """Serve a connection in a thread, while there is a place for it."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Serve a connection, and end it when it has taken too long."""
        limit = threading.Timer(_LONGEST, _cut, (request,))
        limit.daemon = True
        limit.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            limit.cancel()
            self._places.release()


class _ServerV6(_Server):
    address_family = socket.AF_INET6


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
