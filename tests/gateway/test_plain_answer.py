"""Plain answers: what is read in one step is what h11 reads, however it comes in pieces; all else is left to h11."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import NetworkError, NoSuchTask
from octotui.gateway.http.plain_answer import LARGEST, PlainAnswer, Reading, read_plain
from octotui.model import TaskState

TASK = b'{"id": "a", "object": "video", "status": "processing", "progress": 7}'


def counted(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = (b"HTTP/1.1 " + status, b"Content-Type: application/json", *headers, b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def with_h11(data: bytes) -> tuple[int, dict[str, str], bytes] | None:
    """What h11 reads of an answer; None where it is not whole, broken, ends the connection, or is followed by more."""
    framing = h11.Connection(h11.CLIENT)
    framing.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    framing.send(h11.EndOfMessage())
    framing.receive_data(data)
    status, headers, body = 0, dict[str, str](), b""
    try:
        while True:
            event = framing.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                for name, value in event.headers:
                    known = headers.get(name.decode())
                    headers[name.decode()] = value.decode() if known is None else f"{known}, {value.decode()}"
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                is_kept = framing.their_state is h11.DONE and not framing.trailing_data[0]
                return (status, headers, body) if is_kept else None
            else:
                return None
    except h11.RemoteProtocolError:
        return None


@pytest.mark.parametrize(
    "data",
    [
        counted(TASK),
        counted(TASK, b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"X-Empty:", b"X-Blank: \t "),
        counted(b"", status=b"404 Not Found"),
        counted(b'{"error": 1}', b"Retry-After: 17", b"Connection: Keep-Alive", status=b"429 Too Many Requests"),
        chunked(TASK),
        chunked(TASK[:5], TASK[5:]),
        chunked(),
    ],
)
def test_a_plain_answer_is_what_h11_reads_and_is_seen_as_soon_as_it_is_whole(data: bytes) -> None:
    found = read_plain(data)
    assert isinstance(found, PlainAnswer)
    assert tuple(found) == with_h11(data)
    assert {read_plain(data[:end]) for end in range(len(data))} == {Reading.UNFINISHED}


@pytest.mark.parametrize(
    "data",
    [
        counted(TASK) + b"H",
        chunked(TASK) + b"H",
        counted(TASK, b"Connection: close"),
        counted(TASK, b"Transfer-Encoding: chunked"),
        counted(TASK, b"Content-Encoding: gzip"),
        counted(TASK, b"Content-Length: 3"),
        counted(TASK, b" folded: line"),
        counted(TASK, b"X-Name : blank before the colon"),
        counted(TASK, b"X-Name: \xff"),
        counted(TASK, b"X-Name: a\x00b"),
        counted(TASK, status=b"302 Found"),
        counted(b"", status=b"204 No Content"),
        counted(TASK, status=b"200"),
        counted(TASK).replace(b"\r\n", b"\n"),
        counted(TASK).replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + counted(TASK),
        b"HTTP/1.1 200 OK\r\n\r\n" + TASK,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + TASK,
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n" + TASK,
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Endless: " + b"a" * LARGEST,
        b"SSH-2.0",
        chunked(TASK, end=b"0;extension=1\r\n\r\n"),
        chunked(TASK, end=b"0\r\nTrailer: 1\r\n\r\n"),
        chunked(TASK, end=b"fffffffff\r\n"),
        chunked(TASK, end=b"g\r\n"),
        chunked(b"abc").replace(b"abc\r\n", b"abcd\n"),
    ],
)
def test_all_else_is_left_to_h11(data: bytes) -> None:
    assert read_plain(data) is Reading.NOT_PLAIN


_PIECES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 404 No\r\n", b"Content-Length: 3\r\n", b"Content-Length: 03\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"Connection: keep-alive\r\n", b"Connection: close\r\n", b"A:b\r\n"),
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"abc",
            b"3\r\nabc\r\n",
            b"0\r\n",
            b"0\r\n\r\n",
            b" ",
            b":",
            b"1;x\r\n",
            b"\x00",
            b"\xff",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=9).map(b"".join))
def test_nothing_is_read_otherwise_than_h11_reads_it(data: bytes) -> None:
    found = read_plain(data)
    if isinstance(found, PlainAnswer):
        assert tuple(found) == with_h11(data)
    elif found is Reading.NOT_PLAIN:
        assert {read_plain(data + more) for more in (b"", b"\r\n", b"abc", b"0\r\n\r\n")} == {Reading.NOT_PLAIN}


@contextmanager
def serving(*answers: list[bytes]) -> Iterator[str]:
    """Answer the questions of one connection, each in pieces; an answer that ends in nothing ends the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for answer in answers:
                    asked = b""
                    while not asked.endswith(b"\r\n\r\n") and (part := connection.recv(4096)):
                        asked += part
                    for piece in answer:
                        connection.sendall(piece)
                    if answer[-1:] == [b""]:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


async def test_plain_answers_and_others_follow_each_other_on_one_connection() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    extended = chunked(TASK, end=b"0;last=1\r\n\r\n")
    answers = [
        [counted(TASK)],
        [interim, counted(TASK)],
        [chunked(TASK[:9]).removesuffix(b"0\r\n\r\n"), chunked(TASK[9:]).partition(b"\r\n\r\n")[2]],
        [extended[:30], extended[30:]],
        [byte.to_bytes() for byte in counted(TASK)],
        [counted(TASK), b""],
    ]
    with serving(*answers) as url:
        async with GatewayClient(url, "sk-test-key", connections=1) as client:
            for _ in answers:
                answer, raw = await client.ask("a", "videos")
                assert (answer.state, answer.progress, raw) == (TaskState.RUNNING, 7, TASK.decode())


async def test_an_answer_cut_in_its_middle_is_an_error_and_the_connection_is_not_used_again() -> None:
    with serving([counted(TASK)[:-1], b""]) as url:
        async with GatewayClient(url, "sk-test-key", connections=1) as client:
            with pytest.raises(NetworkError) as cut:
                await client.ask("a", "videos")
    assert cut.value.is_cut


async def test_an_answer_without_a_task_is_the_error_that_it_means() -> None:
    with serving([counted(b'{"error": {"code": "task_not_exist"}}', status=b"400 Bad Request"), b""]) as url:
        async with GatewayClient(url, "sk-test-key", connections=1) as client:
            with pytest.raises(NoSuchTask):
                await client.ask("a", "videos")
