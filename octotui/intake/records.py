"""Records that JSON writes in other shapes than objects: lists of pairs, tables by columns, cells of a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from octotui.intake.labels import Label, label_of
from octotui.intake.tables import records_of

_NAMES_OF_NAMES = ("key", "name", "field", "label", "Name", "Key")
_MOST_PAIRS = 500


def from_pairs(values: list[Any]) -> list[Any] | None:
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


def from_columns(fields: Mapping[str, Any]) -> list[Any] | None:
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


def printed_by(cells: list[Any]) -> list[Any]:
    """Return what the cells of a notebook printed, and its prose; what was typed into the others is a program."""
    printed: list[Any] = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") in {"markdown", "raw"}:
            printed.append(_joined(cell.get("source")))
        for output in cell.get("outputs", ()) if isinstance(cell, dict) else ():
            if not isinstance(output, dict):
                continue
            data = output.get("data")
            shown = data.values() if isinstance(data, dict) else ()
            texts = (output.get("text"), output.get("evalue"), output.get("traceback"), *shown)
            printed.extend(map(_joined, texts))
    return printed


def _joined(text: object) -> object:
    return "".join(map(str, text)) if isinstance(text, list) else text
