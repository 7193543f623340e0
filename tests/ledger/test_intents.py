"""What people ask for, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from octotui.ledger import DownloadRequest, Ledger, LedgerClosed, SavedView
from octotui.model import Download, DownloadState, NewTask
from tests.ledger.conftest import Committed, new

if TYPE_CHECKING:
    from pathlib import Path


def download(ledger: Ledger, task_id: str = "a") -> Download:
    task = ledger.task(task_id)
    assert task is not None
    return task.download


def report(ledger: Ledger, state: DownloadState, **facts: object) -> None:
    ledger.record_download("a", Download(state, **facts))  # type: ignore[arg-type]
    ledger.flush()


def test_added_tasks_are_there_for_everybody_at_once(ledger: Ledger, where: Path | str) -> None:
    assert ledger.add([NewTask("a", "sora", "videos", "sora-2", ("x",))], 5.0) == (["a"], [])
    with Ledger.open(where) as other:
        task = other.task("a")
    assert task is not None
    assert (task.provider, task.route, task.model, task.tags, task.added_at) == (
        "sora",
        "videos",
        "sora-2",
        ("x",),
        5.0,
    )


def test_a_known_task_gains_tags_and_a_model_and_is_no_error(ledger: Ledger) -> None:
    ledger.add(new("a", tags=("x",)), 5.0)
    assert ledger.add([*new("b"), *new("a", tags=("y", "x"), model="sora-2")], 9.0) == (["b"], ["a"])
    task = ledger.task("a")
    assert task is not None
    assert (task.tags, task.model, task.added_at) == (("x", "y"), "sora-2", 5.0)
    ledger.add(new("a", model="other"), 9.0)
    task = ledger.task("a")
    assert task is not None
    assert task.model == "sora-2"


def test_a_task_named_twice_is_added_once_with_the_tags_of_both(ledger: Ledger) -> None:
    assert ledger.add([*new("a", tags=("x",)), *new("a", tags=("y",), model="m")], 1.0) == (["a"], [])
    (task,) = ledger.tasks()
    assert (task.tags, task.model) == (("x", "y"), "m")


def test_tasks_keep_the_order_they_were_added_in(ledger: Ledger) -> None:
    ids = [f"t{number}" for number in range(1200, 0, -1)]
    ledger.add(new(*ids), 1.0)
    assert [task.id for task in ledger.tasks()] == ids


def test_removed_tasks_are_gone_with_all_that_hangs_on_them(ledger: Ledger) -> None:
    ledger.add(new("a", "b"), 1.0)
    task = ledger.task("a")
    assert task is not None
    ledger.record(task, raw="{}")
    ledger.note_attempt("a", 1.0, "link", "404")
    ledger.ask_now(["a"])
    ledger.flush()
    assert ledger.remove(["nobody", "a"]) == ["a"]
    assert [task.id for task in ledger.tasks()] == ["b"]
    assert (ledger.raw_answer("a"), ledger.attempts("a"), ledger.take_asks()) == (None, [], [])
    assert ledger.remove(["a"]) == []


def test_facts_about_a_removed_task_do_not_bring_it_back(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    task = ledger.task("a")
    assert task is not None
    ledger.record(task, raw="{}")
    ledger.remove(["a"])
    ledger.record(task, raw="{}")
    ledger.record_download("a", Download(DownloadState.SAVED))
    ledger.note_attempt("a", 1.0, "link", "404")
    ledger.flush()
    assert ledger.tasks() == []
    assert (ledger.raw_answer("a"), ledger.attempts("a")) == (None, [])


def test_a_wish_makes_a_download_wanted_once(ledger: Ledger) -> None:
    ledger.add(new("a", "b"), 1.0)
    assert ledger.request_download(["b", "nobody", "a", "b"]) == ["b", "a"]
    assert ledger.request_download(["a", "b"]) == []
    assert download(ledger) == Download(DownloadState.WANTED)


def test_a_failed_download_can_be_wanted_again_and_keeps_its_bytes(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"])
    report(ledger, DownloadState.FAILED, bytes_done=5, bytes_total=9, error="cut", speed=1.0)
    assert download(ledger) == Download(DownloadState.FAILED, 5, 9, error="cut", speed=1.0)
    assert ledger.request_download(["a"]) == ["a"]
    assert download(ledger) == Download(DownloadState.WANTED, 5, 9)


def test_what_is_saved_stays_saved_unless_its_file_was_lost(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"])
    report(ledger, DownloadState.SAVED, bytes_done=9, bytes_total=9, file="/v/a.mp4", sha256="ab", saved_at=4.0)
    saved = download(ledger)
    assert saved == Download(DownloadState.SAVED, 9, 9, "/v/a.mp4", "ab", 4.0)
    assert ledger.request_download(["a"]) == []
    assert ledger.cancel_download(["a"]) == []
    assert ledger.pause(["a"], True) == []
    report(ledger, DownloadState.RUNNING, bytes_done=1)
    report(ledger, DownloadState.FAILED, error="late")
    assert download(ledger) == saved
    assert ledger.request_download(["a"], force=True) == ["a"]
    assert download(ledger) == Download(DownloadState.WANTED)
    report(ledger, DownloadState.SAVED, file="/v/a-2.mp4")
    assert download(ledger) == Download(DownloadState.SAVED, file="/v/a-2.mp4")


def test_a_saved_file_that_moved_can_be_reported_again(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    report(ledger, DownloadState.SAVED, file="/old.mp4")
    report(ledger, DownloadState.SAVED, file="/new.mp4")
    assert download(ledger).file == "/new.mp4"


def test_a_cancelled_download_is_none_whatever_is_reported_later(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"])
    report(ledger, DownloadState.RUNNING, bytes_done=3)
    assert ledger.cancel_download(["a", "nobody"]) == ["a"]
    assert download(ledger) == Download()
    report(ledger, DownloadState.RUNNING, bytes_done=4)
    assert download(ledger) == Download()
    assert ledger.cancel_download(["a"]) == []
    report(ledger, DownloadState.SAVED, file="/a.mp4")
    assert download(ledger).state is DownloadState.SAVED


def test_a_download_nobody_asked_for_is_shown_as_reported_and_can_be_cancelled(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    report(ledger, DownloadState.RUNNING, bytes_done=3)
    assert download(ledger).state is DownloadState.RUNNING
    assert ledger.pause(["a"], True) == ["a"]
    assert ledger.cancel_download(["a"]) == ["a"]
    assert download(ledger) == Download()


def test_a_wish_for_a_running_download_leaves_it_running(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    report(ledger, DownloadState.RUNNING, bytes_done=3)
    assert ledger.request_download(["a"]) == ["a"]
    assert download(ledger).state is DownloadState.RUNNING
    assert ledger.request_download(["a"]) == []
    assert download(ledger).state is DownloadState.RUNNING


def test_an_automatic_wish_is_only_for_what_nobody_has_spoken_about(ledger: Ledger) -> None:
    ledger.add(new("a", "b"), 1.0)
    ledger.request_download(["a"])
    ledger.cancel_download(["a"])
    assert ledger.request_download(["a", "b"], automatic=True) == ["b"]
    assert ledger.request_download(["a", "b"]) == ["a"]


def test_an_automatic_wish_repeated_does_not_undo_a_failure(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    assert ledger.request_download(["a"], automatic=True) == ["a"]
    ledger.record_download("a", Download(DownloadState.FAILED, error="410"))
    assert ledger.request_download(["a"], automatic=True) == []
    ledger.flush()
    assert ledger.request_download(["a"], automatic=True) == []
    assert download(ledger).state is DownloadState.FAILED


def test_pausing_is_only_for_what_is_wanted_and_ends_with_the_wish(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    assert ledger.pause(["a"], True) == []
    ledger.request_download(["a"])
    assert ledger.pause(["a"], True) == ["a"]
    assert ledger.pause(["a"], True) == []
    assert download(ledger) == Download(DownloadState.WANTED, paused=True)
    report(ledger, DownloadState.RUNNING, bytes_done=2, paused=False)
    assert download(ledger) == Download(DownloadState.RUNNING, 2, paused=True)
    assert ledger.pause(["a"], False) == ["a"]
    assert not download(ledger).paused
    ledger.pause(["a"], True)
    ledger.cancel_download(["a"])
    ledger.request_download(["a"])
    assert not download(ledger).paused


def test_the_folder_is_kept_with_the_wish(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    assert ledger.download_folder("a") is None
    assert ledger.request_download(["a"], folder="/mnt") == ["a"]
    assert ledger.request_download(["a"]) == []
    assert ledger.download_folder("a") == "/mnt"
    assert ledger.request_download(["a"], folder="/other") == ["a"]
    assert ledger.download_folder("a") == "/other"
    assert ledger.download_folder("nobody") is None
    ledger.cancel_download(["a"])
    assert ledger.request_download(["a"]) == ["a"]
    assert ledger.download_folder("a") is None


def test_asks_go_to_one_taker_and_only_for_watched_tasks(ledger: Ledger, where: Path | str) -> None:
    ledger.add(new("a", "b"), 1.0)
    with Ledger.open(where) as other:
        other.ask_now(["a", "nobody", "b", "a"])
        assert sorted(ledger.take_asks()) == ["a", "b"]
        assert other.take_asks() == []


def test_thousands_of_ids_at_once(ledger: Ledger) -> None:
    ids = [f"video_{number}:/=+é" for number in range(20_000)]
    ledger.add(new(*ids), 1.0)
    assert ledger.request_download(ids) == ids
    assert ledger.pause(ids, True) == ids
    assert ledger.cancel_download(ids) == ids
    assert ledger.remove(ids) == ids
    assert ledger.tasks() == []


@pytest.mark.parametrize("strange", ["\ud800x", "nul\0inside", "'; DROP TABLE tasks; --", '"[]{}\\', "🎬", "a" * 5000])
def test_strange_text_neither_breaks_nor_blocks(ledger: Ledger, strange: str) -> None:
    ledger.add([NewTask(strange, strange, strange, strange, (strange,))], 1.0)
    (task,) = ledger.tasks()
    ledger.record(task, raw=strange)
    ledger.flush()
    assert ledger.request_download([strange]) == [task.id]
    assert ledger.raw_answer(strange) == task.model
    assert ledger.remove([strange]) == [task.id]


def test_listeners_hear_of_each_commit_until_they_leave(ledger: Ledger) -> None:
    committed = Committed(ledger)
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"])
    assert committed.count == 2
    committed.stop()
    committed.stop()
    ledger.cancel_download(["a"])
    assert committed.count == 2


def test_a_closed_ledger_says_so(where: Path | str) -> None:
    ledger = Ledger.open(where)
    ledger.close()
    ledger.close()
    assert not ledger.changed_outside()
    with pytest.raises(LedgerClosed):
        ledger.add(new("a"), 1.0)
    with pytest.raises(LedgerClosed):
        ledger.tasks()
    with pytest.raises(LedgerClosed):
        ledger.record_download("a", Download())


def test_saved_views_are_kept_by_name_and_seen_by_everybody(ledger: Ledger, where: Path | str) -> None:
    first, second = SavedView("b", 'tag:"two words"', "slack"), SavedView("a", "", "age", "veo")
    with Ledger.open(where) as other:
        ledger.save_view(first)
        other.save_view(second)
        assert ledger.saved_views() == other.saved_views() == [second, first]
        other.save_view(SavedView("b", "left<1h", "model"))
        ledger.drop_view("a")
        ledger.drop_view("never there")
        assert other.saved_views() == [SavedView("b", "left<1h", "model")]
        other.save_view(SavedView("\ud800", "\ud800", "age"))
        assert len(ledger.saved_views()) == 2


def test_a_wish_spoken_again_outlives_a_failure_of_the_one_before_that_was_on_its_way(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos")], 1.0)
    ledger.request_download(["a"])
    ledger.record_download("a", Download(DownloadState.WANTED, bytes_done=1))
    ledger.flush()
    ledger.record_download("a", Download(DownloadState.FAILED, bytes_done=1))
    ledger.request_download(["a"])
    ledger.flush()
    task = ledger.task("a")
    assert task is not None
    assert task.download.state is DownloadState.WANTED


def test_the_feed_carries_what_was_asked_for_with_unsaved_downloads(ledger: Ledger) -> None:
    ledger.add(new(*"abc"), 5.0)
    ledger.request_download(["a"], folder="/films")
    ledger.request_download(["b"])
    before = ledger.changes(0, with_requests=True)
    assert before.requests == {"a": DownloadRequest(1, "/films"), "b": DownloadRequest(1, None)}
    ledger.cancel_download(["a"])
    ledger.record_download("b", Download(DownloadState.SAVED, 1, 1, file="/b.mp4", saved_at=6.0))
    assert ledger.changes(before.revision, with_requests=True).requests == {"a": DownloadRequest(2, "/films")}
    assert ledger.changes(0).requests == {}
