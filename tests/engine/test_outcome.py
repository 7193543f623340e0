from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.engine.polling.transitions import after_answer, after_failure, duration_of, events_between
from octotui.gateway.errors import GatewayError, NoSuchTask
from octotui.gateway.providers import BUILTIN
from octotui.model import Answer, Deadline, DeadlineSource, Task, TaskState

SORA = BUILTIN[0]
TASK = Task(id="a", provider="sora", route="videos", added_at=0.0)
LINK = "https://cdn.example.net/v.mp4"


def answered(task: Task, answer: Answer, now: float = 1000.0) -> Task:
    return after_answer(task, answer, provider=SORA, route="videos", now=now)


def test_an_answer_is_taken_over() -> None:
    task = answered(TASK, Answer(TaskState.RUNNING, status="processing", progress=42, model="sora-2", created_at=900.0))
    assert (task.state, task.status, task.progress, task.model) == (TaskState.RUNNING, "processing", 42, "sora-2")
    assert (task.created_at, task.running_since, task.last_answer_at) == (900.0, 1000.0, 1000.0)
    assert task.route_confirmed


def test_what_an_answer_leaves_out_is_kept() -> None:
    known = answered(TASK, Answer(TaskState.RUNNING, progress=42, model="sora-2", seconds="10", created_at=900.0))
    task = answered(known, Answer(TaskState.RUNNING), now=1010.0)
    assert (task.progress, task.model, task.seconds, task.created_at) == (42, "sora-2", "10", 900.0)
    assert task.running_since == 1000.0


def test_a_completed_task_without_any_time_has_the_rule_counted_from_when_it_was_seen() -> None:
    task = answered(TASK, Answer(TaskState.COMPLETED, result_url=LINK))
    assert task.completed_at is None
    assert task.deadline == Deadline(1000.0 + 24 * 3600, DeadlineSource.RULE)


def test_the_gateways_last_update_counts_where_it_names_no_completion() -> None:
    task = answered(TASK, Answer(TaskState.COMPLETED, result_url=LINK, updated_at=400.0))
    assert task.deadline == Deadline(400.0 + 24 * 3600, DeadlineSource.RULE)


@pytest.mark.parametrize("state", [state for state in TaskState if state is not TaskState.COMPLETED])
def test_a_completed_task_stays_completed(state: TaskState) -> None:
    done = answered(TASK, Answer(TaskState.COMPLETED, status="completed", result_url=LINK, progress=100))
    later = answered(done, Answer(state, status="odd", error_message="forgotten"), now=5000.0)
    assert (later.state, later.status, later.result_url, later.deadline) == (
        done.state,
        done.status,
        LINK,
        done.deadline,
    )
    assert later.last_answer_at == 5000.0


def test_a_fresh_link_takes_the_place_of_the_old_one_and_of_its_deadline() -> None:
    old = LINK + "?X-Amz-Date=20260921T141320Z&X-Amz-Expires=3600"
    new = LINK + "?X-Amz-Date=20260921T151320Z&X-Amz-Expires=3600"
    done = answered(TASK, Answer(TaskState.COMPLETED, result_url=old), now=1790000000.0)
    fresh = answered(done, Answer(TaskState.COMPLETED, result_url=new), now=1790003000.0)
    assert done.deadline == Deadline(1790003600.0, DeadlineSource.LINK)
    assert fresh.deadline == Deadline(1790007200.0, DeadlineSource.LINK)
    assert fresh.result_url == new


@given(state=st.sampled_from(list(TaskState)), failures=st.integers(0, 9), progress=st.none() | st.integers(0, 100))
def test_a_failed_request_changes_nothing_about_the_task(state: TaskState, failures: int, progress: int | None) -> None:
    task = replace(TASK, state=state, failures=failures, progress=progress, result_url=LINK)
    after = after_failure(task, GatewayError("502 Bad Gateway", status=502), 77.0)
    assert replace(after, failure=None, failures=failures, last_asked_at=None) == task
    assert after.failures == failures + 1
    assert after.failure is not None
    assert (after.failure.status, after.failure.at) == (502, 77.0)


def test_an_answer_ends_being_stale() -> None:
    stale = after_failure(TASK, NoSuchTask("task_not_exist", status=400), 1.0)
    task = answered(stale, Answer(TaskState.QUEUED))
    assert (task.failure, task.failures) == (None, 0)


def test_events_name_what_changed_once() -> None:
    running = answered(TASK, Answer(TaskState.RUNNING, progress=5))
    failed = answered(running, Answer(TaskState.FAILED, error_message="content policy"))
    [event] = events_between(running, failed, 9.0)
    assert (event.kind, event.text, event.detail) == ("state", "failed: content policy", "failed")
    assert events_between(running, replace(running, progress=6), 9.0) == []
    stale = after_failure(running, GatewayError("502 Bad Gateway", status=502), 1.0)
    again = after_failure(stale, GatewayError("502 Bad Gateway", status=502), 2.0)
    assert [(event.kind, event.detail) for event in events_between(running, stale, 1.0)] == [("failure", "gateway")]
    assert events_between(stale, again, 2.0) == []
    recovered = events_between(again, running, 3.0)
    assert [(event.kind, event.text) for event in recovered] == [("recovered", "answers again")]


def test_durations_are_learnt_from_tasks_that_complete_while_watched() -> None:
    running = answered(TASK, Answer(TaskState.RUNNING, created_at=900.0))
    done = answered(running, Answer(TaskState.COMPLETED, created_at=900.0, completed_at=960.0))
    assert duration_of(running, done) == 60.0
    assert duration_of(done, done) is None
    backwards = answered(running, Answer(TaskState.COMPLETED, created_at=900.0, completed_at=800.0))
    assert duration_of(running, backwards) is None


def test_a_task_first_seen_completed_teaches_nothing_without_a_word_of_when() -> None:
    found = answered(TASK, Answer(TaskState.COMPLETED, created_at=900.0))
    assert found.final_seen_at is not None
    assert found.final_seen_at > 900.0
    assert duration_of(TASK, found) is None
    dated = answered(TASK, Answer(TaskState.COMPLETED, created_at=900.0, completed_at=960.0))
    assert duration_of(TASK, dated) == 60.0


EIGHT_HOURS = 8 * 3600.0


def test_a_completion_time_still_to_come_lengthens_no_countdown() -> None:
    """A local time without its zone, or a clock ahead: the rule counts from when it was first seen."""
    done = answered(TASK, Answer(TaskState.COMPLETED, result_url=LINK, completed_at=1000.0 + EIGHT_HOURS), now=1000.0)
    assert done.completed_at == 1000.0
    assert done.deadline == Deadline(1000.0 + 24 * 3600, DeadlineSource.RULE)
    again = answered(done, Answer(TaskState.COMPLETED, result_url=LINK, completed_at=1000.0 + EIGHT_HOURS), now=40000.0)
    assert (again.completed_at, again.deadline) == (1000.0, done.deadline)


def test_a_creation_time_still_to_come_makes_no_age_negative() -> None:
    watched = replace(TASK, added_at=900.0)
    ahead = answered(watched, Answer(TaskState.RUNNING, created_at=1000.0 + EIGHT_HOURS))
    assert ahead.created_at == 900.0
    known = replace(watched, created_at=880.0)
    assert answered(known, Answer(TaskState.RUNNING, created_at=1000.0 + EIGHT_HOURS)).created_at == 880.0
    done = answered(ahead, Answer(TaskState.COMPLETED, completed_at=1060.0 + EIGHT_HOURS), now=1070.0)
    assert duration_of(ahead, done) == 170.0
