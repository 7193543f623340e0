"""The pause of everything, and what the work of a minute came to: the real engine against the gateway in a box."""

from __future__ import annotations

import math
import time
from pathlib import Path

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.engine import Engine
from octotui.engine.minute_stats import MinuteStats
from octotui.ledger import Ledger, Minute
from octotui.model import DownloadState, FailureKind, NewTask, RequestFailure, TaskState
from tests.support.clock import NOW
from tests.support.tasks import known, task
from tests.support.waiting import until


def config_for(box: Box, folder: Path, **settings: object) -> Config:
    usual = {"poll_seconds": 0.1, "requests_per_minute": 60_000, "disk_reserve": 0}
    return Config(
        state_dir=folder / "state",
        base_url=box.base_url,
        api_key=box.key,
        download_dir=folder / "videos",
        **{**usual, **settings},  # type: ignore[arg-type]
    )


def words_of(ledger: Ledger) -> list[str]:
    return [event.text for event in ledger.events() if event.kind == "pause"]


def looks_after(ledger: Ledger, count: int) -> None:
    """Wait until the engine has given `count` more signs of life."""
    for _ in range(count):
        before = ledger.status()
        until(lambda seen=before: ledger.status() != seen, "a sign of life")  # type: ignore[misc]


def test_while_everything_is_paused_nobody_is_asked_and_then_it_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    with Box(speed=math.inf, faults=False, opening=False) as box:
        task_id = box.create("sora", "sora-2", life=Life(queued=0.1, running=1000.0))
        ledger.add([NewTask(task_id, "sora", "videos")], time.time())
        engine = Engine(config_for(box, tmp_path), ledger)
        engine.start()
        try:
            until(lambda: known(ledger, task_id).last_answer_at, "an answer")
            ledger.pause_all(True, time.time())
            engine.wake()
            until(lambda: words_of(ledger), "the pause in the log")
            looks_after(ledger, 1)  # what was under way is over
            asked = len(box.requests)
            ledger.ask_now([task_id])
            engine.wake()
            looks_after(ledger, 2)
            assert len(box.requests) == asked
            ledger.pause_all(False, time.time())
            engine.wake()
            until(lambda: len(box.requests) > asked, "questions again")
        finally:
            engine.stop()
    assert words_of(ledger) == ["paused: nothing is asked, nothing is saved", "going on"]


def test_an_engine_that_starts_paused_stays_so(ledger: Ledger, tmp_path: Path) -> None:
    ledger.pause_all(True, time.time())
    with Box(speed=math.inf, faults=False, opening=False) as box:
        task_id = box.create("sora", "sora-2", life=Life(queued=0.1, running=1000.0))
        ledger.add([NewTask(task_id, "sora", "videos")], time.time())
        engine = Engine(config_for(box, tmp_path), ledger)
        engine.start()
        try:
            until(ledger.status, "a sign of life")
            looks_after(ledger, 2)
            assert box.requests == []
        finally:
            engine.stop()
    assert known(ledger, task_id).last_asked_at is None


def test_a_download_is_parked_by_the_pause_and_gone_on_with_after_it(ledger: Ledger, tmp_path: Path) -> None:
    with Box(speed=1.0, faults=False, opening=False) as box:
        task_id = box.create("grok", "grok-video-3", life=Life.ready())
        ledger.add([NewTask(task_id, "grok", "videos")], time.time())
        engine = Engine(config_for(box, tmp_path, bandwidth_limit=200_000), ledger)
        engine.start()
        try:
            until(lambda: known(ledger, task_id).is_ready, "the result")
            ledger.request_download([task_id])
            engine.wake()
            until(lambda: known(ledger, task_id).download.bytes_done > 0, "its first bytes")
            ledger.pause_all(True, time.time())
            engine.wake()
            until(lambda: known(ledger, task_id).download.state is DownloadState.WANTED, "the download parked")
            done = known(ledger, task_id).download.bytes_done
            looks_after(ledger, 2)
            assert known(ledger, task_id).download.state is DownloadState.WANTED
            assert known(ledger, task_id).download.bytes_done == done
            ledger.pause_all(False, time.time())
            engine.wake()
            until(lambda: known(ledger, task_id).download.bytes_done > done, "more bytes")
        finally:
            engine.stop()
    assert not known(ledger, task_id).download.paused


def test_the_engine_tells_since_when_it_works_and_what_each_minute_came_to(ledger: Ledger, tmp_path: Path) -> None:
    began = time.time()
    with Box(speed=math.inf, faults=False, opening=False) as box:
        task_id = box.create("sora", "sora-2", life=Life(queued=0.1, running=0.5))
        ledger.add([NewTask(task_id, "sora", "videos")], time.time())
        engine = Engine(config_for(box, tmp_path), ledger, download_all=True)
        engine.start()
        try:
            until(lambda: known(ledger, task_id).is_saved, "the result on disk")
        finally:
            engine.stop()
    status = ledger.status()
    assert status is not None
    assert status.working_since is not None
    assert began <= status.working_since <= status.at
    minutes = ledger.minutes(began - 60)
    assert sum(minute.bytes for minute in minutes) == known(ledger, task_id).download.bytes_total
    assert sum(minute.done for minute in minutes) == 1
    asks = [seen for seen in box.requests if seen.host == "gateway" and "/v1/" in seen.path]
    answers = sum(minute.answers for minute in minutes)
    assert 2 <= answers <= len(asks) <= sum(minute.asks for minute in minutes)


def test_a_tally_counts_ends_once_and_lags_where_they_are_known() -> None:
    running = task(state=TaskState.RUNNING)
    done = task(state=TaskState.COMPLETED, completed_at=NOW - 5, final_seen_at=NOW - 2)
    old = task(state=TaskState.COMPLETED, completed_at=NOW - 1000, final_seen_at=NOW - 2)
    failing = task(failure=RequestFailure(FailureKind.NETWORK, None, "timed out", NOW))
    tally = MinuteStats()
    for before, after in ((running, running), (running, done), (done, done), (running, old), (running, failing)):
        tally.record_answer(before, after)
    minute = int(NOW // 60) * 60
    assert tally.finish_minute(NOW, asks=6, fetched=10) == Minute(minute, 6, 4, 1, 2, 1, 3.0, 3.0, 10)
    assert tally.finish_minute(NOW, asks=6, fetched=10) is None
    assert tally.finish_minute(NOW + 60, asks=8, fetched=10) == Minute(minute + 60, asks=2)
