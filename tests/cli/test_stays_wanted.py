"""Downloads that something other than the gateway has ended: they stay wanted, and the next run saves them."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from octotui.cli import run_until
from tests.cli.conftest import Octotui, Outcome
from tests.cli.test_asking import VIDEO
from tests.support import blocked
from tests.support.bad_server import BadServer, Exchange, Reply, Serve, clip, says
from tests.support.waiting import until

CLIP = clip(300_000)
TASK = "/v1/videos/sora:1a"


@pytest.fixture
def server(octotui: Octotui) -> Iterator[BadServer]:
    """A gateway with one completed task, whose link leads to a clip."""
    with BadServer() as running:
        octotui.environ["OCTOTUI_BASE_URL"] = running.url
        running.on("/clip.mp4", Serve(CLIP))
        running.on(TASK, answer(running))
        yield running


def answer(server: BadServer) -> Reply:
    """What the gateway says of the task."""
    link = f"{server.url}/clip.mp4"
    return says(200, json.dumps(VIDEO | {"status": "completed", "progress": 100, "video_url": link}))


def shown(octotui: Octotui) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(octotui.call("show", "sora:1a", "--json").out)
    return task


def saved(octotui: Octotui) -> bytes:
    return Path(shown(octotui)["file"]).read_bytes()


def watch(octotui: Octotui) -> Outcome:
    return octotui.run("watch", "--download", "--until-done")


def test_sigterm_while_it_waits_for_a_fresh_link(octotui: Octotui, server: BadServer) -> None:
    """The question is cancelled under the waiting download: that is no verdict."""
    asked_again = threading.Event()

    def silent(exchange: Exchange) -> None:
        if exchange.number == 0:
            answer(server)(exchange)
            return
        asked_again.set()
        exchange.wait_until_gone()

    server.on(TASK, silent)
    server.on("/clip.mp4", says(403, "expired", "text/plain"))
    octotui.call("add", "sora:1a")
    process = octotui.start("watch", "--download")
    until(asked_again.is_set, "the question for a fresh link")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "not saved" not in out
    assert "Traceback" not in err
    assert shown(octotui)["download"] in {"wanted", "running"}
    server.on(TASK, answer(server))
    server.on("/clip.mp4", Serve(CLIP))
    assert watch(octotui).code == 0
    assert saved(octotui) == CLIP


@pytest.mark.parametrize("block", [blocked.by_file, blocked.by_link])
@pytest.mark.usefixtures("server")
def test_a_folder_that_is_not_there_ends_the_command_but_not_the_wish(octotui: Octotui, block: blocked.Block) -> None:
    octotui.call("add", "sora:1a")
    octotui.call("poll")
    place = octotui.home / "disk"
    block(place)
    began = time.monotonic()
    outcome = octotui.call("get", "sora:1a", "--out", str(place / "videos"))
    assert outcome.code == 8, outcome
    assert outcome.err.splitlines()[-1].startswith(f"octotui: not saved: sora:1a: disk: {place}")
    assert ": the folder cannot be made: " in outcome.err
    assert outcome.err.endswith("; it stays wanted\n")
    assert time.monotonic() - began < 10.0
    assert shown(octotui)["download"] == "wanted"
    assert "not saved yet: disk: " in octotui.call("ls").out
    place.unlink()
    outcome = watch(octotui)
    assert outcome.code == 0, outcome
    assert Path(shown(octotui)["file"]).is_relative_to(place)
    assert saved(octotui) == CLIP


@pytest.mark.usefixtures("server")
def test_waiting_for_a_folder_that_stays_away_comes_to_an_end(
    octotui: Octotui, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_until, "_PATIENCE", 1.0)
    (octotui.home / "octotui").write_text("in the way")
    octotui.call("add", "sora:1a")
    assert octotui.call("wait", "--download").code == 8
    assert octotui.call("watch", "--download", "--until-done").code == 8
    assert shown(octotui)["download"] == "wanted"
    (octotui.home / "octotui").unlink()
    assert watch(octotui).code == 0
    assert saved(octotui) == CLIP
