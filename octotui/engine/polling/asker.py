"""The asker: one poll from end to end, the other routes if the task is not known on its own, and what is stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from octotui.config import Config
from octotui.engine.faults import contained
from octotui.engine.polling.failure_scope import KEY_TROUBLE, KeyWord, Watched
from octotui.engine.polling.other_route import doubt_of, is_believed, other_route
from octotui.engine.polling.quota_watch import QuotaWatch
from octotui.engine.polling.request_gate import RequestGate
from octotui.engine.polling.transitions import after_answer, after_failure, duration_of, events_between
from octotui.estimates import Durations
from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import KeyRefused, NetworkError, NoSuchTask, OutOfQuota, RequestError
from octotui.gateway.providers import Provider, infer
from octotui.gateway.routes import ROUTES
from octotui.ledger import Ledger
from octotui.model import Answer, EventKind, LogEntry, RequestFailure, Task, TaskState
from octotui.task_events import gateway_words

_UNLISTED = "unified"
"""The provider whose rules hold for a task of a provider that is no longer configured."""


class Answered(NamedTuple):
    """What a gateway said about a task, and over which route."""

    answer: Answer
    raw: str
    """The body as it came."""
    route: str


Reply: TypeAlias = Answered | RequestError
"""What came of one request."""


class Asker:
    """Asks about tasks and writes what came of it into the ledger."""

    def __init__(
        self,
        client: GatewayClient,
        gate: RequestGate,
        ledger: Ledger,
        providers: Mapping[str, Provider],
        *,
        watched: Callable[[], Watched],
        durations: Durations,
        newest: Callable[[str], Task | None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`watched` says how many tasks are being asked about, and of how many providers.

        `durations` tells whose answers have not changed for too long; `newest` returns a task as it was last stored, or
        read, None where that is not known.
        """
        self._client = client
        self._gate = gate
        self._watched = watched
        self.quota = QuotaWatch(client, gate, watched, on_change=self._announce)
        self._ledger = ledger
        self._providers = providers
        self._durations = durations
        self._newest = newest
        self._clock = clock
        self._tried_elsewhere: set[str] = set()

    async def request(self, task: Task, route: str) -> Reply:
        """Send one request about `task`, in a permit of the gate. Whatever goes wrong is returned, not raised."""
        try:
            with contained(f"asking about {task.id}"):
                answer, raw = await self._client.ask(task.id, route, self._provider(task))
        except RequestError as error:
            return error
        return Answered(answer, raw, route)

    async def conclude(self, task: Task, reply: Reply) -> Task:
        """Store and return what `reply`, which came over the task's own route, makes of `task`.

        Where that route has never known the task, each other one is asked first, once in this asker's life; what is
        doubtful (`other_route.py`) is checked on the gateway's other route. The caller must not hold a permit. Whatever
        goes wrong is a failure of this task alone; only `LedgerError` is raised.
        """
        reply = await self._observed(task, reply)
        if isinstance(reply, NoSuchTask) and not task.route_confirmed and task.id not in self._tried_elsewhere:
            reply = await self._reply_elsewhere(task, reply)
        else:
            reply = await self._checked(task, reply)
        if isinstance(reply, RequestError):
            return self.failed(task, reply)
        try:
            with contained(f"asking about {task.id}"):
                provider = self._settled(task, reply.answer)
                after = after_answer(task, reply.answer, provider=provider, route=reply.route, now=self._clock())
                if _is_guess(task):
                    after = replace(after, provider=provider.name)
                self._store(task, after, reply.raw)
                return after
        except RequestError as error:
            return self.failed(task, error)

    def failed(self, task: Task, error: RequestError) -> Task:
        """Store that `error` came of a question about `task`, and return what that makes of it."""
        after = after_failure(task, error, self._clock())
        self._store(task, after, error.answer)
        return after

    def forget_task(self, task_id: str) -> None:
        """Know nothing of a task that is no longer watched."""
        self._tried_elsewhere.discard(task_id)

    def _settled(self, task: Task, answer: Answer) -> Provider:
        """The provider of a task, now that it has been answered about: its model's, else its id's, else as it was."""
        found = infer(self._providers.values(), task.id, answer.model) if _is_guess(task) else None
        return found or self._provider(task)

    def _provider(self, task: Task) -> Provider:
        return self._providers.get(task.provider) or self._providers[_UNLISTED]

    async def _reply_elsewhere(self, task: Task, verdict: NoSuchTask) -> Reply:
        """The reply of the first other route that does not say `NoSuchTask`; `verdict` where all of them do."""
        for route in ROUTES:
            if route != task.route:
                async with self._gate.permit():
                    reply = await self.request(task, route)
                reply = await self._observed(task, reply)
                if not isinstance(reply, NoSuchTask):
                    return reply
        self._tried_elsewhere.add(task.id)
        return verdict

    async def _checked(self, task: Task, reply: Reply) -> Reply:
        """`reply`, or where that is doubtful the other route's own, if it is to be believed."""
        said = reply if isinstance(reply, RequestError) else reply.answer
        doubt = doubt_of(task, said, self._clock(), self._durations)
        route = None if doubt is None else other_route(task.route)
        if doubt is None or route is None or self._gate.is_paused:
            return reply
        async with self._gate.permit():
            word = await self.request(task, route)
        if isinstance(word, RequestError) and not isinstance(word, NetworkError):
            # What the other route lacks says nothing of the task, but somebody is there.
            if self._gate.health.reached(self._gate.monotonic()):
                self._announce()
            return reply
        word = await self._observed(task, word)
        return word if isinstance(word, Answered) and is_believed(doubt, word.answer) else reply

    async def _observed(self, task: Task, reply: Reply) -> Reply:
        """Tell the gate's health what came of a question; a refused key is first told apart from an empty one."""
        health, now = self._gate.health, self._gate.monotonic()
        if not isinstance(reply, RequestError):
            changed = health.answered(now)
        else:
            if isinstance(reply, KeyRefused) and health.state not in KEY_TROUBLE.values():
                with health.key_in_doubt():
                    word = await self.quota.word_on_key()
                health.heard_of_key(word)
                if word is KeyWord.USED_UP:
                    used_up = OutOfQuota("the key's quota is used up", status=reply.status)
                    used_up.answer = reply.answer
                    reply = used_up
            now = self._gate.monotonic()
            changed = health.failed(task.id, task.provider, reply, now, self._watched(), is_news=task.failures == 0)
        if changed:
            self._announce()
        return reply

    def _announce(self) -> None:
        health = self._gate.health
        words = gateway_words(health.state, health.message)
        self._ledger.log(LogEntry(self._clock(), EventKind.GATEWAY, None, words, detail=health.state.value))
        self._gate.wake_waiters()

    def _store(self, before: Task, after: Task, raw: str | None) -> None:
        now = self._clock()
        # Of two questions under way at once the later answer may know less than what is stored by then.
        self._ledger.record(after, raw=raw, before=before if self._newest(before.id) is before else None)
        for event in events_between(before, after, now):
            self._ledger.log(event)
        duration = duration_of(before, after)
        if duration is not None:
            self._ledger.note_duration(
                provider=after.provider,
                model=after.model,
                seconds=after.seconds,
                size=after.size,
                duration=duration,
                at=now,
            )


def _is_guess(task: Task) -> bool:
    """Whether nobody has said whose a task is: it was added from an answer that names no model."""
    return (task.provider, task.route, task.model, task.route_confirmed) == (_UNLISTED, "videos", None, False)


def client_of(
    config: Config, *, clock: Callable[[], float] = time.time, before: Callable[[], None] | None = None
) -> GatewayClient:
    """The client that `config` describes; `clock` and `before` are `GatewayClient`'s."""
    return GatewayClient(
        config.base_url,
        config.api_key or "",
        connections=config.connections,
        ca_file=config.ca_file,
        proxy=config.proxy,
        clock=clock,
        before=before,
    )


def error_of(failure: RequestFailure) -> RequestError:
    """The error that `failure` is the record of, to be raised again."""
    kinds = {kind.kind: kind for kind in RequestError.__subclasses__()}
    return kinds[failure.kind](failure.message, status=failure.status)


def with_intents_of(known: Task, stored: Task) -> Task:
    """`known`, the engine's own newest facts, with what people have asked for since (`stored`).

    Completed is for ever: where the ledger says so and the engine has not seen it, the file itself was imported.
    """
    if stored.state is TaskState.COMPLETED and known.state is not TaskState.COMPLETED:
        return stored
    if (known.tags, known.given_title, known.download) == (stored.tags, stored.given_title, stored.download):
        return known
    return replace(known, tags=stored.tags, given_title=stored.given_title, download=stored.download)
