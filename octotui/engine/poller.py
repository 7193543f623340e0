"""One async worker per provider, all under one gate: who is due is asked, and scheduled again."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Iterable

from octotui.engine.asking import Asker, with_intents_of
from octotui.engine.gate import Gate
from octotui.engine.schedule import Rhythm, next_ask_at
from octotui.model import Task


class ProviderWorker:
    """The tasks of one provider, in the order in which they fall due."""

    def __init__(
        self,
        asker: Asker,
        gate: Gate,
        rhythm: Rhythm,
        *,
        on_answer: Callable[[Task, Task], None],
        clock: Callable[[], float],
        luck: Callable[[], float],
    ) -> None:
        """`on_answer` is told (before, after) of each question, on the loop."""
        self.tasks: dict[str, Task] = {}
        self._asker = asker
        self._gate = gate
        self._rhythm = rhythm
        self._on_answer = on_answer
        self._clock = clock
        self._luck = luck
        self._due: list[tuple[float, str]] = []
        self._due_at: dict[str, float] = {}
        self._asking: set[str] = set()
        self._stirred = asyncio.Event()

    def watch(self, task: Task) -> None:
        """Take in a task, or what people have newly asked for one that is known."""
        known = self.tasks.get(task.id)
        if known is not None:
            self.tasks[task.id] = with_intents_of(known, task)
            return
        self.tasks[task.id] = task
        self._schedule(task, next_ask_at(task, self._rhythm, self._luck(), self._clock()))

    def forget(self, task_id: str) -> None:
        """Stop asking about a task."""
        self.tasks.pop(task_id, None)
        self._due_at.pop(task_id, None)

    def ask_now(self, task_id: str) -> None:
        """Make a task due at once, a final one too."""
        if task_id in self.tasks and task_id not in self._asking:
            # Older than anything scheduled, so that a person's wish goes before the routine.
            self._schedule(self.tasks[task_id], 0.0)

    async def run(self) -> None:
        """Ask whoever is due until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                task_id = await self._next()
                self._asking.add(task_id)
                await self._gate.enter()
                task = self.tasks.get(task_id)
                if task is None:
                    self._asking.discard(task_id)
                    self._gate.leave()
                else:
                    group.create_task(self._ask(task))

    async def ask(self, task_id: str) -> Task | None:
        """Ask about one task outside its turn and return what it has become; None when it is not watched."""
        await self._gate.enter()
        task = self.tasks.get(task_id)
        if task is None:
            self._gate.leave()
            return None
        return await self._ask(task)

    async def _ask(self, task: Task) -> Task:
        after = await self._asker.ask(task)
        self._asking.discard(task.id)
        known = self.tasks.get(task.id)
        if known is not None:
            after = with_intents_of(after, known)
            self.tasks[task.id] = after
            self._schedule(after, next_ask_at(after, self._rhythm, self._luck(), self._clock()))
            self._on_answer(task, after)
        return after

    def _schedule(self, task: Task, at: float | None) -> None:
        if at is None:
            self._due_at.pop(task.id, None)
            return
        self._due_at[task.id] = at
        heapq.heappush(self._due, (at, task.id))
        self._stirred.set()

    async def _next(self) -> str:
        while True:
            self._stirred.clear()
            wait: float | None = None
            while self._due:
                at, task_id = self._due[0]
                if self._due_at.get(task_id) != at:
                    heapq.heappop(self._due)
                    continue
                wait = at - self._clock()
                if wait <= 0:
                    heapq.heappop(self._due)
                    del self._due_at[task_id]
                    return task_id
                break
            try:
                async with asyncio.timeout(wait):
                    await self._stirred.wait()
            except TimeoutError:
                continue


class Poller:
    """The workers of all providers; a provider gets its worker with its first task."""

    def __init__(
        self,
        asker: Asker,
        gate: Gate,
        rhythm: Rhythm,
        *,
        on_answer: Callable[[Task, Task], None],
        clock: Callable[[], float] = time.time,
        luck: Callable[[], float] = random.random,
    ) -> None:
        def make() -> ProviderWorker:
            return ProviderWorker(asker, gate, rhythm, on_answer=on_answer, clock=clock, luck=luck)

        self._make = make
        self._workers: dict[str, ProviderWorker] = {}
        self._provider_of: dict[str, str] = {}
        self._group: asyncio.TaskGroup | None = None

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in new tasks and new wishes about known ones."""
        for task in tasks:
            self._worker(task.provider).watch(task)
            self._provider_of[task.id] = task.provider

    def forget(self, ids: Iterable[str]) -> None:
        """Stop asking about these."""
        for task_id in ids:
            provider = self._provider_of.pop(task_id, None)
            if provider is not None:
                self._workers[provider].forget(task_id)

    def ask_now(self, ids: Iterable[str]) -> None:
        """Make these due at once."""
        for task_id in ids:
            if task_id in self._provider_of:
                self._workers[self._provider_of[task_id]].ask_now(task_id)

    async def ask(self, task_id: str) -> Task | None:
        """Ask about one task outside its turn; None when it is not watched."""
        provider = self._provider_of.get(task_id)
        return None if provider is None else await self._workers[provider].ask(task_id)

    def tasks(self) -> Iterable[Task]:
        """Every watched task with the engine's newest facts."""
        for worker in self._workers.values():
            yield from worker.tasks.values()

    def get(self, task_id: str) -> Task | None:
        """One watched task with the engine's newest facts."""
        provider = self._provider_of.get(task_id)
        return None if provider is None else self._workers[provider].tasks.get(task_id)

    async def run(self) -> None:
        """Keep all workers going until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for worker in self._workers.values():
                group.create_task(worker.run())
            await asyncio.Event().wait()

    def _worker(self, provider: str) -> ProviderWorker:
        worker = self._workers.get(provider)
        if worker is None:
            worker = self._workers[provider] = self._make()
            if self._group is not None:
                self._group.create_task(worker.run())
        return worker
