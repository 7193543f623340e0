"""Task references in trees of names and values: create answers in any wrapper, task lists, what JSON strings hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from octotui.gateway.providers import Provider
from octotui.intake.fields import facts_of, may_hold_tasks, named_tasks, plain_id, said_id, tasks_of_providers
from octotui.intake.id_shapes import has_own_shape, is_opaque, is_uuid
from octotui.intake.labels import Label, is_other_thing, label_of
from octotui.intake.models import is_model, named_in_column, word_of_provider
from octotui.intake.paths import from_urls
from octotui.intake.records import from_columns, from_pairs, printed_by
from octotui.intake.reference import NO_FACTS, Facts, Reference, usable_id
from octotui.intake.tables import records_of

_MAX_NODES = 2_000_000
"""Values looked at in one document."""
_MAX_DEPTH = 24
_LONGEST_ROW = 8
_MOST_INSIDE = 3
"""JSON inside a string inside JSON inside a string …: levels that are looked into."""
_ASKED = frozenset({"input", "inputs", "req", "request", "prompt", "messages", "images", "usage", "headers", "choices"})
"""What a user sent: it tells model and prompt, and no task but by its URL (`GATEWAY.md`, "Status words")."""
_LISTS_OF_IDS = frozenset({"ids", "task_ids", "taskids", "tasks", "videos", "video_ids", "jobs", "generations"})
_CONTAINERS = frozenset({"$in", "$eq", "any", "array", "list", "set", "tuple"})
"""Names that say how values are held, and not what they are."""
_CALLS = frozenset({"tool_use", "tool_call", "function_call", "server_tool_use", "mcp_call", "function"})
_RESULTS = frozenset({"result", "returnvalue", "return_value", "retval"})
_OF_QUEUES = frozenset({"traceback", "children", "date_done", "returnvalue", "retval", "attemptsmade", "worker"})

Texts = Callable[[str], list[Reference]]
"""Reads a string as any other text."""


class _Place(NamedTuple):
    """Where a value stands."""

    name: str = ""
    depth: int = 0
    inside: int = 0
    """Strings that were opened on the way here."""
    is_asked: bool = False
    is_list_of_ids: bool = False
    is_wrapped: bool = False
    is_other: bool = False
    """Whether what stands here is an object of another kind: a user, an image, a node."""

    def below(self, name: str, value: object, *, is_wrapped: bool, is_call: bool = False) -> _Place:
        """Return the place of a field's value; `is_call` says that its object is a program's call of a tool."""
        folded = name.lower()
        if folded.rstrip(":") in _CONTAINERS:
            name, folded = self.name, self.name.lower()
        is_asked = folded in _ASKED and not is_call and (folded != "messages" or _is_chat(value))
        return _Place(
            name,
            self.depth + 1,
            self.inside,
            is_asked or (self.is_asked and folded != "tool_calls"),
            isinstance(value, list) and (folded in _LISTS_OF_IDS or label_of(name) is Label.TASK),
            is_wrapped,
            is_other_thing(name),
        )


@dataclass(slots=True)
class _Found:
    """What a subtree names."""

    references: list[Reference]
    facts: Facts = NO_FACTS
    """What it says of tasks that stand elsewhere: nothing once a task inside has it."""
    is_single: bool = True
    """Whether a name around it can be its task's: not for the entries of a list."""


def references(
    value: object, providers: Sequence[Provider], texts: Texts, *, is_whole_text: bool
) -> tuple[list[Reference], Facts]:
    """Return every task that a tree names, in its order, and the facts that belong to none of them.

    What a task wraps is the same task and not looked into. Bare strings in arrays are ids when the value
    `is_whole_text`, else only when they are shaped like one.
    """
    found = _Walk(providers, texts).of(value, _Place(is_list_of_ids=is_whole_text))
    return found.references, found.facts


class _Walk:
    """One walk through a tree."""

    def __init__(self, providers: Sequence[Provider], texts: Texts) -> None:
        self._providers = providers
        self._texts = texts
        self._left = _MAX_NODES

    def of(self, value: object, place: _Place) -> _Found:
        self._left -= 1
        if self._left < 0 or place.depth > _MAX_DEPTH:
            return _Found([])
        if isinstance(value, str):
            return self._of_text(value, place)
        if isinstance(value, list):
            return self._of_list(value, place)
        return self._of_object(value, place) if isinstance(value, dict) else _Found([])

    def _of_text(self, text: str, place: _Place) -> _Found:
        stripped = text.strip()
        if len(stripped) < 4:
            return _Found([])
        if stripped[0] in "\"'" and stripped[-1] == stripped[0] and " " not in stripped:
            stripped = stripped[1:-1]  # a string as a prompt prints it
        if stripped[0] in "{[" and place.inside < _MOST_INSIDE:
            try:
                value = json.loads(stripped)
            except (ValueError, RecursionError):
                pass
            else:
                return self.of(value, place._replace(inside=place.inside + 1, depth=place.depth + 1))
        if from_paths := from_urls(stripped):
            return _Found(from_paths)
        label = label_of(place.name)
        if place.is_asked or label in {Label.OTHER, Label.PROMPT}:
            return _Found([])
        task_id = usable_id(stripped)
        if task_id is None:
            return _Found(self._texts(text)) if place.inside <= _MOST_INSIDE else _Found([])
        if has_own_shape(task_id) or (place.is_list_of_ids and _is_listed(task_id)):
            return _Found([Reference(task_id, "JSON", provider_hint=_hint(place))])
        # One word that is no id: a prefix only some provider has makes it one (`grok:8f3a`).
        return _Found(self._texts(text)) if ":" in stripped else _Found([])

    def _of_list(self, values: list[Any], place: _Place) -> _Found:
        rows = records_of(values) or from_pairs(values)
        entries: Iterable[object] = values if rows is None else rows
        place = place._replace(depth=place.depth + 1)
        found = [self.of(entry, place) for entry in entries]
        references = [reference for each in found for reference in each.references]
        if len(references) == 1 and 1 < len(values) <= _LONGEST_ROW and all(isinstance(each, str) for each in values):
            references = [references[0].with_facts(self._of_row([each for each in values if each != references[0].id]))]
        facts = found[0].facts if found and not references else NO_FACTS
        return _Found(references, facts, is_single=len(found) == 1 and len(references) == 1)

    def _of_object(self, fields: dict[str, Any], place: _Place) -> _Found:
        if "nbformat" in fields and isinstance(fields.get("cells"), list):
            printed = place._replace(inside=place.inside + 1, is_list_of_ids=False)
            return self._of_list(printed_by(fields["cells"]), printed)
        if not may_hold_tasks(fields):
            return _Found([])
        own = facts_of(fields)
        listed = from_columns(fields)
        if listed is not None:
            return self._of_list(listed, place._replace(name="tasks"))
        if (said := self._said_by(fields, own, place)) is not None:
            return said
        inner = self._inside(fields, place)
        free = own
        for each in inner:
            free = free.completed(each.facts._replace(title=None))
        references = [reference for each in inner for reference in each.references]
        is_other = place.is_other and not (place.name == "node" and own.model is not None)  # of an edge of GraphQL
        is_none = place.is_asked or is_other or any(each.source != "log" for each in references)
        plain = None if is_none else plain_id(fields, place.name)
        if plain is not None:
            return _Found([self._reference(plain, fields, free, place)])
        if not references:
            return _Found([], free)
        if any(label_of(name) is Label.STATE for name in fields):
            # `{"status": "IN_QUEUE", "response_url": …}`: an answer that names its task by a URL.
            references = [replace(each, is_answer=True) if each.source == "URL" else each for each in references]
        return _Found([each.with_facts(free if len(references) == 1 else free.of_many) for each in references])

    def _said_by(self, fields: Mapping[str, Any], own: Facts, place: _Place) -> _Found | None:
        """What an object says itself, so that nothing inside it is another task; None when it says nothing."""
        if place.is_asked:
            return None
        task_id = said_id(fields)
        by_provider = tasks_of_providers(fields, self._column)
        if by_provider and (task_id is None or (len(by_provider) > 1 and task_id in by_provider)):
            # `sora_task_id` beside `grok_task_id`: one task each.
            own = own._replace(model=None, provider=None)
            said = {each: own._replace(provider=word) for each, word in by_provider.items()}
        else:
            said = {each: own._replace(title=name) for each, name in named_tasks(fields).items()}
        if said:
            return _Found([self._reference(each, fields, facts, place) for each, facts in said.items()])
        if task_id is None and isinstance(fields.get("detail"), dict) and not place.is_other:
            task_id = plain_id(fields, place.name)  # `detail` tells of the same task
        made = self._made_by_queue(fields, place) if task_id is None or is_uuid(task_id) else []
        if made:
            facts = self._completed(own, fields, place)._replace(title=None)
            return _Found([each.with_facts(facts) for each in made], own)
        if task_id is None:
            return None
        facts = self._completed(own, fields, place).completed(Facts(provider=by_provider.get(task_id)))
        return _Found([self._reference(task_id, fields, facts, place)])

    def _made_by_queue(self, fields: Mapping[str, Any], place: _Place) -> list[Reference]:
        """Return the tasks that the result of a queue's job names, and not the job's own id."""
        results = {name: value for name, value in fields.items() if name.lower() in _RESULTS}
        made = [each for found in self._inside(results, place) for each in found.references if each.source != "URL"]
        is_queue = bool(_OF_QUEUES & {name.lower() for name in fields})
        return made if is_queue else [each for each in made if has_own_shape(each.id)]

    def _completed(self, own: Facts, fields: Mapping[str, Any], place: _Place) -> Facts:
        """Return what an object says of its task, with what stands further in where it names no model itself."""
        if own.model is not None:
            return own
        inner = {
            name: value
            for name, value in fields.items()
            if isinstance(value, (dict, str)) and (name.lower() in _ASKED or not is_other_thing(name))
        }
        for each in self._inside({name: value for name, value in inner.items() if _may_open(value)}, place):
            facts = each.facts
            for reference in each.references[:1] if each.is_single else ():
                facts = facts.completed(reference.facts)
            own = own.completed(facts.of_many)
        return own

    def _inside(self, fields: Mapping[str, Any], place: _Place) -> list[_Found]:
        is_wrapped = place.is_wrapped or ("data" in fields and ("code" in fields or "success" in fields))
        is_call = str(fields.get("type", "")).lower() in _CALLS
        found: list[_Found] = []
        for name, value in fields.items():
            if isinstance(value, str) and name == "data" and "code" in fields and _is_bare_id(value):
                # `{"code": "success", "data": "task_…"}`: some create answers hold the bare id.
                found.append(_Found([Reference(value.strip(), "JSON", provider_hint="unified", is_answer=True)]))
                continue
            if not isinstance(value, (dict, list, str)):
                continue
            if isinstance(value, str) and is_uuid(value.strip()) and self._model_in(name):
                # A column headed by a model holds ids.
                found.append(_Found([Reference(value.strip(), "JSON", name)], is_single=False))
                continue
            below = place.below(name, value, is_wrapped=is_wrapped, is_call=is_call)
            if isinstance(value, list) and self._model_in(name):
                below = below._replace(is_list_of_ids=True)
            each = self.of(value, below)
            if not place.is_asked and has_own_shape(name):
                each = self._keyed(name, value, below)
            elif (model := self._model_in(name)) is not None:
                each.references = [ref.with_facts(Facts(model=model)) for ref in each.references]
            found.append(each)
        return found

    def _keyed(self, name: str, value: object, place: _Place) -> _Found:
        """The task whose id is the name of a field: `{"task_…": {"model": …}}`."""
        facts = facts_of(value) if isinstance(value, dict) else NO_FACTS
        if isinstance(value, str):
            facts = Facts(model=value.strip()) if self._model_in(value.strip()) else Facts(title=value.strip() or None)
        return _Found([Reference(name, "JSON", facts.model, provider_hint=_hint(place), facts=facts)], is_single=False)

    def _of_row(self, values: Sequence[str]) -> Facts:
        """Return the model or provider that one of the values beside an id names: `("task_…", "sora")`."""
        model = next(filter(self._model_in, values), None)
        words = (each for each in values if " " not in each and word_of_provider(each, self._providers))
        return Facts(model=model, provider=next(words, None))

    def _column(self, name: str) -> str | None:
        return named_in_column(name, self._providers)

    def _model_in(self, name: str) -> str | None:
        return name if is_model(name, self._providers) else None

    def _reference(self, task_id: str, fields: Mapping[str, Any], facts: Facts, place: _Place) -> Reference:
        is_request = all(label_of(name) is not Label.TASK for name in fields) and fields.get("id") is None
        is_weak = is_request and any(label_of(name) is Label.REQUEST for name in fields)
        return Reference(
            task_id,
            "JSON",
            facts.model,
            # xAI's create answers name nothing but a request.
            provider_hint="grok" if is_weak else _hint(place),
            facts=facts,
            is_answer=True,
            is_weak=is_weak,
        )


def _is_chat(value: object) -> bool:
    """Whether messages are what people and models say to each other, and not those of a queue."""
    return not isinstance(value, list) or any(isinstance(each, dict) and "role" in each for each in value[:3])


def _may_open(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] == "{")


def ids_of_others(value: object, depth: int = 0, *, is_other: bool = False, has_task: bool = False) -> set[str]:
    """Return the ids that a tree says are other things': `user_id`, `remixed_from_video_id`, the `id` of an `owner`.

    What is unknown is another thing, too, where the tree `has_task`, or where the id has no task's shape.
    """
    if depth > _MAX_DEPTH or not isinstance(value, (dict, list)):
        return set()
    found: set[str] = set()
    for name, each in value.items() if isinstance(value, dict) else (("", each) for each in value):
        label = label_of(name) if " " not in name else None
        is_others = label is Label.OTHER or (is_other and label is Label.PLAIN)
        if isinstance(each, str) and (
            is_others or (label is Label.UNKNOWN and (has_task or not has_own_shape(each.strip())))
        ):
            found.add(each.strip())
        else:
            found |= ids_of_others(each, depth + 1, is_other=is_other or is_other_thing(name), has_task=has_task)
    return found


def _hint(place: _Place) -> str | None:
    """Return whose a task is that stands in a `code`/`data` wrapper: only the unified entry answers with one."""
    return "unified" if place.is_wrapped else None


def _is_listed(task_id: str) -> bool:
    if task_id.isdigit():
        return len(task_id) >= 9
    return any(map(str.isdigit, task_id)) or len(task_id) >= 16


def _is_bare_id(text: str) -> bool:
    task_id = usable_id(text)
    return task_id is not None and (has_own_shape(task_id) or is_uuid(task_id) or is_opaque(task_id))
