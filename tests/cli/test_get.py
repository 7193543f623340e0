"""`get` of what is lost, or of what no answer calls completed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Octotui
from tests.cli.test_asking import VIDEO
from tests.support.bad_server import BadServer, Reply, Serve, clip, says

CLIP = clip(300_000)
GONE = says(410, '{"error":{"message":"file is gone"}}')
BUSY = says(502, '{"error":{"message":"upstream error"}}')


@pytest.fixture
def server(octotui: Octotui) -> Iterator[BadServer]:
    with BadServer() as running:
        octotui.environ["OCTOTUI_BASE_URL"] = running.url
        yield running


def add(octotui: Octotui, server: BadServer, name: str, result: Reply, content: Reply, **facts: Any) -> None:
    """Watch a task that has been asked about; its deadline is past unless `facts` say otherwise."""
    link = server.on(f"/{name}.mp4", result)
    usual = {"id": name, "status": "completed", "progress": 100, "video_url": link, "expires_at": time.time() - 7200}
    server.on(f"/v1/videos/sora:{name}", says(200, json.dumps(VIDEO | usual | facts)))
    server.on(f"/v1/videos/sora:{name}/content", content)
    octotui.call("add", f"sora:{name}")
    octotui.call("poll", f"sora:{name}")


def shown(octotui: Octotui, name: str) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(octotui.call("show", f"sora:{name}", "--json").out)
    return task


def test_without_ids_what_is_lost_is_named_and_left_alone(octotui: Octotui, server: BadServer) -> None:
    add(octotui, server, "lost", GONE, GONE)
    add(octotui, server, "there", Serve(CLIP), GONE, expires_at=time.time() + 7200)
    server.requests.clear()
    outcome = octotui.call("get")
    assert outcome.code == 0, outcome
    assert Path(outcome.out.rstrip("\n")).read_bytes() == CLIP
    assert "lost, not tried: sora:lost: past its deadline" in outcome.err
    assert [request.target for request in server.requests if "lost" in request.target] == []
    assert shown(octotui, "lost")["download"] == "none"


@pytest.mark.parametrize(("reply", "words"), [(GONE, "file is gone"), (BUSY, "upstream error")])
def test_what_is_lost_is_tried_once_where_it_is_named(
    octotui: Octotui, server: BadServer, reply: Reply, words: str
) -> None:
    add(octotui, server, "lost", reply, reply)
    server.requests.clear()
    began = time.monotonic()
    outcome = octotui.call("get", "sora:lost")
    assert outcome.code == 7, outcome
    assert time.monotonic() - began < 12
    assert f"not saved: sora:lost: link: {words}; content: {words}\n" in outcome.err
    assert {"/lost.mp4", "/v1/videos/sora:lost/content"} <= {request.target for request in server.requests}
    assert shown(octotui, "lost")["download"] == "none", "no wish is left behind"


def test_what_counted_as_lost_and_is_there_is_saved(octotui: Octotui, server: BadServer) -> None:
    add(octotui, server, "lost", GONE, Serve(CLIP))
    outcome = octotui.call("get", "sora:lost")
    assert outcome.code == 0, outcome
    assert Path(outcome.out.rstrip("\n")).read_bytes() == CLIP


def test_anyway_saves_what_the_gateway_calls_running(octotui: Octotui, server: BadServer) -> None:
    add(octotui, server, "done", GONE, Serve(CLIP), status="in_progress", video_url="")
    assert octotui.call("get", "sora:done").code == 2
    outcome = octotui.call("get", "sora:done", "--anyway")
    assert outcome.code == 0, outcome
    assert Path(outcome.out.rstrip("\n")).read_bytes() == CLIP
    assert shown(octotui, "done")["download"] == "saved"


def test_anyway_tries_once_and_leaves_no_wish(octotui: Octotui, server: BadServer) -> None:
    server.on("/v1/videos/sora:1a/content", says(400, '{"error":{"message":"not completed"}}'))
    octotui.call("add", "sora:1a")
    outcome = octotui.call("get", "sora:1a", "--anyway")
    assert outcome.code == 6, outcome
    assert "not saved: sora:1a: content: not completed\n" in outcome.err
    assert shown(octotui, "1a")["download"] == "none"
    assert octotui.call("get", "--anyway").code == 2, "which tasks are meant must be said"


def test_all_results_of_a_task_are_saved_side_by_side(octotui: Octotui, server: BadServer) -> None:
    links = [server.on(f"/{number}.mp4", Serve(clip(200_000 + number))) for number in range(3)]
    facts = {"video_url": links[0], "videos": [{"url": link} for link in links], "expires_at": time.time() + 7200}
    add(octotui, server, "many", GONE, GONE, **facts)
    server.on("/2.mp4", GONE)
    outcome = octotui.call("get", "sora:many", "--all-results")
    assert outcome.code == 6, outcome
    assert "not saved: result 3 of sora:many: file is gone" in outcome.err
    first, second = map(Path, outcome.out.splitlines())
    assert second == first.with_name(f"{first.stem}-2.mp4")
    assert (first.read_bytes(), second.read_bytes()) == (clip(200_000), clip(200_001))
    server.on("/2.mp4", Serve(clip(200_002)))
    server.requests.clear()
    outcome = octotui.call("get", "sora:many", "--all-results")
    assert outcome.code == 0, outcome
    third = Path(outcome.out.splitlines()[2])
    assert third.read_bytes() == clip(200_002)
    assert [request.target for request in server.requests] == ["/2.mp4"], "what is there is not fetched again"
    assert not list(first.parent.glob("*.part*"))
