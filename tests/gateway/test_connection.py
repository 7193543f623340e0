"""One kept connection against a server that misbehaves, straight, through TLS and through proxies."""

import asyncio
import gzip
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import GatewayError, NetworkError, RequestError
from octotui.gateway.http.poll_transport import KeptConnection
from octotui.gateway.http.proxies import trust
from octotui.model import TaskState
from tests.support.bad_server import BadServer, Exchange, Reply, Serve, certificate, says, tunnel

BODY = b'{"id": "a", "object": "video", "status": "processing"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 54\r\n\r\n" + BODY


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        yield running


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return certificate(tmp_path_factory.mktemp("identity"), "127.0.0.1")


@pytest.fixture
def secure(identity: tuple[ssl.SSLContext, Path]) -> Iterator[BadServer]:
    with BadServer(tls=identity[0]) as running:
        running.on("/a", says(200, BODY))
        yield running


@pytest.fixture
def proxy() -> Iterator[BadServer]:
    with BadServer() as running:
        running.on("*", tunnel)
        yield running


def sends(*pieces: bytes) -> Reply:
    """The first piece at once and each further one when more comes from the client; then the connection closes."""

    def reply(exchange: Exchange) -> None:
        for number, piece in enumerate(pieces):
            if number and not exchange.connection.recv(65536):
                return
            exchange.send(piece)

    return reply


async def get(connection: KeptConnection, url: str, **timeout: float) -> bytes:
    response = await connection.handle_async_request(httpx.Request("GET", url, extensions={"timeout": timeout}))
    try:
        return await response.aread()
    finally:
        await response.aclose()


async def test_one_connection_carries_request_after_request(server: BadServer) -> None:
    url = server.on("/a", sends(ANSWER, ANSWER, ANSWER))
    connection = KeptConnection(trust(None))
    assert [await get(connection, url) for _ in range(3)] == [BODY] * 3
    await connection.aclose()
    assert len(server.requests) == 1


async def test_a_body_in_chunks_leaves_the_connection_usable(server: BadServer) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    url = server.on("/a", sends(chunked, ANSWER))
    connection = KeptConnection(trust(None))
    assert [await get(connection, url), await get(connection, url)] == [b"abcde", BODY]
    await connection.aclose()
    assert len(server.requests) == 1


async def test_a_body_without_a_length_ends_with_the_connection(server: BadServer) -> None:
    connection = KeptConnection(trust(None))
    assert await get(connection, server.on("/a", Serve(BODY, says_length=False))) == BODY
    await connection.aclose()


async def test_a_kept_connection_that_the_server_closed_is_replaced(server: BadServer) -> None:
    # Each connection answers one request as if it would answer more, and then reads the next one and hangs up.
    url = server.on("/a", sends(ANSWER, b""))
    connection = KeptConnection(trust(None))
    assert [await get(connection, url) for _ in range(3)] == [BODY] * 3
    await connection.aclose()
    assert len(server.requests) == 3


async def test_a_word_out_of_turn_is_no_answer_to_the_next_question(server: BadServer) -> None:
    late = ANSWER + b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    url = server.on("/a", sends(late))
    connection = KeptConnection(trust(None))
    assert [await get(connection, url) for _ in range(2)] == [BODY] * 2
    await connection.aclose()
    assert len(server.requests) == 2


async def test_an_idle_connection_is_not_kept_for_ever(server: BadServer) -> None:
    url = server.on("/a", sends(ANSWER, ANSWER))
    connection = KeptConnection(trust(None), keep=0.0)
    assert [await get(connection, url) for _ in range(2)] == [BODY] * 2
    await connection.aclose()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "hung up without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc", "received 3 bytes, expected 99"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "illegal status line"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "too long"),
    ],
)
async def test_what_is_no_whole_answer_is_a_protocol_error(server: BadServer, answer: bytes, words: str) -> None:
    connection = KeptConnection(trust(None))
    with pytest.raises(httpx.RemoteProtocolError, match=words):
        await get(connection, server.on("/a", sends(answer)))
    await connection.aclose()


async def test_silence_is_a_read_timeout(server: BadServer) -> None:
    url = server.on("/a", lambda exchange: exchange.wait_until_gone())
    connection = KeptConnection(trust(None))
    with pytest.raises(httpx.ReadTimeout):
        await get(connection, url, read=0.05)
    await connection.aclose()


async def test_a_handshake_that_never_ends_is_a_connect_timeout(server: BadServer) -> None:
    connection = KeptConnection(trust(None))
    with pytest.raises(httpx.ConnectTimeout):
        await get(connection, f"https://127.0.0.1:{server.port}/a", connect=0.05)
    await connection.aclose()


async def test_a_question_that_is_cancelled_takes_its_connection_with_it(server: BadServer) -> None:
    server.on("/a", lambda exchange: exchange.wait_until_gone())
    server.on("/b", says(200, BODY))
    connection = KeptConnection(trust(None))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await get(connection, f"{server.url}/a")
    assert await get(connection, f"{server.url}/b") == BODY
    await connection.aclose()
    assert len(server.requests) == 2


async def test_a_body_that_is_not_wanted_takes_its_connection_with_it(server: BadServer) -> None:
    server.on("/a", Serve(b"x" * 2_000_000))
    server.on("/b", says(200, BODY))
    connection = KeptConnection(trust(None))
    response = await connection.handle_async_request(httpx.Request("GET", f"{server.url}/a"))
    await response.aclose()
    assert await get(connection, f"{server.url}/b") == BODY
    await connection.aclose()


async def test_a_long_body_comes_whole(server: BadServer) -> None:
    connection = KeptConnection(trust(None))
    body = bytes(range(256)) * 20_000
    assert await get(connection, server.on("/a", Serve(body))) == body
    await connection.aclose()


async def test_a_request_that_cannot_be_written_does_not_quote_the_key(server: BadServer) -> None:
    server.on("/v1/videos/a", says(200, BODY))
    async with GatewayClient(server.url, "sk-secret\x00") as client:
        with pytest.raises(NetworkError) as caught:
            await client.ask("a", "videos")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", "http:///a"])
async def test_other_schemes_are_not_asked(url: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        await get(KeptConnection(trust(None)), url)


async def test_certificates_are_checked(secure: BadServer, identity: tuple[ssl.SSLContext, Path]) -> None:
    trusting, wary = KeptConnection(trust(identity[1])), KeptConnection(trust(None))
    assert await get(trusting, f"{secure.url}/a") == BODY
    with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
        await get(wary, f"{secure.url}/a")
    for connection in (trusting, wary):
        await connection.aclose()


class TestProxies:
    """`Basic dXNlcjpwYSBzcw==` is user and "pa ss"."""

    async def test_plain_http_is_asked_for_by_its_whole_url(self, server: BadServer, proxy: BadServer) -> None:
        url = server.on("/a", says(200, BODY)) + "?id=%2F"
        connection = KeptConnection(trust(None), proxy=f"http://user:pa%20ss@127.0.0.1:{proxy.port}")
        assert await get(connection, url) == BODY
        await connection.aclose()
        assert proxy.requests[0].first_line == f"GET {url} HTTP/1.1"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYSBzcw=="

    async def test_https_goes_through_a_tunnel(
        self, secure: BadServer, proxy: BadServer, identity: tuple[ssl.SSLContext, Path]
    ) -> None:
        secure.on("/v1/videos/a", says(200, BODY))
        address = f"http://user:pa%20ss@127.0.0.1:{proxy.port}"
        async with GatewayClient(secure.url, "key", ca_file=identity[1], proxy=address) as client:
            answer, _ = await client.ask("a", "videos")
        assert answer.state is TaskState.RUNNING
        assert proxy.requests[0].first_line == f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYSBzcw=="
        assert "authorization" not in proxy.requests[0].headers
        assert "proxy-authorization" not in secure.requests[0].headers

    async def test_the_certificate_behind_a_tunnel_is_checked(self, secure: BadServer, proxy: BadServer) -> None:
        connection = KeptConnection(trust(None), proxy=proxy.url)
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            await get(connection, f"{secure.url}/a")

    async def test_a_tunnel_that_is_refused(self, secure: BadServer, proxy: BadServer) -> None:
        proxy.on("*", says(407, "who are you", "text/plain"))
        with pytest.raises(httpx.ProxyError, match="407"):
            await get(KeptConnection(trust(None), proxy=proxy.url), f"{secure.url}/a")

    async def test_a_proxy_that_hangs_up(self, secure: BadServer, proxy: BadServer) -> None:
        proxy.on("*", sends(b""))
        with pytest.raises(httpx.RemoteProtocolError, match="hung up"):
            await get(KeptConnection(trust(None), proxy=proxy.url), f"{secure.url}/a")

    async def test_the_gateway_may_be_among_those_asked_directly(
        self, server: BadServer, proxy: BadServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.on("/v1/videos/a", says(200, BODY))
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        async with GatewayClient(server.url, "key") as client:
            await client.ask("a", "videos")
        assert proxy.requests == []


@pytest.mark.parametrize("value", ["server=7; Path=/; HttpOnly", "s=caf\xe9; Path=/", "s=\xe7\x8c\xab; Path=/"])
async def test_no_cookie_goes_back_to_the_gateway(server: BadServer, value: str) -> None:
    server.on("/v1/videos/a", says(200, BODY, Set_Cookie=value))
    async with GatewayClient(server.url, "key") as client:
        for _ in range(3):
            await client.ask("a", "videos")
    assert ["cookie" in exchange.headers for exchange in server.requests] == [False] * 3


@pytest.mark.parametrize("value", ["caf\xe9", "\xe7\x8c\xab"])
@pytest.mark.parametrize("name", ["Location", "Content-Type", "Retry-After", "Content-Encoding", "ETag", "Date"])
async def test_a_header_that_is_not_ascii_is_harmless(server: BadServer, name: str, value: str) -> None:
    server.on("/v1/videos/a", says(200, BODY, **{name: value}))
    for status in (302, 429):
        server.on(f"/v1/videos/{status}", says(status, "{}", **{name: value}))
    async with GatewayClient(server.url, "key") as client:
        answer, _ = await client.ask("a", "videos")
        for status in (302, 429):
            with pytest.raises(RequestError):
                await client.ask(str(status), "videos")
    assert answer.state is TaskState.RUNNING


async def test_a_body_that_comes_packed_all_the_same_is_read_up_to_its_bound(server: BadServer) -> None:
    server.on("/v1/videos/a", says(200, gzip.compress(BODY), Content_Encoding="gzip"))
    server.on("/v1/videos/b", says(200, gzip.compress(b" " * 2**24), Content_Encoding="gzip"))
    async with GatewayClient(server.url, "key") as client:
        _, raw = await client.ask("a", "videos")
        with pytest.raises(GatewayError, match="larger than 8 MiB"):
            await client.ask("b", "videos")
    assert raw.encode() == BODY
