from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.engine.polling.scheduler import Scheduler
from octotui.estimates import Durations
from octotui.model import FailureKind, RequestFailure, Task, TaskState
from tests.benchmarks.simulation import Octotui, Run, Scene, World, run
from tests.support.clock import NOW as START
from tests.support.tasks import new

OWN = [FailureKind.FORBIDDEN, FailureKind.NO_SUCH_TASK, FailureKind.REFUSED]
OTHERS = [kind for kind in FailureKind if kind not in OWN]

Answering = Callable[[Task, float], Task]


def running(task: Task, now: float, progress: int | None = None) -> Task:
    return replace(
        task,
        state=TaskState.RUNNING,
        status="processing",
        progress=progress,
        created_at=task.added_at,
        last_asked_at=now,
        last_answer_at=now,
        failure=None,
        failures=0,
    )


def completed(task: Task, now: float) -> Task:
    return replace(running(task, now), state=TaskState.COMPLETED, completed_at=now)


def failed(task: Task, now: float, kind: FailureKind) -> Task:
    failure = RequestFailure(kind, None, "no", now)
    return replace(task, last_asked_at=now, failure=failure, failures=task.failures + 1)


class Loop:
    """The engine's loop in simulated time: asks whom the scheduler names, answers come a tenth of a second later."""

    def __init__(self, scheduler: Scheduler, tasks: list[Task], answering: Answering = running) -> None:
        self.scheduler = scheduler
        self.answering = answering
        self.tasks = {task.id: task for task in tasks}
        self.asked: list[tuple[float, str]] = []
        self.now = START
        for task in tasks:
            scheduler.watch(task, START)

    def run(self, seconds: float) -> list[tuple[float, str]]:
        """Go on for so long; returns (seconds since the start, id) of each question asked in it."""
        end, first = self.now + seconds, len(self.asked)
        while self.now < end:
            task_id = self.scheduler.next(self.now)
            if task_id is None:
                then = self.scheduler.wake_at(self.now)
                assert then > self.now, "it would be asked over and over at the same moment"
                self.now = min(then, end)
                continue
            self.asked.append((self.now - START, task_id))
            self.now += 0.1
            before = self.tasks[task_id]
            self.tasks[task_id] = self.answering(before, self.now)
            self.scheduler.record_answer(before, self.tasks[task_id], self.now)
        return self.asked[first:]

    def times(self, task_id: str) -> list[float]:
        return [at for at, asked in self.asked if asked == task_id]


def scheduler(per_minute: int = 600, *, poll_seconds: float = 10.0, seed: int = 1) -> Scheduler:
    return Scheduler(per_minute, poll_seconds=poll_seconds, luck=random.Random(seed).random)


def test_a_new_task_is_asked_at_once() -> None:
    loop = Loop(scheduler(), [new("a")])
    assert loop.run(1.0)[0] == (0.0, "a")


def test_nobody_to_ask_is_nothing_to_wake_for() -> None:
    alone = scheduler()
    assert alone.next(START) is None
    assert alone.wake_at(START) == math.inf


def test_a_task_added_while_the_budget_has_room_does_not_wait_for_the_next_round() -> None:
    loop = Loop(scheduler(), [new("a")])
    loop.run(3.0)
    loop.tasks["b"] = new("b", loop.now)
    loop.scheduler.watch(loop.tasks["b"], loop.now)
    asked = loop.run(0.5)
    assert (3.0, "b") in [(round(at, 1), task_id) for at, task_id in asked]


def test_nobody_is_named_twice_before_it_is_heard_of() -> None:
    busy = scheduler()
    busy.watch(new("a"), START)
    assert busy.next(START) == "a"
    assert all(busy.next(START + second) is None for second in range(1, 400, 7))


@pytest.mark.parametrize("state", [state for state in TaskState if state.is_final])
def test_a_final_task_is_asked_only_when_somebody_wants_it(state: TaskState) -> None:
    loop = Loop(scheduler(), [new("a", state=state)], answering=lambda task, _: task)
    assert loop.run(100.0) == []
    loop.scheduler.ask_now("a")
    assert [task_id for _, task_id in loop.run(100.0)] == ["a"]


def test_a_task_that_completes_is_asked_no_more() -> None:
    loop = Loop(scheduler(), [new("a")], answering=completed)
    assert len(loop.run(300.0)) == 1


def test_a_task_found_completed_elsewhere_is_asked_no_more() -> None:
    loop = Loop(scheduler(), [new("a")])
    loop.run(5.0)
    loop.scheduler.watch(completed(loop.tasks["a"], loop.now), loop.now)
    assert loop.run(100.0) == []


def test_a_task_that_is_forgotten_while_it_is_asked_stays_forgotten() -> None:
    busy = scheduler()
    task = new("a")
    busy.watch(task, START)
    assert busy.next(START) == "a"
    busy.forget_task("a")
    busy.record_answer(task, running(task, START + 1.0), START + 1.0)
    assert busy.wake_at(START + 1.0) == math.inf


def test_a_wish_goes_before_all_others_and_only_once() -> None:
    loop = Loop(scheduler(60), [new(f"t{number}") for number in range(50)])
    loop.run(10.0)
    loop.scheduler.ask_now("t7")
    loop.scheduler.ask_now("t7")
    asked = loop.run(1.0)
    assert asked[0][1] == "t7"
    assert [task_id for _, task_id in asked].count("t7") == 1


def test_a_wish_for_a_task_that_is_being_asked_is_that_question() -> None:
    busy = scheduler()
    busy.watch(new("a"), START)
    busy.next(START)
    busy.ask_now("a")
    assert busy.next(START + 0.1) is None


def test_a_question_asked_outside_its_turn_counts_as_its_turn() -> None:
    loop = Loop(scheduler(), [running(new("a"), START - 60.0)])
    loop.scheduler.record_question("a", START)
    assert loop.scheduler.next(START + 1.0) is None
    loop.scheduler.record_answer(loop.tasks["a"], running(loop.tasks["a"], START + 2.0), START + 2.0)
    loop.now = START + 2.0
    assert loop.run(5.0) == []


@pytest.mark.parametrize("poll_seconds", [0.1, 1.0, 10.0, 60.0])
def test_without_a_rhythm_a_task_is_asked_about_every_poll_seconds(poll_seconds: float) -> None:
    # A model that takes hours: nobody is near its end, so nobody is sent to look for the rhythm.
    durations = Durations()
    for _ in range(30):
        durations.learn(("sora", "sora-2", None, None), 36_000.0)
    asking = Scheduler(600_000, durations, poll_seconds=poll_seconds, luck=random.Random(1).random)
    loop = Loop(asking, [running(new("a"), START - 1.0)])
    loop.run(100.0 * poll_seconds)
    gaps = [later - earlier for earlier, later in pairwise(loop.times("a"))]
    assert all(0.8 * poll_seconds < gap < 1.6 * poll_seconds + 0.1 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(1.1 * poll_seconds, abs=0.2 * poll_seconds + 0.1)


def test_looks_that_seek_the_rhythm_are_bounded_however_large_the_budget() -> None:
    loop = Loop(scheduler(600_000), [new("a")], lambda task, now: running(task, now, int(now - START) % 100))
    loop.run(600.0)
    gaps = [later - earlier for earlier, later in pairwise(loop.times("a"))]
    assert min(gaps) < 5.0
    assert min(gaps) > 0.5
    assert len(gaps) < 600.0 / 15.0 * 8.0


@given(
    tasks=st.integers(1, 60),
    per_minute=st.integers(1, 700),
    progress=st.none() | st.integers(0, 100),
    poll_seconds=st.sampled_from([1.0, 10.0]),
    seed=st.integers(0, 100),
)
@settings(max_examples=40, deadline=None)
def test_no_task_starves_whatever_its_answers_say(
    tasks: int, per_minute: int, progress: int | None, poll_seconds: float, seed: int
) -> None:
    asking = Scheduler(per_minute, poll_seconds=poll_seconds, luck=random.Random(seed).random)
    loop = Loop(asking, [new(f"t{number}") for number in range(tasks)], lambda task, now: running(task, now, progress))
    longest = max(120.0, 3.0 * 60.0 * tasks / per_minute)
    loop.run(3.0 * longest)
    # The floor, and as long again for all who have come to it together, at half of each round.
    for task_id in loop.tasks:
        times = [0.0, *loop.times(task_id), 3.0 * longest]
        assert max(later - earlier for earlier, later in pairwise(times)) < 1.7 * longest + 60.0


@given(
    per_minute=st.integers(1, 700),
    tasks=st.integers(1, 300),
    poll_seconds=st.sampled_from([0.5, 5.0, 10.0]),
    seed=st.integers(0, 100),
)
@settings(max_examples=40, deadline=None)
def test_rounds_keep_about_to_the_budget_by_themselves(
    per_minute: int, tasks: int, poll_seconds: float, seed: int
) -> None:
    asking = Scheduler(per_minute, poll_seconds=poll_seconds, luck=random.Random(seed).random)
    loop = Loop(asking, [new(f"t{number}") for number in range(tasks)])
    loop.run(200.0)
    times = [at for at, _ in loop.asked]
    most = max(sum(1 for at in times if start <= at < start + 60.0) for start in times)
    assert most <= 1.15 * per_minute + 6.0


@pytest.mark.parametrize("kind", OWN)
def test_a_task_that_is_refused_is_asked_ever_more_rarely_but_never_given_up(kind: FailureKind) -> None:
    loop = Loop(scheduler(), [new("a")], answering=lambda task, now: failed(task, now, kind))
    loop.run(3600.0)
    times = loop.times("a")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[0] < 30.0
    assert gaps[:4] == sorted(gaps[:4])
    assert all(300.0 <= gap < 320.0 for gap in gaps[5:])


def test_an_answer_takes_the_backing_off_back() -> None:
    loop = Loop(scheduler(), [new("a")], answering=lambda task, now: failed(task, now, FailureKind.FORBIDDEN))
    loop.run(1000.0)
    loop.answering = running
    loop.run(301.0)
    assert len(loop.run(100.0)) >= 5


def test_a_refusal_from_before_the_start_is_remembered() -> None:
    task = replace(failed(new("a"), START - 10.0, FailureKind.NO_SUCH_TASK), failures=6)
    loop = Loop(scheduler(), [task])
    assert loop.run(280.0) == []
    assert loop.run(30.0)


@pytest.mark.parametrize("kind", OTHERS)
def test_what_the_gate_waits_out_puts_no_task_off(kind: FailureKind) -> None:
    tasks = [running(new(f"t{number}"), START - 60.0) for number in range(20)]
    loop = Loop(scheduler(), tasks, answering=lambda task, now: failed(task, now, kind))
    loop.run(10.0)
    loop.answering = running
    assert {task_id for _, task_id in loop.run(60.0)} == set(loop.tasks)


@pytest.mark.parametrize("kind", [FailureKind.GATEWAY, FailureKind.NETWORK])
def test_one_task_that_fails_while_others_are_answered_does_not_eat_the_budget(kind: FailureKind) -> None:
    tasks = [new(f"t{number}") for number in range(20)]
    loop = Loop(
        scheduler(),
        tasks,
        answering=lambda task, now: failed(task, now, kind) if task.id == "t3" else running(task, now),
    )
    loop.run(600.0)
    assert 3 <= len(loop.times("t3")) < 20
    assert len(loop.times("t4")) > 30


def test_a_clock_that_is_set_back_puts_nobody_off() -> None:
    loop = Loop(scheduler(), [new(f"t{number}") for number in range(5)])
    loop.run(100.0)
    loop.now -= 7200.0
    assert {task_id for _, task_id in loop.run(30.0)} == set(loop.tasks)


def test_a_result_soon_lost_is_asked_about_more_often_than_one_that_keeps() -> None:
    def answer(task: Task, now: float) -> Task:
        lost = START + (1200.0 if task.id.startswith("soon") else 86_400.0)
        return replace(running(task, now), gateway_expires_at=lost)

    loop = Loop(scheduler(30), [new(f"{word}{number}") for word in ("soon", "kept") for number in range(30)], answer)
    loop.run(1200.0)
    soon = sum(1 for _, task_id in loop.asked if task_id.startswith("soon"))
    assert soon > 1.25 * (len(loop.asked) - soon)


def test_those_expected_to_be_done_are_asked_before_those_just_begun() -> None:
    durations = Durations()
    for _ in range(30):
        durations.learn(("sora", "sora-2", None, None), 300.0)
    asking = Scheduler(60, durations, luck=random.Random(1).random)
    young = [running(new(f"young{number}", START - 20.0), START - 11.0) for number in range(40)]
    due = [running(new(f"due{number}", START - 310.0), START - 11.0) for number in range(5)]
    loop = Loop(asking, young + due)
    assert {task_id for _, task_id in loop.run(6.0)[:5]} == {task.id for task in due}


def test_finished_tasks_teach_how_long_the_next_take() -> None:
    asking = scheduler()
    for number in range(20):
        task = new(f"t{number}")
        asking.watch(task, START)
        asking.record_answer(task, completed(task, START + 77.0), START + 77.0)
    assert asking.durations.spread(new("next")).at(0.5) == pytest.approx(77.0, rel=0.1)


def test_one_first_seen_completed_and_with_no_word_of_when_teaches_nothing() -> None:
    asking = scheduler()
    task = new("a")
    done = replace(completed(task, START), completed_at=None, final_seen_at=START, created_at=START - 86_400.0)
    asking.watch(task, START)
    asking.record_answer(task, done, START)
    assert asking.durations.spread(task) == Durations().spread(task)


def test_once_the_rhythm_is_known_questions_come_right_after_the_sweep() -> None:
    scene = Scene(240, seed=4, tasks=60, progress=True)
    policy = Octotui(scene)
    sent = Run(scene, policy)
    sent.outcome()
    cadence = World(scene).cadence
    learnt = [at for at in sent.sent if at > cadence[0] + 300.0]
    after = [min(at - sweep for sweep in cadence if sweep <= at) for at in learnt]
    assert policy.scheduler.cadence.phase is not None
    assert sum(1 for seconds in after if seconds < 3.0) / len(after) > 0.8


@pytest.mark.parametrize(("progress", "mean", "p95"), [(False, 0.5, 0.7), (True, 0.25, 0.3)])
def test_a_finished_task_is_seen_sooner_than_by_round_robin(progress: bool, mean: float, p95: float) -> None:
    scene = Scene(120, seed=11, tasks=250, progress=progress)
    ours, theirs = run("octotui", scene), run("round robin", scene)
    assert ours.mean < mean * theirs.mean
    assert ours.p95 < p95 * theirs.p95
    assert ours.overruns == 0


def test_without_any_rhythm_it_is_as_soon_as_asking_every_10_s_with_no_more_requests() -> None:
    scene = Scene(240, seed=2, tasks=150, rhythm="none")
    ours, theirs = run("octotui", scene), run("fixed 10 s", scene)
    assert ours.per_task < 1.05 * theirs.per_task
    assert ours.mean < 1.05 * theirs.mean
