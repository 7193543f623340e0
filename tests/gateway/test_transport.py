"""Both transports a user can choose, on real sockets: bodies, faults, time limits, TLS and proxies."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from octotui.gateway.http.download_transport import TransportName, download_client
from tests.support.bad_server import BadServer, Exchange, Serve, certificate, in_turn, noise, redirect, says, tunnel
from tests.support.fetching import TRANSPORTS
from tests.support.waiting import until

BODY = noise(600_000)
Connect = Callable[..., httpx.Client]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=TRANSPORTS)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    clients: list[httpx.Client] = []

    def make(ca_file: Path | None = None, proxy: str | None = None) -> httpx.Client:
        transport: TransportName = request.param
        clients.append(download_client(ca_file=ca_file, proxy=proxy, transport=transport))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        yield running


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1", "localhost")


@pytest.fixture
def secure(identity: tuple[ssl.SSLContext, Path]) -> Iterator[BadServer]:
    with BadServer(tls=identity[0]) as running:
        running.on("/v.mp4", Serve(BODY))
        yield running


def read(client: httpx.Client, url: str, wait: float = 5) -> tuple[bytes, httpx.TransportError | None]:
    """What came of a body, and the error it ended in."""
    came = bytearray()
    with client.stream("GET", url, timeout=httpx.Timeout(5, read=wait)) as answer:
        try:
            for block in answer.iter_raw():
                came += block
        except httpx.TransportError as error:
            return bytes(came), error
    return bytes(came), None


class TestBodies:
    @pytest.mark.parametrize(
        "faults", [{}, {"says_length": False}, {"chunked": True}], ids=["length", "close", "chunked"]
    )
    def test_arrive_byte_for_byte(self, connect: Connect, server: BadServer, faults: dict[str, bool]) -> None:
        reply = Serve(BODY, says_length=faults.get("says_length", True), chunked=faults.get("chunked", False))
        answer = connect().get(server.on("/v.mp4", reply))
        assert answer.content == BODY
        assert answer.http_version == "HTTP/1.1"

    @pytest.mark.parametrize("faults", [{}, {"chunked": True}], ids=["length", "chunked"])
    def test_cut_short_are_an_error_after_what_came(
        self, connect: Connect, server: BadServer, faults: dict[str, bool]
    ) -> None:
        url = server.on("/v.mp4", Serve(BODY, cut_at=400_000, chunked=faults.get("chunked", False)))
        came, error = read(connect(), url)
        assert isinstance(error, httpx.RemoteProtocolError)
        assert came == BODY[:400_000]

    @pytest.mark.parametrize("size", [b"-5", b"zz", b"", b"FFFFFFFFFFFFFFFFF"])
    def test_with_broken_chunks_are_an_error(self, connect: Connect, server: BadServer, size: bytes) -> None:
        def broken(exchange: Exchange) -> None:
            exchange.head(200, {"Transfer-Encoding": "chunked"})
            exchange.send(b"5\r\nhello\r\n" + size + b"\r\nworld\r\n")

        with pytest.raises(httpx.TransportError):
            connect().get(server.on("/v.mp4", broken))

    @pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
    def test_that_are_not_there_are_empty(self, connect: Connect, server: BadServer, method: str, status: int) -> None:
        server.on("/v.mp4", lambda exchange: exchange.head(status, {"Content-Length": 50 if method == "HEAD" else 0}))
        answer = connect().request(method, f"{server.url}/v.mp4")
        assert (answer.status_code, answer.content) == (status, b"")

    def test_are_sent_as_well(self, connect: Connect, server: BadServer) -> None:
        def echo(exchange: Exchange) -> None:
            exchange.answer(200, exchange.read_body())

        assert connect().post(server.on("/echo", echo), content=b"ping").content == b"ping"

    def test_decompression_is_left_to_httpx(self, connect: Connect, server: BadServer) -> None:
        url = server.on("/v.mp4", Serve(BODY, packed=True))
        assert connect().get(url).content == BODY
        with connect().stream("GET", url) as answer:
            assert next(answer.iter_raw()).startswith(b"\x1f\x8b")

    def test_that_end_in_a_reset_lose_nothing_that_came(self, connect: Connect, server: BadServer) -> None:
        def reset(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Type": "video/mp4"})
            exchange.send(BODY[:100_000])
            until(lambda: _unsent(exchange.connection) == 0)
            exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            exchange.connection.close()

        came, error = read(connect(), server.on("/v.mp4", reset))
        assert isinstance(error, httpx.ReadError)
        assert came == BODY[:100_000]


def _unsent(connection: socket.socket) -> int:
    """Bytes that the other side has not acknowledged (Linux's SIOCOUTQ)."""
    answer = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
    return int.from_bytes(answer, sys.byteorder)


class TestRequests:
    def test_go_out_as_written(self, connect: Connect, server: BadServer) -> None:
        server.on("*", says(200, "{}"))
        target = "/a%2Fb/v%20x.mp4?X-Amz-Signature=aB%2F%3d&x=1+2&Policy=e30~_"
        connect().get(server.url + target, headers={"Range": "bytes=5-"})
        request = server.requests[0]
        assert request.target == target
        assert request.headers["range"] == "bytes=5-"
        assert request.headers["host"] == f"127.0.0.1:{server.port}"
        assert request.headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
    def test_headers_are_the_bytes_that_came(self, connect: Connect, server: BadServer, encoding: str) -> None:
        value = 'attachment; filename="café Å.mp4"'.encode(encoding)

        def reply(exchange: Exchange) -> None:
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Disposition: " + value + b"\r\nX-Vendor: " + value)
            exchange.send(b"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody")

        answer = connect().get(server.on("/v.mp4", reply))
        raw = {name.lower(): value for name, value in answer.headers.raw}
        assert (raw[b"content-disposition"], raw[b"x-vendor"], answer.content) == (value, value, b"body")

    def test_redirects_are_not_followed(self, connect: Connect, server: BadServer) -> None:
        answer = connect().get(server.on("/v.mp4", redirect("/elsewhere")))
        assert (answer.status_code, len(server.requests)) == (302, 1)

    @pytest.mark.parametrize("value", [b"a=1; Path=/", b"a=caf\xe9; Path=/", "a=猫; Path=/".encode()])
    def test_no_cookie_is_kept_or_sent(self, connect: Connect, server: BadServer, value: bytes) -> None:
        def two_cookies(exchange: Exchange) -> None:
            cookies = b"Set-Cookie: " + value + b"\r\nSet-Cookie: b=2\r\n"
            exchange.send(b"HTTP/1.1 200 OK\r\n" + cookies + b"Content-Length: 0\r\n\r\n")

        client = connect()
        url = server.on("/v.mp4", two_cookies)
        assert [client.get(url).status_code for _ in range(2)] == [200, 200]
        assert len(client.cookies.jar) == 0
        assert ["cookie" in exchange.headers for exchange in server.requests] == [False, False]

    @pytest.mark.parametrize("name", ["ETag", "Content-Type", "Retry-After", "Content-Disposition", "X-Note"])
    def test_a_header_may_hold_any_bytes(self, connect: Connect, server: BadServer, name: str) -> None:
        def odd(exchange: Exchange) -> None:
            exchange.send(b"HTTP/1.1 200 OK\r\n" + name.encode() + b": \xe9\xff\r\nContent-Length: 2\r\n\r\nhi")

        answer = connect().get(server.on("/v.mp4", odd))
        assert answer.content == b"hi"
        assert dict(answer.headers.raw)[name.encode()] == b"\xe9\xff"

    def test_leave_no_connection_behind(self, connect: Connect, server: BadServer) -> None:
        client = connect()
        for _ in range(3):
            with client.stream("GET", server.on("/v.mp4", Serve(BODY))) as answer:
                next(answer.iter_raw())
                stream = answer.extensions["network_stream"]
            assert stream.get_extra_info("socket").fileno() == -1


class TestFaults:
    def test_nobody_listens(self, connect: Connect) -> None:
        with BadServer() as gone:
            url = gone.url
        with pytest.raises(httpx.ConnectError):
            connect().get(url)

    def test_a_name_nobody_knows(self, connect: Connect) -> None:
        with pytest.raises(httpx.ConnectError):
            connect().get("http://no-such-host.invalid/")

    @pytest.mark.parametrize("url", ["ftp://127.0.0.1/v.mp4", "file:///etc/passwd", "http:///v.mp4"])
    def test_no_http_url(self, connect: Connect, url: str) -> None:
        with pytest.raises(httpx.TransportError):
            connect().get(url)

    @pytest.mark.parametrize(
        "start", [b"", b"\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", bytes(100)]
    )
    def test_no_http_answer(self, connect: Connect, server: BadServer, start: bytes) -> None:
        with pytest.raises(httpx.TransportError):
            connect().get(server.on("/v.mp4", lambda exchange: exchange.send(start)))

    def test_headers_without_end_are_bounded(self, connect: Connect, server: BadServer) -> None:
        def endless(exchange: Exchange) -> None:
            exchange.send(b"HTTP/1.1 200 OK\r\n" + b"X-More: " + bytes(b"a" * 300_000) + b"\r\n\r\n")

        with pytest.raises(httpx.TransportError):
            connect().get(server.on("/v.mp4", endless))

    def test_silence_before_the_answer(self, connect: Connect, server: BadServer) -> None:
        url = server.on("/v.mp4", Exchange.wait_until_gone)
        with pytest.raises(httpx.ReadTimeout):
            connect().get(url, timeout=httpx.Timeout(5, read=0.1))

    def test_silence_inside_the_body(self, connect: Connect, server: BadServer) -> None:
        def half(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Length": len(BODY)})
            exchange.send(BODY[:5000])
            exchange.wait_until_gone()

        came, error = read(connect(), server.on("/v.mp4", half), wait=0.1)
        assert isinstance(error, httpx.ReadTimeout)
        assert came in {BODY[:5000], b""}

    def test_a_listener_that_never_answers(self, connect: Connect) -> None:
        """A full backlog leaves the handshake hanging, as a firewall does that drops packets."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            with pytest.raises((httpx.ConnectTimeout, httpx.ReadTimeout)):
                connect().get(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=0.2)
            for filler in fillers:
                filler.close()


class TestTls:
    def test_an_unknown_certificate_is_refused(self, connect: Connect, secure: BadServer) -> None:
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            connect().get(f"{secure.url}/v.mp4")
        assert secure.requests == []

    def test_a_certificate_of_the_configuration_is_trusted(
        self, connect: Connect, secure: BadServer, identity: tuple[ssl.SSLContext, Path]
    ) -> None:
        assert connect(ca_file=identity[1]).get(f"{secure.url}/v.mp4").content == BODY

    def test_a_certificate_for_another_name_is_refused(self, connect: Connect, tmp_path: Path) -> None:
        context, pem = certificate(tmp_path, "other.example")
        with BadServer(tls=context) as other, pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            connect(ca_file=pem).get(other.url)

    def test_ssl_cert_file_is_honoured(
        self,
        connect: Connect,
        secure: BadServer,
        identity: tuple[ssl.SSLContext, Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(identity[1]))
        assert connect().get(f"{secure.url}/v.mp4").content == BODY

    def test_ssl_cert_dir_is_honoured(
        self,
        connect: Connect,
        secure: BadServer,
        identity: tuple[ssl.SSLContext, Path],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        shutil.copy(identity[1], tmp_path)
        subprocess.run(["openssl", "rehash", tmp_path], check=True, capture_output=True)
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        assert connect().get(f"{secure.url}/v.mp4").content == BODY

    def test_an_unreadable_ca_file_is_an_os_error(self, connect: Connect, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="No such file"):
            connect(ca_file=tmp_path / "nothing.pem")
        (tmp_path / "text.pem").write_text("no certificate")
        with pytest.raises(ssl.SSLError):
            connect(ca_file=tmp_path / "text.pem")

    def test_plain_http_on_a_tls_port_is_an_error(self, connect: Connect, server: BadServer) -> None:
        with pytest.raises(httpx.TransportError):
            connect().get(server.url.replace("http:", "https:"), timeout=0.3)

    def test_a_body_cut_short_is_noticed(self, connect: Connect, identity: tuple[ssl.SSLContext, Path]) -> None:
        with BadServer(tls=identity[0]) as cutting:
            url = cutting.on("/v.mp4", Serve(BODY, cut_at=100_000))
            with pytest.raises(httpx.TransportError):
                connect(ca_file=identity[1]).get(url)


@pytest.fixture
def proxy() -> Iterator[BadServer]:
    with BadServer() as running:
        running.on("*", tunnel)
        yield running


class TestProxies:
    """`Basic dXNlcjpwYSBzcw==` is user and "pa ss"."""

    def test_plain_http_is_asked_for_by_its_whole_url(
        self, connect: Connect, server: BadServer, proxy: BadServer
    ) -> None:
        url = server.on("/v.mp4", Serve(BODY)) + "?a=%2F"
        client = connect(proxy=f"http://user:pa%20ss@127.0.0.1:{proxy.port}")
        assert client.get(url, headers={"Authorization": "Bearer key"}).content == BODY
        assert proxy.requests[0].first_line == f"GET {url} HTTP/1.1"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYSBzcw=="

    def test_https_goes_through_a_tunnel(
        self, connect: Connect, secure: BadServer, proxy: BadServer, identity: tuple[ssl.SSLContext, Path]
    ) -> None:
        client = connect(ca_file=identity[1], proxy=f"http://user:pa%20ss@127.0.0.1:{proxy.port}")
        assert client.get(f"{secure.url}/v.mp4", headers={"Authorization": "Bearer key"}).content == BODY
        assert proxy.requests[0].first_line == f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYSBzcw=="
        assert "authorization" not in proxy.requests[0].headers
        assert "proxy-authorization" not in secure.requests[0].headers

    def test_the_certificate_behind_a_tunnel_is_checked(
        self, connect: Connect, secure: BadServer, proxy: BadServer
    ) -> None:
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            connect(proxy=proxy.url).get(f"{secure.url}/v.mp4")

    def test_a_tunnel_that_is_refused(self, connect: Connect, secure: BadServer, proxy: BadServer) -> None:
        proxy.on("*", says(407, "who are you", "text/plain"))
        with pytest.raises(httpx.ProxyError, match="407"):
            connect(proxy=proxy.url).get(f"{secure.url}/v.mp4")

    def test_a_proxy_that_is_not_there(self, connect: Connect, server: BadServer) -> None:
        with BadServer() as gone:
            address = gone.url
        with pytest.raises(httpx.ConnectError):
            connect(proxy=address).get(server.on("/v.mp4", Serve(BODY)))

    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_of_the_environment_are_used(
        self, connect: Connect, server: BadServer, proxy: BadServer, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, f"127.0.0.1:{proxy.port}")
        assert connect().get(server.on("/v.mp4", Serve(BODY))).content == BODY
        assert len(proxy.requests) == 1

    def test_of_the_environment_for_https_leave_http_alone(
        self, connect: Connect, server: BadServer, proxy: BadServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        connect().get(server.on("/v.mp4", Serve(BODY)))
        assert proxy.requests == []

    def test_no_proxy_goes_straight(
        self, connect: Connect, server: BadServer, proxy: BadServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.0/8")
        connect(proxy=proxy.url).get(server.on("/v.mp4", Serve(BODY)))
        assert proxy.requests == []


INSIDE_A_BODY = """
stream = client.stream("GET", sys.argv[1])
next(stream.__enter__().iter_raw())
"""
PROCESS = """
import sys
from octotui.gateway.http.download_transport import download_client
client = download_client(transport=sys.argv[2])
with client.stream("GET", sys.argv[1]) as answer:
    print(sum(len(block) for block in answer.iter_raw()))
"""


def test_processes_end_cleanly_however_they_end(
    server: BadServer, connect: Connect, request: pytest.FixtureRequest
) -> None:
    url = server.on("/v.mp4", in_turn(Serve(BODY)))
    transport = request.node.callspec.params["connect"]
    for ending in ("", INSIDE_A_BODY):
        command = [sys.executable, "-c", PROCESS + ending, url, transport]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env={**os.environ})
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "600000\n", "")
