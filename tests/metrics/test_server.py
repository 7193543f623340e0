"""The small server: one page, for reading, for this machine; who is slow or many is bounded."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from octotui.web.metrics import server as module
from octotui.web.metrics.address import ListenAddress, read_listen_address
from octotui.web.metrics.server import MetricsServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octotui.ledger import Ledger
    from octotui.web.metrics.exporter import Exporter

TOKEN = "correct-horse-battery"
LOOPBACK = ListenAddress("127.0.0.1", 0)


@pytest.fixture
def server(exporter: Exporter, full: Ledger) -> Iterator[MetricsServer]:
    with MetricsServer(exporter, LOOPBACK) as running:
        yield running


def ask(
    server: MetricsServer, method: str = "GET", path: str = "/metrics", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.address.port, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def test_the_page_is_served(server: MetricsServer) -> None:
    status, headers, body = ask(server)
    assert status == 200
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["Server"] == "octotui"
    assert int(headers["Content-Length"]) == len(body)
    assert b'octotui_tasks{provider="sora",state="saved"} 1.0\n' in body
    assert ask(server, path="/metrics?name=x")[0] == 200
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    assert ask(server, Accept=accept)[2].endswith(b"# EOF\n")


def test_a_head_has_no_body(server: MetricsServer) -> None:
    status, headers, body = ask(server, "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_else_can_be_done(server: MetricsServer, method: str) -> None:
    status, headers, _ = ask(server, method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("page", ["/", "/favicon.ico", "/metrics/", "/../metrics", "/metrics%00"])
def test_there_is_no_other_page(server: MetricsServer, page: str) -> None:
    assert ask(server, path=page)[0] == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:9464", 200),
        ("127.0.0.1:9464", 200),
        ("[::1]:9464", 200),
        ("evil.example", 403),
        ("evil.example:9464", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example:1", 403),
    ],
)
def test_a_name_that_somebody_made_lead_here_opens_nothing(server: MetricsServer, host: str, status: int) -> None:
    assert ask(server, Host=host)[0] == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN} ", 200),
        ("", 401),
        ("Bearer", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer \xff\xfe", 401),
    ],
)
def test_with_a_token_each_request_must_bear_it(exporter: Exporter, header: str, status: int) -> None:
    with MetricsServer(exporter, LOOPBACK, token=TOKEN) as server:
        found, headers, body = ask(server, Authorization=header, Host="box.example")
        assert found == status
        assert (b"octotui_tasks" in body) is (status == 200)
        assert headers.get("WWW-Authenticate") == (None if status == 200 else 'Bearer realm="octotui"')


def test_other_machines_are_let_in_with_a_token_only(exporter: Exporter) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "box.example"):  # noqa: S104 - nothing is bound
        with pytest.raises(ValueError, match="web_token_file"):
            MetricsServer(exporter, ListenAddress(host, 0))
    with MetricsServer(exporter, ListenAddress("0.0.0.0", 0), token=TOKEN) as server:  # noqa: S104 - that is tested
        assert ask(server)[0] == 401
        assert ask(server, Authorization=f"Bearer {TOKEN}")[0] == 200


def test_an_address_that_is_taken_says_so(exporter: Exporter, server: MetricsServer) -> None:
    with pytest.raises(OSError, match="in use"):
        MetricsServer(exporter, server.address)


def test_ipv6(exporter: Exporter) -> None:
    try:
        server = MetricsServer(exporter, ListenAddress("::1", 0))
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with server:
        connection = http.client.HTTPConnection("::1", server.address.port, timeout=10)
        connection.request("GET", "/metrics")
        assert connection.getresponse().status == 200
        connection.close()
        assert str(server.address) == f"[::1]:{server.address.port}"


def opened(server: MetricsServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.address.port), timeout=10)


def test_silent_clients_take_no_more_than_their_places(server: MetricsServer) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(opened(server)) for _ in range(module._AT_ONCE)]
        until(lambda: server._server._places._value == 0, "every place to be taken")
        # One more is closed, and not waited for.
        with opened(server) as late:
            assert late.recv(1) == b""
        silent[0].close()
        until(lambda: server._server._places._value == 1, "the place to be free")
        assert ask(server)[0] == 200


def test_a_client_that_never_ends_is_cut_off(exporter: Exporter, full: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST", 0.2)
    with MetricsServer(exporter, LOOPBACK) as server, opened(server) as endless:
        endless.sendall(b"GET /metrics HTTP/1.1\r\nX-Endless: ")
        assert endless.recv(100) == b""
        until(lambda: server._server._places._value == module._AT_ONCE, "the place to be free")


def test_many_scrapes_at_once_are_all_answered(server: MetricsServer) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(server)[0])) for _ in range(module._AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * module._AT_ONCE


@pytest.mark.parametrize(
    ("written", "host", "port", "is_loopback"),
    [
        ("127.0.0.1:9464", "127.0.0.1", 9464, True),
        ("9464", "127.0.0.1", 9464, True),
        (":9464", "127.0.0.1", 9464, True),
        ("localhost:0", "localhost", 0, True),
        ("[::1]:9464", "::1", 9464, True),
        ("127.8.9.1:1", "127.8.9.1", 1, True),
        ("0.0.0.0:9464", "0.0.0.0", 9464, False),  # noqa: S104 - as it is written
        ("[::]:9464", "::", 9464, False),
        ("box.example:65535", "box.example", 65535, False),
    ],
)
def test_addresses(written: str, host: str, port: int, is_loopback: bool) -> None:
    address = read_listen_address(written)
    assert (address.host, address.port, address.is_loopback) == (host, port, is_loopback)


@pytest.mark.parametrize(
    "written",
    ["", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9464", "a b:1", "http://a:1", "127.0.0.1:-1"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|brackets|is no host"):
        read_listen_address(written)
