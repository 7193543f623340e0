"""The ranking: its order is that of ranking every task, whatever has happened to which of them and whoever sleeps."""

import random
from dataclasses import replace

import pytest

from octotui.engine.polling.poll_value import PollEstimate
from octotui.engine.polling.ranking import Ranking, Round
from octotui.estimates import Durations
from octotui.model import FailureKind, RequestFailure, Task, TaskState

NOW = 1_790_000_000.0
MODELS = (("sprint", 40.0), ("middle", 200.0), ("epic", 1500.0))


class Bench:
    """A ranking of many tasks, and the same without any sleep."""

    def __init__(self, seed: int, tasks: int) -> None:
        self.luck = random.Random(seed)
        self.durations = Durations()
        for _ in range(20):
            for model, seconds in MODELS:
                self.durations.learn(("sora", model, None, None), seconds * self.luck.lognormvariate(0.0, 0.4))
        self.tasks: dict[str, PollEstimate] = {}
        self.asking: dict[str, float] = {}
        self.new: dict[str, None] = {}
        self.ranking = Ranking(self.tasks, self.asking, self.new)
        self.now = NOW
        self._made = 0
        for _ in range(tasks):
            self.add()

    def add(self) -> None:
        """Watch one more task, one in three of them never looked at."""
        self._made += 1
        luck = self.luck
        born = self.now - luck.uniform(0.0, 900.0)
        task = Task(
            f"t{self._made}", "sora", "videos", born, luck.choice(MODELS)[0], TaskState.RUNNING, created_at=born
        )
        if luck.random() < 0.7:
            task = replace(task, progress=luck.choice((None, 10, 80)), last_answer_at=luck.uniform(born, self.now))
        if luck.random() < 0.2:
            task = replace(task, gateway_expires_at=self.now + luck.uniform(0.0, 4000.0))
        estimate = self.tasks[task.id] = PollEstimate.of(task, self.now, self.durations)
        if estimate.looked_at is None:
            self.new[task.id] = None
        self.ranking.put(estimate)

    def answer(self, task_id: str) -> None:
        """An open task is answered: some end, some fail, some are a scout's."""
        estimate, luck = self.tasks[task_id], self.luck
        estimate.asked_at = self.now
        self.new.pop(task_id, None)
        self.asking.pop(task_id, None)
        fate = luck.random()
        if fate < 0.3:
            del self.tasks[task_id]
            self.ranking.drop(estimate)
            self.durations.learn(("sora", estimate.task.model, None, None), luck.uniform(20.0, 2000.0))
        elif fate < 0.4:
            estimate.retry_at = self.now + 100.0
        else:
            if luck.random() < 0.1:
                estimate.exploring = 2
            after = replace(estimate.task, progress=luck.choice((None, 20, 90)), last_answer_at=self.now)
            estimate.answered(after, self.now, self.now, self.durations)
            self.ranking.put(estimate)

    def recover(self) -> None:
        """Whoever failed takes part again."""
        for task_id, estimate in self.tasks.items():
            if estimate.retry_at is not None:
                estimate.retry_at = None
                if estimate.looked_at is None:
                    self.new[task_id] = None
                self.ranking.put(estimate)

    def worth(self, task_id: str, of: Round) -> float:
        """What a task is worth to the round; less than nothing where it may not be asked."""
        estimate = self.tasks[task_id]
        if estimate.asked_at > of.asked_by or estimate.retry_at is not None or task_id in self.asking:
            return -1.0
        worth = estimate.value(of.now, of.seconds)
        if estimate.looked_at is None:
            worth = max(worth, PollEstimate.unseen_value(of.seconds, of.least))
        return worth + (1e8 if estimate.exploring else 0.0)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("tasks", "most"), [(40, 30), (900, 12), (900, 60), (3000, 40)])
def test_the_best_are_the_best_of_all(seed: int, tasks: int, most: int) -> None:
    bench = Bench(seed, tasks)
    luck = bench.luck
    for _ in range(40):
        bench.now += luck.choice((0.5, 5.0, 15.0, 15.0, 15.0, 70.0))
        room = luck.randint(1, most)
        of = Round(bench.now, luck.choice((4.0, 6.0, 15.0)), room, 0.1, bench.now - luck.choice((0.0, 8.5)), 1e9)
        chosen = bench.ranking.best(of, bench.durations)
        worths = sorted((worth for task_id in bench.tasks if (worth := bench.worth(task_id, of)) >= 0.0), reverse=True)
        assert [bench.worth(task_id, of) for task_id in reversed(chosen)] == worths[:room]
        for task_id in chosen:
            bench.asking[task_id] = bench.now
        for task_id in chosen[luck.randint(0, 2) :]:
            bench.answer(task_id)
        for _ in range(luck.randint(0, most)):
            bench.add()
        if luck.random() < 0.1:
            bench.recover()
        if luck.random() < 0.05:
            bench.now -= 300.0
            for estimate in bench.tasks.values():
                estimate.clock_went_back(bench.now)
            bench.ranking.begin_anew()


def test_most_tasks_sleep_through_most_rounds() -> None:
    bench = Bench(3, 3000)
    looked_at = []
    for _ in range(60):
        bench.now += 15.0
        of = Round(bench.now, 15.0, 20, 0.1, bench.now, 1e9)
        for task_id in bench.ranking.best(of, bench.durations):
            bench.answer(task_id)
        looked_at.append(bench.ranking.looked_at)
        while len(bench.tasks) < 3000:
            bench.add()
    # To rank every task takes 3,000 looks a round.
    assert sum(looked_at[-20:]) / 20 < 2000


def test_half_of_a_round_is_for_those_who_have_waited_too_long() -> None:
    bench = Bench(1, 300)
    for estimate in list(bench.tasks.values())[:100]:
        estimate.looked_at = NOW - 1000.0
        bench.ranking.put(estimate)
    of = Round(NOW + 1.0, 15.0, 20, 0.1, NOW, 950.0)
    chosen = bench.ranking.best(of, bench.durations)
    waited = [NOW - bench.tasks[task_id].unasked_since >= 949.0 for task_id in reversed(chosen)]
    assert all(waited[:10])
    assert len(chosen) == 20
    assert chosen == bench.ranking.best(of, bench.durations)
    bench.tasks[chosen[-1]].task = replace(
        bench.tasks[chosen[-1]].task, failure=RequestFailure(FailureKind.NETWORK, None, "no", NOW), failures=1
    )
    bench.tasks[chosen[-1]].retry_at = NOW + 100.0
    assert chosen[-1] not in bench.ranking.best(of, bench.durations)
