from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.change_feed import ChangeFeed, TaskChange, between
from octotui.cli.run_until import Waiting
from octotui.ledger import Ledger
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EventKind,
    FailureKind,
    NewTask,
    RequestFailure,
    Task,
    TaskState,
)
from tests.cli.conftest import Octotui
from tests.cli.test_asking import VIDEO, answers, refuses
from tests.support.gateway import Reply, gateway
from tests.support.waiting import until

NOW = 1000.0
RUNNING = Task("a", "sora", "videos", 0.0, state=TaskState.RUNNING, progress=10)
READY = replace(RUNNING, state=TaskState.COMPLETED, progress=100, deadline=Deadline(2000.0, DeadlineSource.LINK))
FAILURE = RequestFailure(FailureKind.GATEWAY, 502, "bad gateway", NOW)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, RUNNING, [("added", "added, running 10%")]),
        (RUNNING, RUNNING, []),
        (RUNNING, replace(RUNNING, last_answer_at=NOW), []),
        (RUNNING, replace(RUNNING, progress=11), [("progress", "running 11%")]),
        (RUNNING, READY, [("state", "completed")]),
        (RUNNING, replace(READY, deadline=Deadline(1.0, DeadlineSource.RULE)), [("expired", "expired")]),
        (RUNNING, replace(RUNNING, state=TaskState.FAILED, error_message="policy"), [("state", "failed: policy")]),
        (RUNNING, replace(RUNNING, failure=FAILURE), [("failure", "asking failed: bad gateway")]),
        (replace(RUNNING, failure=FAILURE), replace(RUNNING, failure=FAILURE._replace(at=NOW + 1)), []),
        (replace(RUNNING, failure=FAILURE), RUNNING, [("recovered", "answers again")]),
        (READY, replace(READY, download=Download(DownloadState.WANTED)), [("download", "download wanted")]),
        (READY, replace(READY, download=Download(DownloadState.RUNNING, 5, 10)), [("download", "saving")]),
        (
            replace(READY, download=Download(DownloadState.RUNNING, 5, 10)),
            replace(READY, download=Download(DownloadState.RUNNING, 6, 10)),
            [],
        ),
        (
            READY,
            replace(READY, download=Download(DownloadState.SAVED, 24_000_000, 24_000_000, file="/a.mp4")),
            [("saved", "saved 24.0 MB: /a.mp4")],
        ),
        (
            READY,
            replace(READY, download=Download(DownloadState.FAILED, error="410")),
            [("download", "not saved: 410")],
        ),
        (replace(READY, download=Download(DownloadState.WANTED)), READY, [("download", "download cancelled")]),
        (
            RUNNING,
            replace(READY, download=Download(DownloadState.WANTED)),
            [("state", "completed"), ("download", "download wanted")],
        ),
    ],
)
def test_each_thing_that_happened_is_told_once(
    before: Task | None, after: Task, expected: list[tuple[str, str]]
) -> None:
    assert [(change.event, change.words) for change in between(before, after, NOW)] == expected


def test_a_change_is_called_by_the_public_words() -> None:
    words = {kind: TaskChange(kind, NOW, RUNNING, "").event for kind in EventKind}
    assert {kind: word for kind, word in words.items() if kind != word} == {
        EventKind.LOST: "expired",
        EventKind.REGAINED: "state",
    }


def test_a_loss_is_told_once_however_it_comes_about(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l" / "ledger.db") as ledger:
        ledger.add([NewTask(task_id, "sora", "videos") for task_id in ("a", "b", "c")], 1.0)
        ready = {task_id: replace(READY, id=task_id) for task_id in ("a", "b")}
        ledger.record(ready["a"])
        ledger.flush()
        feed = ChangeFeed(ledger, NOW)

        def told(now: float) -> list[tuple[str, str]]:
            ledger.flush()
            changes = [(change, change.task) for change in feed.changes_since_last(now)]
            return [(task.id, change.words) for change, task in changes if task is not None]

        assert told(NOW) == []
        ledger.record(ready["b"])
        assert told(2000.0) == [("b", "expired"), ("a", "expired before it was saved")]
        assert told(2001.0) == []
        ledger.record(replace(ready["a"], deadline=Deadline(3000.0, DeadlineSource.LINK)))
        assert told(2002.0) == [("a", "completed")]
        assert told(3000.0) == [("a", "expired before it was saved")]


def test_what_is_waited_for() -> None:
    plain, saving = Waiting(with_downloads=False), Waiting(with_downloads=True)
    assert not plain.is_over([RUNNING], NOW)
    assert plain.is_over([READY], NOW)
    wanted = replace(READY, download=Download(DownloadState.WANTED))
    assert not saving.is_over([wanted], NOW)
    assert saving.is_over([replace(READY, download=Download(DownloadState.FAILED))], NOW)
    assert saving.is_over([replace(READY, download=Download(DownloadState.SAVED))], NOW)
    assert saving.is_over([replace(RUNNING, state=TaskState.FAILED)], NOW)
    assert plain.is_over([], NOW)


def test_a_download_that_somebody_cancelled_is_not_waited_for_for_ever() -> None:
    waiting = Waiting(with_downloads=True)
    assert not waiting.is_over([READY], NOW)
    assert not waiting.is_over([READY], NOW + 9)
    assert waiting.is_over([READY], NOW + 10)
    assert not waiting.is_over([replace(READY, download=Download(DownloadState.RUNNING))], NOW + 10)
    assert not waiting.is_over([READY], NOW + 11)


def test_until_done_prints_a_line_a_change_and_ends_with_the_worst_code(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "grok:2b")
    with gateway(lambda path: Reply(VIDEO | {"status": "failed" if "grok" in path else "completed"})) as server:
        outcome = octotui.call("watch", "--until-done", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code == 1
    lines = [line.split(" ", 1)[1] for line in outcome.out.splitlines()]
    assert "Sora sora:1a completed" in lines
    assert "Grok grok:2b failed" in lines
    assert outcome.err.splitlines() == [
        f"watching 2 tasks on {server.base_url}",
        "octotui: waiting: 0 of 2 tasks final",
    ]


def test_until_done_with_nothing_to_do_ends_at_once(octotui: Octotui) -> None:
    outcome = octotui.call("watch", "--until-done", OCTOTUI_BASE_URL="http://127.0.0.1:9")
    assert (outcome.code, outcome.out) == (0, "")


def test_until_done_gives_up_when_the_key_is_refused(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(refuses(401, {"error": {"message": "no"}})) as server:
        outcome = octotui.call("watch", "--until-done", "--jsonl", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code == 3
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert {event["event"] for event in events} == {"failure", "gateway"}


def test_events_as_json_lines(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    began = time.time()
    with gateway(answers(status="completed")) as server:
        outcome = octotui.call("watch", "--until-done", "--jsonl", OCTOTUI_BASE_URL=server.base_url)
    (event,) = [json.loads(line) for line in outcome.out.splitlines()]
    assert list(event) == ["event", "at", "task"]
    assert event["event"] == "state"
    assert began <= event["at"] + 0.001
    assert event["task"] == json.loads(octotui.call("show", "sora:1a", "--json").out)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_within_two_seconds(octotui: Octotui, number: signal.Signals) -> None:
    octotui.call("add", "sora:1a")
    with gateway(answers()) as server:
        process = octotui.start("watch", OCTOTUI_BASE_URL=server.base_url)
        until(lambda: server.requests, "the first request")
        began = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert time.monotonic() - began < 2.0
    assert err == f"watching 1 task on {server.base_url}\n"


def test_tasks_that_another_process_adds_are_followed(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a")
    with gateway(lambda path: Reply(VIDEO | {"status": "completed" if "2b" in path else "queued"})) as server:
        process = octotui.start("watch", "--jsonl", OCTOTUI_BASE_URL=server.base_url)
        until(lambda: server.requests, "the first request")
        assert octotui.call("add", "grok:2b").code == 0
        assert process.stdout is not None
        seen: list[tuple[str, str, str]] = []
        while ("state", "grok:2b", "completed") not in seen:
            event = json.loads(process.stdout.readline())
            seen.append((event["event"], event["task"]["id"], event["task"]["state"]))
        assert octotui.call("rm", "grok:2b").code == 0
        while seen[-1][:2] != ("removed", "grok:2b"):
            event = json.loads(process.stdout.readline())
            seen.append((event["event"], event["task"]["id"], event["task"]["state"]))
        process.terminate()
        process.communicate(timeout=20)
    assert ("added", "grok:2b", "unknown") in seen
