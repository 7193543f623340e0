from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from octotui import __version__
from octotui.ledger import Attempt
from octotui.model import DeadlineSource, Download, DownloadState, FailureKind, LogEntry, RequestFailure
from octotui.presentation.bug_report import bug_report
from octotui.presentation.task_record import TaskRecord
from tests.tui.tasks import NOW, every_state, ready

HIDDEN = ("sk-gateway-key", "/srv/alice/videos")
BEFORE = '{"id": "x", "progress": 41, "prompt": "a cat"}'
AFTER = '{"id": "x", "progress": 42, "prompt": "a cat", "url": "https://cdn.example/v.mp4?sig=SECRET"}'


def record() -> TaskRecord:
    one = ready(
        "video_9f2c81d0",
        250,
        source=DeadlineSource.LINK,
        model="sora-2",
        status="succeeded",
        created_at=NOW - 500,
        result_url="https://cdn.example/v.mp4?sig=SECRET",
        gateway_expires_at=NOW + 3600,
        failure=RequestFailure(FailureKind.RATE_LIMITED, 429, "slow down", NOW - 70),
        failures=3,
        download=Download(DownloadState.FAILED, 10, 1000, error="cannot write /srv/alice/videos/a.mp4"),
    )
    attempts = [Attempt(NOW - 20, "link", "403, expired"), Attempt(NOW - 19, "content", "no /home/alice/x")]
    events = [LogEntry(NOW - 10, "download", one.id, "failed: sk-gateway-key")]
    return TaskRecord(one, "Sora", attempts, events, AFTER, BEFORE, 86_400.0)


def report(one: TaskRecord) -> str:
    return bug_report(one, NOW, base_url="https://me:pw@octopusx.ai", hidden=HIDDEN)


def test_a_report_tells_all_that_helps() -> None:
    text = report(record())
    for part in (
        "# Report on task `video_9f2c81d0`",
        f"octotui {__version__}, 2026-09-21 14:13:20Z",
        "- gateway: `octopusx.ai`",
        "octopusx.ai/v1/videos/video_9f2c81d0`",
        "- state: completed",
        "HTTP 429, rate_limited: slow down`, 3 in a row, 2026-09-21 14:12:10Z",
        "- submitted, by the gateway: 2026-09-21 14:05:00Z",
        "- the gateway's own word: 2026-09-21 15:13:20Z",
        "- a rule of thumb for the provider: 2026-09-22",
        "link: 403, expired",
        "progress  41 → 42",
        '"prompt": "(private, 5 characters)"',
        "?sig=…",
    ):
        assert part in text, part


def test_a_report_tells_nothing_that_is_private() -> None:
    text = report(record())
    for part in ("SECRET", "a cat", "sk-gateway", "alice", "me:pw"):
        assert part not in text, part


def test_markup_from_outside_stays_text() -> None:
    one = record()._replace(answer="```\n# owned", previous=None, events=[LogEntry(NOW, "x", None, "```\n<b>")])
    one = one._replace(task=dataclasses.replace(one.task, id="`a` [x](y)"))
    text = report(one)
    assert "# Report on task `` `a` [x](y) ``" in text
    assert "````\n```\n# owned\n````" in text
    assert next(line for line in text.splitlines() if line.startswith("# ")).startswith("# Report")


@pytest.mark.parametrize("one", every_state(), ids=lambda one: one.id)
def test_there_is_a_report_on_every_task(one: object) -> None:
    assert "## Last answer\n\nNone yet." in report(TaskRecord(one))  # type: ignore[arg-type]


def test_long_answers_are_cut() -> None:
    long = "[" + ",".join(["1"] * 50_000) + "]"
    text = report(record()._replace(answer=long, previous=long[:-1] + ",2]"))
    assert len(text) < 60_000
    assert "more lines" in text


def test_when_only_what_is_left_out_differs_it_says_so() -> None:
    text = report(record()._replace(previous=AFTER.replace("SECRET", "OTHER")))
    assert "Only what is left out of this report." in text


def test_a_report_needs_no_screen() -> None:
    modules = "octotui.presentation.bug_report, octotui.presentation.task_record"
    code = f"import sys; sys.modules['textual'] = None; import {modules}"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("text", ["\x1b]52;c;aGFja2Vk\x07", "\x9d0;owned\x9c", "a\nb\r\tc", "x" * 10_000, "\u202egnp"])
def test_nothing_in_a_report_is_obeyed_by_a_terminal(text: str) -> None:
    one = record()._replace(
        answer=text,
        previous=f'{{"{text[:1]}": 1}}',
        events=[LogEntry(NOW, text, None, text)],
        attempts=[Attempt(NOW, text, text)],
    )
    one = one._replace(
        task=dataclasses.replace(one.task, id=text, model=text, status=text, error_message=text, seconds=text)
    )
    assert all(char == "\n" or char.isprintable() for char in report(one))
