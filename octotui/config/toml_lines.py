"""Finds where each key of a TOML text stands that `tomllib` has already accepted, as `tomllib` keeps no positions."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

KeyPath = tuple[str, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")|'
    r"'''.*?'''(?!')|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'",
    re.DOTALL,
)
_INDENT = re.compile(r"[ \t]*")
_COMMENT = re.compile(r"#[^\n]*")
_REST = re.compile(r"""[^"'\[\]{}#\n]+""")


class Entry(NamedTuple):
    """One table header or one key with its value; positions are offsets into the text."""

    path: KeyPath
    """The whole path, from the top of the document."""
    table: KeyPath
    """The table it stands in; a header's is its own path."""
    is_header: bool
    start: int
    value_start: int
    value_end: int
    """The value without what stands behind it; for a header both are where the header ends."""
    end: int
    """Where its last line ends, behind a comment: at the newline, or at the end of the text."""


def entries(text: str) -> Iterator[Entry]:
    """Yield every table header and every key outside of inline tables, in the order of the text."""
    table: KeyPath = ()
    position = _after(_BLANK, text, 0)
    while position < len(text):
        start = position
        if is_header := text[start] == "[":
            brackets = 2 if text.startswith("[[", start) else 1
            path, closing = _read_key(text, start + brackets)
            value_start = closing + brackets
            table = path
        else:
            key, equals = _read_key(text, start)
            path = table + key
            value_start = _after(_INDENT, text, equals + 1)
        value_end, end = _value_and_line_end(text, value_start)
        yield Entry(path, table, is_header, start, value_start, value_end, end)
        position = _after(_BLANK, text, end)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every table header and of every key outside of inline tables, by its full path."""
    newlines = [match.start() for match in re.finditer("\n", text)]
    found: dict[KeyPath, int] = {}
    for entry in entries(text):
        line = bisect_right(newlines, entry.start) + 1
        shortest = len(entry.path) if entry.is_header else len(entry.table) + 1
        for length in range(shortest, len(entry.path) + 1):
            found.setdefault(entry.path[:length], line)
    return found


def line_of(found: dict[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of `path`, or of the nearest thing around it (an inline table's key, a table's header)."""
    for length in range(len(path), 0, -1):
        if path[:length] in found:
            return found[path[:length]]
    return None


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _read_key(text: str, position: int) -> tuple[KeyPath, int]:
    """Return the dotted key at `position` and where it ends."""
    parts: list[str] = []
    while match := _KEY_PART.match(text, position):
        written = match[1]
        parts.append(_unquoted(written) if written[0] in "\"'" else written)
        position = match.end()
        if not text.startswith(".", position):
            break
        position += 1
    return tuple(parts), position


def _unquoted(written: str) -> str:
    import tomllib  # noqa: PLC0415 - as in `loading`

    return str(tomllib.loads(f"text = {written}")["text"])


def _value_and_line_end(text: str, position: int) -> tuple[int, int]:
    """Return where the value at `position` ends, and where the line ends that it ends on."""
    depth, value_end = 0, position
    while position < len(text):
        character = text[position]
        if character == "\n" and depth <= 0:
            break
        if character == "#":
            position = _after(_COMMENT, text, position)
            continue
        start = position
        if character in "\"'":
            position = max(_after(_STRING, text, position), position + 1)
        else:
            depth += (character in "[{") - (character in "]}")
            position = max(_after(_REST, text, position), position + 1)
        if said := text[start:position].rstrip():
            value_end = start + len(said)
    return value_end, position
