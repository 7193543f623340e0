"""What is refused before anything is done for it: methods, hosts, origins, wrong tokens, slow and endless clients."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from octotui.web import access, connection
from octotui.web.access import Token, WrongTries
from octotui.web.guard import Hosts
from octotui.web.metrics.address import ListenAddress
from octotui.web.server import BadAddress, read_address
from tests.support.tasks import running
from tests.support.waiting import until
from tests.web.conftest import TOKEN, Served, serving

PATHS = ("/", "/api/tasks", "/api/events", "/live", "/healthz", "/poster", "/static/page.css", "/nothing")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
def test_only_looking_is_allowed(served: Served, method: str) -> None:
    for path in (*PATHS, "/login"):
        answer = served.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD"), path


def test_every_answer_is_guarded(served: Served) -> None:
    answers = [served.client.head(path) for path in PATHS]
    answers += [served.client.post("/"), served.get("/", host="evil.example"), served.get("/", origin="null")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::ffff:1.2.3.4]", "8.8.8.8", ""]
)
def test_another_host_is_refused(served: Served, host: str) -> None:
    for path in PATHS:
        assert served.get(path, host=host).status_code == 421, path


def test_own_names_are_served_also_through_a_tunnel(served: Served) -> None:
    for host in ("localhost", "LOCALHOST:9000", "127.0.0.1:8420", "[::1]:8420"):
        assert served.get("/", host=host).status_code == 200, host


def test_two_hosts_or_none_are_refused(served: Served) -> None:
    for lines in (b"GET / HTTP/1.0\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n"):
        with raw(served) as line:
            line.sendall(lines + b"\r\n")
            assert line.recv(100).split()[1] in {b"421", b"400"}


def test_further_names_of_the_settings_are_served(tmp_path: Path) -> None:
    with serving(tmp_path, web_hosts=("tasks.example.org",)) as served:
        assert served.get("/", host="Tasks.example.org").status_code == 200
        assert served.get("/", host="tasks.example.org:443", origin="https://tasks.example.org:443").status_code == 200
        assert served.get("/", host="example.org").status_code == 421


def test_other_sites_are_refused(served: Served) -> None:
    own = served.url
    assert served.get("/api/tasks", origin=own).status_code == 200
    for origin in ("https://evil.example", "null", f"{own}.evil.example", own.replace("127.0.0.1", "localhost"), ""):
        assert served.get("/api/tasks", origin=origin).status_code == 403, origin
    assert (
        served.client.get("/poster", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status_code
        == 403
    )
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert served.client.get("/", headers=followed).status_code == 200


def test_addresses_without_names_are_safe_where_a_token_is_asked_for() -> None:
    hosts = Hosts.of("0.0.0.0", ["tasks.example.org"], is_loopback=False)  # noqa: S104 - only asked about
    assert all(
        map(hosts.allow, ("192.168.1.5:8420", "[fd00::7]", "tasks.example.org", "localhost", socket.gethostname()))
    )
    assert not any(map(hosts.allow, ("evil.example", "192.168.1.5.evil.example", "", "a b", "x" * 300)))


def test_nobody_gets_in_without_the_token(guarded: Served) -> None:
    for path in PATHS:
        if not path.startswith("/static/"):
            answer = guarded.get(path)
            assert (answer.status_code, "Bearer" in answer.headers["www-authenticate"]) == (401, True), path
    form = guarded.get("/", accept="text/html")
    assert (form.status_code, 'type="password"' in form.text) == (401, True)
    assert guarded.get("/static/page.css").status_code == 200
    assert guarded.get("/login").status_code == 200


def test_the_token_as_a_header(guarded: Served) -> None:
    for path in ("/", "/api/tasks", "/live"):
        with guarded.client.stream("GET", path, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status_code == 200
    assert "set-cookie" not in guarded.get("/", authorization=f"bearer {TOKEN}").headers


def test_the_form_gives_a_cookie_that_scripts_and_other_sites_do_not_get(guarded: Served) -> None:
    answer = guarded.client.post("/login", data={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie
    assert TOKEN not in cookie
    assert guarded.get("/").status_code == 200
    assert guarded.client.post("/").status_code == 405
    secure = guarded.client.post("/login", data={"token": TOKEN}, headers={"x-forwarded-proto": "https"})
    assert "secure" in secure.headers["set-cookie"].lower()


def test_a_form_of_another_site_is_refused(guarded: Served) -> None:
    assert (
        guarded.client.post("/login", data={"token": TOKEN}, headers={"origin": "https://evil.example"}).status_code
        == 403
    )


def test_cookies_cannot_be_made_changed_or_kept_for_ever() -> None:
    now = [1_800_000_000.0]
    token = Token(TOKEN, clock=lambda: now[0])
    cookie = token.cookie()
    until_, _, signature = cookie.partition(".")
    assert token.signed(cookie)
    for wrong in (
        "",
        ".",
        f"{int(until_) + 1}.{signature}",
        f"{until_}.{'0' * 64}",
        f"{until_}.é",
        cookie[:-1],
        f"{cookie}0",
    ):
        assert not token.signed(wrong), wrong
    assert not Token("another-token-of-length").signed(cookie)
    now[0] = float(until_)
    assert not token.signed(cookie)


def test_wrong_tokens_are_bounded_and_the_cookie_goes_on(guarded: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_PENALTY", 0.01)
    guarded.client.post("/login", data={"token": TOKEN})
    with httpx.Client(base_url=guarded.url, trust_env=False) as other:
        codes = [other.post("/login", data={"token": f"guess {number}"}).status_code for number in range(5)]
        codes.append(other.get("/", headers={"Authorization": "Bearer guess"}).status_code)
        last = other.post("/login", data={"token": TOKEN})
        assert codes == [401] * 5 + [429]
        assert (last.status_code, int(last.headers["retry-after"]) > 30) == (429, True)
        assert "Too many wrong tokens" in last.text
    assert guarded.get("/").status_code == 200


def test_wrong_tries_are_forgotten_after_a_minute_and_counted_by_network() -> None:
    now = [0.0]
    tries = WrongTries(monotonic=lambda: now[0])
    for number in range(5):
        tries.note(f"2001:db8::{number}")
    assert tries.wait("2001:db8::ffff") == 60.0
    assert tries.wait("2001:db8:1::1") == 0.0
    now[0] = 60.0
    assert tries.wait("2001:db8::1") == 0.0
    for number in range(3000):
        tries.note(f"10.0.{number // 250}.{number % 250}")
    assert len(tries._times) == access._ADDRESSES


@pytest.mark.parametrize("body", [b"token=" + b"x" * 5000, b"\xff\xfe", b"token", b"a=1&b=2&c=3&d=4&e=5&f=6"])
def test_what_is_not_the_form_is_refused(guarded: Served, body: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert guarded.client.post("/login", content=body, headers=kind).status_code == 400


@contextmanager
def raw(served: Served) -> Iterator[socket.socket]:
    address = served.server.address
    with socket.create_connection((address.host, address.port), timeout=20) as line:
        yield line


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.BoundedConnection, "request_seconds", 0.3)
    monkeypatch.setattr(connection.BoundedConnection, "stall_seconds", 0.3)


BEGINNINGS = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half a head": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "half a body": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc",
    "half a form": b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ntoken=",
    "another after one": b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT",
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_who_does_not_go_on_is_cut_off(guarded: Served, hurried: None, name: str) -> None:
    with raw(guarded) as line:
        line.sendall(BEGINNINGS[name])
        read_all(line)
    until(lambda: not guarded.server._server.server_state.connections, "the end of the connection")


def read_all(line: socket.socket) -> bytes:
    found = b""
    try:
        while piece := line.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


def test_who_sends_a_byte_at_a_time_is_cut_off(served: Served, hurried: None) -> None:
    line = socket.create_connection((served.server.address.host, served.server.address.port), timeout=0.05)
    with line:
        for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 1000:
            try:
                line.sendall(bytes([byte]))
                if not line.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it went on for as long as anybody liked")


def test_a_head_without_an_end_is_refused(served: Served) -> None:
    for begin in (b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "):
        with raw(served) as line:
            line.sendall(begin + b"x" * (connection.LONGEST_HEAD + 5000))
            assert line.recv(100).startswith(b"HTTP/1.1 400")


def test_who_does_not_read_is_cut_off(served: Served, hurried: None) -> None:
    served.put(*(running(f"video_{number}", 1, given_title="x" * 200) for number in range(9000)))
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with line:
        line.connect((served.server.address.host, served.server.address.port))
        line.sendall(b"GET /api/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: served.server._server.server_state.connections, "the connection")
        until(lambda: not served.server._server.server_state.connections, "its end")


def test_too_many_connections_are_refused_and_the_rest_goes_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 8)
    with ExitStack() as stack:
        lines = [stack.enter_context(raw(served)) for _ in range(12)]
        until(lambda: any(is_closed(line) for line in lines), "one that is closed")
        assert len(served.server._server.server_state.connections) <= 10
    until(lambda: not served.server._server.server_state.connections, "the end of all")
    assert served.get("/").status_code == 200


def is_closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_above_the_limit_of_requests_it_says_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.server._server.config, "limit_concurrency", 3)
    with raw(served), raw(served):
        until(lambda: len(served.server._server.server_state.connections) == 2, "both")
        assert served.get("/").status_code == 503
    until(lambda: served.get("/").status_code == 200, "an answer again")


def test_garbage_is_no_harm(served: Served) -> None:
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01" * 50,
        b"\x00" * 500,
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ):
        with raw(served) as line:
            line.sendall(garbage)
            assert line.recv(100)[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 421"}
    context = ssl.create_default_context()
    address = served.server.address
    with raw(served) as line, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(line, server_hostname=address.host)
    upgrade = http.client.HTTPConnection(address.host, address.port, timeout=20)
    upgrade.request("GET", "/live", headers={"Connection": "upgrade", "Upgrade": "websocket"})
    assert upgrade.getresponse().status == 200
    upgrade.close()
    assert served.get("/").status_code == 200


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8420", "127.0.0.1", 8420),
        ("[::1]:0", "::1", 0),
        (" 192.0.2.7:80 ", "192.0.2.7", 80),
        ("127.0.0.5:1", "127.0.0.5", 1),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert read_address(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "localhost:", "localhost:99999", "::1:80", "http://localhost:80", "nowhere.invalid:80"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        read_address(text)


def test_only_loopback_is_nobody_else() -> None:
    assert read_address("127.0.0.9:1").is_loopback
    assert ListenAddress("::1", 1).is_loopback
    assert not any(ListenAddress(host, 1).is_loopback for host in ("0.0.0.0", "::", "192.168.1.5", "fe80::1%eth0"))  # noqa: S104 - only asked about


def test_a_page_is_made_while_a_thread_reads_not_on_the_loop(served: Served) -> None:
    """The loop answers although making pages takes its time: its beat goes on."""
    served.put(*(running(f"video_{number}", number % 100) for number in range(3000)))
    before, until_at = served.server.beats, time.monotonic() + 5
    while served.server.beats == before:
        assert time.monotonic() < until_at
        assert served.get("/?filter=video").status_code == 200
