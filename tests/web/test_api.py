"""What programs read: tasks, events, health."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from octotui.model import NewTask, Task, TaskState
from octotui.task_json import task_json
from octotui.web import live_ledger, streams
from tests.support.clock import NOW
from tests.support.tasks import ready, running, task
from tests.support.waiting import until
from tests.web.conftest import Served

LINK = "https://cdn.example/v.mp4?X-Amz-Signature=5ec4e7&se=2026-12-01"
MASKED = "https://cdn.example/v.mp4?X-Amz-Signature=…&se=2026-12-01"


@contextmanager
def following(served: Served, path: str = "/api/events", **headers: str) -> Iterator[Iterator[dict[str, str]]]:
    """Follow a stream; yields its events, each with the names of its lines."""
    with served.client.stream(
        "GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()}
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        else:
            yield event
            event = {}


def test_tasks_are_those_of_ls_json_with_links_masked(served: Served) -> None:
    put = served.put(ready("video_1", result_url=LINK), running("video_2"), task("视频\x1b[2J"))
    answer = served.get("/api/tasks")
    assert answer.headers["content-type"] == "application/json"
    assert [each["id"] for each in answer.json()] == ["video_1", "video_2", "视频\x1b[2J"]
    expected = [task_json(each, time.time()) for each in put]
    assert expected[0]["result_url"] == LINK
    expected[0]["result_url"] = MASKED
    assert answer.json() == expected
    assert served.client.head("/api/tasks").content == b""


def test_tasks_by_filter(served: Served) -> None:
    served.put(ready("video_1"), running("video_2"))
    assert [each["id"] for each in served.get("/api/tasks?filter=state:running").json()] == ["video_2"]
    assert served.get("/api/tasks?filter=state:failed").json() == []
    refused = served.get("/api/tasks?filter=state:nonsense")
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("no state nonsense")
    assert served.get(f"/api/tasks?filter={'x' * 301}").status_code == 400


def test_many_tasks_come_whole(served: Served) -> None:
    served.put(*(running(f"video_{number}", number % 100) for number in range(2500)))
    assert [each["id"] for each in served.get("/api/tasks").json()] == [f"video_{number}" for number in range(2500)]


def test_events_are_those_of_watch_and_go_on_where_a_client_was(served: Served) -> None:
    (before,) = served.put(running("video_1", 10))
    with following(served) as events:
        start = next(events)["id"]
        served.seen(_progress(served, before, 20))
        first = next(events)
        line = json.loads(first["data"])
        assert (line["event"], line["task"]["id"], line["task"]["progress"]) == ("progress", "video_1", 20)
        assert list(line["task"]) == list(task_json(before, NOW))
    served.seen(_progress(served, before, 30))
    done = replace(before, state=TaskState.COMPLETED, progress=100, result_url=LINK)
    served.writer.record(done)
    served.writer.flush()
    served.seen(done)
    with following(served, last_event_id=first["id"]) as events:
        assert next(events)["id"] == first["id"]
        assert json.loads(next(events)["data"])["task"]["progress"] == 30
        line = json.loads(next(events)["data"])
        assert (line["event"], line["task"]["result_url"]) == ("state", MASKED)
    with following(served, last_event_id=start) as events:
        next(events)
        assert json.loads(next(events)["data"])["task"]["progress"] == 20


def _progress(served: Served, before: Task, progress: int) -> Task:
    after = replace(before, progress=progress)
    served.writer.record(after)
    served.writer.flush()
    return after


def test_what_happened_meanwhile_is_told_in_order_and_by_filter(served: Served) -> None:
    with following(served, "/api/events?filter=tag:night") as events:
        next(events)
        for number in range(5):
            tags = ("night",) if number % 2 else ()
            served.writer.add([NewTask(f"video_{number}", "sora", "videos", tags=tags)], time.time())
        served.writer.remove(["video_1"])
        told = [json.loads(next(events)["data"]) for _ in range(1)]
        while told[-1]["task"]["id"] != "video_3":
            told.append(json.loads(next(events)["data"]))
        assert {line["task"]["id"] for line in told} <= {"video_1", "video_3"}


@pytest.mark.parametrize("last_id", ["0badc0de-3", "nonsense", "-", "00000000-99999999999999999999999"])
def test_an_id_of_another_time_is_a_gap(served: Served, last_id: str) -> None:
    with following(served, last_event_id=last_id) as events:
        next(events)
        gap = next(events)
        assert gap["event"] == "gap"
        assert json.loads(gap["data"])["task"] is None


def test_who_was_away_for_too_long_hears_of_the_gap(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with following(served) as events:
        start = next(events)["id"]
    served.writer.add(
        [NewTask(f"v{number}", "sora", "videos") for number in range(live_ledger.KEPT_EVENTS + 50)], time.time()
    )
    until(lambda: served.server.live.newest > live_ledger.KEPT_EVENTS, "the events")
    with following(served, last_event_id=start) as events:
        next(events)
        assert next(events)["event"] == "gap"
        assert json.loads(next(events)["data"])["event"] == "added"


def test_so_many_may_follow_and_one_who_goes_makes_room(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS", 2)
    with following(served) as first, following(served, "/live") as second:
        assert "id" in next(first)
        assert next(second)["event"] == "changed"
        refused = served.get("/api/events")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert served.get("/").status_code == 200
    until(lambda: served.client.head("/api/events").status_code == 200, "room")


def test_the_page_hears_that_it_is_out_of_date(served: Served) -> None:
    with following(served, "/live") as events:
        assert next(events)["event"] == "changed"
        before = served.server.live.picture.version
        served.put(running("video_1"))
        assert int(next(events)["data"]) > before


def test_what_the_engine_says_every_second_is_no_news(served: Served) -> None:
    served.work(asks_last_minute=10)
    before = served.server.live.picture.version
    served.work(asks_last_minute=11)
    assert served.server.live.picture.version == before
    served.work(downloads_running=1)
    assert served.server.live.picture.version == before + 1


def test_health(served: Served) -> None:
    ill = served.get("/healthz")
    assert (ill.status_code, ill.json()["working"], ill.json()["ledger"]) == (503, False, "readable")
    served.work()
    well = served.get("/healthz")
    assert well.status_code == 200
    said: dict[str, Any] = well.json()
    assert (said["ok"], said["working"], said["gateway"], said["tasks"]) == (True, True, "live", 0)


def test_metrics_are_those_of_the_ledger(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.put(ready("video_1"), running("video_2"))
    answer = served.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'octotui_tasks{provider="sora",state="running"} 1.0' in answer.text
    assert served.get("/metrics", accept="application/openmetrics-text").text.endswith("# EOF\n")
    monkeypatch.setattr("octotui.web.metrics.find_spec", lambda name: None)
    served.server.site.exporter = None
    refused = served.get("/metrics")
    assert (refused.status_code, "metrics need prometheus_client" in refused.text) == (404, True)


def test_heads_have_no_body_and_do_not_follow(served: Served) -> None:
    served.work()
    for path in ("/", "/api/events", "/live", "/healthz", "/static/page.css"):
        answer = served.client.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path
