"""A transport under httpx for big downloads: the standard library's HTTP client, read in big blocks."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Literal, cast

import httpx

from octotui.gateway.http.addresses import CheckedTransport, LinkRules
from octotui.gateway.http.connect_errors import why_unreachable
from octotui.gateway.http.proxies import ProxiedTransport, proxy_rules, trust
from octotui.gateway.http.proxy_hop import ProxyHop, check_tunnel
from octotui.gateway.http.tls_stream import TlsStream
from octotui.gateway.http.user_agent import USER_AGENT

BLOCK = 256 * 1024
"""Bytes a body hands on at once, at most; 128 to 512 KiB measured best for disks."""

_LINGER = 0.05
"""Seconds after which a block is handed on although it is not full, so that a slow body still shows its progress."""

TransportName = Literal["http.client", "httpx"]
"""The transports a user can choose for downloads; `http.client` is the faster (`tests/benchmarks/transports.py`)."""


def download_client(
    *,
    ca_file: Path | None = None,
    proxy: str | None = None,
    transport: TransportName = "http.client",
    rules: LinkRules | None = None,
) -> httpx.Client:
    """A client for downloads from several threads: asks for identity encoding, follows no redirect on its own.

    It keeps and sends no cookies: httpx cannot send those that are not ASCII, and no link needs any.
    Proxies and certificates come from the environment; `proxy` (URL) replaces the environment's and `ca_file` (PEM)
    is trusted besides. `rules` say where requests may lead; None for a client that follows no link. Raises `ValueError`
    for a proxy that is no URL and `OSError` for an unreadable `ca_file`.
    """
    context = trust(ca_file)

    def make(address: str | None) -> httpx.BaseTransport:
        made = make_unchecked(address)
        return made if rules is None else CheckedTransport(made, rules, is_proxied=address is not None)

    def make_unchecked(address: str | None) -> httpx.BaseTransport:
        plain = address is None or address.startswith("http://")
        if transport == "http.client" and plain:
            return HttpClientTransport(context, proxy=address)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        return httpx.HTTPTransport(verify=context, proxy=address, limits=limits, trust_env=False)

    return httpx.Client(
        transport=ProxiedTransport(proxy_rules(proxy), make),
        headers={"Accept-Encoding": "identity", "User-Agent": USER_AGENT},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
    )


class HttpClientTransport(httpx.BaseTransport):
    """HTTP/1.1 over `http.client`, one connection a request; redirects and decompression stay with httpx.

    Its responses carry a `network_stream` extension, and requests may carry a `trace` one, both as httpcore defines
    them, so far as they are needed to reach the socket: `connection.connect_tcp.complete` and `start_tls.complete`.
    """

    def __init__(self, context: ssl.SSLContext, *, proxy: str | None = None) -> None:
        """`context` decides whom to trust; `proxy` is an http:// URL, with or without user and password."""
        self._context = context
        self._proxy = None if proxy is None else ProxyHop(proxy)
        # Decrypting takes and gives back Python's one lock for every 16 KiB. Several bodies at it at once bring no more
        # bytes and make the screen wait: from key to frame beside eight downloads, 90th percentile, 22 to 13 ms.
        self._turn = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return the response with its body still to be read.

        Raises `httpx.TransportError` subclasses only: ConnectError, ConnectTimeout, ProxyError, WriteError,
        WriteTimeout, ReadError, ReadTimeout, RemoteProtocolError, LocalProtocolError, UnsupportedProtocol.
        """
        if request.url.scheme not in {"http", "https"} or not request.url.host:
            message = "only http:// and https:// URLs with a host can be saved"
            raise httpx.UnsupportedProtocol(message, request=request)
        timeout = request.extensions.get("timeout", {})
        with _errors_as(httpx.ConnectError, httpx.ConnectTimeout, request):
            connected = self._connect(request, timeout.get("connect"))
        connection = http.client.HTTPConnection(request.url.host, request.url.port)
        # http.client needs no more of a socket than a `TlsStream` has of one.
        connection.sock = cast("socket.socket", connected)
        try:
            with _errors_as(httpx.WriteError, httpx.WriteTimeout, request):
                connected.settimeout(timeout.get("write"))
                self._send(connection, request)
            with _errors_as(httpx.ReadError, httpx.ReadTimeout, request):
                connected.settimeout(timeout.get("read"))
                answer = connection.getresponse()
        except httpx.TransportError:
            _close(connection, connected)
            raise
        return httpx.Response(
            answer.status,
            headers=_raw_headers(answer),
            stream=_Body(request, answer, connection, connected, self._turn),
            extensions={
                "http_version": b"HTTP/1.1" if answer.version == 11 else b"HTTP/1.0",
                "reason_phrase": answer.reason.encode("latin-1", "replace"),
                "network_stream": _SocketStream(_socket_of(connected)),
            },
        )

    def _connect(self, request: httpx.Request, timeout: float | None) -> socket.socket | TlsStream:
        url = request.url
        default_port = 443 if url.scheme == "https" else 80
        target = (url.raw_host.decode("ascii"), url.port or default_port)
        peer = target if self._proxy is None else self._proxy.address
        try:
            connected = socket.create_connection(peer, timeout=timeout)
        except TimeoutError:
            raise
        except OSError as error:
            raise httpx.ConnectError(why_unreachable(error, *peer), request=request) from error
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _trace(request, "connection.connect_tcp.complete", connected)
            if url.scheme != "https":
                return connected
            if self._proxy is not None:
                _open_tunnel(connected, self._proxy, *target)
            name = request.extensions.get("sni_hostname") or target[0]
            encrypted = TlsStream(connected, self._context, name)
        except BaseException:
            connected.close()
            raise
        _trace(request, "connection.start_tls.complete", connected)
        return encrypted

    def _send(self, connection: http.client.HTTPConnection, request: httpx.Request) -> None:
        target = request.url.raw_path.decode("ascii")
        if self._proxy is not None and request.url.scheme == "http":
            target = self._proxy.target_of(request.url).decode("ascii")
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.raw:
            # One request a connection: without this a server would hold it open for the next.
            connection.putheader(name, b"close" if name.lower() == b"connection" else value)
        if self._proxy is not None and request.url.scheme == "http":
            for name, value in self._proxy.credentials:
                connection.putheader(name, value)
        body = b"".join(request.stream) if isinstance(request.stream, httpx.SyncByteStream) else b""
        connection.endheaders(body or None, encode_chunked="transfer-encoding" in request.headers)


def _open_tunnel(connected: socket.socket, proxy: ProxyHop, host: str, port: int) -> None:
    target, headers = proxy.tunnel_to(host, port)
    lines = [b"CONNECT " + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers)]
    connected.sendall(b"\r\n".join([*lines, b"", b""]))
    answer = http.client.HTTPResponse(connected, method="CONNECT")
    try:
        answer.begin()
    finally:
        answer.close()
    check_tunnel(answer.status, answer.reason)


class _Body(httpx.SyncByteStream):
    """The body of one answer, in blocks; closing it closes the connection."""

    def __init__(
        self,
        request: httpx.Request,
        answer: http.client.HTTPResponse,
        connection: http.client.HTTPConnection,
        connected: socket.socket | TlsStream,
        turn: threading.Lock,
    ) -> None:
        self._request = request
        self._answer = answer
        self._connection = connection
        self._connected = connected
        self._turn = turn
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._broken: OSError | None = None

    def __iter__(self) -> Iterator[bytes]:
        with _errors_as(httpx.ReadError, httpx.ReadTimeout, self._request):
            reader: Any = self._answer.fp
            # http.client lets go of its reader when it knows that there is no body.
            if reader is None:
                return
            yield from self._chunked() if self._answer.chunked else self._plain(reader)

    def _plain(self, reader: Any) -> Iterator[bytes]:  # noqa: ANN401 - http.client's own, whose read1 typeshed lacks
        """A body with a length, or one that ends with the connection."""
        expected: int | None = self._answer.length
        # What http.client has read ahead, or else the first read: afterwards its buffer is empty, and the socket is
        # read past it, straight into a big buffer of our own.
        block = b"" if expected == 0 else reader.read1(BLOCK if expected is None else min(BLOCK, expected))
        came = len(block)
        view = memoryview(bytearray(BLOCK))
        while block:
            yield block
            room = view if expected is None else view[: expected - came]
            block = bytes(room[: self._fill(room)])
            came += len(block)
        if expected is not None and came < expected:
            message = f"the connection was cut: {came} of {expected} bytes came"
            raise httpx.RemoteProtocolError(message, request=self._request)

    def _fill(self, room: memoryview) -> int:
        """Read into `room` until it is full or a moment has passed; 0 at the end of the connection."""
        if not room:
            return 0
        if self._broken is not None:
            raise self._broken
        patience = self._connected.gettimeout()
        filled, enough = 0, float("inf")
        self._connected.settimeout(0)
        try:
            while True:
                with self._turn:
                    filled, is_lacking = self._drain(room, filled)
                if not is_lacking:
                    return filled
                now = time.monotonic()
                if filled:
                    enough = min(enough, now + _LINGER)
                if not self._wait(max(0.0, enough - now) if filled else patience):
                    if filled:
                        return filled
                    raise TimeoutError
        finally:
            self._connected.settimeout(patience)

    def _drain(self, room: memoryview, filled: int) -> tuple[int, bool]:
        """Take what is there; returns how much of `room` is filled, and whether more of it can only be waited for."""
        try:
            while filled < len(room) and (count := self._connected.recv_into(room[filled:])):
                filled += count
        except BlockingIOError:
            return filled, True
        except OSError as error:
            # What came before it counts; the socket would not say it twice.
            self._broken = error
            if not filled:
                raise
        return filled, False

    def _wait(self, seconds: float | None) -> bool:
        return bool(self._poll.poll(None if seconds is None else seconds * 1000))

    def _chunked(self) -> Iterator[bytes]:
        while True:
            try:
                block = self._answer.read1(BLOCK)
            except (http.client.IncompleteRead, ValueError):
                message = "the connection was cut inside a chunked body"
                raise httpx.RemoteProtocolError(message, request=self._request) from None
            if not block:
                return
            yield block

    def close(self) -> None:
        self._answer.close()
        _close(self._connection, self._connected)


class _SocketStream:
    """The one thing of httpcore's `NetworkStream` that is needed here: the way to the socket."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected

    def get_extra_info(self, info: str) -> object:
        """The `socket`, or None for whatever else is asked."""
        return self._connected if info == "socket" else None


@contextmanager
def _errors_as(
    error_type: type[httpx.TransportError], timeout_type: type[httpx.TransportError], request: httpx.Request
) -> Iterator[None]:
    """Turn what sockets, TLS and http.client raise into httpx's errors, and say it in words."""
    try:
        yield
    except TimeoutError as error:
        message = "no answer in time"
        raise timeout_type(message, request=request) from error
    except ssl.SSLCertVerificationError as error:
        message = f"the certificate is not trusted: {error.verify_message}"
        raise error_type(message, request=request) from error
    except (OSError, UnicodeError) as error:
        raise error_type(_words(error), request=request) from error
    except (http.client.InvalidURL, http.client.CannotSendRequest) as error:
        raise httpx.LocalProtocolError(_words(error), request=request) from error
    except (http.client.HTTPException, ValueError) as error:
        raise httpx.RemoteProtocolError(_words(error), request=request) from error


def _raw_headers(answer: http.client.HTTPResponse) -> list[tuple[bytes, bytes]]:
    """The headers as the bytes that came, whatever their encoding: http.client has read them as Latin-1."""
    return [
        (name.encode("latin-1"), b" ".join(value.encode("latin-1").split(b"\r\n")))
        for name, value in answer.headers.items()
    ]


def _words(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def _trace(request: httpx.Request, event: str, connected: socket.socket) -> None:
    trace: Callable[[str, Mapping[str, Any]], None] | None = request.extensions.get("trace")
    if trace is not None:
        trace(event, {"return_value": _SocketStream(connected)})


def _socket_of(connected: socket.socket | TlsStream) -> socket.socket:
    return connected.socket if isinstance(connected, TlsStream) else connected


def _close(connection: http.client.HTTPConnection, connected: socket.socket | TlsStream) -> None:
    connection.close()
    connected.close()
