from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.engine.polling.gateway_cadence import PERIOD, GatewayCadence
from tests.support.clock import NOW as START


def late_by(cadence: GatewayCadence, sweep: float, now: float) -> float:
    """Seconds by which the last sweep believed in at `now` is after the true one; `sweep` is any true one."""
    last = cadence.last(now)
    assert last is not None
    half = cadence.period / 2.0
    return (last - sweep + half) % cadence.period - half


def watch(
    cadence: GatewayCadence,
    seed: int,
    changes: int,
    *,
    period: float = PERIOD,
    start: float = START,
    jitter: float = 0.0,
) -> float:
    """Look at tasks every few seconds until each has changed at a sweep; returns a true sweep at the end."""
    luck = random.Random(seed)
    sweep = start + luck.uniform(0.0, PERIOD)
    for _ in range(changes):
        sweep += period * luck.randint(1, 3)
        at = sweep + luck.uniform(0.0, jitter)
        looks = [at - luck.uniform(0.0, 7.0)]
        looks.append(looks[0] + luck.uniform(at - looks[0] + 0.01, 9.0))
        cadence.saw_change(*looks)
    return sweep


@given(seed=st.integers(0, 10_000))
@settings(max_examples=50)
def test_the_sweep_is_found_and_rather_late_than_early(seed: int) -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, seed, 60)
    assert -0.5 < late_by(cadence, sweep, sweep + 1.0) < 2.0


def test_a_dozen_changes_are_mostly_enough() -> None:
    found = []
    for seed in range(20):
        cadence = GatewayCadence()
        watch(cadence, seed, 12)
        found.append(cadence.phase is not None)
    assert sum(found) >= 15


@pytest.mark.parametrize("work", [0.05, 0.2, 0.4])
def test_sweeps_that_come_later_each_time_are_followed(work: float) -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, 5, 300, period=PERIOD + work)
    assert cadence.period == pytest.approx(PERIOD + work, abs=0.11)
    assert -0.5 < late_by(cadence, sweep, sweep + 1.0) < 2.0


def test_sweeps_that_come_a_little_early_and_late_are_found() -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, 6, 200, jitter=1.0)
    assert -0.5 < late_by(cadence, sweep, sweep + 2.0) < 3.0


def test_a_gateway_without_rhythm_is_recognised() -> None:
    known = 0
    for seed in range(20):
        luck = random.Random(seed)
        cadence = GatewayCadence()
        now = START
        for _ in range(300):
            now += luck.uniform(2.0, 20.0)
            cadence.saw_change(now - luck.uniform(1.0, 10.0), now)
            known += cadence.phase is not None
        assert cadence.rhythmless > 0.2
    assert known < 0.1 * 20 * 300


def test_answers_that_change_twice_within_a_sweep_speak_against_a_rhythm() -> None:
    luck = random.Random(8)
    cadence = GatewayCadence()
    now = START
    for _ in range(100):
        look, then = now + luck.uniform(5.0, 10.0), now + 13.0
        cadence.saw_change(now, look)
        cadence.saw_change(look, then)
        now = then
    assert cadence.phase is None
    assert cadence.rhythmless > 0.5


def test_a_gateway_that_restarts_at_another_moment_is_learnt_anew() -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, 1, 100)
    moved = watch(cadence, 2, 100, start=sweep + 60.0)
    assert -0.5 < late_by(cadence, moved, moved + 1.0) < 2.0


def test_tasks_asked_in_one_go_tell_one_thing() -> None:
    once, often = GatewayCadence(), GatewayCadence()
    once.saw_change(START, START + 2.0)
    for number in range(200):
        often.saw_change(START + 0.001 * number, START + 2.0 + 0.001 * number)
    assert often.phase is None
    assert often.rhythmless == once.rhythmless


@pytest.mark.parametrize("span", [-5.0, 0.0, PERIOD, 40.0])
def test_a_span_that_holds_no_news_is_passed_over(span: float) -> None:
    cadence = GatewayCadence()
    for number in range(50):
        cadence.saw_change(START + 100.0 * number, START + 100.0 * number + span)
    assert cadence.phase is None
    assert cadence.rhythmless == 0.5


@given(seed=st.integers(0, 1000), after=st.floats(0.0, 1700.0))
@settings(max_examples=50)
def test_the_last_sweep_is_at_most_a_period_ago(seed: int, after: float) -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, seed, 60)
    last = cadence.last(sweep + after)
    assert last is not None
    assert -1e-6 <= sweep + after - last <= cadence.period + 1e-6


def test_after_half_an_hour_without_a_change_nothing_is_believed() -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, 1, 60)
    assert cadence.last(sweep + 60.0) is not None
    assert cadence.last(sweep + 3600.0) is None


@given(luck=st.floats(0.0, 1.0, exclude_max=True), beside=st.floats(0.0, 1.0), seed=st.integers(0, 100))
@settings(max_examples=50)
def test_a_moment_to_explore_lies_within_the_next_period(luck: float, beside: float, seed: int) -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, seed, 30)
    assert 0.0 <= cadence.moment(sweep, luck, beside) - sweep <= cadence.period


def test_most_moments_to_explore_lie_about_the_sweep_and_some_anywhere() -> None:
    cadence = GatewayCadence()
    sweep = watch(cadence, 1, 100)
    luck = random.Random(1)
    moments = [cadence.moment(sweep + 5.0, luck.random(), luck.random()) - sweep for _ in range(500)]
    near = [moment for moment in moments if math.isclose((moment + 7.5) % PERIOD, 7.5, abs_tol=3.0)]
    assert 0.7 < len(near) / len(moments) < 0.98
