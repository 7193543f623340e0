"""Finds the line of each key in a TOML text that `tomllib` has already accepted, as `tomllib` keeps no positions."""

from __future__ import annotations

import re
from bisect import bisect_right

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
_COMMENT = re.compile(r"#[^\n]*")
_REST = re.compile(r"""[^"'\[\]{}#\n]+""")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every table header and of every key outside of inline tables, by its full path."""
    newlines = [match.start() for match in re.finditer("\n", text)]
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    position = _after(_BLANK, text, 0)
    while position < len(text):
        line = bisect_right(newlines, position) + 1
        if text[position] == "[":
            table, position = _read_key(text, position + (2 if text.startswith("[[", position) else 1))
            found.setdefault(table, line)
        else:
            key, position = _read_key(text, position)
            for length in range(1, len(key) + 1):
                found.setdefault(table + key[:length], line)
        position = _after(_BLANK, text, _end_of_value(text, position + 1))
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


def _end_of_value(text: str, position: int) -> int:
    """Where the line ends that a value (or the `]` of a header) at `position` ends on."""
    depth = 0
    while position < len(text):
        character = text[position]
        if character == "\n" and depth <= 0:
            return position
        if character in "\"'":
            position = max(_after(_STRING, text, position), position + 1)
        elif character == "#":
            position = _after(_COMMENT, text, position)
        else:
            depth += (character in "[{") - (character in "]}")
            position = max(_after(_REST, text, position), position + 1)
    return position
