"""How soon a finished task is seen: octotui's scheduler beside the policies of others, at the same budgets.

    python -m tests.benchmarks.scheduling [--seeds 4] [--tasks 500] [--weather calm storm outage sick] [--robust]

A simulation with fixed seeds that drives the engine's own `Scheduler` and `RequestGate`. Tasks of five models with
log-normal durations (medians 40 s to 20 min, sigma 0.3 to 0.6) are submitted over twenty minutes and watched at once.
The gateway sweeps its upstream every 15 s, at a phase nobody is told, and shows what it knew at its last sweep:
`unknown` before the first one after submission (`GATEWAY.md`: NOT_START), then `processing`, then `completed`. One in
seven progress reports stands still, bends or jumps. Eight requests go at once and take 0.06 to 0.24 s each.

"Storm" refuses every fourth request with 429 for two minutes in five; "outage" answers nothing for four minutes. The
others ask on regardless, and ask again at once who was refused; octotui holds back as its gate has it. Lag is the time
from the sweep after which the gateway says "completed" to the answer in which that is seen; a task that completed in
the outage counts from the outage's end, as nobody could have seen it. "Sick" has one in five tasks answer 524 or
429 for an hour, and counts the lag of the others, against the same tasks in calm weather. In brackets: against round
robin in the same worlds. `--robust` adds gateways with another rhythm or none, and estimates that are badly wrong.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from octotui.engine.polling.scheduler import Scheduler
from octotui.model import Task, TaskState
from tests.benchmarks.simulation import MODELS, POLICIES, RHYTHMS, START, Outcome, Scene, run, taught

BUDGETS = (60, 240, 600)
Row = tuple[str, str, Scene]
"""What is printed, the policy, and the scene, to be played with several seeds."""


def tables(tasks: int, weathers: list[str], *, robust: bool) -> list[tuple[str, list[Row]]]:
    """The tables to print; the first row of each is what the others are measured against."""
    made: list[tuple[str, list[Row]]] = []
    for weather in weathers:
        for limiter in BUDGETS:
            if weather == "sick":
                made.append(_sick_upstream(limiter, tasks))
                continue
            scene = Scene(limiter, tasks=tasks, weather=weather)
            rows: list[Row] = [(name, name, scene) for name in POLICIES if name != "octotui"]
            for word, told in (("no", scene), ("with", replace(scene, progress=True))):
                rows.append((f"octotui, {word} progress, first day", "octotui", replace(told, misled=None)))
                rows.append((f"octotui, {word} progress", "octotui", told))
            made.append((f"{weather}, {limiter} requests a minute", rows))
    return made + (_other_rhythms(tasks) + _wrong_estimates(tasks) if robust else [])


def _sick_upstream(limiter: int, tasks: int) -> tuple[str, list[Row]]:
    scene = Scene(limiter, tasks=tasks, sick_count=False)
    rows: list[Row] = [
        ("octotui, nobody sick", "octotui", scene),
        ("octotui, one in five sick", "octotui", replace(scene, weather="sick")),
        ("octotui, nobody sick, progress", "octotui", replace(scene, progress=True)),
        ("octotui, one in five sick, progress", "octotui", replace(scene, weather="sick", progress=True)),
        ("round robin, one in five sick", "round robin", replace(scene, weather="sick")),
    ]
    return f"sick upstream, {limiter} requests a minute: lag of the other tasks", rows


def _other_rhythms(tasks: int) -> list[tuple[str, list[Row]]]:
    made: list[tuple[str, list[Row]]] = []
    for rhythm in list(RHYTHMS)[1:]:
        for limiter in BUDGETS:
            scene = Scene(limiter, tasks=tasks, rhythm=rhythm)
            rows: list[Row] = [
                ("round robin", "round robin", scene),
                ("octotui, no progress", "octotui", scene),
                ("octotui, with progress", "octotui", replace(scene, progress=True)),
            ]
            made.append((f"sweeps every {rhythm}, {limiter} requests a minute", rows))
    return made


def _wrong_estimates(tasks: int) -> list[tuple[str, list[Row]]]:
    made: list[tuple[str, list[Row]]] = []
    for limiter in BUDGETS:
        scene = Scene(limiter, tasks=tasks)
        rows: list[Row] = [
            ("round robin", "round robin", scene),
            ("octotui, taught a quarter", "octotui", replace(scene, misled=0.25)),
            ("octotui, taught four times", "octotui", replace(scene, misled=4.0)),
            ("octotui, all progress lies", "octotui", replace(scene, progress=True, lies=1.0)),
        ]
        made.append((f"estimates badly wrong, {limiter} requests a minute", rows))
    return made


def line(name: str, runs: list[Outcome], base: list[Outcome]) -> str:
    """One row: means over the seeds, and the ratios against `base` in the same worlds."""
    mean, p95 = statistics.fmean(one.mean for one in runs), statistics.fmean(one.p95 for one in runs)
    against = mean / statistics.fmean(one.mean for one in base), p95 / statistics.fmean(one.p95 for one in base)
    return (
        f"  {name:33} lag {mean:6.1f} s ({against[0]:4.2f}x)  95 % {p95:6.1f} s ({against[1]:4.2f}x)  "
        f"{statistics.fmean(one.per_task for one in runs):5.1f} requests a task  "
        f"over budget {sum(one.overruns for one in runs)}  "
        f"longest unasked {max(one.longest_unasked for one in runs):4.0f} s"
    )


def ranking(tasks: int = 10_000, *, before: int = 60, rounds: int = 30) -> float:
    """Milliseconds of processor time that ranking so many open tasks takes a round, the mean once all have settled.

    Rounds are 15 s apart; whoever is named answers at once, and for each that has ended another one comes.
    """
    luck = random.Random(1)
    scheduler = Scheduler(600, taught(1.0), luck=luck.random)
    open_tasks: dict[str, Task] = {}
    ends: dict[str, float] = {}

    def add(now: float, oldest: float) -> None:
        model, median, sigma = luck.choice(MODELS)
        born = now - luck.uniform(0.0, oldest)
        task = Task(f"t{len(ends)}", "sora", "videos", born, model, TaskState.RUNNING, created_at=born)
        task = open_tasks[task.id] = replace(task, last_answer_at=luck.uniform(born, now) if oldest else None)
        ends[task.id] = born + luck.lognormvariate(math.log(median), sigma)
        scheduler.watch(task, now)

    for _ in range(tasks):
        add(START, 1500.0)
    spent = 0.0
    for number in range(before + rounds):
        now = START + 15.0 * (number + 1)
        began = time.process_time()
        asked = scheduler.next(now)
        spent += time.process_time() - began if number >= before else 0.0
        while asked is not None:
            task = open_tasks[asked]
            is_done = now >= ends[asked]
            state = TaskState.COMPLETED if is_done else TaskState.RUNNING
            share = (now - task.added_at) / (ends[asked] - task.added_at)
            progress = min(99, int(100 * share))
            after = open_tasks[asked] = replace(task, state=state, progress=progress, last_answer_at=now)
            scheduler.record_answer(task, after, now)
            if is_done:
                del open_tasks[asked]
                add(now, 0.0)
            asked = scheduler.next(now)
    return 1000.0 * spent / rounds


def after_outage(seeds: int, tasks: int) -> str:
    """The lag with progress and 60 questions a minute when the gateway was down for four minutes, in a line."""
    scene = Scene(60, tasks=tasks, weather="outage")
    p95 = [
        statistics.fmean(run(policy, replace(told, seed=seed)).p95 for seed in range(seeds))
        for policy, told in (("octotui", replace(scene, progress=True)), ("round robin", scene))
    ]
    return f"lag after an outage, 95th percentile: {p95[0]:.1f} s, round robin {p95[1]:.1f} s ({p95[0] / p95[1]:.2f}x)"


def main() -> None:
    """Print one table a weather and budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--weather", nargs="*", default=["calm", "storm", "outage", "sick"])
    parser.add_argument("--robust", action="store_true")
    parser.add_argument("--short", action="store_true", help="ranking, and the lag after an outage against round robin")
    options = parser.parse_args()
    print(f"ranking 10,000 open tasks: {ranking():.1f} ms a round")
    if options.short:
        print(after_outage(options.seeds, options.tasks))
        return
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            (title, name, [pool.submit(run, policy, replace(scene, seed=seed)) for seed in range(options.seeds)])
            for title, rows in tables(options.tasks, options.weather, robust=options.robust)
            for name, policy, scene in rows
        ]
        printed, base = "", list[Outcome]()
        for title, name, futures in jobs:
            runs = [future.result() for future in futures]
            if title != printed:
                print(f"\n{title}")
                printed, base = title, runs
            print(line(name, runs, base), flush=True)


if __name__ == "__main__":
    main()
