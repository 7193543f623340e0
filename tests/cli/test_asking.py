from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from octotui.cli.exit_codes import ExitCode, worst
from octotui.demo.demo_gateway import Box
from tests.cli.conftest import KEY, Octotui
from tests.support.gateway import Reply, gateway
from tests.support.waiting import until

VIDEO = {
    "id": "video_abc123",
    "object": "video",
    "model": "sora-2",
    "status": "queued",
    "progress": 0,
    "created_at": 1735689600,
    "completed_at": 0,
    "expires_at": 4102444800,
    "seconds": "10",
    "size": "720x1280",
    "remixed_from_video_id": "",
    "error": {"message": "", "code": ""},
    "video_url": "",
}
"""The example answer of the gateway's first document, with a time of expiry that is still to come."""

DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "/v1/videos/video_abc123": ("sora", VIDEO | {"expires_at": 1735776000}),
    "/v1/videos/video_abc124": (
        "grok",
        VIDEO | {"model": "grok-video-3", "status": "processing", "progress": 42, "seconds": "6", "size": "720P"},
    ),
    "/v1/videos/video_bbfbc1d2-ab22-44ca-b9dd-bc16983acac2": (
        "doubao",
        {
            "id": "video_bbfbc1d2-ab22-44ca-b9dd-bc16983acac2",
            "object": "video",
            "model": "doubao-seedance-1-5-pro_720p",
            "status": "processing",
            "progress": 50,
            "created_at": 1761635478,
            "seconds": "5",
            "size": "720x720",
        },
    ),
    "/v1/video/query?id=task_01k6x15vhrff09dkkqjrzwhm60": (
        "veo",
        {
            "id": "task_01k6x15vhrff09dkkqjrzwhm60",
            "status": "pending",
            "video_url": None,
            "enhanced_prompt": "",
            "status_update_time": 1759763621142,
        },
    ),
    "/v1/video/generations/task-video-abc123": (
        "unified",
        {
            "code": "success",
            "message": "",
            "data": {
                "task_id": "task-video-abc123",
                "status": "queued",
                "url": "",
                "format": "mp4",
                "metadata": None,
                "error": None,
            },
        },
    ),
}


def test_the_five_documents_own_examples_are_read(octotui: Octotui) -> None:
    for path, (provider, _) in DOCUMENTS.items():
        assert octotui.call("add", path.replace("?id=", "/").rpartition("/")[2], "--provider", provider).code == 0
    with gateway(lambda path: Reply(DOCUMENTS[path][1])) as server:
        outcome = octotui.run("poll", "--json", OCTOTUI_BASE_URL=server.base_url)
    assert (outcome.code, outcome.err) == (0, "")
    tasks = json.loads(outcome.out)
    assert [(task["provider"], task["state"], task["status"], task["progress"]) for task in tasks] == [
        ("sora", "queued", "queued", 0),
        ("grok", "running", "processing", 42),
        ("doubao", "running", "processing", 50),
        ("veo", "queued", "pending", None),
        ("unified", "queued", "queued", None),
    ]
    assert [task["model"] for task in tasks] == ["sora-2", "grok-video-3", "doubao-seedance-1-5-pro_720p", None, None]
    assert [task["route"] for task in tasks] == ["videos", "videos", "videos", "query", "generations"]
    assert tasks[0]["expires_at"] == 1735776000
    assert not any(task["stale"] for task in tasks)
    assert json.loads(octotui.call("ls", "--json").out) == tasks
    assert sorted(server.paths()) == sorted(DOCUMENTS)
    assert {headers["Authorization"] for _, headers in server.requests} == {f"Bearer {KEY}"}


def answers(**changes: object) -> Callable[[str], Reply]:
    return lambda path: Reply(VIDEO | changes)


def refuses(status: int, body: object = "", **headers: str) -> Callable[[str], Reply]:
    return lambda path: Reply(body, status, headers or {"Content-Type": "application/json"})


ERROR = {"error": {"message": "no", "type": "t", "code": "invalid_api_key"}}
CASES = {
    "queued": (answers(), 0),
    "completed": (answers(status="completed", video_url="https://x.example/a.mp4"), 0),
    "failed": (answers(status="failed", error={"message": "content policy", "code": "p"}), 1),
    "cancelled": (answers(status="cancelled"), 1),
    "key refused": (refuses(401, ERROR), 3),
    "out of quota": (refuses(429, {"error": {"message": "no", "code": "insufficient_quota"}}), 4),
    "forbidden": (refuses(403, ERROR), 6),
    "rate limited": (refuses(429), 6),
    "broken": (refuses(500, ERROR), 6),
    "a web page": (refuses(200, "<html>hello</html>", **{"Content-Type": "text/html"}), 6),
    "expired": (answers(status="completed", video_url="https://x.example/a.mp4", expires_at=1735776000), 7),
}


@pytest.mark.parametrize(("answer", "code"), CASES.values(), ids=CASES)
def test_polls_exit_code_is_the_worst_that_happened(
    octotui: Octotui, answer: Callable[[str], Reply], code: int
) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answer) as server:
        outcome = octotui.call("poll", "--json", OCTOTUI_BASE_URL=server.base_url)
    (task,) = json.loads(outcome.out)
    assert (outcome.code, task["id"]) == (code, "sora:1a")
    assert task["stale"] is (code in {3, 4, 6})
    assert (task["request_error"] is not None) is task["stale"]
    assert outcome.err.startswith("octotui: sora:1a: ") if task["stale"] else not outcome.err
    assert KEY not in outcome.out + outcome.err


def test_a_gateway_that_cannot_be_reached_is_exit_code_6(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "grok:1b")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = octotui.call("poll", OCTOTUI_BASE_URL=f"http://127.0.0.1:{port}")
    assert outcome.code == 6
    assert outcome.err.startswith("octotui: ")
    assert "unknown" in outcome.out


def test_named_tasks_are_asked_even_when_they_are_final(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "sora:2b")
    with gateway(answers(status="failed", error={"message": "no", "code": ""})) as server:
        assert octotui.call("poll", "sora:1a", OCTOTUI_BASE_URL=server.base_url).code == 1
        assert octotui.call("poll", OCTOTUI_BASE_URL=server.base_url).code == 1
        assert server.paths() == ["/v1/videos/sora:1a", "/v1/videos/sora:2b"]
        outcome = octotui.call("poll", "--json", OCTOTUI_BASE_URL=server.base_url)
        assert (outcome.code, outcome.out, outcome.err) == (0, "[]\n", "nothing to ask\n")
        assert octotui.call("poll", "sora:2b", OCTOTUI_BASE_URL=server.base_url).code == 1
        assert server.paths()[2:] == ["/v1/videos/sora:2b"]


def test_show_prints_the_last_answer_masked(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    url = "https://x.example/a.mp4?Expires=4102444800&Signature=verysecret"
    with gateway(answers(status="completed", video_url=url)) as server:
        octotui.call("poll", OCTOTUI_BASE_URL=server.base_url)
    outcome = octotui.call("show", "sora:1a")
    assert '"remixed_from_video_id": ""' in outcome.out
    assert "verysecret" not in outcome.out
    assert json.loads(octotui.call("show", "sora:1a", "--json").out)["result_url"] == url


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_what_failed_has_nothing_that_could_be_lost(octotui: Octotui, status: str) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers(status=status, expires_at=4102444800)) as server:
        octotui.call("poll", OCTOTUI_BASE_URL=server.base_url)
    assert json.loads(octotui.call("show", "sora:1a", "--json").out)["expires_at"]
    assert "lost at" not in octotui.call("show", "sora:1a").out
    assert "How long" not in octotui.call("show", "sora:1a", "--report").out


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], 0),
        ([0, 0], 0),
        ([1, 0], 1),
        ([1, 7], 7),
        ([7, 6, 1], 6),
        ([6, 4], 4),
        ([4, 3, 6], 3),
        ([8, 7], 8),
        ([5, 1], 5),
    ],
)
def test_what_stops_everything_comes_before_what_befell_one(codes: list[int], code: int) -> None:
    assert worst(map(ExitCode, codes)) == code


def test_a_damaged_ledger_is_exit_code_8_and_never_silent(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    ledger = octotui.home / ".local" / "state" / "octotui" / "ledger.db"
    ledger.write_bytes(b"no ledger at all" * 1000)
    outcome = octotui.call("ls")
    assert outcome.code == 8
    assert outcome.err.startswith(f"octotui: The ledger {ledger} is damaged")
    assert octotui.call("ls").code == 0


def test_wait_ends_when_all_are_final(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "sora:2b")
    with gateway(lambda path: Reply(VIDEO | {"status": "failed" if "2b" in path else "completed"})) as server:
        assert octotui.call("wait", "sora:1a", OCTOTUI_BASE_URL=server.base_url).code == 0
        outcome = octotui.call("wait", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code in {0, 1}
    states = {task["id"]: task["state"] for task in json.loads(octotui.call("ls", "--json").out)}
    assert states == {"sora:1a": "completed", "sora:2b": "failed"}


def test_wait_says_that_a_task_failed(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers(status="failed")) as server:
        outcome = octotui.call("wait", OCTOTUI_BASE_URL=server.base_url)
    assert (outcome.code, outcome.out.split()[-3:]) == (1, ["sora:1a", "Sora", "sora-2"])


def test_wait_times_out(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers()) as server:
        outcome = octotui.call("wait", "--timeout", "3", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code == 5
    assert "timed out; 1 of 1 task not final" in outcome.err


def test_wait_does_not_wait_for_a_key_that_is_refused(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(refuses(401, ERROR)) as server:
        assert octotui.call("wait", "--timeout", "30", OCTOTUI_BASE_URL=server.base_url).code == 3


def test_wait_for_nothing_is_over_at_once(octotui: Octotui) -> None:
    assert octotui.call("wait", OCTOTUI_BASE_URL="http://127.0.0.1:9").code == 0


@pytest.fixture
def box() -> Any:
    with Box(speed=100.0, faults=False) as running:
        yield running


def add_from(octotui: Octotui, box: Box, outcome: str) -> str:
    """Add one task of the box that `outcome` is the state of by now."""
    octotui.environ |= {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key}
    for task in box.tasks():
        octotui.call("add", task.id, "--provider", task.provider, "--route", task.route)
    octotui.call("poll")
    tasks = json.loads(octotui.call("ls", "--json", "--state", outcome).out)
    return str(tasks[0]["id"])


def test_get_saves_what_is_completed_and_prints_the_path(octotui: Octotui, box: Box, tmp_path: Path) -> None:
    task_id = add_from(octotui, box, "completed")
    outcome = octotui.call("get", task_id, "--out", str(tmp_path / "out"))
    assert outcome.code == 0, outcome.err
    file = Path(outcome.out.rstrip("\n"))
    assert file.is_relative_to(tmp_path / "out")
    assert file.read_bytes()[4:8] == b"ftyp"
    assert json.loads(octotui.call("show", task_id, "--json").out)["file"] == str(file)
    again = octotui.call("get", task_id)
    assert (again.code, again.out) == (0, outcome.out)
    shutil.rmtree(tmp_path / "out" / "sora")
    outcome = octotui.call("get", task_id)
    assert (outcome.code, Path(outcome.out.rstrip("\n")).is_file()) == (0, True), outcome.err


def test_get_waits_for_no_task(octotui: Octotui, box: Box) -> None:
    running = add_from(octotui, box, "running")
    outcome = octotui.call("get", running)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"nothing to save: {running} is running" in outcome.err
    (failed, *_) = json.loads(octotui.call("ls", "--json", "--state", "failed").out)
    assert octotui.call("get", failed["id"]).code == 1


def test_get_with_nothing_to_do_is_no_error(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    outcome = octotui.call("get", OCTOTUI_BASE_URL="http://127.0.0.1:9")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "nothing to save\n")


def test_a_folder_that_cannot_be_made_is_exit_code_8(octotui: Octotui, box: Box) -> None:
    task_id = add_from(octotui, box, "completed")
    (octotui.home / "file").write_text("")
    outcome = octotui.call("get", task_id, "--out", str(octotui.home / "file" / "below"))
    assert outcome.code == 8, outcome
    words = f"disk: {octotui.home}/file/below: the folder cannot be made: a part of the path is a file, not a folder"
    assert f"not saved: {task_id}: {words}" in outcome.err
    outcome = octotui.call("get", task_id, "--out", "/proc/nowhere/below")
    assert "/proc/nowhere: the folder cannot be made: no folder can be there" in outcome.err
    outcome = octotui.call("get", task_id)
    assert (outcome.code, outcome.out.startswith(f"{octotui.home}/octotui/")) == (0, True), outcome


def test_an_interrupt_is_exit_code_130(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers()) as server:
        process = octotui.start("wait", OCTOTUI_BASE_URL=server.base_url)
        until(lambda: server.requests, "the first request")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "octotui: interrupted"
    assert "Traceback" not in err


def test_wait_with_download_saves(octotui: Octotui, box: Box) -> None:
    task_id = add_from(octotui, box, "completed")
    outcome = octotui.call("wait", task_id, "--download", "--timeout", "30")
    assert outcome.code == 0, outcome.err
    assert json.loads(octotui.call("show", task_id, "--json").out)["download"] == "saved"


def test_the_wait_is_measured_by_the_clock(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    began = time.monotonic()
    with gateway(answers()) as server:
        octotui.call("wait", "--timeout", "500ms", OCTOTUI_BASE_URL=server.base_url)
    assert 0.5 <= time.monotonic() - began < 10.0


def test_a_failing_answer_is_shown_with_its_status_and_the_good_one_stays_below(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers(progress=7)) as server:
        octotui.call("poll", OCTOTUI_BASE_URL=server.base_url)
    body = {"error": {"message": "upstream", "link": "https://x.example/a?sig=SECRET"}, "pad": "x" * 200_000}
    for status in (502, 524):
        with gateway(refuses(status, body)) as server:
            assert octotui.call("poll", OCTOTUI_BASE_URL=server.base_url).code == 6
    shown = octotui.call("show", "sora:1a").out
    last, before = shown.split("\nthe answer before:\n")
    assert "\nlast answer:\nHTTP 524\n" in last
    assert '"progress": 7' in before
    assert "SECRET" not in shown
    assert len(shown) < 80_000
    report = octotui.call("show", "--report", "sora:1a").out
    assert "HTTP 524" in report
    assert "## What changed with it" not in report
