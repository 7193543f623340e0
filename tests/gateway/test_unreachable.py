from __future__ import annotations

import errno
import os
import socket
import ssl

import httpx
import pytest

from octotui.gateway.http.connect_errors import system_error, why_unreachable
from octotui.gateway.http.poll_transport import KeptConnection
from octotui.gateway.http.proxies import trust


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(111, "Connect call failed ('127.0.0.1', 2)"), "connection refused by x.example:2"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed (1), [Errno 111] Connect call failed (2)"),
            "connection refused by x.example:2",
        ),
        (OSError("Multiple exceptions: [Errno 111] refused, [Errno 101] away"), "Multiple exceptions: refused, away"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no such host: x.example"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "no name server answers for x.example"),
        (OSError(errno.EPIPE, os.strerror(errno.EPIPE)), "Broken pipe"),
        (ssl.SSLError(1, "[SSL: WRONG] wrong"), "[SSL: WRONG] wrong"),
    ],
)
def test_the_systems_errors_in_words(error: OSError, words: str) -> None:
    assert why_unreachable(error, "x.example", 2) == words


def test_an_address_of_the_sixth_version_is_told_from_its_port() -> None:
    assert why_unreachable(OSError(111, "no"), "::1", 2) == "connection refused by [::1]:2"


def test_the_systems_error_is_found_behind_others() -> None:
    assert system_error(ValueError("x")) is None
    with pytest.raises(httpx.ConnectError) as caught, httpx.Client(trust_env=False) as client:
        client.get(f"http://127.0.0.1:{_closed_port()}")
    assert isinstance(system_error(caught.value), ConnectionRefusedError)


async def test_a_question_to_nobody_says_who_refused() -> None:
    port = _closed_port()
    connection = KeptConnection(trust(None))
    request = httpx.Request("GET", f"http://127.0.0.1:{port}")
    with pytest.raises(httpx.ConnectError, match=f"^connection refused by 127.0.0.1:{port}$"):
        await connection.handle_async_request(request)
    request = httpx.Request("GET", f"http://localhost:{port}")
    with pytest.raises(httpx.ConnectError, match=f"^connection refused by localhost:{port}$"):
        await connection.handle_async_request(request)


def _closed_port() -> int:
    with socket.socket() as once:
        once.bind(("127.0.0.1", 0))
        port: int = once.getsockname()[1]
    return port
