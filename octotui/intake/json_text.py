"""Task references in trees of names and values: create answers in any wrapper, task lists, what JSON strings hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from octotui.gateway.providers import Provider
from octotui.intake.id_shapes import has_own_shape, is_opaque, is_uuid
from octotui.intake.labels import Label, is_other_thing, label_of
from octotui.intake.models import is_model
from octotui.intake.paths import from_urls
from octotui.intake.reference import NO_FACTS, Facts, Reference, usable_id
from octotui.intake.tables import records_of

_MAX_NODES = 2_000_000
"""Values looked at in one document."""
_MAX_DEPTH = 24
_MOST_INSIDE = 3
"""JSON inside a string inside JSON inside a string …: levels that are looked into."""
_ASKED = frozenset({"input", "inputs", "req", "request", "prompt", "messages", "images", "usage", "headers", "choices"})
"""What a user sent: it tells model and prompt, and no task but by its URL (`GATEWAY.md`, "Status words")."""
_LISTS_OF_IDS = frozenset({"ids", "task_ids", "taskids", "tasks", "videos", "video_ids", "jobs", "generations"})
_TASKS_OBJECTS = ("video", "task", "job", "generation", "prediction", "text_to_video", "image_to_video")
_WORDS_OF_A_LOG = frozenset({"level", "levelname", "severity", "lvl", "logger", "timestamp", "ts", "msg"})
_TROUBLE = frozenset({"error", "code", "message", "detail"})

_TYPED = frozenset({"S", "N", "$oid", "$numberLong", "$uuid", "stringValue", "integerValue", "plain_text", "Some"})
"""Names that databases write around a value to say its type."""
_NAMES_OF_NAMES = ("key", "name", "field", "label", "Name", "Key")
_MOST_PAIRS = 500

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

    def below(self, name: str, value: object, *, is_wrapped: bool) -> _Place:
        """Return the place of a field's value."""
        folded = name.lower()
        return _Place(
            name,
            self.depth + 1,
            self.inside,
            self.is_asked or folded in _ASKED,
            folded in _LISTS_OF_IDS and isinstance(value, list),
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
        rows = records_of(values) or _from_pairs(values)
        entries: Iterable[object] = values if rows is None else rows
        place = place._replace(depth=place.depth + 1)
        found = [self.of(entry, place) for entry in entries]
        references = [reference for each in found for reference in each.references]
        facts = found[0].facts if found and not references else NO_FACTS
        return _Found(references, facts, is_single=len(found) == 1 and len(references) == 1)

    def _of_object(self, fields: dict[str, Any], place: _Place) -> _Found:
        if "nbformat" in fields and isinstance(fields.get("cells"), list):
            return self._of_list(_outputs(fields["cells"]), place._replace(inside=place.inside + 1))
        if not _may_hold_tasks(fields):
            return _Found([])
        own = facts_of(fields)
        listed = _columns(fields)
        if listed is not None:
            return self._of_list(listed, place._replace(name="tasks"))
        task_id = None if place.is_asked else _said(fields)
        if task_id is not None:
            return _Found([self._reference(task_id, fields, own, place)])
        inner = self._inside(fields, place)
        free = own
        for each in inner:
            free = free.completed(each.facts._replace(title=None))
        references = [reference for each in inner for reference in each.references]
        plain = None if place.is_asked or any(each.source != "log" for each in references) else _plain(fields, place)
        if plain is not None:
            return _Found([self._reference(plain, fields, free, place)])
        if not references:
            return _Found([], free)
        if any(label_of(name) is Label.STATE for name in fields):
            # `{"status": "IN_QUEUE", "response_url": …}`: an answer that names its task by a URL.
            references = [replace(each, is_answer=True) if each.source == "URL" else each for each in references]
        return _Found([each.with_facts(free if len(references) == 1 else free.of_many) for each in references])

    def _inside(self, fields: Mapping[str, Any], place: _Place) -> list[_Found]:
        is_wrapped = place.is_wrapped or ("data" in fields and ("code" in fields or "success" in fields))
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
            below = place.below(name, value, is_wrapped=is_wrapped)
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


def _hint(place: _Place) -> str | None:
    """Return whose a task is that stands in a `code`/`data` wrapper: only the unified entry answers with one."""
    return "unified" if place.is_wrapped else None


def _is_listed(task_id: str) -> bool:
    return not task_id.isdigit() or len(task_id) >= 9


def _is_bare_id(text: str) -> bool:
    task_id = usable_id(text)
    return task_id is not None and (has_own_shape(task_id) or is_uuid(task_id) or is_opaque(task_id))


def _may_hold_tasks(fields: Mapping[str, Any]) -> bool:
    """Whether an object is not of a kind that has an id and is no task; lists and pages can hold some."""
    said = str(fields.get("object", "")).lower()
    return said not in {"model", "file", "image", "chat.completion", "chat.completion.chunk", "embedding", "response"}


def _id_text(value: object) -> str | None:
    """Return the first word of a value: `id: video_… done`."""
    text = _text(value)
    return text.split(None, 1)[0].strip("\"'`,;") if text is not None and text.strip() else None


def _text(value: object) -> str | None:
    """Return a value as text: numbers count as text, an id alone in a list as itself."""
    while True:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, dict) and len(value) == 1 and (name := next(iter(value))) in _TYPED:
            value = value[name]
        elif isinstance(value, dict) and isinstance(kind := value.get("type"), str) and kind in value:
            value = _of_kind(value[kind])
        else:
            break
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _of_kind(value: object) -> object:
    """Return what a value holds that is named by its own `type`: a page's text, the name of a choice."""
    held: Any = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(held, dict):
        return held
    return next((held[name] for name in ("plain_text", "name", "content") if name in held), held)


def facts_of(fields: Mapping[str, Any]) -> Facts:
    """Return what the fields of one object say of the task beside them."""
    said: dict[str, str] = {}
    for name, value in fields.items():
        label = label_of(name)
        if label is None or label.value not in Facts._fields:
            continue
        text = str(value) if isinstance(value, float) else _text(value)
        if text is not None and text.strip() and len(text) <= 20_000:
            said.setdefault(label.value, text.strip())
    if _WORDS_OF_A_LOG & fields.keys():
        said.pop("title", None)  # the name of the program that writes the log
    for name in ("model", "provider", "seconds", "size", "shot"):
        if name in said and not (said[name].isprintable() and len(said[name]) <= 200):
            del said[name]
    return Facts(**said)


def _said(fields: Mapping[str, Any]) -> str | None:
    """Return the id that an object says is a task's: by its own shape, or by its name (`task_id` and its kin)."""
    plain = _id_text(fields.get("id", fields.get("Id", fields.get("ID"))))
    if plain is not None and (task_id := usable_id(plain)) is not None and has_own_shape(task_id):
        return task_id
    labelled: list[str] = []
    for name, value in fields.items():
        label = label_of(name)
        if label is not Label.TASK and label is not Label.BARE:
            continue
        text = _id_text(value)
        task_id = usable_id(text) if text is not None else None
        if task_id is not None and is_labelled_id(task_id, is_explicit=label is Label.TASK):
            labelled.append(task_id)
    return next((each for each in labelled if has_own_shape(each)), labelled[0] if labelled else None)


def is_labelled_id(task_id: str, *, is_explicit: bool) -> bool:
    """Whether a word behind a task's label is its id: a machine's making; less is asked where the label says `id`."""
    if has_own_shape(task_id) or is_uuid(task_id):
        return True
    if task_id.isdigit():
        return len(task_id) >= (4 if is_explicit else 9)
    if is_explicit and re.fullmatch(r"[\d.]+(?:[eE][+-]?\d+)?", task_id) is None:
        return "/" not in task_id[:1] and (any(map(str.isdigit, task_id)) or is_opaque(task_id))
    return is_opaque(task_id) and sum(map(str.isdigit, task_id)) >= 2


def _plain(fields: Mapping[str, Any], place: _Place) -> str | None:
    """Return the `id` (else `request_id`) of an object that names no other task, None when it is no task's."""
    if place.is_other:
        return None
    is_log = bool(_WORDS_OF_A_LOG & fields.keys())
    kind = str(fields.get("object", "video")).lower()
    has_sign = str(fields.get("type", "")).lower().startswith(_TASKS_OBJECTS) or any(
        label_of(name) in {Label.MODEL, Label.STATE, Label.PROMPT, Label.SECONDS} for name in fields
    )
    for name, value in fields.items():
        if label_of(name) is not Label.PLAIN or is_log or not kind.startswith(_TASKS_OBJECTS):
            continue
        text = _id_text(value)
        task_id = usable_id(text) if text is not None else None
        if task_id is None:
            continue
        if is_uuid(task_id) and (has_sign or len(fields) <= 2):
            return task_id
        if (has_sign or label_of(place.name) is Label.BARE) and (
            len(task_id) >= 9 if task_id.isdigit() else is_opaque(task_id)
        ):
            return task_id
    return None if is_log or _TROUBLE & fields.keys() else _request(fields)


def _request(fields: Mapping[str, Any]) -> str | None:
    for name, value in fields.items():
        if label_of(name) is Label.REQUEST and isinstance(value, str):
            return usable_id(value)
    return None


def _from_pairs(values: list[Any]) -> list[Any] | None:
    """Return a list of names with their values as one object: `[{"key": …, "value": …}]`, `[("id", …)]`; else None."""
    made: dict[str, Any] = {}
    for entry in values[:_MOST_PAIRS]:
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str):
            made[entry[0]] = entry[1]
        elif isinstance(entry, dict) and "value" in entry:
            name = next((entry[each] for each in _NAMES_OF_NAMES if isinstance(entry.get(each), str)), None)
            if name is None:
                return None
            made[name] = entry["value"]
        else:
            return None
    return [made] if any(label_of(name) is not None for name in made) else None


def _columns(fields: Mapping[str, Any]) -> list[Any] | None:
    """Return a table written by columns as its rows, None when an object is none.

    `{"task_id": ["…", "…"], "model": […]}`, `{"task_id": {"0": "…"}, …}`, `{"columns": […], "data": [[…]]}`.
    """
    header = fields.get("columns") or fields.get("header") or fields.get("headers")
    for name in ("data", "rows", "values"):
        if isinstance(header, list) and isinstance(rows := fields.get(name), list):
            return records_of([header, *rows])
    columns: dict[str, list[Any]] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and value and all(key.isdigit() for key in value):
            columns[name] = list(value.values())
        elif isinstance(value, list) and len(value) > 1 and not any(isinstance(each, (dict, list)) for each in value):
            columns[name] = value
    named = [name for name in columns if label_of(name) is Label.TASK and not name.lower().endswith("s")]
    if not named:
        return None
    length = len(columns[named[0]])
    return [
        {name: column[index] for name, column in columns.items() if len(column) == length} for index in range(length)
    ]


def _outputs(cells: list[Any]) -> list[Any]:
    """Return what the cells of a notebook printed; what was typed into them is a program."""
    printed: list[Any] = []
    for cell in cells:
        for output in cell.get("outputs", ()) if isinstance(cell, dict) else ():
            if not isinstance(output, dict):
                continue
            data = output.get("data")
            for text in (
                output.get("text"),
                output.get("evalue"),
                output.get("traceback"),
                *(data.values() if isinstance(data, dict) else ()),
            ):
                whole = "".join(map(str, text)) if isinstance(text, list) else text
                printed.append(whole)
    return printed
