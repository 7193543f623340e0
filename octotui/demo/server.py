"""A small HTTP/1.1 server on asyncio streams: keep-alive, bounded requests, bodies sent at a chosen speed.

It knows nothing of tasks: a handler is a plain function from `Request` to `Response` (RFC 9112 for the framing).
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from octotui.demo.media import ServedFile

MAX_HEAD = 32 * 2**10
MAX_BODY = 16 * 2**20
_IDLE_SECONDS = 120.0
_PACED_CHUNK = 32 * 2**10
_FAST_CHUNK = 256 * 2**10


@dataclass(slots=True, frozen=True)
class Request:
    """One request, read whole."""

    method: str
    path: str
    """Raw, as requested, without the query."""
    query: str
    """Raw."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    keep_alive: bool

    def parameter(self, name: str) -> str:
        """The first value of a query parameter, decoded; empty where there is none."""
        return parse_qs(self.query).get(name, [""])[0]


@dataclass(slots=True, frozen=True)
class Response:
    """One answer: either `body`, or a stretch of a file sent at `rate`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: ServedFile | None = None
    start: int = 0
    stop: int = 0
    rate: float = math.inf
    """Bytes per second."""
    cut_at: int | None = None
    """Hang up after so many bytes of the file."""
    chunked: bool = False
    """Send no length, in chunks."""


Handler = Callable[[Request], Response]


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`value` as a JSON answer."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Response(status, kind | (headers or {}), json.dumps(value, ensure_ascii=False).encode())


class BadRequestError(Exception):
    """A request that cannot be read; carries the status to answer with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def serve_connection(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers the requests of one connection until either side has had enough."""
    try:
        while await _serve_one(handler, reader, writer):
            pass
    except BadRequestError as error:
        with suppress(ConnectionError):
            await _send(writer, Response(error.status), "GET", keep_alive=False)
    except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _serve_one(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    request = await _read_request(reader, writer)
    if request is None:
        return False
    response = handler(request)
    return await _send(writer, response, request.method, keep_alive=request.keep_alive) and request.keep_alive


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, version = first.split(" ")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines if line)}
        length = int(headers.get("content-length", "0"))
    except ValueError:
        raise BadRequestError(HTTPStatus.BAD_REQUEST) from None
    if "transfer-encoding" in headers:
        raise BadRequestError(HTTPStatus.LENGTH_REQUIRED)
    if not 0 <= length <= MAX_BODY:
        raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(length) if length else b""
    path, _, query = target.partition("?")
    keep_alive = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(method, path, query, headers, body, keep_alive)


async def _send(writer: asyncio.StreamWriter, response: Response, method: str, *, keep_alive: bool) -> bool:
    """Sends `response`; says whether the connection is still in order afterwards."""
    length = len(response.body) if response.file is None else response.stop - response.start
    headers = dict(response.headers)
    if response.chunked:
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(length)
    headers["Connection"] = "keep-alive" if keep_alive else "close"
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (response.body if method != "HEAD" else b""))
    whole = True
    if response.file is not None and method != "HEAD":
        whole = await _pour(writer, response, response.file)
    await writer.drain()
    return whole


async def _pour(writer: asyncio.StreamWriter, response: Response, file: ServedFile) -> bool:
    """Sends a stretch of `file` no faster than `response.rate`; False when it was cut off on purpose."""
    loop = asyncio.get_running_loop()
    began, limited = loop.time(), math.isfinite(response.rate)
    step = _PACED_CHUNK if limited else _FAST_CHUNK
    stop = response.stop if response.cut_at is None else min(response.stop, response.start + response.cut_at)
    for at in range(response.start, stop, step):
        piece = file.read(at, min(at + step, stop))
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if response.chunked else piece)
        await writer.drain()
        if limited:
            ahead = (at + len(piece) - response.start) / response.rate - (loop.time() - began)
            await asyncio.sleep(max(0.0, ahead))
    if response.chunked and stop == response.stop:
        writer.write(b"0\r\n\r\n")
    return stop == response.stop


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
