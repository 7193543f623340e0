from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.model import Task, TaskState
from octotui.presentation.terminal_alerts import Alerts, escape
from octotui.task_events import NoticeKind, TaskNotice

RUNNING = Task("sora:1a", "sora", "videos", 500.0, state=TaskState.RUNNING)
DONE = replace(RUNNING, state=TaskState.COMPLETED, final_seen_at=1100.0)
NEWS = TaskNotice(NoticeKind.COMPLETED, DONE, 1100.0)
ALL = tuple(NoticeKind)


@pytest.mark.parametrize(
    ("bell", "protocol", "in_tmux", "expected"),
    [
        (False, "off", False, ""),
        (True, "off", True, "\a"),
        (False, "osc9", False, "\x1b]9;octotui: sora:1a: completed\a"),
        (True, "osc777", False, "\a\x1b]777;notify;octotui;sora:1a: completed\a"),
        (False, "osc9", True, "\x1bPtmux;\x1b\x1b]9;octotui: sora:1a: completed\a\x1b\\"),
    ],
)
def test_what_is_written(bell: bool, protocol: str, in_tmux: bool, expected: str) -> None:
    assert escape([NEWS], bell=bell, protocol=protocol, kinds=ALL, in_tmux=in_tmux) == expected


def test_several_at_once_ring_once() -> None:
    written = escape([NEWS] * 3, bell=True, protocol="osc9", kinds=ALL)
    assert written == "\a\x1b]9;octotui: sora:1a: completed, and 2 more\a"


def test_what_was_not_asked_for_is_silent() -> None:
    assert escape([NEWS], bell=True, protocol="osc9", kinds=("lost",)) == ""


def test_a_task_cannot_write_to_the_terminal() -> None:
    hostile = replace(DONE, id="a\x1b]52;c;eA==\a\x9c\x07b", error_message="\a")
    written = escape([NEWS._replace(task=hostile)], bell=False, protocol="osc777", kinds=ALL)
    assert written.count("\x1b") == written.count("\a") == 1
    assert "\x9c" not in written


def test_the_start_is_silent_and_each_end_is_heard_once(tmp_path: Path) -> None:
    written: list[str] = []
    alerts = Alerts(Config(state_dir=tmp_path, bell=True), 1000.0, written.append, environ={})
    alerts.observe([RUNNING, replace(DONE, id="old")], 1000.0)
    alerts.observe((), 1001.0)
    assert written == []
    alerts.observe([DONE], 1100.0)
    alerts.observe([DONE], 1101.0)
    assert written == ["\a"]


def test_nothing_is_followed_where_nothing_is_wanted(tmp_path: Path) -> None:
    written: list[str] = []
    alerts = Alerts(Config(state_dir=tmp_path), 1000.0, written.append)
    alerts.observe([RUNNING], 1000.0)
    alerts.observe([DONE], 1100.0)
    assert written == []
