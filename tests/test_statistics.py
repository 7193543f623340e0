"""Figures of a span of time: quantiles of a histogram against exact ones, groups, reasons, slots and forecasts."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.ledger import FailureCount, History, Minute, Outcome, Rendering
from octotui.ledger.hours import HOUR, bucket_of
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, Task, TaskState
from octotui.presentation.charts import statistics
from octotui.presentation.charts.statistics import DAY, Figures, quantile
from tests.support.clock import NOW
from tests.support.tasks import ready, saved, task

HOUR_OF_NOW = int(NOW // HOUR) * HOUR


@given(st.lists(st.floats(0.125, 1e7), min_size=1, max_size=200), st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_of_the_histogram_is_near_the_exact_one(seconds: list[float], share: float) -> None:
    exact = sorted(seconds)[max(0, math.ceil(share * len(seconds) - 1e-9) - 1)]
    found = quantile(Counter(map(bucket_of, seconds)), share)
    assert found is not None
    assert abs(found / exact - 1) < 0.045


def test_nothing_has_no_quantile_and_no_rate() -> None:
    assert quantile({}, 0.5) is None
    assert (Figures().success_rate, Figures().median, Figures().p90) == (None, None, None)
    assert Figures(completed=3, failed=1, cancelled=4).success_rate == 0.75
    assert Figures(losses=2, regained=5).lost == 0


def history() -> History:
    day_before = HOUR_OF_NOW - 30 * HOUR
    return History(
        [Minute(HOUR_OF_NOW, asks=5), Minute(day_before, asks=7)],
        [
            Outcome(HOUR_OF_NOW, "sora", "sora-2", completed=3, failed=1, saved=2, bytes=5, lost=2, regained=1),
            Outcome(HOUR_OF_NOW, "sora", None, cancelled=1),
            Outcome(day_before, "veo", "veo3.1", completed=1, bytes=7),
            Outcome(day_before, "grok", None),
        ],
        [
            FailureCount(HOUR_OF_NOW, "sora", "sora-2", "policy", 1),
            FailureCount(HOUR_OF_NOW, "veo", "veo3.1", "policy", 4),
            FailureCount(HOUR_OF_NOW, "veo", "veo3.1", "timeout", 1),
        ],
        [Rendering(HOUR_OF_NOW, "sora", "sora-2", bucket_of(60), 3), Rendering(day_before, "veo", "veo3.1", 10, 1)],
    )


def test_groups_add_up_from_the_hour_asked_for() -> None:
    groups = statistics.grouped(history(), statistics.by_model, NOW - DAY)
    assert groups["sora", "sora-2"] == Figures(
        completed=3,
        failed=1,
        saved=2,
        bytes=5,
        losses=2,
        regained=1,
        renderings=Counter({bucket_of(60): 3}),
        reasons=Counter({"policy": 1}),
    )
    assert set(groups) == {("sora", "sora-2"), ("sora", ""), ("veo", "veo3.1")}
    assert groups["veo", "veo3.1"].completed == 0
    assert ("sora", "sora-2") not in statistics.grouped(history(), statistics.by_model, 0, HOUR_OF_NOW - 1)
    everything = statistics.grouped(history(), statistics.by_provider)
    assert set(everything) == {("sora",), ("veo",)}
    total = statistics.altogether(everything.values())
    assert (total.ended, total.lost, total.reasons, total.renderings.total()) == (
        6,
        1,
        Counter(policy=5, timeout=1),
        4,
    )


def test_days_are_local_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        groups = statistics.grouped(history(), statistics.by_day)
        assert sorted(groups) == [("2026-09-20",), ("2026-09-21",)]
        midnight = HOUR_OF_NOW + 2 * HOUR  # 16:00 UTC
        later = History([], [Outcome(midnight, "sora", None, completed=1)], [], [])
        assert list(statistics.grouped(later, statistics.by_day)) == [("2026-09-22",)]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_reasons_come_with_whose_they_are_the_most_frequent_first() -> None:
    found = statistics.reasons(statistics.grouped(history(), statistics.by_model))
    assert [(reason.words, reason.tasks) for reason in found] == [("policy", 5), ("timeout", 1)]
    assert found[0].models == ((("veo", "veo3.1"), 4), (("sora", "sora-2"), 1))


def test_tags_are_counted_from_the_tasks_that_are_watched() -> None:
    done = task("a", state=TaskState.COMPLETED, created_at=NOW - 90, completed_at=NOW - 30, final_seen_at=NOW)
    failed = task("b", state=TaskState.FAILED, final_seen_at=NOW, error_message="policy", tags=("x", "y"))
    kept = replace(done, tags=("x",), download=Download(DownloadState.SAVED, 9, 9, "/a", saved_at=NOW))
    gone = replace(done, tags=("y",), added_at=NOW - 500, deadline=Deadline(NOW - 5, DeadlineSource.LINK))
    cancelled = replace(failed, state=TaskState.CANCELLED, tags=())
    groups = statistics.by_tag([done, failed, kept, gone, cancelled, task("running", tags=("z",))], NOW - 60, NOW)
    assert groups[("x",)] == Figures(
        completed=1, failed=1, saved=1, bytes=9, renderings=Counter({bucket_of(60): 1}), reasons=Counter(policy=1)
    )
    assert (groups[("y",)].losses, groups[("y",)].failed) == (1, 1)
    assert (groups[()].completed, groups[()].cancelled) == (1, 1)
    assert ("z",) not in groups
    assert statistics.by_tag([done, kept, failed], NOW + 1, NOW + 9) == {}


def test_bytes_stand_in_the_slot_of_their_hour() -> None:
    bars = statistics.slots(history().outcomes, NOW - DAY, NOW, HOUR)
    assert len(bars) == 24
    assert [*bars[-1]] == [HOUR_OF_NOW, 5]
    assert sum(amount for _, amount in bars) == 5
    week = statistics.slots(history().outcomes, NOW - 7 * DAY, NOW, 6 * HOUR)
    assert len(week) == 28
    assert sum(amount for _, amount in week) == 12


def test_the_disk_is_full_when_what_is_free_is_used_up_at_the_same_rate() -> None:
    hours = [Outcome(HOUR_OF_NOW - age * HOUR, "sora", None, bytes=500) for age in (10, 0)]
    left = statistics.full_in(2000, hours, NOW - 7 * DAY, NOW)
    assert left is not None
    assert 20 * HOUR <= left <= 22 * HOUR
    assert statistics.full_in(None, hours, NOW - DAY, NOW) is None
    assert statistics.full_in(2000, [], NOW - DAY, NOW) is None
    assert statistics.full_in(2000, [Outcome(HOUR_OF_NOW, "sora", None)], NOW - DAY, NOW) is None


def test_what_saving_needs_follows_from_size_and_speed() -> None:
    known = ready("known", 100, download=Download(DownloadState.RUNNING, 4_000_000, 10_000_000))
    guessed = ready("guessed", 5)
    other = ready("other", 50, "veo", model="veo3.1")
    file = saved("saved", model="sora-2")
    tasks = [known, replace(guessed, model="sora-2"), other, file]
    found = statistics.unsaved(tasks, NOW, 1e6)
    assert [(item.task.id, item.left, item.needed, item.is_too_late) for item in found] == [
        ("guessed", 5, 24.0, True),
        ("other", 50, 24.0, False),
        ("known", 100, 6.0, False),
    ]
    assert [item.needed for item in statistics.unsaved(tasks, NOW, None)] == [None, None, None]
    assert [item.needed for item in statistics.unsaved([other], NOW, 1e6)] == [None]


def test_a_speed_is_guessed_from_what_was_saved_soon_after_it_was_seen() -> None:
    def done(size: int, took: float) -> Task:
        at = NOW - 5000
        download = Download(DownloadState.SAVED, size, size, "/a", saved_at=at + took)
        return replace(saved("a", final_seen_at=at), download=download)

    assert statistics.saving_speed([done(100, 10), done(900, 10), done(500, 10), done(1, 4000)]) == 50.0
    assert statistics.saving_speed([ready(), done(9, -1)]) is None
