from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.estimates import Durations, Expectation, Key, Outlook, Spread, born_at, expectation, outlook
from octotui.ledger import Duration
from octotui.model import Task, TaskState

KEY: Key = ("sora", "sora-2", "10", "720x1280")
TASK = Task(
    id="a",
    provider="sora",
    route="videos",
    added_at=1000.0,
    model="sora-2",
    seconds="10",
    size="720x1280",
    state=TaskState.RUNNING,
    created_at=1000.0,
)
spreads = st.builds(Spread, mean=st.floats(1.0, 9.0), sigma=st.floats(0.15, 2.0))
outlooks = st.builds(outlook, spreads, st.none() | st.integers(0, 100), st.floats(0.0, 1e5, allow_nan=False))


def taught(median: float, sigma: float, count: int, key: Key = KEY) -> Durations:
    luck = random.Random(3)
    durations = Durations()
    for _ in range(count):
        durations.learn(key, luck.lognormvariate(math.log(median), sigma))
    return durations


@given(belief=outlooks, ages=st.lists(st.floats(0.0, 1e6), min_size=2, max_size=20))
def test_the_chance_of_being_open_only_falls(belief: Outlook, ages: list[float]) -> None:
    chances = [belief.open_at(age) for age in sorted(ages)]
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= chance <= 1.0 + 1e-9 for chance in chances)


@given(belief=outlooks, before=st.floats(0.0, 1e6), step=st.floats(-1e3, 1e6))
def test_every_chance_is_one(belief: Outlook, before: float, step: float) -> None:
    assert -1e-9 <= belief.done_between(before, before + step) <= 1.0


@given(belief=outlooks)
def test_the_shares_of_belief_are_a_whole(belief: Outlook) -> None:
    assert sum(share for share, _, _ in belief.parts) == pytest.approx(1.0)


@given(spread=spreads, share=st.floats(0.01, 0.99))
def test_the_age_at_which_a_share_is_done(spread: Spread, share: float) -> None:
    alone = Outlook(((1.0, spread.mean, spread.sigma),))
    assert 1.0 - alone.open_at(spread.at(share)) == pytest.approx(share, abs=1e-6)


@given(belief=outlooks, age=st.floats(0.0, 1e5), share=st.floats(0.05, 0.95))
def test_remaining_is_when_that_share_is_done(belief: Outlook, age: float, share: float) -> None:
    seconds = belief.remaining(age, share)
    assert seconds >= 0.0
    if belief.open_at(age) > 1e-6:
        assert belief.done_between(age, age + seconds) >= share - 1e-6


def test_nothing_known_is_half_a_minute_to_ten_minutes() -> None:
    spread = Durations().spread(TASK)
    assert 20.0 < spread.at(0.05) < 60.0
    assert 300.0 < spread.at(0.95) < 900.0
    assert spread.seen == 0.0


def test_thirty_finished_tasks_teach_how_long_the_next_takes() -> None:
    spread = taught(420.0, 0.3, 30).spread(TASK)
    assert spread.at(0.5) == pytest.approx(420.0, rel=0.15)
    assert spread.sigma < 0.5


def test_another_size_goes_by_its_model_and_another_model_by_its_provider() -> None:
    durations = taught(420.0, 0.2, 30)
    bigger = durations.spread(replace(TASK, size="1792x1024"))
    stranger = durations.spread(replace(TASK, model="sora-3"))
    elsewhere = durations.spread(replace(TASK, provider="grok", model="grok-video-3"))
    assert bigger.at(0.5) == pytest.approx(420.0, rel=0.15)
    assert stranger.at(0.5) == pytest.approx(420.0, rel=0.25)
    assert elsewhere.sigma > bigger.sigma


def test_a_model_of_its_own_kind_draws_away_from_its_provider() -> None:
    durations = taught(420.0, 0.2, 30)
    for _ in range(10):
        durations.learn(("sora", "sora-fast", "10", "720x1280"), 40.0)
    assert durations.spread(replace(TASK, model="sora-fast")).at(0.5) < 80.0
    assert durations.spread(TASK).at(0.5) == pytest.approx(420.0, rel=0.2)


def test_old_durations_fade() -> None:
    durations = taught(420.0, 0.2, 300)
    for _ in range(300):
        durations.learn(KEY, 60.0)
    assert durations.spread(TASK).at(0.5) < 90.0


@pytest.mark.parametrize("seconds", [0.0, -5.0, math.inf, math.nan])
def test_a_duration_that_is_none_teaches_nothing(seconds: float) -> None:
    durations = Durations()
    before = durations.spread(TASK)
    durations.learn(KEY, seconds)
    assert durations.spread(TASK) == before


def test_what_the_ledger_knows_is_learnt_at_the_start() -> None:
    rows = [Duration("sora", "sora-2", "10", "720x1280", 300.0, at) for at in range(20)]
    assert Durations(rows).spread(TASK).at(0.5) == pytest.approx(300.0, rel=0.15)


def test_progress_narrows_what_is_believed() -> None:
    spread = taught(420.0, 0.6, 30).spread(TASK)
    told = outlook(spread, 50, 100.0)
    assert told.done_between(100.0, 260.0) > 0.7
    assert outlook(spread).done_between(100.0, 260.0) < 0.4


def test_a_progress_that_stood_still_past_the_total_it_told_leaves_the_word_to_the_durations() -> None:
    spread = taught(420.0, 0.3, 30).spread(TASK)
    lied = outlook(spread, 30, 12.0)
    assert lied.done_between(200.0, 215.0) < 0.1
    assert lied.remaining(200.0, 0.5) == pytest.approx(outlook(spread).remaining(200.0, 0.5), rel=0.5)


def test_a_task_far_past_everything_is_not_thought_done_any_moment() -> None:
    spread = taught(40.0, 0.2, 100).spread(TASK)
    for told in (outlook(spread), outlook(spread, 50, 20.0)):
        assert told.done_between(7200.0, 7215.0) < 0.02


def test_the_remaining_time_of_a_task() -> None:
    spread = taught(420.0, 0.2, 100).spread(TASK)
    task = replace(TASK, last_answer_at=1300.0)
    times = expected_of(task, spread).remaining(1320.0)
    assert 60.0 < times[0] < 180.0
    assert times[0] < times[1]


@given(
    spread=spreads,
    progress=st.none() | st.integers(0, 100),
    looked=st.none() | st.floats(0.0, 1e6),
    now=st.floats(0.0, 1e6),
)
def test_a_remaining_time_is_never_negative(
    spread: Spread, progress: int | None, looked: float | None, now: float
) -> None:
    times = expected_of(replace(TASK, progress=progress, last_answer_at=looked), spread).remaining(now)
    assert 0.0 <= times[0] <= times[1]


def test_a_final_task_has_no_time_left() -> None:
    for state in (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED):
        assert expectation(replace(TASK, state=state), Spread(5.0, 0.5)) is None


def test_a_task_is_slow_past_the_95th_percentile_and_stuck_far_past_it() -> None:
    spread = taught(100.0, 0.2, 50).spread(TASK)
    late = spread.at(0.95)
    expected = expected_of(TASK, spread)
    assert [expected.pace(1000.0 + age) for age in (late - 1.0, late + 1.0, 3.1 * late)] == ["", "slow", "stuck?"]


def test_nobody_is_called_slow_on_a_guess() -> None:
    other = replace(TASK, model="sora-3")
    assert not expected_of(TASK, taught(100.0, 0.2, 2).spread(TASK)).pace(1e6)
    assert not expected_of(other, taught(100.0, 0.2, 50).spread(other)).pace(1e6)


def test_what_is_expected_is_founded_on_three_like_it_or_on_progress() -> None:
    guess, lesson = taught(100.0, 0.2, 2).spread(TASK), taught(100.0, 0.2, 3).spread(TASK)
    assert not expected_of(TASK, guess).is_founded
    assert expected_of(TASK, lesson).is_founded
    assert expected_of(replace(TASK, progress=30, last_answer_at=1050.0), guess).is_founded
    assert not expected_of(replace(TASK, progress=2, last_answer_at=1050.0), guess).is_founded
    assert not expected_of(replace(TASK, progress=30), guess).is_founded


def expected_of(task: Task, spread: Spread) -> Expectation:
    expected = expectation(task, spread)
    assert expected is not None
    return expected


def test_a_gateway_whose_clock_is_ahead_makes_nobody_younger_than_octotui_knows() -> None:
    assert born_at(replace(TASK, created_at=5000.0)) == 1000.0
    assert born_at(replace(TASK, created_at=900.0)) == 900.0
    assert born_at(replace(TASK, created_at=None)) == 1000.0
