"""One tolerant reader of names and values: reprs of many languages, YAML, TOML, `key=value`, JSON that was cut off.

It knows no language: a name, a `:`, `=`, `=>` or `:=` behind it, a value; brackets, or the indentation of lines, put
values below a name. What it makes is a tree of dicts, lists and strings like JSON's.
"""

from __future__ import annotations

import re
from typing import Any

from octotui.intake.id_shapes import has_own_shape
from octotui.intake.labels import label_of

MAX_CHUNK = 64 * 1024
"""Characters of one bracketed value."""
_MAX_DEPTH = 40
_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`[^`\n]*+`"
NAME = r"\"[^\"\\\n]{1,80}\"|'[^'\\\n]{1,80}'|`[^`\n]{1,80}`|[:@]?[^\W\d][\w.-]{0,60}+(?:[ ](?:[Ii][Dd]|ID))?"
_TOKEN = re.compile(
    rf"(?P<name>{NAME})[ \t]*(?P<sep>=>|:=|:(?![:/])|=(?!=))(?P<gap>[ \t]*)"
    rf"|(?P<string>{_STRING})|(?P<open>[{{(\[<])|(?P<close>[}})\]>])|(?P<end>[,;\n])|(?P<blank>[ \t\r]+)"
    r"|(?P<word>[^\s,;{}()\[\]<>\"'`]+|.)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\+([\"'])")
Tree = dict[str, Any]


class _Scope:
    """One pair of brackets, or a line: records of names and values, and values without a name."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.records: list[Tree] = []
        self.bare: list[Any] = []

    def put(self, name: str, value: object) -> None:
        """Add a value; a name that comes again begins the next record."""
        if not self.records or name in self.records[-1]:
            self.records.append({})
        self.records[-1][name] = value

    def value(self) -> object:
        """Return what the brackets hold: one record, or a list."""
        if len(self.records) == 1 and not any(
            isinstance(each, (dict, list)) or has_own_shape(each) for each in self.bare
        ):
            return self.records[0]
        held = [*self.records, *self.bare]
        return held[0] if len(held) == 1 else held


class _Reader:
    """Reads tokens into scopes; forgiving of everything that is missing at an end."""

    def __init__(self) -> None:
        self.stack = [_Scope()]
        self._name: str | None = None
        self._words: list[str] = []
        self._string: str | None = None
        self._last = ""
        self.has_opened = False

    def name(self, written: str, sep: str, gap: str) -> bool:
        """Begin a value; False when the word is no name but the beginning of an id (`sora-2:task_…`) or a time."""
        bare = written.strip("\"'`").lstrip(":@")
        is_go = len(self.stack) > 1 and bare[:1].isupper()  # `{ID:video_… Status:queued}`
        if sep == ":" and not gap and written == bare and not is_go and label_of(bare) is None:
            return False
        self.end()
        self._name = bare
        return True

    def read_token(self, token: re.Match[str]) -> None:
        """Read any token but a name."""
        match token.lastgroup:
            case "string":
                self.string(token["string"])
            case "open":
                self.has_opened = True
                self.open()
            case "close":
                self.close()
            case "end":
                self.end()
            case "word":
                self.word(token["word"])

    def word(self, text: str) -> None:
        self._last = text
        if self._name is not None or len(self.stack) > 1:
            self._words.append(text)

    def string(self, text: str) -> None:
        content = text[1:-1]
        if self._name is not None and self._string is None:
            self._string = content
        elif self._name is None and len(self.stack) > 1:
            self.stack[-1].bare.append(content)

    def open(self) -> None:
        if self._string is not None:
            self.end()  # `Model="sora-2" </Response>`
        # `result {` of protobuf text, `User(…)` of reprs: the word before a bracket says what is in it.
        name = self._name or self._last
        if self._name is None and self._words:
            self._words.pop()
            self.end()
        self._name, self._words, self._string, self._last = None, [], None, ""
        if len(self.stack) < _MAX_DEPTH:
            self.stack.append(_Scope(name or ""))

    def close(self) -> None:
        self.end()
        if len(self.stack) == 1:
            return
        scope = self.stack.pop()
        value = scope.value()
        if scope.name:
            self.stack[-1].put(scope.name, value)
        elif scope.records or scope.bare:
            self.stack[-1].bare.append(value)

    def end(self) -> None:
        """End the value that was begun."""
        if self._name is not None:
            value = self._string if self._string is not None else " ".join(self._words)
            if value or len(self.stack) > 1:
                self.stack[-1].put(self._name, value)
        elif self._words and len(self.stack) > 1:
            self.stack[-1].bare.append(" ".join(self._words))
        self._name, self._words, self._string = None, [], None
        self._last = ""

    def tree(self) -> object:
        while len(self.stack) > 1:
            self.close()
        self.end()
        return self.stack[0].value()


def read_pairs(text: str, start: int, end: int, *, to_close: bool = False) -> tuple[object, int, bool]:
    """Read names and values from `start`; returns the tree, where it ended, and whether every bracket was closed.

    Ends at `end`, or, with `to_close`, at the end of the line in which the last bracket closes.
    """
    reader = _Reader()
    position = start
    while position < end and (token := _TOKEN.match(text, position, end)) is not None:
        position = token.end()
        if token.lastgroup == "gap" and not reader.name(token["name"], token["sep"], token["gap"]):
            # The whole word, with what stands behind its colon.
            rest = _WORD.match(text, token.start(), end)
            position = rest.end() if rest is not None else position
            reader.word(text[token.start() : position])
        elif token["end"] == "\n" and to_close and reader.has_opened and len(reader.stack) == 1:
            break
        else:
            reader.read_token(token)
    is_closed = len(reader.stack) == 1
    return reader.tree(), position, is_closed


_WORD = re.compile(r"[^\s,;{}()\[\]<>\"'`]+")


def unescaped(line: str) -> str:
    """Return a line with the quotes that a program has escaped as they were."""
    if '\\"' in line or "\\'" in line:
        return _ESCAPED.sub(r"\1", line).replace('"{', "{").replace('}"', "}")
    return line
