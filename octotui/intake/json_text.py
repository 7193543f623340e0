"""Task references in JSON: create answers in any wrapper, task lists, arrays of ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from octotui.intake.id_shapes import has_known_shape
from octotui.intake.reference import Reference, usable_id

_MAX_NODES = 2_000_000
"""Values looked at in one document."""
_MAX_DEPTH = 12
_NEVER_INSIDE = frozenset(
    {"input", "inputs", "req", "request", "properties", "prompt", "messages", "images", "usage", "headers", "choices"}
)
"""What a user sent, not what the gateway made of it (`GATEWAY.md`, "Status words")."""
_LISTS_OF_IDS = frozenset({"ids", "task_ids", "taskids", "tasks", "videos", "video_ids"})
_MODEL_NAMES = ("model", "model_name")
_OTHER_OBJECTS = frozenset(
    {"model", "file", "image", "chat.completion", "chat.completion.chunk", "embedding", "response"}
)
"""`object` words of things that have an id and are no task."""
_WORDS_OF_A_LOG = frozenset({"level", "levelname", "severity", "lvl", "logger", "timestamp", "ts", "msg"})


@dataclass(slots=True, frozen=True)
class _Node:
    """A value still to be looked at, and what stands above it."""

    value: object
    model: str | None = None
    is_list_of_ids: bool = False
    is_wrapped: bool = False
    depth: int = 0


def references(value: object, *, is_whole_text: bool) -> Iterator[Reference]:
    """Yield every task that a JSON value names, in its order; what a task wraps is the same task and not looked into.

    Bare strings in arrays are ids when the value `is_whole_text`, else only when they are shaped like one.
    """
    stack = [_Node(value, is_list_of_ids=is_whole_text)]
    for _ in range(_MAX_NODES):
        if not stack:
            return
        node = stack.pop()
        inner = node.value
        if isinstance(inner, str):
            task_id = usable_id(inner)
            if task_id is not None and (node.is_list_of_ids or has_known_shape(task_id)):
                yield Reference(task_id, "JSON", node.model, provider_hint=_hint(node))
        elif isinstance(inner, list):
            stack.extend(_below(node, entry) for entry in reversed(inner) if node.depth < _MAX_DEPTH)
        elif isinstance(inner, dict):
            node = replace(node, model=_model(inner) or node.model)
            task_id = _id(inner)
            if task_id is not None:
                yield Reference(task_id, "JSON", node.model, provider_hint=_hint(node))
            elif node.depth < _MAX_DEPTH:
                stack.extend(_inside(node, inner))


def _hint(node: _Node) -> str | None:
    """Return whose a task is that stands in a `code`/`data` wrapper: only the unified entry answers with one."""
    return "unified" if node.is_wrapped else None


def _below(node: _Node, value: object) -> _Node:
    return replace(node, value=value, depth=node.depth + 1)


def _inside(node: _Node, fields: Mapping[str, Any]) -> Iterator[_Node]:
    """Yield what a dict that is no task itself may hold tasks in, last first."""
    if not _may_hold_tasks(fields):
        return
    is_wrapped = node.is_wrapped or ("data" in fields and ("code" in fields or "success" in fields))
    for name, value in reversed(list(fields.items())):
        # `{"code": "success", "data": "task_…"}`: some create answers hold the bare id.
        is_bare_id = isinstance(value, str) and name == "data" and "code" in fields
        if is_bare_id or (isinstance(value, (dict, list)) and name.lower() not in _NEVER_INSIDE):
            is_list = name.lower() in _LISTS_OF_IDS
            yield replace(_below(node, value), is_wrapped=is_wrapped, is_list_of_ids=is_list)


def texts(value: object) -> Iterator[str]:
    """Yield the messages of a log record written as JSON: they may name a task as any line of a log does."""
    if isinstance(value, dict):
        for name in ("msg", "message", "event", "text", "url", "path"):
            if isinstance(text := value.get(name), str):
                yield text


def _may_hold_tasks(node: Mapping[str, Any]) -> bool:
    return str(node.get("object", "")).lower() not in _OTHER_OBJECTS


def _model(node: Mapping[str, Any]) -> str | None:
    for name in _MODEL_NAMES:
        if isinstance(model := node.get(name), str) and model.strip() and model.isprintable() and len(model) <= 200:
            return model.strip()
    return None


def _id(node: Mapping[str, Any]) -> str | None:
    """Return the id by which this object can be asked about, or None when it is no task."""
    if not _may_hold_tasks(node):
        return None
    found = [
        task_id
        for name in ("id", "task_id", "taskId", "video_id")
        if isinstance(text := node.get(name), str) and (task_id := usable_id(text)) is not None
    ]
    if _WORDS_OF_A_LOG & node.keys():
        # The `id` of a log record is anybody's; only `task_id`, or an id with a task's own shape, is believed.
        found = [task_id for task_id in found if has_known_shape(task_id) or task_id != node.get("id")]
    for task_id in found:
        if has_known_shape(task_id):
            return task_id
    if found:
        return found[0]
    # xAI's create answer is nothing but this; elsewhere `request_id` is what support asks for.
    if (
        isinstance(text := node.get("request_id"), str)
        and not ({"error", "code", "message"} | _WORDS_OF_A_LOG) & node.keys()
    ):
        return usable_id(text)
    return None
