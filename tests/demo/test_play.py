"""What somebody who watches the demo gets to see, minute by minute."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import pairwise

import httpx
import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import moment
from octotui.demo.provider_profiles import TRAITS, Render
from octotui.demo.sample_tasks import play
from octotui.gateway.errors import RequestError
from octotui.gateway.parsing.deadlines import link_deadline
from octotui.gateway.parsing.task_answer import read_answer
from octotui.gateway.providers import BUILTIN
from octotui.gateway.routes import task_url
from octotui.model import Answer, NewTask, TaskState
from tests.support.clock import NOW, Clock

MINUTES = 60
SEEDS = (7, 1, 2026)


def everyone(seed: int, pace: float = 1.0) -> list[Render]:
    opening, coming = play(seed, NOW, pace)
    return [*opening, *coming]


def states(renders: list[Render], at: float) -> dict[str, Counter[TaskState]]:
    """How many tasks of each provider are in each state `at` seconds after the start."""
    found: dict[str, Counter[TaskState]] = defaultdict(Counter)
    for render in renders:
        age = NOW + at - render.submitted_at
        if age >= 0:
            found[render.provider][moment(render.life, age).state] += 1
    return found


def test_the_opening_is_a_plausible_mixture() -> None:
    opening, _ = play(7, NOW)
    assert 28 <= len(opening) <= 36
    found = states(opening, 0)
    assert set(found) == set(TRAITS)
    for counts in found.values():
        assert counts[TaskState.RUNNING] >= 2
        assert counts[TaskState.COMPLETED] >= 1
    total = sum(found.values(), Counter())
    assert total[TaskState.QUEUED] >= 3
    assert total[TaskState.FAILED] >= 3
    assert total[TaskState.CANCELLED] >= 1
    ready = [
        render.lost_at - NOW for render in opening if moment(render.life, render.life.age).state.value == "completed"
    ]
    for low, high in ((200, 300), (50 * 60, 52 * 60), (22 * 3600, 25 * 3600), (-math.inf, 0)):
        assert any(low < left < high for left in ready)


def test_every_pane_has_running_tasks_for_a_quarter_of_an_hour() -> None:
    for seed in SEEDS:
        renders = everyone(seed)
        for at in range(0, 15 * MINUTES, 5):
            found = states(renders, at)
            assert all(found[provider][TaskState.RUNNING] >= 1 for provider in TRAITS), (seed, at)


def test_something_moves_in_every_pane_every_ten_seconds() -> None:
    for seed in SEEDS:
        renders = everyone(seed)
        for at in range(0, 10 * MINUTES, 10):
            moving = {
                render.provider
                for render in renders
                if render.submitted_at <= NOW + at
                and moment(render.life, NOW + at - render.submitted_at)
                != moment(render.life, NOW + at + 10 - render.submitted_at)
            }
            assert moving == set(TRAITS), (seed, at)


def test_tasks_finish_about_every_ten_seconds_at_first_and_never_rest_long() -> None:
    for seed in SEEDS:
        ends = sorted(render.ended_at - NOW for render in everyone(seed))
        first = [end for end in ends if 0 < end < 2 * MINUTES]
        assert 10 <= len(first) <= 20, seed
        for minutes, longest in ((5, 60), (17, 120)):
            times = [0.0, *(end for end in ends if 0 < end < minutes * MINUTES), float(minutes * MINUTES)]
            assert max(later - earlier for earlier, later in pairwise(times)) <= longest, (seed, minutes)


def test_newcomers_trickle_in_and_there_are_sixty_tasks_in_all() -> None:
    opening, coming = play(7, NOW)
    assert 55 <= len(opening) + len(coming) <= 65
    arrivals = [render.submitted_at - NOW for render in coming]
    assert arrivals == sorted(arrivals)
    assert [later - earlier for earlier, later in pairwise(arrivals)][:10] == [20.0] * 10
    assert arrivals[-1] > 15 * MINUTES
    assert len({render.id for render in (*opening, *coming)}) == len(opening) + len(coming)


def test_the_same_seed_gives_the_same_play_and_another_one_another() -> None:
    assert everyone(7) == everyone(7)
    assert {render.id for render in everyone(7)}.isdisjoint(render.id for render in everyone(8))


def test_at_another_pace_it_is_the_same_play_in_less_time() -> None:
    for at in (0, 12, 60, 200, 700):
        assert states(everyone(7, pace=4), at / 4) == states(everyone(7), at)


def test_at_another_pace_no_task_is_of_the_future_and_deadlines_stay(clock: Clock) -> None:
    """What is told is compared with the clock of whoever looks: elapsed, left and slack hang on it."""
    done = 0
    with (
        Box(clock=clock, faults=False, pace=4) as box,
        httpx.Client(headers={"Authorization": f"Bearer {box.key}"}, trust_env=False) as client,
    ):
        for at in (0, 15, 175):
            clock.now = NOW + at
            for task in box.tasks():
                answer = asked(client, box, task, clock.now)
                assert (answer.created_at or 0) <= clock.now
                assert (answer.completed_at or 0) <= clock.now
                done += answer.state is TaskState.COMPLETED
    assert done > 20
    kept, kept_otherwise = ([render.lost_at - render.ended_at for render in everyone(7, pace)] for pace in (4, 1))
    assert kept == pytest.approx(kept_otherwise)


def test_newcomers_are_told_once_and_known_from_their_time_on(clock: Clock) -> None:
    with Box(clock=clock) as box:
        opening = box.tasks()
        assert box.newcomers(clock.now) == []
        clock.now += 9
        (first,) = box.newcomers(clock.now)
        assert box.newcomers(clock.now) == []
        assert box.tasks() == [*opening, first]
        clock.now += 24 * 3600
        rest = box.newcomers(clock.now)
        assert len(rest) > 20
        assert box.newcomers(clock.now) == []
        assert len(box.tasks()) == len(opening) + 1 + len(rest)


def asked(client: httpx.Client, box: Box, task: NewTask, now: float) -> Answer:
    response = client.get(task_url(box.base_url, task.route, task.id))
    provider = next(provider for provider in BUILTIN if provider.name == task.provider)
    return read_answer(
        response.status_code, response.headers, response.content, base_url=box.base_url, now=now, provider=provider
    )


def test_octotui_reads_every_task_as_it_is_at_any_time(clock: Clock) -> None:
    renders = {render.id: render for render in everyone(7)}
    seen: Counter[TaskState] = Counter()
    with (
        Box(clock=clock, faults=False) as box,
        httpx.Client(headers={"Authorization": f"Bearer {box.key}"}, trust_env=False) as client,
    ):
        for at in (0, 12, 60, 200, 700):
            clock.now = NOW + at
            for task in box.tasks():
                answer = asked(client, box, task, clock.now)
                render = renders[task.id]
                truth = moment(render.life, clock.now - render.submitted_at)
                reviewed = truth.state is TaskState.QUEUED and render.life.first_word == "under_review"
                assert answer.state is (TaskState.UNKNOWN if reviewed else truth.state), task
                assert answer.progress in {None, truth.progress}
                assert bool(answer.result_url) == (truth.state is TaskState.COMPLETED)
                assert (answer.error_message or "") == (
                    render.life.error_message if truth.state is TaskState.FAILED else ""
                )
                if answer.result_url and not answer.result_url.startswith(box.base_url) and render.link != "plain":
                    assert link_deadline(answer.result_url) == int(render.lost_at)
                seen[answer.state] += 1
    assert set(seen) == set(TaskState)


def test_progress_is_told_in_every_pane(clock: Clock) -> None:
    with (
        Box(clock=clock, faults=False) as box,
        httpx.Client(headers={"Authorization": f"Bearer {box.key}"}, trust_env=False) as client,
    ):
        before = {task.id: asked(client, box, task, clock.now).progress for task in box.tasks()}
        clock.now += 6
        moved = {
            task.provider for task in box.tasks() if before[task.id] != asked(client, box, task, clock.now).progress
        }
    assert moved == set(TRAITS)


def test_now_and_then_a_question_is_refused(clock: Clock) -> None:
    refusals: list[tuple[int, int | None, float | None]] = []
    with (
        Box(clock=clock) as box,
        httpx.Client(headers={"Authorization": f"Bearer {box.key}"}, trust_env=False) as client,
    ):
        task = box.tasks()[0]
        for at in range(0, 10 * MINUTES, 5):
            clock.now = NOW + at
            try:
                asked(client, box, task, clock.now)
            except RequestError as error:
                refusals.append((at, error.status, error.retry_after))
    assert refusals[0][0] >= 25
    assert 8 <= len(refusals) <= 20
    assert {(status, after) for _, status, after in refusals} == {(429, None), (429, 2.0), (502, None)}
    assert all(later[0] - earlier[0] > 10 for earlier, later in pairwise(refusals))
