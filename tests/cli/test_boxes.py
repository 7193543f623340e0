"""`octotui boxes`, and what commands say of a file: on a ledger in a file, which one machine has to itself."""

from __future__ import annotations

import json
import socket
import time

from octotui import __version__
from octotui.ledger import Ledger, Minute
from octotui.model import Download, DownloadState, EngineStatus, GatewayState
from tests.cli.conftest import Octotui
from tests.cli.filled import fill, ledger_path
from tests.cli.test_get import CLIP, GONE, add
from tests.cli.test_get import server as server  # noqa: PLC0414 - a fixture
from tests.support.bad_server import BadServer, Serve


def test_nobody_works_on_a_new_ledger(octotui: Octotui) -> None:
    outcome = octotui.call("boxes")
    assert (outcome.code, outcome.out) == (0, "")
    assert "nobody has worked on this ledger yet" in outcome.err
    assert json.loads(octotui.call("boxes", "--json").out) == []


def test_a_ledger_in_a_file_has_one_machine(octotui: Octotui) -> None:
    now = time.time()
    with Ledger.open(ledger_path(octotui)) as ledger:
        ledger.note_minute(Minute(int(now) // 60 * 60, bytes=7))
        status = EngineStatus(
            now - 0.5, GatewayState.LIVE, host="render-01", pid=17, folder="/films", version="0.2.0", disk_free=10**12,
            downloads_running=2, download_speed=9e6,
        )  # fmt: skip
        ledger.set_status(status)
    (told,) = json.loads(octotui.call("boxes", "--json").out)
    silent, seen_at = told.pop("silent"), told.pop("seen_at")
    assert silent >= 0.5
    assert abs(seen_at - (now - 0.5)) <= 2
    assert told == {
        "box": "render-01", "pid": 17, "version": "0.2.0", "gone": False, "leads": True, "gateway": "live",
        "folder": "/films", "place": None, "disk_free": 10**12, "saving": 2, "speed": 9_000_000, "saved": 0,
        "bytes_last_hour": 7,
    }  # fmt: skip
    heading, row = octotui.call("boxes").out.splitlines()
    assert heading.startswith("Box")
    assert row.startswith("render-01 0.2.0  asks (live), saves  2 files, 9.0 MB/s")


def test_an_engine_that_ended_is_silent(octotui: Octotui) -> None:
    with Ledger.open(ledger_path(octotui)) as ledger:
        ledger.set_status(EngineStatus(time.time() - 3600, host="render-01", downloads_running=2))
    (told,) = json.loads(octotui.call("boxes", "--json").out)
    assert (told["gone"], told["leads"], told["gateway"], told["saving"]) == (True, False, None, 0)
    assert "silent for 1h" in octotui.call("boxes").out


def test_a_real_engine_says_where_it_saves(octotui: Octotui, server: BadServer) -> None:
    add(octotui, server, "one", Serve(CLIP), GONE, expires_at=time.time() + 7200)
    assert octotui.run("get", "sora:one").code == 0
    (told,) = json.loads(octotui.call("boxes", "--json").out)
    assert told["box"] == socket.gethostname()
    assert told["version"] == __version__
    assert told["folder"].startswith(str(octotui.home))
    assert told["saved"] == 1


def test_the_box_of_a_task_is_in_columns_filters_and_json(octotui: Octotui) -> None:
    fill(octotui)
    with Ledger.open(ledger_path(octotui)) as ledger:
        ready = next(task for task in ledger.tasks() if task.is_ready)
        done = Download(DownloadState.SAVED, 5, 5, "/films/x.mp4", box="render-03", place="p")
        ledger.record_download(ready.id, done)
    (told,) = json.loads(octotui.call("ls", "--json", "-f", "box:render-03").out)
    assert (told["id"], told["box"], told["file"]) == (ready.id, "render-03", "/films/x.mp4")
    assert "render-03" in octotui.call("ls", "--columns", "id,box", "-f", "box:render-03").out
    own = json.loads(octotui.call("ls", "--json", "-f", f"box:{socket.gethostname()}").out)
    assert own
    assert {task["box"] for task in own} == {None}
    # Nobody shares this ledger: what it says of another machine was copied into it, and the path is all there is.
    assert "/films/x.mp4" in octotui.call("show", ready.id).out
