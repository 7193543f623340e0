"""A task that somebody stopped watching and took back, under an engine at work: nothing is asked or fetched twice."""

from __future__ import annotations

import time
from pathlib import Path

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.polling.asker import with_intents_of
from octotui.ledger import Ledger
from octotui.model import NewTask, TaskState
from tests.support.engine import at_work
from tests.support.tasks import known
from tests.support.waiting import until


def watch(box: Box, ledger: Ledger, running: float = 0.1) -> str:
    task_id = box.create("sora", "sora-2", life=Life(queued=0.05, running=running))
    ledger.add([NewTask(task_id, "sora", "videos")], time.time())
    return task_id


def test_what_is_saved_comes_back_saved_and_nobody_is_asked(box: Box, ledger: Ledger, config: Config) -> None:
    with at_work(config, ledger, download_all=True) as engine:
        task_id = watch(box, ledger)
        until(lambda: known(ledger, task_id).is_saved, "the result on disk")
        ledger.flush()
        before = known(ledger, task_id)
        removal = ledger.take_out([task_id])
        engine.wake()
        # By the time the next one is saved, the engine has looked at everything that was before it.
        other = watch(box, ledger)
        until(lambda: known(ledger, other).is_saved, "the next one on disk")
        asked = len([seen for seen in box.requests if task_id in seen.path])
        assert ledger.restore(removal) == [task_id]
        engine.wake()
        third = watch(box, ledger)
        until(lambda: known(ledger, third).is_saved, "the one after on disk")
        assert known(ledger, task_id) == before
        assert len([seen for seen in box.requests if task_id in seen.path]) == asked
    assert before.download.file is not None
    assert sorted(path.name for path in Path(before.download.file).parent.glob("*.mp4")) == sorted(
        Path(known(ledger, each).download.file or "").name for each in (task_id, other, third)
    )


def test_what_was_on_its_way_goes_on(box: Box, ledger: Ledger, config: Config) -> None:
    with at_work(config, ledger) as engine:
        task_id = watch(box, ledger, running=1.0)
        ledger.request_download([task_id])
        until(lambda: known(ledger, task_id).state is TaskState.RUNNING, "an answer")
        removal = ledger.take_out([task_id])
        engine.wake()
        other = watch(box, ledger)
        until(lambda: known(ledger, other).state is TaskState.COMPLETED, "the next one done")
        assert ledger.restore(removal) == [task_id]
        engine.wake()
        until(lambda: known(ledger, task_id).is_saved, "the result on disk")


def test_a_removal_that_is_taken_back_at_once_stops_nothing(box: Box, ledger: Ledger, config: Config) -> None:
    with at_work(config, ledger, download_all=True):
        ids = [watch(box, ledger, running=0.3) for _ in range(4)]
        while not all(known(ledger, each).is_saved for each in ids):
            assert ledger.restore(ledger.take_out(ids)) == ids
            wait_for_an_answer(ledger, ids)
        files = [known(ledger, each).download.file for each in ids]
    assert len(set(files)) == 4
    assert None not in files


def wait_for_an_answer(ledger: Ledger, ids: list[str]) -> None:
    """Until the engine has got a step further with any of them."""
    before = [known(ledger, each) for each in ids]
    until(
        lambda: [known(ledger, each) for each in ids] != before or all(each.is_saved for each in before),
        "a step of the engine",
    )


def test_a_task_that_is_removed_and_added_at_once_begins_anew(box: Box, ledger: Ledger, config: Config) -> None:
    with at_work(config, ledger, download_all=True):
        task_id = watch(box, ledger)
        until(lambda: known(ledger, task_id).is_saved, "the result on disk")
        ledger.remove([task_id])
        ledger.add([NewTask(task_id, "sora", "videos")], time.time())
        until(lambda: known(ledger, task_id).is_saved, "the result again")


def test_a_new_title_reaches_the_engine(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos", title="Old", prompt="p")], 1.0)
    in_memory = known(ledger, "a")
    ledger.set_title(["a"], "New")
    assert with_intents_of(in_memory, known(ledger, "a")).title == "New"
