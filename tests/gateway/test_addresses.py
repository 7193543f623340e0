"""Where links may lead: names are resolved once, checked, and connected to as they were checked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from octotui.gateway.errors import Refused
from octotui.gateway.http.addresses import ForbiddenAddressError, LinkRules, is_private
from octotui.gateway.http.download_transport import TransportName, download_client
from octotui.gateway.http.redirects import open_body
from tests.support.bad_server import BadServer, certificate, redirect, says
from tests.support.fetching import TRANSPORTS

PUBLIC, HOUSE = "https://gateway.example", "93.184.215.14"
TIMEOUT = httpx.Timeout(5.0)


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        running.on("/v.mp4", says(200, b"inside", "text/plain"))
        yield running


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names and their addresses, in turn at each question; the last one stays. All else the system resolves."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *arguments: object, **named: object) -> object:
        if host not in known:
            return real(host, port, *arguments, **named)  # type: ignore[arg-type]
        answers = known[host]
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@contextmanager
def refused(client: httpx.Client, words: str) -> Iterator[httpx.Client]:
    """The client, whose request in the block ends with an error that says `words`."""
    with client, pytest.raises(Exception, match=words):
        yield client


def body(client: httpx.Client, url: str, base_url: str = PUBLIC) -> bytes:
    response = open_body(client, url, base_url=base_url, api_key=None, headers={}, timeout=TIMEOUT)
    with closing(response):
        return response.read()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.1", "10.0.0.7", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *(
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fe80::1%lo",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.7", "::127.0.0.1", "::ffff:0:10.0.0.7"),
        *("2002:7f00:1::", "2002:a00:7::1", "64:ff9b::10.0.0.7", "64:ff9b:1::a00:7", "2001:0:102:304::f5ff:fff8"),
    ],
)
def test_an_address_of_no_public_place_is_private_in_every_form(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address",
    [*("93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::93.184.215.14"), "198.18.0.7"],
)
def test_a_public_address_is_not_and_one_that_a_proxy_makes_up(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "rebound.example", "2130706433", "127.1", "[::ffff:7f00:1]"]
)
def test_a_link_into_this_machine_is_refused(
    server: BadServer, names: dict[str, list[str]], transport: TransportName, host: str
) -> None:
    names["rebound.example"] = ["127.0.0.1"]
    with refused(
        download_client(transport=transport, rules=LinkRules(PUBLIC)), "private address; the setting allow_hosts"
    ) as client:
        body(client, f"http://{host}:{server.port}/v.mp4")
    assert not server.requests


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_and_so_is_a_redirect(server: BadServer, names: dict[str, list[str]], transport: TransportName) -> None:
    names["inner.example"] = ["127.0.0.1"]
    server.on("/go", redirect(f"http://inner.example:{server.port}/v.mp4"))
    with download_client(transport=transport, rules=LinkRules(PUBLIC, ["127.0.0.1"])) as client:
        assert body(client, f"http://127.0.0.1:{server.port}/go") == b"inside"
    names["inner.example"] = ["10.0.0.7"]
    with refused(
        download_client(transport=transport, rules=LinkRules(PUBLIC, ["127.0.0.1"])), r"inner\.example \(10\.0\.0\.7\)"
    ) as client:
        body(client, f"http://127.0.0.1:{server.port}/go")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("base_url", "allowed"),
    [("http://127.0.0.1:1", ()), ("http://gw.lan", ()), (PUBLIC, ["127.0.0.1"]), (PUBLIC, ["Media.LAN"])],
)
def test_where_the_gateway_is_and_what_is_allowed_may_be_reached(
    server: BadServer, names: dict[str, list[str]], transport: TransportName, base_url: str, allowed: list[str]
) -> None:
    names["gw.lan"] = names["media.lan"] = ["127.0.0.1"]
    with download_client(transport=transport, rules=LinkRules(base_url, allowed)) as client:
        assert body(client, f"http://media.lan:{server.port}/v.mp4", base_url) == b"inside"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_was_checked_is_connected_to(
    server: BadServer, names: dict[str, list[str]], transport: TransportName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and of this machine a moment later: nothing connects to this machine."""
    names["turning.example"] = [HOUSE, "127.0.0.1"]
    asked: list[object] = []

    def refuse(self: socket.socket, place: object) -> None:
        asked.append(place)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with refused(download_client(transport=transport, rules=LinkRules(PUBLIC)), "refused") as client:
        body(client, f"http://turning.example:{server.port}/v.mp4")
    assert asked == [(HOUSE, server.port)]
    assert names["turning.example"] == ["127.0.0.1"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_host_and_certificate_are_still_those_of_the_name(
    tmp_path: Path, names: dict[str, list[str]], transport: TransportName
) -> None:
    names["media.lan"] = names["other.lan"] = ["127.0.0.1"]
    context, pem = certificate(tmp_path, "media.lan")
    rules = LinkRules(PUBLIC, ["media.lan", "other.lan"])
    with BadServer(tls=context) as secure, download_client(transport=transport, rules=rules, ca_file=pem) as client:
        secure.on("/v.mp4", says(200, b"inside", "text/plain"))
        assert body(client, f"https://media.lan:{secure.port}/v.mp4") == b"inside"
        assert secure.requests[0].headers["host"] == f"media.lan:{secure.port}"
        with pytest.raises(Exception, match="certificate"):
            body(client, f"https://other.lan:{secure.port}/v.mp4")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("host", ["10.0.0.7", "127.1", "localhost"])
def test_a_proxy_resolves_names_itself_but_gets_no_private_address(
    server: BadServer, transport: TransportName, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    proxy = f"http://127.0.0.1:{server.port}"
    server.on("http://far.example/v.mp4", says(200, b"by proxy", "text/plain"))
    with download_client(transport=transport, rules=LinkRules(PUBLIC), proxy=proxy) as client:
        assert body(client, "http://far.example/v.mp4") == b"by proxy"
        with pytest.raises(Refused, match="private address"):
            body(client, f"http://{host}/v.mp4")


def test_the_rules_name_what_allows_a_host() -> None:
    with pytest.raises(ForbiddenAddressError, match=r"10\.0\.0\.7, a private address; the setting allow_hosts"):
        LinkRules(PUBLIC).addresses("10.0.0.7", 80)
    assert LinkRules(PUBLIC, ["10.0.0.7"]).addresses("10.0.0.7", 80) == ["10.0.0.7"]
