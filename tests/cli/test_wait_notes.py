from __future__ import annotations

import socket
import time
from dataclasses import replace

import pytest

from octotui.cli.progress import Progress
from octotui.cli.wait_notes import WaitNotes
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EngineStatus,
    FailureKind,
    GatewayState,
    RequestFailure,
    Task,
    TaskState,
)
from octotui.units import clock_time
from tests.cli.conftest import Octotui
from tests.cli.test_asking import VIDEO, answers
from tests.support.gateway import Reply, gateway

NOW = 1_790_000_000.0
RUNNING = Task("a", "sora", "videos", NOW, state=TaskState.RUNNING)
READY = Task(
    "b", "sora", "videos", NOW, state=TaskState.COMPLETED, deadline=Deadline(NOW + 250, DeadlineSource.GATEWAY)
)
LIVE = EngineStatus(NOW, gateway=GatewayState.LIVE, asks_last_minute=12, download_speed=9.1e6)


def note(*tasks: Task, status: EngineStatus | None = None, with_downloads: bool = False, paused: bool = False) -> str:
    said: list[str] = []
    WaitNotes(with_downloads=with_downloads, say=said.append).check(tasks, status, NOW, is_paused=paused)
    (line,) = said
    return line


def test_a_note_tells_how_far_it_is_and_what_is_lost_next() -> None:
    assert note(RUNNING, replace(RUNNING, state=TaskState.FAILED)) == "waiting: 1 of 2 tasks final"
    said = note(RUNNING, READY, status=LIVE, with_downloads=True)
    assert said == ("waiting: 1 of 2 tasks final, 0 saved, 9.1 MB/s, 12 asks a minute, next loss in 4m 10s (b)")


def test_a_note_tells_what_is_waited_for_and_until_when() -> None:
    offline = EngineStatus(
        NOW, gateway=GatewayState.OFFLINE, since=NOW - 90, next_try_at=NOW + 8, message="connection refused"
    )
    since = clock_time(NOW - 90)
    assert note(RUNNING, status=offline) == (
        f"waiting: 0 of 1 task final, gateway OFFLINE since {since} (connection refused), next try in 8s"
    )
    sick = replace(RUNNING, failure=RequestFailure(FailureKind.GATEWAY, 524, "HTTP 524", NOW))
    assert note(sick, RUNNING) == "waiting: 0 of 2 tasks final, 1 task not answered (HTTP 524)"
    held = replace(READY, deadline=None, download=Download(DownloadState.WANTED, error="the disk is full"))
    assert note(held).endswith("1 download held up (the disk is full)")
    assert note(RUNNING, status=offline, paused=True) == "waiting: 0 of 1 task final, everything is paused"


def test_a_note_comes_at_the_start_and_then_once_a_minute() -> None:
    said: list[float] = []
    moments = iter(range(0, 200, 10))
    mark = 0.0

    def clock() -> float:
        nonlocal mark
        mark = float(next(moments))
        return mark

    notes = WaitNotes(with_downloads=False, say=lambda _: said.append(mark), clock=clock)
    for _ in range(20):
        notes.check([RUNNING], None, NOW)
    assert said == [0.0, 60.0, 120.0, 180.0]


def test_get_notes_all_files_from_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    first = replace(READY, deadline=Deadline(time.time() + 250.9, DeadlineSource.GATEWAY))
    progress = Progress(tasks=[first, replace(READY, id="c")])
    progress.show(first)
    progress.show(replace(READY, id="c"))
    assert capsys.readouterr().err.startswith("octotui: waiting: 2 of 2 tasks final, 0 saved, next loss in 4m ")


def test_wait_says_what_it_waits_for(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "sora:2b")
    states = iter(["queued"] * 4)
    with gateway(lambda _: Reply(VIDEO | {"status": next(states, "completed")})) as server:
        outcome = octotui.call("wait", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.err == "octotui: waiting: 0 of 2 tasks final\n"


def test_wait_that_could_ask_nobody_ends_with_6_and_says_why(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "sora:2b")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        outcome = octotui.call("wait", "--timeout", "2", OCTOTUI_BASE_URL=address)
    assert outcome.code == 6
    assert "timed out; 2 of 2 tasks not final" in outcome.err
    assert "nobody could be asked" in outcome.err
    assert "refused" in outcome.err.lower()


def test_wait_for_a_sick_gateway_that_answers_times_out(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(lambda _: Reply(b"", 524)) as server:
        outcome = octotui.call("wait", "--timeout", "3", OCTOTUI_BASE_URL=server.base_url)
    assert (outcome.code, "nobody could be asked" in outcome.err) == (5, False)


def test_wait_for_nothing_says_so(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers(status="completed")) as server:
        octotui.call("poll", OCTOTUI_BASE_URL=server.base_url)
        outcome = octotui.call("wait", OCTOTUI_BASE_URL=server.base_url)
    assert (outcome.code, outcome.err) == (0, "nothing to wait for\n")
