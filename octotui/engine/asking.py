"""One question from end to end: the task's route, the others if it is not known there, and what is stored of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from octotui.config import Config
from octotui.engine.gate import Gate
from octotui.engine.outcome import after_answer, after_failure, duration_of, events_between
from octotui.gateway.client import GatewayClient
from octotui.gateway.errors import KeyRefused, NoSuchTask, OutOfQuota, RequestError
from octotui.gateway.providers import Provider, infer
from octotui.gateway.routes import ROUTES
from octotui.ledger import Ledger
from octotui.model import Answer, Event, RequestFailure, Task, TaskState

_UNLISTED = "unified"
"""The provider whose rules hold for a task of a provider that is no longer configured."""


class Asker:
    """Asks about tasks and writes what came of it into the ledger."""

    def __init__(
        self,
        client: GatewayClient,
        gate: Gate,
        ledger: Ledger,
        providers: Mapping[str, Provider],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._gate = gate
        self._ledger = ledger
        self._providers = providers
        self._clock = clock
        self._tried_elsewhere: set[str] = set()

    async def ask(self, task: Task) -> Task:
        """Ask once about `task`, whose turn `Gate.enter` has granted. Stores and returns what it has become."""
        provider = self._providers.get(task.provider) or self._providers[_UNLISTED]
        try:
            answer, raw, route = await self._first_that_knows(task, provider)
        except RequestError as error:
            after = after_failure(task, error, self._clock())
            self._store(task, after, None)
            return after
        provider = self._settled(task, answer, provider)
        after = after_answer(task, answer, provider=provider, route=route, now=self._clock())
        if self._is_guess(task):
            after = replace(after, provider=provider.name)
        self._store(task, after, raw)
        return after

    @staticmethod
    def _is_guess(task: Task) -> bool:
        """Whether nobody has said whose a task is: it was added from an answer that names no model."""
        return (task.provider, task.route, task.model, task.route_confirmed) == (_UNLISTED, "videos", None, False)

    def _settled(self, task: Task, answer: Answer, provider: Provider) -> Provider:
        """Whose a task is, now that it has been answered about: its model's, else its id's, else as it was."""
        if not self._is_guess(task):
            return provider
        return infer(self._providers.values(), task.id, answer.model) or provider

    async def _first_that_knows(self, task: Task, provider: Provider) -> tuple[Answer, str, str]:
        """The answer of the task's own route or, where that has never known it, once of each other one."""
        try:
            return *await self._through_gate(task, task.route, provider), task.route
        except NoSuchTask as unknown:
            if task.route_confirmed or task.id in self._tried_elsewhere:
                raise
            verdict = unknown
        for route in ROUTES:
            if route != task.route:
                await self._gate.enter()
                try:
                    return *await self._through_gate(task, route, provider), route
                except NoSuchTask:
                    continue
        self._tried_elsewhere.add(task.id)
        raise verdict

    async def _through_gate(self, task: Task, route: str, provider: Provider) -> tuple[Answer, str]:
        """One request in the place `Gate.enter` gave; the place is given back whatever happens."""
        try:
            answer = await self._client.ask(task.id, route, provider)
        except RequestError as error:
            error = await self._told_apart(error)
            if self._gate.failed(error):
                self._announce()
            raise error from None
        finally:
            self._gate.leave()
        if self._gate.answered():
            self._announce()
        return answer

    async def _told_apart(self, error: RequestError) -> RequestError:
        """A 401 is one body for a wrong key and an empty one: the quota route tells which, asked once per outage."""
        if not isinstance(error, KeyRefused) or self._gate.breaker.state in ("key_refused", "out_of_quota"):
            return error
        quota = await self._client.quota()
        if quota is not None and quota.is_used_up:
            return OutOfQuota("the key's quota is used up", status=error.status)
        return error

    def _announce(self) -> None:
        breaker = self._gate.breaker
        words = breaker.state.replace("_", " ")
        text = f"gateway {words}: {breaker.message}" if breaker.message else f"gateway {words}"
        self._ledger.log(Event(self._clock(), "gateway", None, text))

    def _store(self, before: Task, after: Task, raw: str | None) -> None:
        now = self._clock()
        self._ledger.record(after, raw=raw)
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
    if known.tags == stored.tags and known.download == stored.download:
        return known
    return replace(known, tags=stored.tags, download=stored.download)
