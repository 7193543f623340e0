"""Progress on stderr of `wait`, `get` and `poll`: one line on a terminal, one a minute elsewhere."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest

from octotui.cli.progress import Progress
from octotui.cli.wait_notes import AskNotes
from octotui.model import Deadline, DeadlineSource, Download, DownloadState
from tests.cli.conftest import Octotui
from tests.cli.filled import fill
from tests.cli.test_asking import VIDEO
from tests.cli.test_process import on_terminal
from tests.support.bad_server import BadServer, Serve, clip, says
from tests.support.clock import NOW, Clock
from tests.support.gateway import Reply, gateway
from tests.support.tasks import ready, running


def drawn(shown: str) -> list[str]:
    """The texts that were written one over the other, and last what stood there at the end."""
    return [part.rstrip() for part in re.split(r"\r(?!\n)", shown)]


def test_asking_says_how_many_how_fast_and_what_is_lost_next() -> None:
    clock = Clock(100.0)
    tasks = [running(), ready("video_9", 250), ready("video_8", -5)]
    notes = AskNotes(lambda: tasks, clock, lambda: NOW)
    clock.advance(30)
    assert notes.text(20, 1200, clock()) == "asked 20 of 1,200 tasks, 40 asks a minute, next loss in 4m 10s (video_9)"
    assert notes.text(0, 1, 100.0) == "asked 0 of 1 task, next loss in 4m 10s (video_9)"


def test_asking_without_a_terminal_says_so_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(100.0)
    with AskNotes(list, clock, lambda: NOW) as notes:
        for asked in range(30):
            clock.advance(5)
            notes.show(asked, 30)
    assert capsys.readouterr().err.splitlines() == [
        "octotui: asked 11 of 30 tasks, 11 asks a minute",
        "octotui: asked 23 of 30 tasks, 12 asks a minute",
    ]


def test_saving_says_what_is_lost_next() -> None:
    soon = replace(ready("video_9"), deadline=Deadline(time.time() + 250.9, DeadlineSource.GATEWAY))
    under_way = replace(soon, id="video_8", deadline=None, download=Download(DownloadState.RUNNING, 500, speed=9.1e6))
    text = Progress(tasks=[soon, under_way]).text()
    assert re.fullmatch(r"saved 0 of 2, 500 B, 9.1 MB/s, next loss in 4m (10|09)s \(video_9\)", text)


def test_poll_draws_one_line_on_a_terminal_and_takes_it_away(octotui: Octotui) -> None:
    fill(octotui, [running("sora:1a"), running("sora:2b"), ready("sora:3c", 3000)])
    with gateway(lambda _: Reply(VIDEO | {"status": "processing"})) as server:
        shown = on_terminal(octotui, "poll", columns=100, OCTOTUI_BASE_URL=server.base_url, NO_COLOR="1")
    texts = drawn(shown)
    assert any(re.match(r"asked [12] of 2 tasks, .*next loss in \d+m \(sora:3c\)", text) for text in texts), shown
    assert texts[-1].startswith("STATE")


def test_wait_draws_one_line_on_a_terminal_and_takes_it_away(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    states = iter(["queued"] * 2)
    with gateway(lambda _: Reply(VIDEO | {"status": next(states, "completed")})) as server:
        shown = on_terminal(octotui, "wait", columns=100, OCTOTUI_BASE_URL=server.base_url, NO_COLOR="1")
    texts = drawn(shown)
    assert "waiting: 0 of 1 task final" in texts
    assert "octotui: waiting" not in shown
    assert "\n" not in "".join(texts[:-1])
    assert texts[-1].startswith("STATE")


def test_get_draws_one_line_on_a_terminal_and_takes_it_away(octotui: Octotui) -> None:
    with BadServer() as server:
        link = server.on("/one.mp4", Serve(clip(300_000)))
        body = VIDEO | {"id": "one", "status": "completed", "video_url": link, "expires_at": time.time() + 7200}
        server.on("/v1/videos/sora:one", says(200, json.dumps(body)))
        octotui.environ["OCTOTUI_BASE_URL"] = server.url
        octotui.call("add", "sora:one")
        octotui.call("poll")
        shown = on_terminal(octotui, "get", columns=100)
    texts = drawn(shown)
    assert any(text.startswith("saved ") and "next loss in 1h" in text for text in texts), shown
    assert texts[-1].endswith("sora_one.mp4")
