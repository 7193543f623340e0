"""A transport under httpx for polls: one connection, kept open from request to request, on asyncio's own loop."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import h11
import httpx

from octotui.gateway.http.connect_errors import why_unreachable
from octotui.gateway.http.h11_connection import H11Connection, written_request
from octotui.gateway.http.plain_answer import PlainAnswer
from octotui.gateway.http.proxy_hop import ProxyHop, check_tunnel

_SECOND_ADDRESS: Final = 0.25
"""Seconds after which a host's next address is tried beside the first (RFC 8305)."""


class Questions:
    """GETs of one origin that differ in their path alone, written once for all of them."""

    def __init__(self, base_url: str, headers: httpx.Headers, timeout: float) -> None:
        """`timeout` is in seconds, for connecting and for each read."""
        self.seconds = timeout
        self._base_url = base_url
        self._headers = headers
        self._extensions = {"timeout": httpx.Timeout(timeout, pool=None).as_dict()}
        self._prefix = b""
        self._rest: bytes | None = None
        """What follows the target, from the blank on."""

    def request(self, path: str) -> httpx.Request:
        """Return the request for `path`, which is below the base URL, in httpx's words."""
        return self.request_of(self._base_url + path)

    def request_of(self, url: str) -> httpx.Request:
        """Return the request for a whole URL in httpx's words."""
        return httpx.Request("GET", url, headers=self._headers, extensions=self._extensions)

    def written(self, path: str) -> bytes:
        """Return the request for a path of ASCII that is encoded already, as bytes.

        Raises `httpx.LocalProtocolError`, which never quotes a header, and `httpx.InvalidURL`.
        """
        if self._rest is None:
            first = self.request("")
            whole = written_request(h11.Connection(h11.CLIENT), b"GET", b"/", first.headers.raw)
            self._prefix = b"GET " + first.url.raw_path.rstrip(b"/")
            self._rest = whole.removeprefix(b"GET /")
        return self._prefix + path.encode("ascii") + self._rest


class KeptConnection(httpx.AsyncBaseTransport):
    """One connection to one origin, opened when it is needed: one request at a time, none with a body.

    For a small request httpcore and anyio use about three times the processor that asyncio and h11 take by themselves
    (`tests/benchmarks/polling.py`). Redirects, cookies and decoding are not its business.
    """

    def __init__(self, context: ssl.SSLContext, *, proxy: str | None = None, keep: float = 60.0) -> None:
        """`proxy` is an http:// URL, with or without user and password; `keep` is how many idle seconds it is kept."""
        self._context = context
        self._proxy = None if proxy is None else ProxyHop(proxy)
        self._keep = keep
        self._idle: H11Connection | None = None
        self._idle_since = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return the response with its body still to be read.

        Where a kept connection turns out to be closed the request goes out once more, on a new one. httpx's extension
        `timeout` says the seconds to connect in, and to wait for more at each read.

        Raises `httpx.TransportError` subclasses only: ConnectError, ConnectTimeout, ProxyError, ReadError, ReadTimeout,
        RemoteProtocolError, LocalProtocolError, UnsupportedProtocol.
        """
        timeout = request.extensions.get("timeout", {})
        kept = self._kept_connection()
        if kept is not None:
            try:
                return await self._exchange(kept, request, timeout.get("read"))
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if kept.has_answered:
                    raise
        wire = await self._open(request, timeout.get("connect"))
        return await self._exchange(wire, request, timeout.get("read"))

    async def ask(self, questions: Questions, path: str) -> PlainAnswer | httpx.Response:
        """Send one of `questions` and return what came of it, the body of a response still to be read.

        As `handle_async_request`, less most of the work where the answer is plain (`plain_answer.py`).
        """
        if self._proxy is not None:
            return await self.handle_async_request(questions.request(path))
        kept = self._kept_connection()
        if kept is not None:
            try:
                return await self._answer(kept, questions, path)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if kept.has_answered:
                    raise
        wire = await self._open(questions.request(path), questions.seconds)
        return await self._answer(wire, questions, path)

    async def aclose(self) -> None:
        """Close the connection and wait until it is."""
        wire, self._idle = self._idle, None
        if wire is not None:
            await wire.close()

    def _kept_connection(self) -> H11Connection | None:
        wire, self._idle = self._idle, None
        if wire is not None and not (wire.is_quiet and wire.loop.time() - self._idle_since < self._keep):
            wire.abort()
            return None
        return wire

    def _give_back(self, wire: H11Connection) -> None:
        if wire.is_ready_again():
            self._idle, self._idle_since = wire, wire.loop.time()
        else:
            wire.abort()

    async def _answer(self, wire: H11Connection, questions: Questions, path: str) -> PlainAnswer | httpx.Response:
        try:
            answer = await wire.ask(questions.written(path), questions.seconds, lambda: questions.request(path))
            if answer is None:
                request = questions.request(path)
                return self._response(request, wire, await wire.head(questions.seconds), questions.seconds)
        except BaseException:
            wire.abort()
            raise
        self._idle, self._idle_since = wire, wire.loop.time()
        return answer

    async def _exchange(self, wire: H11Connection, request: httpx.Request, seconds: float | None) -> httpx.Response:
        url, headers = request.url, request.headers.raw
        target = url.raw_path
        if self._proxy is not None and url.scheme == "http":
            target = self._proxy.target_of(url)
            headers = headers + self._proxy.credentials
        try:
            wire.send(request.method.encode("ascii"), target, headers)
            head = await wire.head(seconds)
        except BaseException:
            wire.abort()
            raise
        return self._response(request, wire, head, seconds)

    def _response(
        self, request: httpx.Request, wire: H11Connection, head: h11.Response, seconds: float | None
    ) -> httpx.Response:
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(wire, seconds, self._give_back),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
            request=request,
        )

    async def _open(self, request: httpx.Request, seconds: float | None) -> H11Connection:
        url, proxy = request.url, self._proxy
        if url.scheme not in {"http", "https"} or not url.host:
            raise httpx.UnsupportedProtocol("only http:// and https:// URLs with a host can be asked")
        is_encrypted = url.scheme == "https"
        host, port = url.raw_host.decode("ascii"), url.port or (443 if is_encrypted else 80)
        peer = (host, port) if proxy is None else proxy.address
        with _as_connect_errors(*peer):
            async with asyncio.timeout(seconds):
                if proxy is None:
                    return await _connected(*peer, self._context if is_encrypted else None)
                wire = await _connected(*peer, None)
                if not is_encrypted:
                    return wire
                try:
                    return await self._tunnel(wire, proxy, host, port)
                except BaseException:
                    wire.abort()
                    raise

    async def _tunnel(self, wire: H11Connection, proxy: ProxyHop, host: str, port: int) -> H11Connection:
        """TLS to the host through the proxy at the other end of `wire`."""
        target, headers = proxy.tunnel_to(host, port)
        wire.send(b"CONNECT", target, headers)
        head = await wire.head(None)
        check_tunnel(head.status_code, head.reason.decode("ascii", "replace"))
        return await wire.encrypt(self._context, host)


class _Body(httpx.AsyncByteStream):
    """The body of one response. Read to its end it gives the connection back; closed before, it ends it."""

    def __init__(self, wire: H11Connection, seconds: float | None, give_back: Callable[[H11Connection], None]) -> None:
        self._wire = wire
        self._seconds = seconds
        self._give_back = give_back
        self._is_open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._wire.chunk(self._seconds):
            yield chunk
        self._is_open = False
        self._give_back(self._wire)

    async def aclose(self) -> None:
        if self._is_open:
            self._is_open = False
            self._wire.abort()


async def _connected(host: str, port: int, context: ssl.SSLContext | None) -> H11Connection:
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(
        lambda: H11Connection(loop),
        host,
        port,
        ssl=context,
        server_hostname=None if context is None else host,
        # A literal address has no second one to try; asyncio's race between two loses a socket when it is cancelled.
        happy_eyeballs_delay=None if _is_literal(host) else _SECOND_ADDRESS,
    )
    return wire


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@contextmanager
def _as_connect_errors(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise httpx.ConnectTimeout("") from None
    except OSError as error:
        raise httpx.ConnectError(why_unreachable(error, host, port)) from error
