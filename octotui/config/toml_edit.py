"""Changes one value in a TOML text and leaves every other line as it was: comments, order, blanks.

An edit counts only where the text it gives parses to the old document and exactly that change; else nothing is changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from octotui.config.toml_lines import Entry, KeyPath, entries

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE_ORDER_MARK = "\ufeff"
_COMMENTED_HEADER = r"\[{1,2}[^\[\]\n]+\]{1,2}[ \t\r]*$"


def with_value(text: str, path: KeyPath, value: object) -> str:
    """Return `text`, which parses, with the key `path` set to `value`.

    A value that is there is replaced. A new one goes below its commented example ("# name = …") in its table, else
    behind the last key of the table; a table that is missing is put at the end. Raises `ValueError` when none of these
    gives the old document and exactly that change.
    """
    mark, text = _without_mark(text)
    wanted = _changed(_parsed(text), path, value)
    for candidate in _edits(text, path, wanted):
        if _same(_parsed_or_none(candidate), wanted):
            return mark + candidate
    raise ValueError("cannot be set without another change to the file: octotui config edit opens it")


def without_value(text: str, path: KeyPath) -> str:
    """Return `text`, which parses, without the lines of the key `path`.

    Raises `ValueError` when that gives anything but the old document without the key.
    """
    mark, text = _without_mark(text)
    wanted = _removed(_parsed(text), path)
    for entry in entries(text):
        if entry.is_header or path[: len(entry.path)] != entry.path:
            continue
        if entry.path == path:
            candidate = text[: _line_start(text, entry.start)] + text[entry.end + 1 :]
        else:
            candidate = _replaced(text, entry, wanted)
        parsed = _parsed_or_none(candidate)
        if parsed is not None and _same(_pruned(parsed, path), _pruned(wanted, path)):
            return mark + candidate
    raise ValueError("cannot be taken out without another change to the file: octotui config edit opens it")


def value_at(document: object, path: KeyPath) -> Any:  # noqa: ANN401 - a document holds anything
    """Return what `document` holds at `path`; None, which TOML has not, where it holds nothing there."""
    for part in path:
        document = document.get(part) if isinstance(document, dict) else None
    return document


def toml_value(value: object) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        inside = ", ".join(f"{toml_key(key)} = {toml_value(inner)}" for key, inner in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    import tomli_w  # noqa: PLC0415 - only what shows or changes settings needs to write TOML

    return tomli_w.dumps({"_": value}).removeprefix("_ = ").removesuffix("\n")


def toml_key(name: str) -> str:
    """Return one part of a key as TOML, quoted where it must be."""
    import tomli_w  # noqa: PLC0415 - as above

    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")


def _edits(text: str, path: KeyPath, wanted: dict[str, Any]) -> Iterator[str]:
    """Yield texts that may be what is wanted, the most natural first."""
    found = list(entries(text))
    keys = [entry for entry in found if not entry.is_header]
    yield from (_replaced(text, entry, wanted) for entry in keys if path[: len(entry.path)] == entry.path)
    table, value = path[:-1], toml_value(value_at(wanted, path))
    line = f"{toml_key(path[-1])} = {value}"
    if not table or any(entry.path == table for entry in found if entry.is_header):
        yield _inserted(text, _place(text, found, table, path[-1]), line)
    for entry in keys:
        if entry.path[:-1] == table:
            dotted = ".".join(map(toml_key, path[len(entry.table) :]))
            yield _inserted(text, _next_line(text, entry.end), f"{dotted} = {value}")
    if table:
        newline = _newline(text)
        gap = newline if text.strip() else ""
        yield _inserted(text, len(text), f"{gap}[{'.'.join(map(toml_key, table))}]{newline}{line}")


def _replaced(text: str, entry: Entry, wanted: dict[str, Any]) -> str:
    value = value_at(wanted, entry.path)
    return text[: entry.value_start] + toml_value(value) + text[entry.value_end :]


def _place(text: str, found: list[Entry], table: KeyPath, name: str) -> int:
    """Where a new line for `name` goes in a table: below its commented example, else behind the table's last key."""
    first = max((i for i, entry in enumerate(found) if entry.is_header and entry.path == table), default=0)
    last = next((i for i in range(first + bool(table), len(found)) if found[i].is_header), len(found))
    inside = found[first:last]
    region_end = _line_start(text, found[last].start) if last < len(found) else len(text)
    gap_starts = [entry.end for entry in inside]
    gap_ends = [*(entry.start for entry in inside), region_end]
    if table:
        del gap_ends[0]  # what stands above its header
    else:
        gap_starts.insert(0, 0)
    example = re.compile(rf"^[ \t]*#[ \t]*(?:({re.escape(toml_key(name))})[ \t]*=|{_COMMENTED_HEADER})", re.MULTILINE)
    for start, end in zip(gap_starts, gap_ends, strict=True):
        if match := example.search(text, start, end):
            if match[1] is None:
                break  # what follows are the examples of another table
            return _next_line(text, match.end())
    if inside:
        return _next_line(text, inside[-1].end)
    return _above_comments(text, region_end) if last < len(found) else region_end


def _inserted(text: str, position: int, lines: str) -> str:
    newline = _newline(text)
    before = text[:position]
    gap = newline if before and not before.endswith("\n") else ""
    return before + gap + lines + newline + text[position:]


def _above_comments(text: str, position: int) -> int:
    """Return the beginning of the comments that stand right above the line at `position`."""
    while position:
        above = _line_start(text, position - 1)
        if not text[above:position].lstrip().startswith("#"):
            break
        position = above
    return position


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _next_line(text: str, position: int) -> int:
    newline = text.find("\n", position)
    return len(text) if newline < 0 else newline + 1


def _newline(text: str) -> str:
    return "\r\n" if text.find("\r\n") == text.find("\n") - 1 >= 0 else "\n"


def _without_mark(text: str) -> tuple[str, str]:
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    return mark, text[len(mark) :]


def _parsed(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - as in `loading`

    return tomllib.loads(text)


def _parsed_or_none(text: str) -> dict[str, Any] | None:
    try:
        return _parsed(text)
    except ValueError:
        return None


def _changed(document: dict[str, Any], path: KeyPath, value: object) -> dict[str, Any]:
    """Return `document` with `value` at `path`, the tables on the way made where they are missing."""
    if len(path) == 1:
        return document | {path[0]: value}
    inner = document.get(path[0], {})
    if not isinstance(inner, dict):
        raise ValueError(f"{path[0]} is no table in the file: octotui config edit opens it")  # noqa: TRY004 - as above
    return document | {path[0]: _changed(inner, path[1:], value)}


def _removed(document: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return `document`, which has something at `path`, without it; tables stay, also empty ones."""
    if len(path) == 1:
        return {key: value for key, value in document.items() if key != path[0]}
    return document | {path[0]: _removed(document[path[0]], path[1:])}


def _pruned(document: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return `document` without the tables above `path` that are empty: a dotted key takes its tables with it."""
    inner = document.get(path[0])
    if not isinstance(inner, dict):
        return document
    inner = _pruned(inner, path[1:]) if len(path) > 1 else inner
    return document | {path[0]: inner} if inner else {key: value for key, value in document.items() if key != path[0]}


def _same(one: object, other: object) -> bool:
    """Whether two values are the same TOML: 1, 1.0 and true are not, and neither are texts and dates; nan is nan."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))  # noqa: PLR0124 - nan
