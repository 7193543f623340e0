"""The whole engine against the gateway in a box: a real server, a real ledger, real files."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from octotui import __version__
from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.demo.media import clip
from octotui.engine.downloads.queue import DownloadQueue
from octotui.engine.engine import Engine
from octotui.ledger import Ledger
from octotui.model import DownloadState, FailureKind, NewTask, TaskState
from tests.support.bad_server import BadServer, Exchange, says
from tests.support.engine import at_work
from tests.support.gateway import Reply, gateway
from tests.support.tasks import known
from tests.support.waiting import until


@pytest.mark.parametrize(
    ("provider", "model", "route"),
    [
        ("sora", "sora-2", "videos"),
        ("grok", "grok-video-3", "videos"),
        ("doubao", "doubao-seedance-1-5-pro_720p", "videos"),
        ("veo", "veo3.1-fast", "query"),
        ("unified", "kling-v3", "generations"),
    ],
)
def test_a_task_of_each_provider_is_seen_through_and_saved(
    box: Box, ledger: Ledger, config: Config, provider: str, model: str, route: str
) -> None:
    task_id = box.create(provider, model, life=Life(queued=0.1, running=0.5))
    ledger.add([NewTask(task_id, provider, route)], time.time())
    engine = Engine(config, ledger, download_all=True)
    engine.start()
    try:
        until(lambda: known(ledger, task_id).is_saved, "the result on disk")
    finally:
        engine.stop()
    task = known(ledger, task_id)
    assert task.state is TaskState.COMPLETED
    assert task.download.file is not None
    content = Path(task.download.file).read_bytes()
    assert content[4:8] == b"ftyp"
    assert hashlib.sha256(content).hexdigest() == task.download.sha256
    assert {seen.path.split("/")[2] for seen in box.requests if seen.host == "gateway" and seen.path.startswith("/v1")}
    assert all(seen.authorization is None for seen in box.requests if seen.host == "files")


def test_a_task_on_another_route_than_its_own_is_found_once_and_remembered(ledger: Ledger, config: Config) -> None:
    def answer(path: str) -> Reply:
        if path.startswith("/v1/video/generations/"):
            return Reply({"code": "success", "data": {"task_id": "x", "status": "processing"}})
        return Reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)

    ledger.add([NewTask("x", "sora", "videos")], time.time())
    with gateway(answer) as server:
        engine = Engine(replace(config, base_url=server.base_url), ledger)
        engine.start()
        try:
            until(lambda: server.paths().count("/v1/video/generations/x") >= 3, "three answers")
        finally:
            engine.stop()
    task = known(ledger, "x")
    assert (task.route, task.route_confirmed, task.state) == ("generations", True, TaskState.RUNNING)
    assert server.paths().count("/v1/videos/x") == 1


def test_one_connection_is_enough_for_tasks_on_other_routes_than_their_own(ledger: Ledger, config: Config) -> None:
    def answer(path: str) -> Reply:
        if path.startswith("/v1/video/generations/"):
            return Reply({"code": "success", "data": {"task_id": path.rpartition("/")[2], "status": "processing"}})
        return Reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)

    ids = ["x", "y", "z"]
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in ids], time.time())
    with gateway(answer) as server, at_work(replace(config, base_url=server.base_url, connections=1), ledger):
        until(lambda: all(known(ledger, task_id).route_confirmed for task_id in ids), "the routes of all three")


def test_every_request_says_which_octotui_asks(ledger: Ledger, config: Config) -> None:
    def answer(path: str) -> Reply:
        if path.endswith("/content"):
            return Reply(clip(0), headers={"Content-Type": "video/mp4"})
        if path.startswith("/v1/videos/"):
            return Reply({"id": "x", "status": "completed"})
        return Reply({}, 404)

    ledger.add([NewTask("x", "sora", "videos")], time.time())
    with gateway(answer) as server, at_work(replace(config, base_url=server.base_url), ledger, download_all=True):
        until(lambda: known(ledger, "x").is_saved, "the result on disk")
    assert "/v1/videos/x/content" in server.paths()
    assert {headers.get("User-Agent") for _, headers in server.requests} == {f"octotui/{__version__}"}


def test_a_task_nobody_knows_is_tried_everywhere_once_and_keeps_its_state(ledger: Ledger, config: Config) -> None:
    ledger.add([NewTask("x", "sora", "videos")], time.time())
    unknown = Reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
    with gateway(lambda _: unknown) as server:
        engine = Engine(replace(config, base_url=server.base_url), ledger)
        engine.start()
        try:
            until(lambda: server.paths().count("/v1/videos/x") >= 3, "the own route asked again")
        finally:
            engine.stop()
    assert server.paths().count("/v1/video/query?id=x") == 1
    assert server.paths().count("/v1/video/generations/x") == 1
    task = known(ledger, "x")
    assert task.state is TaskState.UNKNOWN
    assert task.failure is not None
    assert task.failure.kind is FailureKind.NO_SUCH_TASK


def test_five_hundred_tasks_do_not_hammer_a_gateway_that_refuses_the_key(ledger: Ledger, config: Config) -> None:
    ledger.add([NewTask(f"video_{n}", "sora", "videos") for n in range(500)], time.time())
    refused = Reply({"error": {"message": "key refused", "type": "new_api_error"}}, 401)
    with gateway(lambda _: refused) as server:
        engine = Engine(replace(config, base_url=server.base_url), ledger)
        engine.start()
        try:
            until(lambda: (status := ledger.status()) and status.gateway == "key_refused", "KEY REFUSED")
        finally:
            engine.stop()
    status = ledger.status()
    assert status is not None
    assert status.next_try_at is not None
    assert status.next_try_at > time.time() + 20
    assert "key refused" in (status.message or "")
    asks = [path for path in server.paths() if path.startswith("/v1/videos/")]
    assert len(asks) <= config.connections


def test_a_used_up_key_is_told_from_a_wrong_one(ledger: Ledger, config: Config) -> None:
    def answer(path: str) -> Reply:
        if path == "/api/usage/token/":
            return Reply({"code": True, "data": {"total_granted": 5, "total_available": 0}})
        return Reply({"error": {"message": "refused"}}, 401)

    ledger.add([NewTask("x", "sora", "videos")], time.time())
    with gateway(answer) as server:
        engine = Engine(replace(config, base_url=server.base_url), ledger)
        engine.start()
        try:
            until(lambda: (status := ledger.status()) and status.gateway == "out_of_quota", "OUT OF QUOTA")
        finally:
            engine.stop()


def test_an_outage_is_announced_and_so_is_its_end(ledger: Ledger, config: Config) -> None:
    down = True

    def answer(_: str) -> Reply:
        if down:
            return Reply("<html><title>502 Bad Gateway</title></html>", 502, {"Content-Type": "text/html"})
        return Reply({"id": "x", "status": "processing", "progress": 5})

    ledger.add([NewTask(name, "sora", "videos") for name in "abcdef"], time.time())
    with gateway(answer) as server:
        engine = Engine(replace(config, base_url=server.base_url), ledger)
        engine.start()
        try:
            until(lambda: (status := ledger.status()) and status.gateway == "offline", "OFFLINE")
            down = False
            ledger.ask_now(["a"])
            engine.wake()
            until(lambda: (status := ledger.status()) and status.gateway == "live", "live again")
            until(lambda: all(task.state is TaskState.RUNNING for task in ledger.tasks()), "every task answered")
        finally:
            engine.stop()
    said = [event.text for event in ledger.events() if event.kind == "gateway"]
    assert any(text.startswith("gateway offline: ") for text in said)
    assert said[-1] == "gateway live"


def test_the_end_does_not_wait_for_a_fresh_link(
    ledger: Ledger, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = DownloadQueue.stop
    monkeypatch.setattr(DownloadQueue, "stop", lambda queue, _: stop(queue, 60.0))
    asked_again = threading.Event()
    with BadServer() as server:

        def answer(exchange: Exchange) -> None:
            if exchange.number == 0:
                link = server.on("/clip.mp4", says(403, "expired", "text/plain"))
                says(200, json.dumps({"id": "a", "status": "completed", "url": link}))(exchange)
                return
            asked_again.set()
            exchange.wait_until_gone()

        server.on("/v1/videos/a", answer)
        ledger.add([NewTask("a", "sora", "videos")], time.time())
        ledger.request_download(["a"])
        with at_work(replace(config, base_url=server.url), ledger) as engine:
            until(asked_again.is_set, "the question for a fresh link")
            began = time.monotonic()
            engine.stop()
        assert time.monotonic() - began < 30.0
        assert known(ledger, "a").download.state is DownloadState.WANTED


def test_wishes_are_carried_out_while_it_runs(box: Box, ledger: Ledger, config: Config) -> None:
    task_id = box.create("grok", "grok-video-3", life=Life.ready())
    engine = Engine(config, ledger)
    engine.start()
    try:
        ledger.add([NewTask(task_id, "grok", "videos")], time.time())
        engine.wake()
        until(lambda: known(ledger, task_id).is_ready, "the new task's answer")
        ledger.request_download([task_id])
        engine.wake()
        until(lambda: known(ledger, task_id).is_saved, "its result on disk")
        ledger.remove([task_id])
        engine.wake()
        assert ledger.task(task_id) is None
    finally:
        engine.stop()


def test_what_is_about_to_be_lost_is_rescued_and_what_is_lost_is_said(box: Box, ledger: Ledger, config: Config) -> None:
    soon = box.create("sora", "sora-2", life=Life.ready(left=600.0))
    later = box.create("sora", "sora-2", life=Life.ready(left=7200.0))
    ledger.add([NewTask(soon, "sora", "videos"), NewTask(later, "sora", "videos")], time.time())
    engine = Engine(replace(config, rescue_before=1800.0), ledger)
    engine.start()
    try:
        until(lambda: known(ledger, soon).is_saved, "the rescue")
    finally:
        engine.stop()
    assert known(ledger, later).download.state is DownloadState.NONE


def test_without_a_key_it_asks_nobody_and_says_so(ledger: Ledger, config: Config) -> None:
    engine = Engine(replace(config, api_key=None), ledger)
    engine.start()
    try:
        until(lambda: (status := ledger.status()) and status.gateway == "no_key", "NO KEY")
    finally:
        engine.stop()
    assert not engine.is_alive


def test_the_lease_is_held_while_it_works_and_given_back(ledger: Ledger, config: Config) -> None:
    first, second = Engine(config, ledger), Engine(config, ledger)
    first.start()
    until(lambda: ledger.lease() is not None, "the lease")
    holder = ledger.lease()
    assert holder is not None
    assert holder.pid == os.getpid()
    second.start()
    first.stop()
    try:
        until(lambda: (now := ledger.lease()) is not None and now.owner != holder.owner, "the second one at work")
    finally:
        second.stop()
    assert ledger.lease() is None
