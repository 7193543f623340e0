"""The rollup by hour: counted with what it counts, once each, bounded, kept for 400 days, filled at its migration."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.failure_reason import NO_REASON
from octotui.ledger import FailureCount, Ledger, Minute, Outcome, Rendering
from octotui.ledger.batch import Batch
from octotui.ledger.hours import (
    HOUR,
    KEPT,
    MOST_MODELS,
    MOST_REASONS,
    OTHER,
    TOTAL,
    bucket_of,
    reason_of,
    seconds_of,
)
from octotui.ledger.sqlite import hours, migrations, schema
from octotui.ledger.sqlite.facts import write
from octotui.model import (
    Deadline,
    DeadlineSource,
    Download,
    DownloadState,
    EventKind,
    LogEntry,
    NewTask,
    Task,
    TaskState,
)
from tests.ledger.conftest import new

if TYPE_CHECKING:
    from pathlib import Path

START = 500_000 * HOUR


def done(task_id: str, at: float = START, model: str | None = "sora-2") -> Task:
    return Task(
        task_id, "sora", "videos", 1.0, model, TaskState.COMPLETED, completed_at=at, final_seen_at=at + 3, size="1x1"
    )


def failed(task_id: str, reason: str, at: float = START, model: str | None = "sora-2") -> Task:
    return replace(done(task_id, at, model), state=TaskState.FAILED, error_message=reason)


def saved(size: int, at: float = START) -> Download:
    return Download(DownloadState.SAVED, size, size, file="/a", saved_at=at)


def watch(ledger: Ledger, *ids: str) -> None:
    ledger.add(new(*ids), 1.0)


@given(st.floats(0.125, 1.6e7))
def test_the_middle_of_a_bucket_is_near_whatever_is_in_it(seconds: float) -> None:
    assert abs(seconds_of(bucket_of(seconds)) / seconds - 1) < 0.0443


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), 1e-9, 1e300, float("inf")])
def test_no_time_is_without_a_bucket(seconds: float) -> None:
    assert bucket_of(seconds) in {bucket_of(0.125), bucket_of(1e9)}


def test_every_end_is_counted_once_in_its_hour(ledger: Ledger) -> None:
    watch(ledger, "a", "b", "c", "d", "e")
    ledger.record(done("a", START + 10))
    ledger.record(failed("b", "content policy", START + 20))
    ledger.record(replace(done("c", START + HOUR), state=TaskState.CANCELLED))
    ledger.record(replace(done("d"), state=TaskState.RUNNING))
    ledger.record(done("nobody watches this"))
    ledger.flush()
    for again in ("a", "a"):
        ledger.record(done(again, START + 10))
        ledger.flush()
    history = ledger.history(0)
    assert history.outcomes == [
        Outcome(START, "sora", "sora-2", completed=1, failed=1),
        Outcome(START + HOUR, "sora", "sora-2", cancelled=1),
    ]
    assert history.failures == [FailureCount(START, "sora", "sora-2", "content policy", 1)]
    assert ledger.history(START + HOUR).outcomes == history.outcomes[1:]


def test_an_end_is_counted_when_it_was_and_never_later_than_it_was_seen(ledger: Ledger) -> None:
    watch(ledger, "early", "ahead", "silent", "timeless")
    ledger.record(replace(done("early"), final_seen_at=START + 5 * HOUR))
    ledger.record(replace(done("ahead"), completed_at=START + 9 * HOUR))
    ledger.record(replace(done("silent"), completed_at=None))
    ledger.record(replace(done("timeless"), completed_at=None, final_seen_at=None))
    ledger.flush()
    assert ledger.history(0).outcomes == [Outcome(START, "sora", "sora-2", completed=3)]


def test_a_model_that_was_known_is_not_forgotten(ledger: Ledger) -> None:
    ledger.add(new("a", model="sora-2"), 1.0)
    watch(ledger, "b")
    ledger.record(done("a", model=None))
    ledger.record(done("b", model=None))
    ledger.flush()
    assert [(each.model, each.completed) for each in ledger.history(0).outcomes] == [(None, 1), ("sora-2", 1)]


def test_files_are_counted_when_they_are_saved_and_their_bytes(ledger: Ledger) -> None:
    watch(ledger, "a", "b")
    ledger.record(done("a"))
    ledger.record_download("a", Download(DownloadState.RUNNING, 5, 10))
    ledger.flush()
    ledger.record_download("a", saved(10))
    ledger.record_download("a", saved(10))
    ledger.record_download("b", saved(7, START + HOUR))
    ledger.flush()
    assert ledger.history(0).outcomes == [
        Outcome(START, "sora", "sora-2", completed=1, saved=1, bytes=10),
        Outcome(START + HOUR, "sora", None, saved=1, bytes=7),
    ]


def test_losses_are_counted_by_the_log(ledger: Ledger) -> None:
    watch(ledger, "a")
    for kind, at in ((EventKind.LOST, START), (EventKind.REGAINED, START + HOUR), (EventKind.ADDED, START)):
        ledger.log(LogEntry(at, kind, "a", "words"))
    ledger.log(LogEntry(START, EventKind.LOST, "nobody", "words"))
    for detail in ("failed", "wanted", ""):
        ledger.log(LogEntry(START, EventKind.DOWNLOAD, "a", "words", detail=detail))
    ledger.log(LogEntry(START, "of_tomorrow", "a", "words", detail="failed"))
    ledger.flush()
    assert [(each.lost, each.regained) for each in ledger.history(0).outcomes] == [(1, 0), (0, 1)]
    assert [each.given_up for each in ledger.history(0).outcomes] == [1, 0]


def test_no_prompt_and_no_title_is_kept_in_a_reason(ledger: Ledger) -> None:
    ledger.add([NewTask("a", "sora", "videos", title="The whale", prompt="a whale over roofs")], 1.0)
    ledger.record(replace(failed("a", "The whale: a whale over roofs is refused"), prompt="a whale over roofs"))
    ledger.flush()
    assert [row.reason for row in ledger.history(0).failures] == ["…: … is refused"]


def test_renderings_are_counted_by_how_long_they_took(ledger: Ledger) -> None:
    for duration in (60.0, 60.5, 500.0, float("nan")):
        ledger.note_duration(provider="veo", model="veo3", seconds="8", size=None, duration=duration, at=START + 1)
    ledger.flush()
    assert ledger.history(0).renderings == [
        Rendering(START, "veo", "veo3", bucket_of(60.0), 2),
        Rendering(START, "veo", "veo3", bucket_of(500.0), 1),
    ]


def test_minutes_add_up_to_hours(ledger: Ledger, where: Path | str) -> None:
    ledger.note_minute(Minute(START, asks=3, answers=2, failures=1, done=1, lags=1, lag_sum=2.0, lag_max=2.0, bytes=10))
    ledger.note_minute(Minute(START + 60, asks=1))
    ledger.flush()
    with Ledger.open(where) as other:
        other.note_minute(Minute(START + 3540, asks=2, lags=1, lag_sum=4.0, lag_max=4.0, bytes=5))
        other.flush()
    whole = Minute(START, asks=6, answers=2, failures=1, done=1, lags=2, lag_sum=6.0, lag_max=4.0, bytes=15)
    assert ledger.history(0).hours == [whole]


def note(ledger: Ledger, at: int) -> None:
    watch(ledger, str(at))
    ledger.record(failed(str(at), "policy", at))
    ledger.note_duration(provider="sora", model=None, seconds=None, size=None, duration=9.0, at=at)
    ledger.note_minute(Minute(at, asks=1))
    ledger.flush()


def kept(ledger: Ledger) -> set[int]:
    places = [{row.at for row in rows} for rows in ledger.history(-1e9)]
    assert all(place == places[0] for place in places)
    return places[0]


def test_400_days_are_kept_and_none_from_the_future(ledger: Ledger) -> None:
    last = START + KEPT * HOUR
    for at in (START, START + HOUR, last):
        note(ledger, at)
    assert kept(ledger) == {START + HOUR, last}
    note(ledger, last - 50 * HOUR)  # the clock was set back
    assert kept(ledger) == {START + HOUR, last - 50 * HOUR}
    note(ledger, last - 60 * HOUR)
    note(ledger, last - 50 * HOUR)
    note(ledger, last - 60 * HOUR)  # to an hour that is there
    assert kept(ledger) == {START + HOUR, last - 60 * HOUR}


def test_a_clock_that_is_wrong_for_a_while_costs_no_history(ledger: Ledger) -> None:
    known = {START + number * HOUR for number in range(0, 5000, 50)}
    for at in sorted(known):
        note(ledger, at)
    note(ledger, 2 * HOUR)  # started without a clock of its own
    note(ledger, 3 * HOUR)
    assert known < kept(ledger)
    note(ledger, START + 5000 * HOUR)
    assert kept(ledger) == {*known, START + 5000 * HOUR}
    note(ledger, 3 * START)  # and one that is far ahead, for two hours
    note(ledger, 3 * START + HOUR)
    assert len(known - kept(ledger)) <= 4
    note(ledger, START + 5001 * HOUR)
    assert len(known - kept(ledger)) <= 4


def test_a_ledger_that_was_left_alone_for_long_forgets_what_is_too_old_bit_by_bit(ledger: Ledger) -> None:
    for number in range(0, 240, 24):
        note(ledger, START + number * HOUR)
    later = START + 2 * KEPT * HOUR
    for number in range(6):
        note(ledger, later + number * HOUR)
    assert kept(ledger) == {later + number * HOUR for number in range(6)}


def test_the_sums_over_all_time_lose_nothing_that_is_too_old(ledger: Ledger) -> None:
    for number in range(0, 240, 24):
        note(ledger, START + number * HOUR)
    later = START + 2 * KEPT * HOUR
    for number in range(6):
        note(ledger, later + number * HOUR)
    note(ledger, later - 50 * HOUR)  # the clock was set back
    ledger.remove(task.id for task in ledger.tasks())
    assert len(kept(ledger)) < 10
    totals = ledger.totals()
    assert totals.hours == [Minute(TOTAL, asks=17)]
    assert totals.outcomes == [
        Outcome(TOTAL, "sora", "sora-2", failed=17),
        Outcome(TOTAL, "sora", None),
    ]
    assert totals.renderings == [Rendering(TOTAL, "sora", None, bucket_of(9.0), 17)]
    assert totals.failures == []


def test_models_of_the_sums_are_bounded_and_come_in_the_order_they_came(ledger: Ledger) -> None:
    ids = [str(number) for number in range(2 * MOST_MODELS)]
    watch(ledger, *ids)
    for number, task_id in enumerate(ids):
        ledger.record(failed(task_id, "policy", START + number * HOUR, model=f"m{-number}"))
        ledger.flush()
    outcomes = ledger.totals().outcomes
    assert [row.model for row in outcomes] == [*(f"m{-number}" for number in range(MOST_MODELS)), OTHER]
    assert sum(row.failed for row in outcomes) == len(ids)


def test_an_older_ledger_begins_its_sums_with_the_hours_it_has(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = schema.MIGRATIONS.index(hours.TOTALS)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        with Ledger.open(path) as old:
            note(old, START)
            note(old, START + HOUR)
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.executescript(
            "DELETE FROM hours WHERE hour < 0; DELETE FROM hour_outcomes WHERE hour < 0;"
            "DELETE FROM hour_renderings WHERE hour < 0"
        )
    connection.close()
    with Ledger.open(path) as ledger:
        note(ledger, START + 2 * HOUR)
        totals = ledger.totals()
        assert kept(ledger) == {START, START + HOUR, START + 2 * HOUR}
    assert totals.hours == [Minute(TOTAL, asks=3)]
    assert sorted((row.model or "", row.failed) for row in totals.outcomes) == [("", 0), ("sora-2", 3)]
    assert [(row.bucket, row.tasks) for row in totals.renderings] == [(bucket_of(9.0), 3)]


def test_models_and_reasons_are_bounded(ledger: Ledger) -> None:
    ids = [str(number) for number in range(2 * MOST_MODELS)]
    watch(ledger, *ids)
    words = [f"{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(len(ids))]
    for task_id, word in zip(ids, words, strict=True):
        ledger.record(failed(task_id, word, model=word))
        ledger.note_duration(provider="sora", model=word, seconds=None, size=None, duration=9.0, at=START)
    ledger.flush()
    history = ledger.history(0)
    for rows in (history.outcomes, history.failures, history.renderings):
        models = {row.model for row in rows}
        assert len(models) == MOST_MODELS + 1
        assert models < {*words, OTHER}
    reasons = {row.reason for row in history.failures}
    assert len(reasons) == MOST_REASONS + 1
    assert reasons < {*words, OTHER}
    assert sum(row.failed for row in history.outcomes) == len(ids)
    assert sum(row.tasks for row in history.failures) == len(ids)


def test_reasons_hold_nothing_that_only_one_task_has() -> None:
    assert reason_of("moderation", None) == "moderation"
    assert reason_of(None, None) == NO_REASON
    assert reason_of("x", "task video_9f2c81d0 failed\n at 2026-11-30T10:00:00.123Z") == "task … failed at …"
    assert reason_of(None, "see https://cdn.example/a.mp4?sig=abc for sk-secretsecret1") == "see … for sk-…"
    quoted = 'blocked: "a whale that swims over the roofs of a town" is not allowed'
    assert reason_of(None, quoted) == "blocked: “…” is not allowed"
    assert reason_of(None, "a whale swims: refused", None, "a whale swims") == "…: refused"
    assert reason_of(None, "HTTP 503 from upstream") == "HTTP 503 from upstream"
    assert reason_of(None, "\ud800 x" * 500) == ("? x" * 500)[:160]


def test_what_cannot_be_written_is_counted_once_it_can(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(ledger, "a")
    ledger.flush()

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("octotui.ledger.sqlite.facts._write_answers", broken)
        ledger.record(failed("a", "policy"))
        with pytest.raises(Exception, match="disk"):
            ledger.flush()
    assert ledger.history(0).outcomes == []
    ledger.flush()
    assert ledger.history(0).outcomes == [Outcome(START, "sora", "sora-2", failed=1)]


def test_an_engine_that_lost_its_lease_counts_nothing_but_files(ledger: Ledger, path: Path) -> None:
    watch(ledger, "a")
    assert ledger.take_lease("me", "here", 1, 1.0)
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("UPDATE lease SET owner = 'other'")
    connection.close()
    ledger.record(done("a"))
    ledger.log(LogEntry(START, EventKind.LOST, "a", "words"))
    ledger.record_download("a", saved(3))
    ledger.flush()
    assert ledger.history(0).outcomes == [Outcome(START, "sora", None, saved=1, bytes=3)]


def test_an_answer_that_ends_nothing_costs_no_statement(ledger: Ledger, path: Path) -> None:
    watch(ledger, "a")
    batch = Batch()
    batch.tasks["a"] = replace(done("a"), state=TaskState.RUNNING)
    said: list[str] = []
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.set_trace_callback(said.append)
        write(connection, batch, None, START)
    connection.close()
    assert said
    assert not [statement for statement in said if "hour" in statement or "SELECT json_group" in statement]


def test_an_old_ledger_gets_the_hours_it_knows_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    recent = int(now // HOUR) * HOUR - 5 * HOUR
    # Facts are written as today, which later migrations have made room for: only these are still to come.
    late = [migrations._HOURS, hours.TOTALS]
    others = [migration for migration in migrations.MIGRATIONS if migration not in late]
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", others)
        for name in ("count_ends", "count_saved", "count_losses", "count_renderings", "count_work"):
            patch.setattr(hours, name, lambda *_: None)
        with Ledger.open(path) as old:
            watch(old, "saved", "lost", "policy", "same", "queued", "ancient", "ahead")
            old.record(done("saved", recent))
            old.record(replace(done("lost", recent), deadline=Deadline(recent + HOUR + 1.0, DeadlineSource.LINK)))
            old.record(failed("policy", "bad prompt in video_12345678", recent))
            old.record(failed("same", "bad prompt in video_99995678", recent + HOUR))
            old.record(done("ancient", now - 401 * 86400))
            old.record(done("ahead", now + 86400))
            old.flush()
            old.record_download("saved", saved(9, recent + HOUR))
            for duration in (60.0, 61.0, 200.0):
                old.note_duration(
                    provider="sora", model="sora-2", seconds=None, size=None, duration=duration, at=recent + 1.0
                )
            old.note_minute(Minute(recent, asks=3, lag_max=2.0))
            old.note_minute(Minute(recent + 60, asks=4, lag_max=1.0))
    monkeypatch.setattr(schema, "MIGRATIONS", [*others, *late])
    with Ledger.open(path) as ledger:
        history = ledger.history(0)
    assert history.hours == [Minute(recent, asks=7, lag_max=2.0)]
    assert history.outcomes == [
        Outcome(recent, "sora", "sora-2", completed=2, failed=1),
        Outcome(recent + HOUR, "sora", "sora-2", failed=1, saved=1, bytes=9, lost=1),
    ]
    assert [(row.at, row.reason, row.tasks) for row in history.failures] == [
        (recent, "bad prompt in …", 1),
        (recent + HOUR, "bad prompt in …", 1),
    ]
    assert [(row.bucket, row.tasks) for row in history.renderings] == [
        (bucket_of(60.0), 1 + (bucket_of(60.0) == bucket_of(61.0))),
        *([] if bucket_of(60.0) == bucket_of(61.0) else [(bucket_of(61.0), 1)]),
        (bucket_of(200.0), 1),
    ]


def test_a_salvaged_ledger_keeps_its_hours(path: Path) -> None:
    with Ledger.open(path) as ledger:
        watch(ledger, *(f"task-{number}-{'x' * 200}" for number in range(800)), "a")
        ledger.record(failed("a", "policy"))
        ledger.note_duration(provider="sora", model=None, seconds=None, size=None, duration=9.0, at=START)
        ledger.note_minute(Minute(START, asks=3))
        ledger.flush()
        before = ledger.history(0)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4 // 4096 * 4096])
    with Ledger.open(path) as ledger:
        assert ledger.notices.salvage is not None
        assert ledger.history(0) == before
