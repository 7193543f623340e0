"""What the fields of one object say: which of them is its task's id, and what the others tell of that task."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from octotui.intake.id_shapes import has_own_shape, is_opaque, is_uuid, looks_like_id
from octotui.intake.labels import FACTS, Label, label_of, whose_task
from octotui.intake.reference import Facts, usable_id

_TASKS_OBJECTS = ("video", "task", "job", "generation", "prediction", "text_to_video", "image_to_video")
_WORDS_OF_A_LOG = frozenset({"level", "levelname", "severity", "lvl", "logger", "timestamp", "ts", "msg"})
_TROUBLE = frozenset({"error", "code", "message", "detail"})
_TYPED = frozenset({"S", "N", "$oid", "$numberLong", "$uuid", "stringValue", "integerValue", "plain_text", "Some"})
"""Names that databases write around a value to say its type."""


def may_hold_tasks(fields: Mapping[str, Any]) -> bool:
    """Whether an object is not of a kind that has an id and is no task; lists and pages can hold some."""
    said = str(fields.get("object", "")).lower()
    return said not in {"model", "file", "image", "embedding"}


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


def said_id(fields: Mapping[str, Any]) -> str | None:
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


def tasks_of_providers(fields: Mapping[str, Any], word_in: Callable[[str], str | None]) -> dict[str, str]:
    """Return the ids whose names say whose they are (`sora_task_id`, `grok_id`), and the word that says it."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        if label_of(name) in FACTS or (word := word_in(name)) is None:
            continue
        text = _id_text(value)
        task_id = usable_id(text) if text is not None else None
        if task_id is not None and is_labelled_id(task_id, is_explicit=True):
            found.setdefault(task_id, word)
    return found


def named_tasks(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return several tasks that fields name one by one (`intro_task_id`, `outro_task_id`), and their names."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        if label_of(name) is not Label.TASK:
            continue
        text = _id_text(value)
        whose = whose_task(name)
        if text is None or not has_own_shape(text):
            continue
        if whose is None:
            return {}
        found.setdefault(text, whose)
    return found if len(found) > 1 else {}


def is_labelled_id(task_id: str, *, is_explicit: bool) -> bool:
    """Whether a word behind a task's label is its id: a machine's making; less is asked where the label says `id`."""
    if has_own_shape(task_id) or is_uuid(task_id):
        return True
    if task_id.isdigit():
        return len(task_id) >= (4 if is_explicit else 9)
    if is_explicit and (looks_like_id(task_id) or task_id.startswith(("task-video-", "gen-vid-"))):
        return True
    if is_explicit and re.fullmatch(r"[\d.]+(?:[eE][+-]?\d+)?", task_id) is None:
        return "/" not in task_id[:1] and (any(map(str.isdigit, task_id)) or is_opaque(task_id))
    return is_opaque(task_id) and sum(map(str.isdigit, task_id)) >= 2


def plain_id(fields: Mapping[str, Any], place: str) -> str | None:
    """Return the `id` (else `request_id`) of an object that names no other task, None when it is no task's.

    `place` is the name of the field that holds the object.
    """
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
        if (has_sign or label_of(place) is Label.BARE) and (
            len(task_id) >= 9 if task_id.isdigit() else is_opaque(task_id)
        ):
            return task_id
    return None if is_log or _TROUBLE & fields.keys() else _request(fields)


def _request(fields: Mapping[str, Any]) -> str | None:
    for name, value in fields.items():
        if label_of(name) is Label.REQUEST and isinstance(value, str):
            return usable_id(value)
    return None
