"""The pause of everything, and what the work of a minute came to: the real engine against the gateway in a box."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.engine import Engine
from octotui.engine.minute_stats import MinuteStats
from octotui.engine.status import parked, without_key
from octotui.ledger import Ledger, Minute
from octotui.model import DownloadState, EngineStatus, FailureKind, NewTask, RequestFailure, TaskState
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
    assert status.requests == {"answered": answers}
    assert status.lags is not None
    lags = sum(minute.lags for minute in minutes)
    assert sum(count for bound, count in status.lags.items() if bound != "sum") == lags
    totals = ledger.totals()
    assert [(each.completed, each.saved) for each in totals.outcomes] == [(1, 1)]
    assert totals.hours[0].asks == sum(minute.asks for minute in minutes)


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


def test_sums_are_gone_on_with_from_the_word_of_the_engine_before() -> None:
    running = task(state=TaskState.RUNNING)
    failing = task(failure=RequestFailure(FailureKind.NETWORK, None, "timed out", NOW))
    last = EngineStatus(NOW, requests={"answered": 5, "no_such_task": 1}, lags={"10": 2, "sum": 12.5})
    tally = MinuteStats()
    tally.continue_sums(last)
    for lag in (0.5, 7.0, 9000.0):
        done = task(state=TaskState.COMPLETED, completed_at=NOW - lag - 1, final_seen_at=NOW - 1, added_at=NOW - 20_000)
        tally.record_answer(running, done)
    tally.record_answer(running, failing)
    assert tally.requests == {"answered": 8, "no_such_task": 1, "network": 1}
    assert {bound: count for bound, count in tally.lags.items() if count} == {
        "1": 1,
        "10": 3,
        "+Inf": 1,
        "sum": 12.5 + 9007.5,
    }
    for status in (without_key(Config(state_dir=Path("/nowhere")), last, NOW + 1), parked(last, NOW + 1)):
        assert status is not None
        assert (status.at, status.requests, status.lags) == (NOW + 1, last.requests, last.lags)


@pytest.mark.parametrize(
    ("written", "requests", "lags"),
    [
        ({}, None, None),
        ({"requests": {"answered": 1}, "lags": {"1": 1, "sum": 0.5}}, {"answered": 1}, {"1": 1, "sum": 0.5}),
        ({"requests": {"answered": "1"}, "lags": {"1": None}}, None, None),
        ({"requests": [1], "lags": 7}, None, None),
    ],
)
def test_the_word_of_another_version_or_of_a_damaged_ledger_is_read(
    tmp_path: Path, written: dict[str, object], requests: object, lags: object
) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        ledger.set_status(EngineStatus(NOW))
        ledger.flush()
        with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as connection:
            connection.execute("UPDATE status SET status = ?", (json.dumps({"at": NOW, "of_tomorrow": 1} | written),))
        connection.close()
        status = ledger.status()
    assert status is not None
    assert (status.requests, status.lags) == (requests, lags)
    tally = MinuteStats()
    tally.continue_sums(status)
    assert tally.requests == (requests or {})
