from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.demo.lifecycle import Life, moment
from octotui.model import TaskState

BENDS = st.floats(-1, 1)
LENGTHS = st.floats(0.5, 5000)


@given(bend=BENDS, queued=st.floats(0, 500), running=LENGTHS, ages=st.lists(st.floats(0, 6000), min_size=2))
def test_a_life_only_goes_forward(bend: float, queued: float, running: float, ages: list[float]) -> None:
    life = Life(queued=queued, running=running, bend=bend)
    order = [TaskState.QUEUED, TaskState.RUNNING, TaskState.COMPLETED]
    moments = [moment(life, age) for age in sorted(ages)]
    places = [(order.index(at.state), at.progress) for at in moments]
    assert places == sorted(places)
    assert all(0 <= at.progress <= 100 and 0 <= at.share <= 1 for at in moments)
    assert all((at.progress == 100) == (at.state is TaskState.COMPLETED) for at in moments)


@given(percent=st.integers(0, 99), left=LENGTHS)
def test_underway_is_at_its_percentage_and_completes_when_it_says(percent: int, left: float) -> None:
    life = Life.underway(percent, left)
    now = moment(life, life.age)
    assert (now.state, now.progress) == (TaskState.RUNNING, percent)
    assert moment(life, life.age + left * 0.99).state is TaskState.RUNNING
    assert moment(life, life.age + left * 1.01).state is TaskState.COMPLETED


def test_the_ready_made_lives_begin_where_they_say() -> None:
    for life, state in (
        (Life.waiting(), TaskState.QUEUED),
        (Life.ready(left=10), TaskState.COMPLETED),
        (Life.failed("no"), TaskState.FAILED),
        (Life(age=999, ending=TaskState.CANCELLED), TaskState.CANCELLED),
    ):
        assert moment(life, life.age).state is state


def test_a_stalled_life_stays_where_it_is() -> None:
    life = Life(running=1000, stalls_at=42)
    assert {moment(life, age).progress for age in range(500, 1000, 50)} == {42}


@given(percent=st.integers(0, 99), left=LENGTHS, pace=st.floats(1, 50))
def test_a_hurried_life_is_as_far_on_and_has_less_to_come(percent: int, left: float, pace: float) -> None:
    hurried = Life.underway(percent, left).hurried(pace)
    now = moment(hurried, hurried.age)
    assert now.state is TaskState.RUNNING
    assert abs(now.progress - percent) <= 1
    assert hurried.ends_at - hurried.age == pytest.approx(left / pace, rel=1e-3)


@pytest.mark.parametrize("life", [Life.ready(left=3600, ago=1800), Life.ready(left=-5), Life.failed("no")])
def test_what_has_ended_is_not_hurried(life: Life) -> None:
    assert life.hurried(4) == life


@pytest.mark.parametrize(
    "impossible",
    [lambda: Life(ending=TaskState.RUNNING), lambda: Life(running=0), lambda: Life(queued=-1)],
    ids=["ends while running", "no time to run", "waits backwards"],
)
def test_an_impossible_life_is_refused(impossible: Callable[[], Life]) -> None:
    with pytest.raises(ValueError, match="life"):
        impossible()
