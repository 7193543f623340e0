"""Ids as somebody typed them: what `octotui add ID` has to read, and nothing that only a paste needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from octotui.gateway.providers import Provider
from octotui.gateway.routes import check_id
from octotui.intake.provider_choice import decided
from octotui.intake.reference import MAX_ID, Reference
from octotui.intake.result import Intake
from octotui.sanitize import clean


def parse_ids(
    ids: Iterable[str],
    providers: Sequence[Provider],
    *,
    provider: str | None = None,
    route: str | None = None,
    tags: Iterable[str] = (),
) -> Intake:
    """Take ids as somebody typed them, whatever they look like; a task's URL is read for its id.

    Raises `ValueError` for what no gateway can mean: nothing, `.`, `..`, control characters, over 512 characters.
    """
    references: list[Reference] = []
    shortened: list[str] = []
    for text in ids:
        from_url = _from_url(text)
        if from_url:
            references.extend(from_url)
            continue
        task_id = check_id(text)
        if "…" in task_id or "..." in task_id:
            shortened.append(task_id)
            continue
        if len(task_id) > MAX_ID:
            raise ValueError(f"the task id is longer than {MAX_ID} characters: {clean(task_id, 40)}")
        references.append(Reference(task_id, "id"))
    return decided(references, providers, Intake(shortened=shortened), provider=provider, route=route, tags=tags)


def _from_url(text: str) -> list[Reference]:
    if not text.lstrip().startswith(("http://", "https://")):
        return []
    from octotui.intake.paths import from_urls  # noqa: PLC0415 - most ids are no URLs, and its patterns take a while

    return from_urls(text)
