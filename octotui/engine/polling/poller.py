"""The workers that ask: one per provider, fed by one scheduler, all under one gate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from octotui.engine.faults import contained
from octotui.engine.polling.asker import Asker, with_intents_of
from octotui.engine.polling.request_gate import LONGEST_WAIT, RequestGate
from octotui.engine.polling.scheduler import Scheduler
from octotui.gateway.errors import RequestError
from octotui.model import Task


class ProviderWorker:
    """Asks the tasks of one provider whose turn has come."""

    def __init__(self, ask: Callable[[str], Awaitable[object]]) -> None:
        """`ask` asks about one task by its id; its place at the gate was taken before it was handed in."""
        self._ask = ask
        self._turns: asyncio.Queue[str] = asyncio.Queue()

    def hand(self, task_id: str) -> None:
        """Have a task asked."""
        self._turns.put_nowait(task_id)

    async def run(self) -> None:
        """Ask whatever is handed in, as many at once as the gate lets through, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._asked(await self._turns.get()))

    async def _asked(self, task_id: str) -> None:
        await self._ask(task_id)


class Poller:
    """Knows every watched task with its newest facts, and asks whom the scheduler names."""

    def __init__(
        self,
        asker: Asker,
        gate: RequestGate,
        scheduler: Scheduler,
        *,
        on_answer: Callable[[Task, Task], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`on_answer` is told (before, after) of each question, on the loop."""
        self._asker = asker
        self._gate = gate
        self._scheduler = scheduler
        self._on_answer = on_answer
        self._clock = clock
        self._tasks: dict[str, Task] = {}
        self._workers: dict[str, ProviderWorker] = {}
        self._group: asyncio.TaskGroup | None = None
        self._stirred = asyncio.Event()

    def watch(self, tasks: Iterable[Task]) -> None:
        """Take in new tasks, and what people have newly asked for of known ones."""
        for task in tasks:
            known = self._tasks.get(task.id)
            newest = self._tasks[task.id] = task if known is None else with_intents_of(known, task)
            self._scheduler.watch(newest, self._clock())
        self._stirred.set()

    def forget_tasks(self, ids: Iterable[str]) -> None:
        """Stop asking about these."""
        for task_id in ids:
            self._tasks.pop(task_id, None)
            self._scheduler.forget_task(task_id)

    def ask_now(self, ids: Iterable[str]) -> None:
        """Ask these before all others, final ones too."""
        for task_id in ids:
            if task_id in self._tasks:
                self._scheduler.ask_now(task_id)
        self._stirred.set()

    def get(self, task_id: str) -> Task | None:
        """One watched task with its newest facts."""
        return self._tasks.get(task_id)

    async def ask(self, task_id: str) -> Task | None:
        """Ask about one task outside of its turn and return what it has become; None when it is not watched."""
        await self._gate.enter()
        if task_id in self._tasks:
            self._scheduler.record_question(task_id, self._clock())
        return await self._ask(task_id)

    async def run(self) -> None:
        """Hand every task to its provider's worker when its turn comes, until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            while True:
                task_id = await self._next()
                await self._gate.enter()
                task = self._tasks.get(task_id)
                if task is None:
                    self._gate.leave()
                else:
                    self._worker(task.provider).hand(task_id)

    async def _next(self) -> str:
        """Wait until somebody is worth asking; the budget is spent only then."""
        while True:
            self._stirred.clear()
            now = self._clock()
            task_id = self._scheduler.next(now)
            if task_id is not None:
                return task_id
            wait = self._scheduler.wake_at(now) - now
            try:
                async with asyncio.timeout(min(max(wait, 0.001), LONGEST_WAIT)):
                    await self._stirred.wait()
            except TimeoutError:
                continue

    async def _ask(self, task_id: str) -> Task | None:
        """Ask in a place at the gate that is taken already."""
        before = self._tasks.get(task_id)
        if before is None:
            self._gate.leave()
            return None
        after = await self._asker.ask(before)
        try:
            with contained(f"taking in what came of {task_id}"):
                return self._taken_in(before, after)
        except RequestError as error:
            after = self._asker.failed(after, error)
            if task_id in self._tasks:
                self._tasks[task_id] = after
                # As a failure, so that a task whose answers cannot be taken in is asked ever more rarely.
                self._scheduler.record_answer(before, after, self._clock())
                self._stirred.set()
            return after

    def _taken_in(self, before: Task, after: Task) -> Task:
        known = self._tasks.get(before.id)
        if known is None:
            return after
        after = self._tasks[before.id] = with_intents_of(after, known)
        self._scheduler.record_answer(before, after, self._clock())
        self._stirred.set()
        self._on_answer(before, after)
        return after

    def _worker(self, provider: str) -> ProviderWorker:
        worker = self._workers.get(provider)
        if worker is None:
            worker = self._workers[provider] = ProviderWorker(self._ask)
            if self._group is not None:
                self._group.create_task(worker.run())
        return worker
