"""The HTTP under the box: framing, hostile requests, pacing, many connections, a clean end."""

from __future__ import annotations

import asyncio
import math
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace

import httpx
import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from tests.support.clock import Clock


def talk(box: Box, sent: bytes) -> bytes:
    """Everything the gateway answers to `sent` until it hangs up."""
    url = httpx.URL(box.base_url)
    with closing(socket.create_connection((url.host, url.port or 80), timeout=10)) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        received = b""
        while piece := line.recv(65536):
            received += piece
        return received


def test_two_requests_on_one_connection(box: Box) -> None:
    one = b"GET /v1/none HTTP/1.1\r\nHost: x\r\n\r\n"
    received = talk(box, one + one)
    assert received.count(b"HTTP/1.1 404 Not Found") == 2
    assert received.count(b"Connection: keep-alive") == 2


@pytest.mark.parametrize("closing_words", [b"HTTP/1.1\r\nConnection: close", b"HTTP/1.0\r\nX: y"])
def test_the_connection_is_closed_where_asked(closing_words: bytes, box: Box) -> None:
    one = b"GET /v1/none " + closing_words + b"\r\n\r\n"
    assert talk(box, one + one).count(b"HTTP/1.1 404") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/x HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /v1/x HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /v1/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 413),
        (b"POST /v1/videos HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST /v1/videos HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET /v1/x HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", 431),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(sent: bytes, status: int, box: Box) -> None:
    assert talk(box, sent).startswith(b"HTTP/1.1 %d " % status)


def test_half_a_request_does_no_harm(box: Box, client: httpx.Client) -> None:
    assert talk(box, b"GET /v1/x HT") == b""
    assert talk(box, b"POST /v1/videos HTTP/1.1\r\nContent-Length: 10\r\n\r\n{") == b""
    assert client.get("/v1/none").status_code == 404


def test_a_get_with_a_body_is_read_whole(box: Box, client: httpx.Client) -> None:
    # The documents' own curl lines send one.
    task = box.create("sora", "sora-2", life=Life())
    for _ in range(2):
        response = client.request("GET", f"/v1/videos/{task}", json={"task_id": task})
        assert response.json()["id"] == task.rpartition(":")[2]


def test_a_body_that_waits_for_leave_is_welcomed(box: Box) -> None:
    head = f"POST /v1/videos HTTP/1.1\r\nAuthorization: Bearer {box.key}\r\nExpect: 100-continue\r\n"
    sent = head.encode() + b'Content-Length: 19\r\n\r\n{"model": "sora-2"}'
    received = talk(box, sent)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_files_are_sent_at_the_speed_asked_for(clock: Clock) -> None:
    with (
        Box(speed=2.0, clock=clock, opening=False) as box,
        httpx.Client(headers={"Authorization": f"Bearer {box.key}"}, trust_env=False) as client,
    ):
        life = replace(Life.ready(), size=600_000, rate=1_000_000)
        task = box.create("sora", "sora-2", life=life)
        began = time.monotonic()
        assert len(client.get(f"{box.base_url}/v1/videos/{task}/content").content) == 600_000
        assert 0.25 < time.monotonic() - began < 5


async def test_two_hundred_clients_at_once(box: Box) -> None:
    tasks = [box.create("grok", "grok-video-3", life=Life.ready()) for _ in range(200)]
    headers = {"Authorization": f"Bearer {box.key}"}
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=box.base_url, headers=headers, limits=limits, trust_env=False) as client:
        answers = await asyncio.gather(*(client.get(f"/v1/videos/{task}", timeout=30) for task in tasks))
    assert [answer.json()["id"] for answer in answers] == [task.rpartition(":")[2] for task in tasks]
    assert len([seen for seen in box.requests if seen.status == 200]) == 200


def test_the_end_waits_for_nobody(clock: Clock) -> None:
    before = threading.active_count()
    box = Box(speed=0.001, clock=clock, opening=False)
    box.start()
    task = box.create("sora", "sora-2", life=replace(Life.ready(), size=5_000_000))
    url = httpx.URL(box.base_url)
    with closing(socket.create_connection((url.host, url.port or 80), timeout=10)) as idle:
        request = f"GET /v1/videos/{task}/content HTTP/1.1\r\nAuthorization: Bearer {box.key}\r\n\r\n"
        idle.sendall(request.encode())
        assert idle.recv(100).startswith(b"HTTP/1.1 200 OK")
        began = time.monotonic()
        box.stop()
        assert time.monotonic() - began < 2
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port or 80), timeout=10)
    box.stop()


def test_a_box_can_be_started_again() -> None:
    box = Box(speed=math.inf)
    for _ in range(2):
        with box:
            assert httpx.get(f"{box.base_url}/", trust_env=False).status_code == 200


def test_a_taken_port_is_an_error_and_leaves_nothing_behind(box: Box) -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        Box(port=httpx.URL(box.base_url).port or 0).start()
    assert threading.active_count() == before


@pytest.mark.parametrize("speed", [0, -1])
def test_a_speed_that_never_arrives_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Box(speed=speed)


def test_an_unknown_provider_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match="sora, grok, doubao, veo, unified"):
        box.create("kling", "kling-v3", life=Life())


def test_answers_carry_the_date_of_the_box(client: httpx.Client, clock: Clock) -> None:
    clock.now = 1_790_000_000.9
    assert client.get("/v1/none").headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


def test_requests_are_remembered(box: Box, client: httpx.Client, clock: Clock) -> None:
    client.get("/v1/video/query", params={"id": "x y"}, headers={"Range": "bytes=0-"})
    (seen,) = box.requests
    assert (seen.at, seen.host, seen.method, seen.path, seen.query) == (
        clock.now,
        "gateway",
        "GET",
        "/v1/video/query",
        "id=x+y",
    )
    assert (seen.authorization, seen.range, seen.status) == (f"Bearer {box.key}", "bytes=0-", 400)


def test_the_module_serves_until_it_is_interrupted() -> None:
    command = [sys.executable, "-W", "error", "-m", "octotui.demo", "--speed", "9"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip().removeprefix("OCTOTUI_BASE_URL=")
        key = process.stdout.readline().strip().removeprefix("OCTOTUI_API_KEY=")
        task_id = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base_url)
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{base_url}/v1/videos/{task_id}", headers=headers, trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, "")
