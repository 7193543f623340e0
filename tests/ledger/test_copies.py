"""Copies: facts of where a result lies, on stable storage at once, and gone with their task."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Copy, Ledger
from octotui.model import Download, DownloadState
from tests.ledger.conftest import Committed, make_older, new
from tests.support.tasks import known
from tests.support.waiting import until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

FILE = "/videos/a.mp4"
SAVED = Download(DownloadState.SAVED, 9, 9, FILE, "5f1c", 5.0)
BUCKET = "s3://farm/results"
OBJECT = Copy("a", BUCKET, f"{BUCKET}/a.mp4", 9, "5f1c", 6.0, "box-1")
LOCAL = Copy("a", "3f6f2c1e-6a0a-4d0b-9d59-6f5a5a3d8d11", FILE, 9, "5f1c", 5.0, "box-1")


@pytest.fixture
def saved(ledger: Ledger) -> Ledger:
    ledger.add(new("a", "b"), 1.0)
    ledger.record_download("a", SAVED)
    return ledger


def test_what_was_delivered_is_a_change_that_every_window_sees(saved: Ledger, where: Path | str) -> None:
    with Ledger.open(where) as other:
        seen = other.changes(0).revision
        assert known(other, "a").delivered is None
        committed = Committed(saved)
        saved.record_copy(OBJECT)
        assert committed.count == 1
        until(other.changed_outside, "what another ledger wrote")
        (task,) = other.changes(seen).tasks
        assert (task.id, task.delivered) == ("a", OBJECT.location)
        assert task.download == SAVED
        assert other.copies(["a", "b", "nobody"]) == {"a": [OBJECT]}


def test_a_copy_in_a_folder_is_one_of_several_and_not_a_delivery(saved: Ledger) -> None:
    saved.record_copy(OBJECT)
    saved.record_copy(LOCAL)
    assert saved.copies(["a"]) == {"a": [LOCAL, OBJECT]}
    assert known(saved, "a").delivered == OBJECT.location
    assert (LOCAL.is_delivered, OBJECT.is_delivered) == (False, True)


def test_a_later_word_about_a_location_replaces_the_earlier_one(saved: Ledger) -> None:
    saved.record_copy(OBJECT)
    saved.record_copy(OBJECT)
    later = OBJECT._replace(saved_at=7.0, box="box-2")
    saved.record_copy(later)
    assert saved.copies(["a"]) == {"a": [later]}


def test_a_task_nobody_watches_has_no_copies(saved: Ledger) -> None:
    saved.record_copy(OBJECT)
    saved.remove(["a"])
    saved.record_copy(OBJECT)
    saved.add(new("a"), 2.0)
    assert saved.copies(["a"]) == {}
    assert known(saved, "a").delivered is None


def test_a_task_that_comes_back_has_its_copies(saved: Ledger) -> None:
    saved.record_copy(OBJECT)
    removal = saved.take_out(["a"])
    assert saved.copies(["a"]) == {}
    saved.restore(removal)
    assert saved.copies(["a"]) == {"a": [OBJECT]}
    assert known(saved, "a").delivered == OBJECT.location


def test_another_result_is_not_delivered_and_the_same_one_stays_so(saved: Ledger) -> None:
    saved.record_copy(OBJECT)
    saved.request_download(["a"], force=True)
    saved.record_download("a", SAVED._replace(file="/other/a.mp4"))
    assert known(saved, "a").delivered == OBJECT.location
    saved.request_download(["a"], force=True)
    saved.record_download("a", SAVED._replace(sha256="77aa"))
    assert known(saved, "a").delivered is None
    assert saved.copies(["a"]) == {"a": [OBJECT]}


def test_facts_of_the_task_leave_it_delivered(saved: Ledger) -> None:
    saved.record_copy(OBJECT)
    saved.record(replace(known(saved, "a"), progress=100, delivered=None))
    saved.record_download("a", SAVED._replace(saved_at=8.0))
    saved.flush()
    assert known(saved, "a").delivered == OBJECT.location


@pytest.mark.parametrize(("gone", "file", "delivered"), [(OBJECT, FILE, None), (LOCAL, None, OBJECT.location)])
def test_a_copy_that_is_gone_is_said_to_be_gone(
    saved: Ledger, gone: Copy, file: str | None, delivered: str | None
) -> None:
    for each in (OBJECT, LOCAL):
        saved.record_copy(each)
    seen = saved.changes(0).revision
    saved.drop_copy("a", gone.location)
    (task,) = saved.changes(seen).tasks
    assert (task.is_saved, task.download.file, task.delivered) == (True, file, delivered)
    assert saved.copies(["a"]) == {"a": [each for each in (LOCAL, OBJECT) if each != gone]}


def test_a_file_that_is_still_on_its_way_is_no_copy_that_is_gone(saved: Ledger) -> None:
    saved.record_download("b", Download(DownloadState.RUNNING, 3, 9, "/videos/b.mp4"))
    saved.flush()
    saved.drop_copy("b", "/videos/b.mp4")
    assert known(saved, "b").download.file == "/videos/b.mp4"


def test_text_and_numbers_that_nobody_can_store_stop_no_copy(saved: Ledger) -> None:
    saved.record_copy(OBJECT._replace(location="s3://farm/\ud800\0", size=2**70, saved_at=float("nan")))
    (copy,) = saved.copies(["a"])["a"]
    assert (copy.location, copy.size, copy.saved_at) == ("s3://farm/?\ufffd", 2**63 - 1, 0.0)


def test_a_copy_is_on_stable_storage_when_it_is_told(
    where: Path | str, saved: Ledger, start: Callable[..., subprocess.Popen[str]]
) -> None:
    saved.flush()
    process = start("copy", "a", OBJECT.place, OBJECT.location)
    assert process.stdout is not None
    assert process.stdout.readline() == "copied\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with Ledger.open(where) as other:
        assert known(other, "a").delivered == OBJECT.location
        assert [copy.location for copy in other.copies(["a"])["a"]] == [OBJECT.location]


def test_a_ledger_from_before_there_were_copies_has_room_for_them(path: Path) -> None:
    make_older(path, 12, "a")
    with Ledger.open(path) as brought_forward:
        assert known(brought_forward, "a").delivered is None
        brought_forward.record_copy(OBJECT)
        assert known(brought_forward, "a").delivered == OBJECT.location
