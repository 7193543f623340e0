"""Decides whose the tasks are that a text or a person has named, each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from octotui.gateway.providers import Provider, infer
from octotui.intake.reference import Reference
from octotui.intake.result import Intake
from octotui.model import NewTask

MAX_TASKS = 100_000
"""Tasks taken from one paste."""
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
        known = merged.get(reference.id)
        if known is None and len(merged) >= MAX_TASKS:
            intake.was_cut = True
            break
        merged[reference.id] = reference if known is None else _completed(known, reference)
    by_name = {each.name: each for each in providers}
    intake.labels = {each.name: each.label for each in providers}
    intake.tags = tuple(dict.fromkeys(tags))
    intake.sources = list(dict.fromkeys(reference.source for reference in merged.values()))
    for reference in merged.values():
        chosen = by_name[provider] if provider else _provider_of(reference, providers, by_name)
        if chosen is None:
            intake.unsure.append(reference.id)
            intake.settle_with[reference.id] = reference
        else:
            where = route or reference.route or chosen.route
            intake.tasks.append(NewTask(reference.id, chosen.name, where, reference.model, intake.tags))
    return intake


def _completed(first: Reference, other: Reference) -> Reference:
    """Return `first` with what only a second mention of the same task says."""
    return replace(
        first,
        model=first.model or other.model,
        route=first.route or other.route,
        provider_hint=first.provider_hint or other.provider_hint,
    )


def _provider_of(reference: Reference, providers: Sequence[Provider], by_name: dict[str, Provider]) -> Provider | None:
    found = infer(providers, reference.id, reference.model)
    hint = _HINTS.get(reference.route or "") or reference.provider_hint
    return found or (by_name.get(hint) if hint else None)
