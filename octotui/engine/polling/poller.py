"""The poller: one scheduler names the tasks, a worker for each provider asks about them, all under one gate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack

from octotui.engine.faults import contained
from octotui.engine.polling.asker import Asker, with_intents_of
from octotui.engine.polling.request_gate import LONGEST_WAIT, RequestGate
from octotui.engine.polling.scheduler import Scheduler
from octotui.engine.polling.turns import Turns
from octotui.gateway.errors import RequestError
from octotui.model import Task


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
        self._turns = Turns(scheduler, gate.health)
        self._on_answer = on_answer
        self._clock = clock
        self._tasks: dict[str, Task] = {}
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
            self._asker.forget_task(task_id)

    def ask_now(self, ids: Iterable[str]) -> None:
        """Ask these before all others, final ones too."""
        for task_id in ids:
            if task_id in self._tasks:
                self._scheduler.ask_now(task_id)
        self._stirred.set()

    def is_overdue(self, limit: float) -> bool:
        """Whether a task waits for a question `limit` seconds longer than it should."""
        return self._scheduler.is_overdue(self._clock(), limit)

    def get(self, task_id: str) -> Task | None:
        """One watched task with its newest facts."""
        return self._tasks.get(task_id)

    async def ask(self, task_id: str) -> Task | None:
        """Ask about one task outside of its turn and return what it has become; None when it is not watched."""

        def record_question() -> None:
            if task_id in self._tasks:
                self._scheduler.record_question(task_id, self._clock())

        return await self._ask(task_id, record_question)

    async def run(self) -> None:
        """Have every task asked about when its turn comes, until cancelled.

        A provider's worker is a group of asyncio tasks, one for each of its questions under way. The next task is named
        once the last one has its permit, so that who is worth asking is never decided long before it can be asked.
        """
        async with AsyncExitStack() as groups:
            workers: dict[str, asyncio.TaskGroup] = {}
            while True:
                # Who is asked is named when it can be: by then the gateway may have refused the key to those before.
                await self._gate.until_free()
                task = await self._next()
                if task.provider not in workers:
                    workers[task.provider] = await groups.enter_async_context(asyncio.TaskGroup())
                is_let_in = asyncio.Event()
                question = self._ask(task.id, is_let_in.set)
                workers[task.provider].create_task(question, name=f"poll {task.provider}: {task.id}")
                await is_let_in.wait()

    async def _next(self) -> Task:
        """Wait until somebody is worth asking; the budget is spent only then."""
        while True:
            self._stirred.clear()
            now, mark = self._clock(), self._gate.monotonic()
            task_id = self._turns.next(now, mark)
            if task_id is not None:
                return self._tasks[task_id]
            wait = self._turns.wake_at(now, mark) - now
            try:
                async with asyncio.timeout(min(max(wait, 0.001), LONGEST_WAIT)):
                    await self._stirred.wait()
            except TimeoutError:
                continue

    async def _ask(self, task_id: str, on_permit: Callable[[], object]) -> Task | None:
        """Ask about one task and take in what came of it; None when it is not watched once the gate permits it."""
        async with self._gate.permit():
            on_permit()
            before = self._tasks.get(task_id)
            if before is None:
                return None
            reply = await self._asker.request(before, before.route)
        after = await self._asker.conclude(before, reply)
        try:
            with contained(f"taking in what came of {task_id}"):
                retry_after = reply.retry_after if isinstance(reply, RequestError) else None
                return self._taken_in(before, after, retry_after)
        except RequestError as error:
            after = self._asker.failed(after, error)
            if task_id in self._tasks:
                self._tasks[task_id] = after
                # As a failure, so that a task whose answers cannot be taken in is asked ever more rarely.
                self._scheduler.record_answer(before, after, self._clock())
                self._stirred.set()
            return after

    def _taken_in(self, before: Task, after: Task, retry_after: float | None) -> Task:
        known = self._tasks.get(before.id)
        if known is None:
            return after
        after = self._tasks[before.id] = with_intents_of(after, known)
        self._scheduler.record_answer(before, after, self._clock(), retry_after=retry_after)
        self._stirred.set()
        self._on_answer(before, after)
        return after
