from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from octotui.engine.schedule import Rhythm, next_ask_at
from octotui.model import Task, TaskState

TASK = Task(id="a", provider="sora", route="videos", added_at=0.0)
RHYTHM = Rhythm(10.0)


def test_a_task_never_asked_is_due_at_once() -> None:
    assert next_ask_at(TASK, RHYTHM, 0.5, 123.0) == 123.0


def test_a_running_task_is_asked_every_ten_seconds_and_a_queued_one_more_slowly() -> None:
    running = replace(TASK, state=TaskState.RUNNING, last_asked_at=100.0)
    queued = replace(running, state=TaskState.QUEUED)
    assert next_ask_at(running, RHYTHM, 0.5, 100.0) == 110.0
    assert next_ask_at(queued, RHYTHM, 0.5, 100.0) == 115.0


@given(state=st.sampled_from([state for state in TaskState if state.is_final]), luck=st.floats(0, 1))
def test_a_final_task_is_never_asked(state: TaskState, luck: float) -> None:
    assert next_ask_at(replace(TASK, state=state, last_asked_at=1.0), RHYTHM, luck, 5.0) is None


@given(
    state=st.sampled_from([state for state in TaskState if not state.is_final]),
    luck=st.floats(0, 1),
    failures=st.integers(0, 10_000),
    asked=st.floats(0, 2e9),
    now=st.floats(0, 2e9),
)
def test_every_open_task_is_asked_again_within_its_bound(
    state: TaskState, luck: float, failures: int, asked: float, now: float
) -> None:
    task = replace(TASK, state=state, failures=failures, last_asked_at=asked)
    at = next_ask_at(task, RHYTHM, luck, now)
    assert at is not None
    # A wall clock that was set back must not put a task off for as long as it was set back.
    assert at <= now + 300.0 * 1.15 + 1e-3
    if asked <= now:
        assert at >= asked + 10.0 * 0.85 - 1e-3


def test_failures_slow_it_down_and_an_answer_takes_that_back() -> None:
    task = replace(TASK, state=TaskState.RUNNING, last_asked_at=0.0)
    waits = [next_ask_at(replace(task, failures=count), RHYTHM, 0.5, 0.0) for count in range(7)]
    assert waits == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]
