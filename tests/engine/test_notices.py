from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from octotui.config import Config
from octotui.engine.notifications.apprise import AppriseNotifier, message
from octotui.extras import install_command
from octotui.model import LogEntry, Task, TaskState
from octotui.task_events import NoticeKind, TaskNotice
from tests.support.waiting import until

TASK = Task("sora:1a", "sora", "videos", 500.0, state=TaskState.COMPLETED, result_url="https://c.example/v?sig=1")
NEWS = TaskNotice(NoticeKind.COMPLETED, TASK, 1300.0)
needs_apprise = pytest.mark.skipif(
    importlib.util.find_spec("apprise") is None, reason="the extra notify is not installed"
)


def test_one_piece_of_news_is_a_message_of_one_line() -> None:
    assert message([NEWS]) == ("octotui: completed", "sora sora:1a: completed")


def test_many_are_one_message_that_stays_short() -> None:
    failed = replace(TASK, state=TaskState.FAILED, error_message="\x1b[2Jpolicy")
    title, text = message([NEWS] * 30 + [TaskNotice(NoticeKind.FAILED, failed, 1.0)] * 2)
    assert title == "octotui: 30 completed, 2 failed"
    assert text.split("\n")[-2:] == ["sora sora:1a: completed", "and 12 more"]
    assert "policy" in message([TaskNotice(NoticeKind.FAILED, failed, 1.0)])[1]
    assert "\x1b" not in message([TaskNotice(NoticeKind.FAILED, failed, 1.0)])[1]


def made(folder: Path, *urls: str, **settings: Any) -> tuple[AppriseNotifier, list[LogEntry]]:
    events: list[LogEntry] = []
    config = Config(state_dir=folder, notify_urls=urls, **settings)
    return AppriseNotifier(config, log=events.append, clock=lambda: 7.0), events


def test_without_apprise_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = install_command("notify")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    told, events = made(tmp_path, "json://127.0.0.1:9")
    told.notify(NEWS)
    told.notify(NEWS)
    told.stop(5)
    advice = f"notify_urls is set, but Apprise is not installed: {line}"
    assert [(event.kind, event.text) for event in events] == [("notify", advice)]
    assert made(tmp_path)[1] == []


@contextmanager
def listener(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]], threading.Event]]:
    """Take Apprise's `json://` messages on loopback; yields the address, what came, and what answers wait for."""
    came: list[dict[str, Any]] = []
    may_answer = threading.Event()
    may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            may_answer.wait(10)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_address[1]}", came, may_answer
    finally:
        may_answer.set()
        server.shutdown()
        server.server_close()
        thread.join()


@needs_apprise
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_what_was_asked_for_is_sent_and_nothing_else(tmp_path: Path) -> None:
    with listener() as (url, came, _):
        told, events = made(tmp_path, url, notify_on=("completed",))
        told.notify(NEWS._replace(event=NoticeKind.LOST))
        assert not told.is_busy
        told.notify(NEWS)
        told.stop(30)
    assert events == []
    assert [(each["title"], each["message"]) for each in came] == [("octotui: completed", "sora sora:1a: completed")]


@needs_apprise
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_what_happens_while_one_is_sent_goes_together(tmp_path: Path) -> None:
    with listener() as (url, came, may_answer):
        may_answer.clear()
        told, events = made(tmp_path, url)
        told.notify(NEWS)
        until(lambda: came, "the first message")
        for _ in range(40):
            told.notify(NEWS)
        may_answer.set()
        told.stop(30)
    assert events == []
    assert [each["title"] for each in came] == ["octotui: completed", "octotui: 40 completed"]


@needs_apprise
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_refusal_is_said_without_the_address(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with listener(500) as (url, came, _):
        told, events = made(tmp_path, url.replace("//", "//user:hidden-word@"))
        told.notify(NEWS)
        told.stop(30)
    assert len(came) == 1
    (event,) = events
    assert event.text.startswith("notification not sent: ")
    assert "500" in event.text
    assert "hidden-word" not in event.text
    assert capfd.readouterr() == ("", "")


@needs_apprise
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_an_address_that_apprise_does_not_know_is_named_by_its_number(tmp_path: Path) -> None:
    with listener() as (url, came, _):
        told, events = made(tmp_path, "nosuchthing://hidden-word", url)
        told.notify(NEWS)
        told.stop(30)
    assert len(came) == 1
    assert [event.text for event in events] == ["entry 1 of notify_urls is not understood by Apprise: nosuchthing://…"]


def test_an_apprise_that_cannot_be_imported_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apprise.py").write_text("raise RuntimeError('half installed')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    told, events = made(tmp_path, "json://127.0.0.1:9")
    told.notify(NEWS)
    told.stop(30)
    assert [event.text for event in events] == ["notification not sent: RuntimeError in Apprise"]
