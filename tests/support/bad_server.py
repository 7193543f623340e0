"""A server that misbehaves on purpose, on real sockets: every reply is written by the test that wants it."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Reply = Callable[["Exchange"], None]


@dataclass(slots=True)
class Exchange:
    """One request, and the connection to answer it on."""

    server: BadServer
    connection: socket.socket
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    first_line: str
    number: int
    """How many requests for this path came before."""
    body: bytes = b""
    """What came with the head; `read_body` has all of it."""

    def read_body(self) -> bytes:
        """Read as many bytes as Content-Length says."""
        while len(self.body) < int(self.headers.get("content-length", "0")):
            self.body += self.connection.recv(65536)
        return self.body

    def send(self, data: bytes) -> None:
        """Write `data`; a client that has gone is no error."""
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def head(self, status: int | str, headers: Mapping[str, str | int] | None = None) -> None:
        """Write a status line and headers, and that the connection will close."""
        lines = [f"HTTP/1.1 {status} Said" if isinstance(status, int) else f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))

    def answer(self, status: int, body: bytes = b"", headers: Mapping[str, str | int] | None = None) -> None:
        """Write a whole, honest answer."""
        self.head(status, {"Content-Length": len(body), **(headers or {})})
        self.send(body)

    @property
    def asked_range(self) -> int | None:
        """Where `Range: bytes=N-` begins; None without one."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return None if match is None else int(match[1])

    def wait_until_gone(self) -> None:
        """Keep the connection open until the client or the server closes it."""
        while not self.server.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:
                with contextlib.suppress(OSError):
                    if self.connection.recv(4096):
                        continue
                return


class BadServer:
    """Listens on loopback, answers each path by the reply given for it, remembers every request."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.closing = threading.Event()
        self.requests: list[Exchange] = []
        self._replies: dict[str, Reply] = {}
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> BadServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def on(self, path: str, reply: Reply) -> str:
        """Answer `path` (without its query) by `reply`; returns the URL."""
        self._replies[path] = reply
        return self.url + path

    def to(self, path: str) -> list[Exchange]:
        """The requests that came for `path`."""
        return [request for request in self.requests if request.target.partition("?")[0] == path]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(10)
        try:
            connection = plain if self._tls is None else self._tls.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            return
        with self._lock:
            self._open.add(connection)
        try:
            exchange = self._read(connection)
            if exchange is not None:
                path = exchange.target.partition("?")[0]
                reply = self._replies.get(path) or self._replies.get("*") or _unknown
                reply(exchange)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            _close_softly(connection)

    def _read(self, connection: socket.socket) -> Exchange | None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        with self._lock:
            number = sum(request.target == target for request in self.requests)
            exchange = Exchange(self, connection, method, target, headers, first, number, body)
            self.requests.append(exchange)
        return exchange


def _close_softly(connection: socket.socket) -> None:
    # A close with unread bytes in the buffer is a reset, which can take away bytes the client has not read yet.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
    connection.close()


def _unknown(exchange: Exchange) -> None:
    exchange.answer(404, b'{"error":{"message":"Invalid URL","type":"invalid_request_error"}}')


@dataclass(slots=True)
class Serve:
    """Serves `content`, well or with one of the faults below."""

    content: bytes
    ranges: bool = True
    """Whether Range is honoured; else 200 and the whole body."""
    if_range: bool = True
    """Whether If-Range is honoured."""
    etag: str | None = None
    content_type: str = "video/mp4"
    says_length: bool = True
    chunked: bool = False
    cut_at: int | None = None
    """Bytes of each body after which the connection closes."""
    cuts: int | None = None
    """How many answers are cut, from the first; None for all."""
    packed: bool = False
    """Whether gzip is sent although nobody asked."""
    headers: Mapping[str, str] = field(default_factory=dict)
    served: int = 0
    """Bytes of bodies sent so far, those that are just on their way included."""

    def __call__(self, exchange: Exchange) -> None:
        start = exchange.asked_range if self.ranges else None
        if start and self.if_range and exchange.headers.get("if-range") not in {None, self.etag}:
            start = None
        headers: dict[str, str | int] = {"Content-Type": self.content_type, **self.headers}
        if self.etag is not None:
            headers["ETag"] = self.etag
        total = len(self.content)
        if start is not None and start >= total:
            exchange.answer(416, b"", {"Content-Range": f"bytes */{total}"})
            return
        body = self.content[start or 0 :]
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        if self.packed:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        self._send(exchange, 200 if start is None else 206, body, headers)

    def _send(self, exchange: Exchange, status: int, body: bytes, headers: dict[str, str | int]) -> None:
        sent = body
        if self.cut_at is not None and (self.cuts is None or exchange.number < self.cuts):
            sent = body[: self.cut_at]
        # Before they go: whoever has got the last of them looks at once how many there were.
        self.served += len(sent)
        if self.chunked:
            exchange.head(status, {**headers, "Transfer-Encoding": "chunked"})
            for at in range(0, len(sent), 1000):
                piece = sent[at : at + 1000]
                exchange.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            if sent == body:
                exchange.send(b"0\r\n\r\n")
        else:
            exchange.head(status, {**headers, "Content-Length": len(body)} if self.says_length else headers)
            exchange.send(sent)


def redirect(location: str, status: int = 302) -> Reply:
    """A redirect to `location`, written as it is."""
    return lambda exchange: exchange.answer(status, b"", {"Location": location})


def says(status: int, body: bytes | str, content_type: str = "application/json", **headers: str) -> Reply:
    """An honest answer of text."""
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.answer(status, data, {"Content-Type": content_type, **named})


def in_turn(*replies: Reply) -> Reply:
    """The first reply to the first request, the second to the second; the last one to all that follow."""
    count = iter(range(10**9))

    def reply(exchange: Exchange) -> None:
        replies[min(next(count), len(replies) - 1)](exchange)

    return reply


def tunnel(exchange: Exchange) -> None:
    """What a proxy does: a tunnel for CONNECT, a request passed on for an absolute URL."""
    if exchange.method == "CONNECT":
        host, _, port = exchange.target.rpartition(":")
        start = b""
        exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        host, _, port = exchange.target.removeprefix("http://").partition("/")[0].rpartition(":")
        path = "/" + exchange.target.removeprefix("http://").partition("/")[2]
        lines = [f"{name}: {value}" for name, value in exchange.headers.items() if not name.startswith("proxy-")]
        start = "\r\n".join([f"{exchange.method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")
    with socket.create_connection((host.strip("[]"), int(port))) as upstream:
        upstream.sendall(start)
        _pump(exchange.connection, upstream)


def _pump(first: socket.socket, second: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    others = {first: second, second: first}
    while True:
        for readable in select.select(list(others), [], [], 10)[0]:
            data = readable.recv(65536)
            if not data:
                return
            others[readable].sendall(data)


def box(kind: bytes, body: bytes = b"", *, size: int | None = None, wide: bool = False) -> bytes:
    """An MP4 box; `size` replaces the true one (0 for "to the end"), `wide` writes it with 64 bits."""
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16 if size is None else size) + body
    return struct.pack(">I4s", len(body) + 8 if size is None else size, kind) + body


def noise(size: int, seed: int = 0) -> bytes:
    """`size` bytes that do not compress and do not repeat, the same for the same `seed`."""
    blocks = (hashlib.sha256(b"%d:%d" % (seed, number)).digest() for number in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def clip(size: int = 2048, seed: int = 0, *, open_end: bool = False, index_last: bool = False) -> bytes:
    """A file of `size` bytes with the boxes of an MP4: a brand, an index with one sample, and noise as media."""
    start = box(b"ftyp", b"isom\x00\x00\x02\x00isommp41")
    media = size - len(start) - len(_index(0)) - 8
    index = _index(media)
    data = box(b"mdat", noise(media, seed), size=0 if open_end else None)
    parts = [start, data, index] if index_last else [start, index, data]
    return b"".join(parts)


def _index(media: int) -> bytes:
    sizes = box(b"stsz", struct.pack(">III", 0, 0, 1) + struct.pack(">I", media))
    table = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", sizes))))
    return box(b"moov", box(b"mvhd", bytes(100)) + table)


def certificate(folder: Path, *hosts: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for `hosts` (names or addresses) signed by itself, and its PEM."""
    names = ",".join(f"{'IP' if host[0].isdigit() else 'DNS'}:{host}" for host in hosts)
    key, pem = folder / "key.pem", folder / "certificate.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test"]
    files = ["-keyout", str(key), "-out", str(pem), "-addext", f"subjectAltName={names}"]
    subprocess.run(["openssl", "req", "-x509", *kind, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, pem
