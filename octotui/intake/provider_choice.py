"""Decides whose the tasks are that a text or a person has named, each of them once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from octotui.gateway.providers import Provider, infer
from octotui.intake.models import id_beginnings, is_model, provider_named
from octotui.intake.reference import NO_FACTS, Reference
from octotui.intake.result import Intake
from octotui.model import NewTask

MAX_TASKS = 100_000
"""Tasks taken from one paste."""
GUESSED, GUESSED_ROUTE = "unified", "videos"
"""Where the answer of a gateway that says nothing of its maker goes; whoever answers says whose the task is."""
_VERSION = re.compile(
    r"[A-Za-z]+\d{0,2}(?:\.\d{1,2})*(?:[-_](?:[A-Za-z]{1,12}|[a-z]?\d{1,2}(?:\.\d{1,2})*|\d{3,4}p?|2\d{5}))*"
)
"""How models are called, and hardly any task."""
_HINTS = {"generations": "unified", "query": "veo"}
"""Whose a task most likely is when nothing but its URL says so."""


def decided(
    references: Iterable[Reference],
    providers: Sequence[Provider],
    intake: Intake,
    *,
    provider: str | None,
    route: str | None,
    tags: Iterable[str],
) -> Intake:
    """Fill `intake` with every task once; of several mentions the first one counts, completed by the later ones."""
    merged: dict[str, Reference] = {}
    for reference in references:
        if reference.source != "id" and _VERSION.fullmatch(reference.id) and is_model(reference.id, providers):
            continue  # `Task ID` above, a model below
        known = merged.get(reference.id)
        if known is None and len(merged) >= MAX_TASKS:
            intake.was_cut = True
            break
        merged[reference.id] = reference if known is None else _completed(known, reference)
    if not all(reference.is_weak for reference in merged.values()):
        merged = {task_id: reference for task_id, reference in merged.items() if not reference.is_weak}
    by_name = {each.name: each for each in providers}
    intake.labels = {each.name: each.label for each in providers}
    intake.tags = tuple(dict.fromkeys(tags))
    intake.sources = list(dict.fromkeys(reference.source for reference in merged.values()))
    intake.described = {each.id: each for each in merged.values() if each.facts is not NO_FACTS}
    for reference in merged.values():
        chosen = by_name[provider] if provider else _provider_of(reference, providers, by_name)
        if chosen is not None:
            where = route or reference.route or chosen.route
            intake.tasks.append(_new_task(intake, reference, chosen.name, where, reference.model))
        elif reference.is_answer and GUESSED in by_name:
            intake.guessed.append(reference.id)
            where = route or reference.route or GUESSED_ROUTE
            intake.tasks.append(_new_task(intake, reference, GUESSED, where, None))
        else:
            intake.unsure.append(reference.id)
            intake.settle_with[reference.id] = reference
    return intake


def _new_task(intake: Intake, reference: Reference, provider: str, route: str, model: str | None) -> NewTask:
    tags = _tags(intake, reference)
    return NewTask(reference.id, provider, route, model, tags, reference.given_title, reference.prompt)


def _tags(intake: Intake, reference: Reference) -> tuple[str, ...]:
    """Return the tags asked for, and the shot's name."""
    shot = reference.facts.shot
    if shot is None or len(shot) > 60 or not shot.isprintable() or "," in shot:
        return intake.tags
    return tuple(dict.fromkeys((*intake.tags, f"shot-{shot}" if shot.isdigit() else shot)))


def _completed(first: Reference, other: Reference) -> Reference:
    """Return `first` with what only a second mention of the same task says."""
    if other == first:
        return first
    return replace(
        first,
        model=first.model or other.model,
        facts=first.facts.completed(other.facts),
        is_answer=first.is_answer or other.is_answer,
        is_weak=first.is_weak and other.is_weak,
        route=first.route or other.route,
        provider_hint=first.provider_hint or other.provider_hint,
    )


def _provider_of(reference: Reference, providers: Sequence[Provider], by_name: dict[str, Provider]) -> Provider | None:
    """Return whose a task is: by its model, its id, the provider's name beside it, its URL, the shape of its answer."""
    beginnings = id_beginnings(tuple(providers))
    says_nothing = reference.model is None and not reference.id.lower().startswith(beginnings)
    found = None if says_nothing else infer(providers, reference.id, reference.model)
    said = reference.facts.provider
    if found is None and said is not None:
        found = provider_named(said, providers)
    hint = _HINTS.get(reference.route or "") or reference.provider_hint
    return found or (by_name.get(hint) if hint else None)
