"""What intents come to, whichever kind of ledger keeps them. Pure rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from octotui.ledger.rows import maybe_plain, plain, tags_of, tags_text
from octotui.model import NewTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_Value = TypeVar("_Value")

KEYS = {
    "tasks": "id",
    "answers": "id",
    "attempts": "task_id",
    "copies": "task_id",
    "posters": "task_id",
    "outbox": "task_id",
    "deadlines_told": "id",
}
"""Tables with what is known of a task and comes back with it, each with the column that has the task's id."""
NUMBERED = ("tasks", "attempts", "copies", "posters", "outbox")
"""Those with a number that another row may have meanwhile."""
READ_ONWARDS = ("outbox",)
"""Those of which somebody may have read on already: what comes back comes behind all others."""


def merged(tasks: Iterable[NewTask]) -> dict[str, NewTask]:
    """Return tasks by id, text made storable; one that is named twice has the tags of both."""
    found: dict[str, NewTask] = {}
    for task in tasks:
        task_id = plain(task.id)
        before = found.get(task_id)
        found[task_id] = NewTask(
            task_id,
            plain(before.provider if before else task.provider),
            plain(before.route if before else task.route),
            (before and before.model) or maybe_plain(task.model),
            (*before.tags, *task.tags) if before else task.tags,
            (before and before.title) or maybe_plain(task.title),
            (before and before.prompt) or maybe_plain(task.prompt),
        )
    return found


def gained(row: tuple[Any, ...], task: NewTask) -> tuple[Any, ...]:
    """Return tags, model, title and prompt of a known task that is added again: what it lacked comes from `task`."""
    tags, model, title, prompt = row
    return tags_text([*tags_of(tags), *task.tags]), model or task.model, title or task.title, prompt or task.prompt


def changed_texts(
    known: Mapping[str, Any],
    values: Mapping[str, _Value],
    if_now: Mapping[str, _Value] | None,
    as_text: Callable[[_Value], str | None],
) -> dict[str, str | None]:
    """Return which watched tasks get which text: those that have another one now.

    With `if_now` only those that have exactly what is said there: what somebody else has changed meanwhile stays.
    """
    wanted = {plain(task_id): as_text(each) for task_id, each in values.items()}
    expected = None if if_now is None else {plain(task_id): as_text(each) for task_id, each in if_now.items()}
    return {
        task_id: text
        for task_id, text in wanted.items()
        if task_id in known
        and known[task_id] != text
        and (expected is None or (task_id in expected and known[task_id] == expected[task_id]))
    }


def retagged(
    known: Mapping[str, Any], ids: Iterable[str], added: Sequence[str], removed: Sequence[str]
) -> dict[str, Sequence[str]]:
    """Return the tags that watched tasks have once some were added and others taken away."""
    gone = set(removed)
    return {
        task_id: [tag for tag in tags_of(known[task_id]) if tag not in gone] + list(added)
        for task_id in map(plain, ids)
        if task_id in known
    }
