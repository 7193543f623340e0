from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.sources.watched_folder import SETTLED, Inbox, _is_being_written
from octotui.gateway.providers import BUILTIN
from octotui.ledger import Ledger
from tests.support.clock import Clock
from tests.support.engine import at_work
from tests.support.waiting import until

ANSWER = {"id": "video_1", "model": "sora-2", "status": "queued"}


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


@pytest.fixture
def inbox(tmp_path: Path, ledger: Ledger, clock: Clock) -> Inbox:
    inbox = Inbox(tmp_path / "in", BUILTIN, ledger, monotonic=clock)
    inbox.scan()
    return inbox


@pytest.fixture
def folder(tmp_path: Path, inbox: Inbox) -> Path:
    return tmp_path / "in"


def settled(inbox: Inbox, clock: Clock) -> int:
    first = inbox.scan()
    clock.now += SETTLED
    return first + inbox.scan()


def ids(ledger: Ledger) -> list[str]:
    return [task.id for task in ledger.tasks()]


def said(ledger: Ledger) -> list[str]:
    ledger.flush()
    return [event.text for event in ledger.events() if event.kind == "inbox"]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_dropped_is_read_and_put_away(inbox: Inbox, folder: Path, ledger: Ledger, clock: Clock) -> None:
    (folder / "answer.json").write_text(json.dumps(ANSWER))
    (folder / "ids.txt").write_text("grok:1a grok:2b\n")
    assert settled(inbox, clock) == 3
    assert ids(ledger) == ["video_1", "grok:1a", "grok:2b"]
    assert names(folder) == ["done/answer.json", "done/ids.txt"]
    assert any(line.startswith("inbox: ids.txt: 2 tasks: 2 Grok") for line in said(ledger))
    (folder / "ids.txt").write_text("grok:1a\n")
    assert settled(inbox, clock) == 0
    assert names(folder) == ["done/answer.json", "done/ids-2.txt", "done/ids.txt"]


def test_a_file_is_read_only_once_it_has_stayed_as_it_is(
    inbox: Inbox, folder: Path, ledger: Ledger, clock: Clock
) -> None:
    file = folder / "ids.txt"
    for step in range(4):
        file.write_text("grok:1a\ngrok:2b\ngrok:3c\ngrok:4d\n"[: 8 * (step + 1) - 2])
        clock.now += SETTLED - 0.1
        assert inbox.scan() == 0
    file.write_text("grok:1a\ngrok:2b\n")
    assert settled(inbox, clock) == 2
    assert ids(ledger) == ["grok:1a", "grok:2b"]


def test_a_writer_that_pauses_with_the_file_open_is_waited_for(
    inbox: Inbox, folder: Path, ledger: Ledger, clock: Clock
) -> None:
    with (folder / "ids.txt").open("w") as opened:
        opened.write("grok:1")
        opened.flush()
        for _ in range(3):
            assert settled(inbox, clock) == 0
        opened.write("a\n")
    assert settled(inbox, clock) == 1
    assert ids(ledger) == ["grok:1a"]


_BUSY = """
import os, sys
for number in range(20_000):
    descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
    os.close(descriptor)
"""


def test_a_writer_that_comes_while_we_look_is_not_held_up_and_harms_nobody(inbox: Inbox, folder: Path) -> None:
    file = folder / "busy.txt"
    file.write_text("grok:1a")
    writer = subprocess.Popen([sys.executable, "-c", _BUSY, str(file)])
    verdicts = set()
    descriptor = os.open(file, os.O_RDONLY)
    try:
        while writer.poll() is None:
            verdicts.add(_is_being_written(descriptor))
        verdicts.add(_is_being_written(descriptor))
    finally:
        os.close(descriptor)
        writer.wait(timeout=30)
    assert writer.returncode == 0
    assert False in verdicts


@pytest.mark.parametrize(
    ("text", "reason", "added"),
    [
        ("nothing of use here", "no task found", 0),
        ("video_abc123\n", "whose tasks are these?", 0),
        ("grok:1a\nvideo_abc123\n", "video_abc123", 1),
        ("\x00\x01\x02" * 50, "no task found", 0),
    ],
)
def test_what_is_not_understood_is_put_aside_with_the_reason(
    inbox: Inbox, folder: Path, clock: Clock, text: str, reason: str, added: int
) -> None:
    (folder / "a.txt").write_text(text)
    assert settled(inbox, clock) == added
    assert names(folder) == ["unread/a.txt", "unread/a.txt.reason.txt"]
    assert reason in (folder / "unread" / "a.txt.reason.txt").read_text()


def test_what_is_not_finished_and_what_is_no_file_is_left_alone(
    inbox: Inbox, folder: Path, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("grok:1a")
    (folder / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe")
    (folder / "deep").mkdir()
    for name in (".hidden", "a.part", "a.tmp", "a.txt~", "deep/a.txt"):
        (folder / name).write_text("grok:1a")
    (folder / "empty.txt").touch()
    assert settled(inbox, clock) == 0
    assert settled(inbox, clock) == 0
    assert len(list(folder.iterdir())) == 8
    clock.now += 60
    inbox.scan()
    assert (folder / "unread" / "empty.txt").exists()
    assert (tmp_path / "outside").exists()


def test_a_file_that_cannot_be_moved_is_said_once_and_read_once(
    inbox: Inbox, folder: Path, ledger: Ledger, clock: Clock
) -> None:
    (folder / "done").symlink_to("nowhere")
    clock.now += 1
    (folder / "ids.txt").write_text("grok:1a\n")
    for _ in range(5):
        settled(inbox, clock)
    assert ids(ledger) == ["grok:1a"]
    assert len([line for line in said(ledger) if "ids.txt stays where it is" in line]) == 1


def test_a_folder_that_cannot_be_is_said_once(tmp_path: Path, ledger: Ledger, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    inbox = Inbox(tmp_path / "file" / "in", BUILTIN, ledger, monotonic=clock)
    for _ in range(3):
        assert inbox.scan() == 0
    assert len(said(ledger)) == 1


def test_the_engine_reads_it_and_sees_the_tasks_through(
    tmp_path: Path, ledger: Ledger, box: Box, config: Config
) -> None:
    task_id = box.create("sora", "sora-2", life=Life(queued=0.1, running=0.5))
    with at_work(replace(config, inbox=tmp_path / "in"), ledger, download_all=True):
        until((tmp_path / "in").is_dir, "the folder")
        (tmp_path / "dropped").write_text(json.dumps({"id": task_id, "model": "sora-2"}))
        (tmp_path / "dropped").rename(tmp_path / "in" / "dropped.json")
        until(lambda: any(task.is_saved for task in ledger.tasks()), "the result on disk")
    assert names(tmp_path / "in") == ["done/dropped.json"]


def test_an_inbox_around_the_download_folder_is_not_watched(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("grok:1a")
    config = Config(state_dir=tmp_path / "state", base_url="http://127.0.0.1:9", api_key="sk-x", inbox=tmp_path / "in")
    with at_work(replace(config, download_dir=tmp_path / "in" / "videos"), ledger):
        until(lambda: said(ledger), "the reason")
    assert "holds the folder that results are saved in" in said(ledger)[0]
    assert (tmp_path / "in" / "a.txt").exists()


def test_a_link_in_the_place_of_a_reason_is_not_written_through(
    inbox: Inbox, folder: Path, clock: Clock, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("somebody's")
    (folder / "unread").mkdir()
    (folder / "unread" / "a.txt.reason.txt").symlink_to(precious)
    (folder / "a.txt").write_text("nothing that is a task")
    settled(inbox, clock)
    assert precious.read_text() == "somebody's"
    assert (folder / "unread" / "a.txt.reason.txt").read_text() == "no task found\n"
