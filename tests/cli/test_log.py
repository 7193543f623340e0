"""`log`: what happened, as lines and as JSON, also while it happens."""

from __future__ import annotations

import json
import signal
import time

import pytest

from octotui.ledger import Ledger
from octotui.model import EventKind, LogEntry, TaskState
from octotui.units import date_time
from tests.cli.conftest import Octotui
from tests.cli.filled import fill, ledger_path
from tests.support.tasks import task


def happen(octotui: Octotui, *events: LogEntry) -> None:
    with Ledger.open(ledger_path(octotui)) as ledger:
        for event in events:
            ledger.log(event)


@pytest.fixture
def now(octotui: Octotui) -> float:
    at = time.time()
    fill(octotui, [task("video_1"), task("grok:2", "grok")])
    happen(
        octotui,
        LogEntry(at - 7200, EventKind.GATEWAY, None, "the gateway is away"),
        LogEntry(at - 60, EventKind.STATE, "video_1", "failed: content policy", detail=TaskState.FAILED),
        LogEntry(at - 30, EventKind.SAVED, "grok:2", "saved, 24.0 MB"),
        LogEntry(at - 20, EventKind.REMOVED, "gone_3", "no longer watched"),
    )
    return at


def messages(octotui: Octotui, *arguments: str) -> list[str]:
    return [event["message"] for event in json.loads(octotui.call("log", "--json", *arguments).out)]


def test_lines_have_a_date_and_say_of_what(octotui: Octotui, now: float) -> None:
    assert octotui.call("log").out.splitlines() == [
        f"{date_time(now - 7200)} the gateway is away",
        f"{date_time(now - 60)} Sora video_1 failed: content policy",
        f"{date_time(now - 30)} Grok grok:2 saved, 24.0 MB",
        f"{date_time(now - 20)} gone_3 no longer watched",
    ]


def test_json_has_what_programs_need(octotui: Octotui, now: float) -> None:
    array = json.loads(octotui.call("log", "--json").out)
    assert array[1] == {
        "number": array[1]["number"],
        "at": round(now - 60, 3),
        "event": "state",
        "detail": "failed",
        "id": "video_1",
        "provider": "sora",
        "message": "failed: content policy",
    }
    assert (array[0]["id"], array[0]["provider"], array[3]["provider"]) == (None, None, None)
    assert [json.loads(line) for line in octotui.call("log", "--jsonl").out.splitlines()] == array


def test_what_is_wanted_is_chosen_by_time_and_filter(octotui: Octotui, now: float) -> None:
    assert messages(octotui, "--since", "1h") == ["failed: content policy", "saved, 24.0 MB", "no longer watched"]
    assert messages(octotui, "--lines", "1") == ["no longer watched"]
    assert messages(octotui, "--lines", "0") == []
    assert messages(octotui, "-f", "kind:saved") == messages(octotui, "-f", "provider:grok") == ["saved, 24.0 MB"]
    assert messages(octotui, "-f", "!kind:saved task:2") == []
    assert messages(octotui, "-f", "grok:2") == ["saved, 24.0 MB"]
    assert octotui.call("log", "-f", "kind:lost").err == "none of 4 events match\n"


def test_what_makes_no_sense_is_code_2(octotui: Octotui) -> None:
    outcome = octotui.call("log", "-f", "foo:bar")
    assert (outcome.code, outcome.err) == (
        2,
        'octotui: --filter: no field foo: kind, provider, task; for text write "foo:bar"\n',
    )
    assert "did you mean kind?" in octotui.call("log", "-f", "kin:saved").err
    assert octotui.call("log", "--json", "--follow").code == 2
    assert octotui.call("log").err == "nothing has happened yet\n"


def test_it_goes_on_with_what_happens(octotui: Octotui, now: float) -> None:
    process = octotui.start("log", "--follow", "--jsonl", "-f", "kind:saved")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert json.loads(process.stdout.readline())["message"] == "saved, 24.0 MB"
        happen(
            octotui,
            LogEntry(now, EventKind.LOST, "video_1", "lost"),
            LogEntry(now, EventKind.SAVED, "video_1", "saved later"),
        )
        assert json.loads(process.stdout.readline())["message"] == "saved later"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
