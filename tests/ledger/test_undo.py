"""What a person takes back: removals, titles and tags, without touching what somebody else did meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.ledger import Ledger, Poster
from octotui.ledger.limits import MAX_POSTERS, MAX_REMOVALS
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, NewTask, TaskState
from tests.ledger.conftest import new
from tests.support.tasks import known
from tests.support.tasks import new as unasked


def settle(ledger: Ledger, task_id: str) -> None:
    """Give a task everything that a ledger can know of one."""
    ledger.set_title([task_id], "Shot 12")
    ledger.request_download([task_id], folder="/videos/b")
    ledger.record(
        replace(
            known(ledger, task_id),
            state=TaskState.COMPLETED,
            deadline=Deadline(9e9, DeadlineSource.LINK),
            result_url="https://cdn.example/v.mp4?sig=1",
            prompt="a cat",
        ),
        raw='{"status": "running"}',
    )
    ledger.flush()
    ledger.record(known(ledger, task_id), raw="x" * 10_000)
    ledger.note_attempt(task_id, 1.0, "link", "403")
    ledger.note_attempt(task_id, 2.0, "content", "whole")
    ledger.record_download(task_id, Download(DownloadState.SAVED, 5, 5, "/videos/b/v.mp4", "5f", 3.0))
    ledger.record_poster(task_id, Poster(4.0, b"jpeg"))
    ledger.flush()


def everything(ledger: Ledger, task_id: str) -> tuple[object, ...]:
    return (
        known(ledger, task_id),
        ledger.raw_answer(task_id),
        ledger.previous_answer(task_id),
        ledger.attempts(task_id),
        ledger.poster(task_id),
        ledger.request_version(task_id),
        ledger.download_folder(task_id),
    )


def test_what_was_taken_out_comes_back_whole_and_in_its_place(ledger: Ledger) -> None:
    ledger.add(new("a", "b", "c", tags=("x",), model="sora-2"), 1.0)
    settle(ledger, "b")
    before = everything(ledger, "b")
    seen = ledger.changes(0).revision
    removal = ledger.take_out(["b", "nobody"])
    assert removal.ids == ["b"]
    assert ledger.task("b") is None
    assert (ledger.raw_answer("b"), ledger.attempts("b"), ledger.poster("b")) == (None, [], None)
    assert ledger.changes(seen).removed == ["b"]
    seen = ledger.changes(0).revision
    assert ledger.restore(removal) == ["b"]
    assert everything(ledger, "b") == before
    assert [each.id for each in ledger.tasks()] == ["a", "b", "c"]
    changes = ledger.changes(seen)
    assert ([each.id for each in changes.tasks], changes.removed) == (["b"], [])
    assert ledger.restore(removal) == []


def test_what_was_told_of_a_task_is_not_told_again_and_what_was_not_still_is(ledger: Ledger) -> None:
    ledger.add(new("a", "b"), 1.0)
    settle(ledger, "a")
    assert ledger.note_deadlines({"a": "expiring"}, 5.0) == ["a"]
    queued = [(each.kind, each.task.id) for each in ledger.queued_notices()]
    assert ("expiring", "a") in queued
    last = max(each.number for each in ledger.queued_notices())
    removal = ledger.take_out(["a"])
    assert ledger.queued_notices() == []
    ledger.restore(removal)
    assert [(each.kind, each.task.id) for each in ledger.queued_notices(last)] == queued
    assert ledger.note_deadlines({"a": "expiring"}, 6.0) == []


def test_a_number_that_somebody_else_has_by_now_is_no_obstacle(ledger: Ledger) -> None:
    ledger.add(new("a", "b", "c", "d"), 1.0)
    for task_id in "bcd":
        settle(ledger, task_id)
    before = [everything(ledger, task_id) for task_id in "bcd"]
    removal = ledger.take_out(["d", "b", "c"])
    ledger.add(new("later"), 2.0)
    settle(ledger, "later")
    assert ledger.restore(removal) == ["d", "b", "c"]
    assert [everything(ledger, task_id) for task_id in "bcd"] == before
    assert {each.id for each in ledger.tasks()} == {"a", "b", "c", "d", "later"}
    assert [each.outcome for each in ledger.attempts("later")] == ["403", "whole"]


def test_what_somebody_watches_again_by_then_stays_as_it_is(ledger: Ledger, where: Path | str) -> None:
    ledger.add(new("a", "b", tags=("old",)), 1.0)
    removal = ledger.take_out(["a", "b"])
    with Ledger.open(where) as other:
        other.add(new("a", tags=("new",)), 2.0)
    assert ledger.restore(removal) == ["b"]
    assert (known(ledger, "a").tags, known(ledger, "b").tags) == (("new",), ("old",))


def test_what_is_wanted_stays_wanted_and_paused(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"], folder="/mnt")
    ledger.pause(["a"], True)
    wish = ledger.request_version("a")
    ledger.restore(ledger.take_out(["a"]))
    assert known(ledger, "a").download == Download(DownloadState.WANTED, paused=True)
    assert (ledger.request_version("a"), ledger.download_folder("a")) == (wish, "/mnt")


def test_facts_that_waited_when_a_task_was_taken_out_are_dropped(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.record(replace(known(ledger, "a"), state=TaskState.RUNNING))
    removal = ledger.take_out(["a"])
    ledger.record(unasked("a", state=TaskState.FAILED))
    ledger.flush()
    assert ledger.task("a") is None
    ledger.restore(removal)
    assert known(ledger, "a").state is TaskState.UNKNOWN


def test_the_newest_removals_are_kept_and_only_while_the_ledger_is_open(ledger: Ledger, where: Path | str) -> None:
    ledger.add(new(*(f"t{number}" for number in range(MAX_REMOVALS + 1))), 1.0)
    removals = [ledger.take_out([f"t{number}"]) for number in range(MAX_REMOVALS + 1)]
    assert ledger.restore(removals[0]) == []
    assert [ledger.restore(removal) for removal in reversed(removals[1:])] == [
        [f"t{number}"] for number in range(MAX_REMOVALS, 0, -1)
    ]
    removal = ledger.take_out(["t1"])
    with Ledger.open(where) as other:
        assert other.restore(removal) == []
    assert ledger.restore(removal) == ["t1"]


def test_no_more_posters_than_ever_are_kept(ledger: Ledger) -> None:
    ids = [f"t{number}" for number in range(MAX_POSTERS + 1)]
    ledger.add(new(*ids), 1.0)
    for task_id in ids[:MAX_POSTERS]:
        ledger.record_poster(task_id, Poster(1.0, b"jpeg"))
    removal = ledger.take_out(ids[:2])
    ledger.record_poster(ids[-1], Poster(2.0, b"jpeg"))
    ledger.restore(removal)
    assert len(ledger.posters(ids)) == MAX_POSTERS


def test_many_threads_that_write_meanwhile_lose_nothing(ledger: Ledger) -> None:
    ids = [f"t{number}" for number in range(300)]
    ledger.add(new(*ids), 1.0)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            for task in ledger.tasks():
                ledger.record(replace(task, failures=task.failures + 1), raw='{"status": "running"}')
            ledger.flush()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(10):
            removal = ledger.take_out(ids[::2])
            assert ledger.restore(removal) == ids[::2]
    finally:
        stop.set()
        worker.join()
    assert [each.id for each in ledger.tasks()] == ids
    assert ledger.check() == []


@pytest.mark.parametrize("is_title", [True, False])
def test_titles_and_tags_are_taken_back_only_where_nobody_else_changed_them(
    is_title: bool, ledger: Ledger, where: Path | str
) -> None:
    ledger.add([NewTask("a", "sora", "videos", title="A", tags=("x",)), NewTask("b", "sora", "videos")], 1.0)
    if is_title:
        before: dict[str, str | None] = {"a": "A", "b": None}
        after: dict[str, str | None] = {"a": "New", "b": "New"}
        assert ledger.set_titles(after, if_now=before) == ["a", "b"]
        with Ledger.open(where) as other:
            other.set_title(["b"], "Theirs")
        assert ledger.set_titles(before, if_now=after) == ["a"]
        assert [each.title for each in ledger.tasks()] == ["A", "Theirs"]
        assert ledger.set_titles({"a": None}) == ["a"]
        assert known(ledger, "a").title is None
        return
    was, now = {"a": ("x",), "b": ()}, {"a": ("x", "y"), "b": ("y",)}
    assert ledger.set_tags(now, if_now=was) == ["a", "b"]
    with Ledger.open(where) as other:
        other.change_tags(["b"], add=["theirs"])
    assert ledger.set_tags(was, if_now=now) == ["a"]
    assert [each.tags for each in ledger.tasks()] == [("x",), ("y", "theirs")]
    assert ledger.set_tags({"gone": ("x",)}, if_now={"gone": ()}) == []
