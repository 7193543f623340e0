"""One tolerant reader of names and values: reprs of many languages, YAML, TOML, `key=value`, JSON that was cut off.

It knows no language: a name, a `:`, `=`, `=>` or `:=` behind it, a value; brackets, or the indentation of lines, put
values below a name. What it makes is a tree of dicts, lists and strings like JSON's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from octotui.intake.labels import label_of

MAX_CHUNK = 64 * 1024
"""Characters of one bracketed value."""
_MAX_DEPTH = 40
_STRING = r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`[^`\n]*+`"
_NAME = r"\"[^\"\\\n]{1,80}\"|'[^'\\\n]{1,80}'|`[^`\n]{1,80}`|:?[^\W\d][\w.-]{0,60}+(?:[ ](?:[Ii][Dd]|ID))?"
_TOKEN = re.compile(
    rf"(?P<name>{_NAME})[ \t]*(?P<sep>=>|:=|:(?![:/])|=(?!=))(?P<gap>[ \t]*)"
    rf"|(?P<string>{_STRING})|(?P<open>[{{(\[<])|(?P<close>[}})\]>])|(?P<end>[,;\n])|(?P<blank>[ \t\r]+)"
    r"|(?P<word>[^\s,;{}()\[\]<>\"'`]+|.)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\+([\"'])")
_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<dash>(?:[-*+•<>$#?][ \t]+)*)(?:(?:export|const|let|var|set|final|auto|val)[ \t]+)?"
    rf"(?P<name>{_NAME}|[^\W\d][\w-]*(?:[ ][\w-]+){{1,2}})[ \t]*(?P<sep>=>|:=|:(?![:/])|=(?!=)|\|)(?P<gap>[ \t]*)(?P<rest>.*)"
)
_SECTION = re.compile(
    r"\s*\[{1,2}(?P<name>[\w.\"' -]{1,80})\]{1,2}\s*(?:#.*)?|\s*-?[\[* -]*(?:RECORD|row|\d+\. row)\b.*"
)
_ITEM = re.compile(r"(?P<indent>\s*)-\s+(?P<item>[\"'`]?[^\s\"'`]+[\"'`]?)\s*")
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
        if len(self.records) == 1 and not any(isinstance(each, (dict, list)) for each in self.bare):
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

    def name(self, written: str, sep: str, gap: str) -> bool:
        """Begin a value; False when the word is no name but the beginning of an id (`sora-2:task_…`) or a time."""
        bare = written.strip("\"'`").removeprefix(":")
        is_go = len(self.stack) > 1 and bare[:1].isupper()  # `{ID:video_… Status:queued}`
        if sep == ":" and not gap and written == bare and not is_go and label_of(bare) is None:
            return False
        self.end()
        self._name = bare
        return True

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
    has_opened = False
    while position < end:
        token = _TOKEN.match(text, position, end)
        if token is None:
            break
        kind = token.lastgroup
        position = token.end()
        if kind == "gap":
            if not reader.name(token["name"], token["sep"], token["gap"]):
                # The whole word, with what stands behind its colon.
                rest = _WORD.match(text, token.start(), end)
                position = rest.end() if rest is not None else position
                reader.word(text[token.start() : position])
        elif kind == "string":
            reader.string(token["string"])
        elif kind == "open":
            has_opened = True
            reader.open()
        elif kind == "close":
            reader.close()
        elif kind == "end":
            if token["end"] != "\n" or len(reader.stack) > 1:
                reader.end()
            elif to_close and has_opened:
                break
            else:
                reader.end()
        elif kind == "word":
            reader.word(token["word"])
    is_closed = len(reader.stack) == 1
    return reader.tree(), position, is_closed


_WORD = re.compile(r"[^\s,;{}()\[\]<>\"'`]+")


def unescaped(line: str) -> str:
    """Return a line with the quotes that a program has escaped as they were."""
    if '\\"' in line or "\\'" in line:
        return _ESCAPED.sub(r"\1", line).replace('"{', "{").replace('}"', "}")
    return line


def is_pair(line: str) -> bool:
    """Whether a line begins with a name and its value, or heads a section: YAML, TOML, an INI file, a printed object."""
    match = _LINE.match(line)
    if match is None:
        return _SECTION.fullmatch(line) is not None
    is_id = match["sep"] == ":" and not match["gap"] and match["rest"] and label_of(_bare(match["name"])) is None
    return not is_id and not (match["sep"] == "|" and "|" in match["rest"])


def is_item(line: str) -> bool:
    """Whether a line is an item of a YAML list that has no name."""
    return _ITEM.fullmatch(line) is not None


def of_lines(lines: Sequence[str]) -> object:
    """Return the tree of lines that `is_pair`: indentation and dashes put them below each other."""
    root: list[Any] = []
    # (indentation, where records go, the record that lines of this indentation fill)
    stack: list[tuple[int, list[Any], Tree]] = []
    for line in lines:
        match = _LINE.match(line)
        if match is None and (item := _ITEM.fullmatch(line)) is not None:
            _list_below(stack, len(item["indent"].expandtabs(2)), root).append(item["item"].strip("\"'`"))
            continue
        if match is None:
            name = _SECTION.fullmatch(line)
            section: Tree = {}
            root.append({(name["name"] or "").strip("\"' "): section} if name is not None and name["name"] else section)
            stack = [(0, root, section)]
            continue
        indent = len(match["indent"].expandtabs(2))
        name = _bare(match["name"])
        dashes = match["dash"].strip() and "-" in match["dash"] and len(match["dash"])
        while stack and stack[-1][0] > indent + int(bool(dashes)) * len(match["dash"]):
            stack.pop()
        if dashes:
            while stack and stack[-1][0] > indent:
                stack.pop()
            holder = stack[-1][1] if stack and stack[-1][0] == indent else (stack[-1][1] if stack else root)
            record: Tree = {}
            holder = _list_below(stack, indent, root)
            holder.append(record)
            stack.append((indent + len(match["dash"]), holder, record))
        elif not stack or stack[-1][0] < indent:
            record = _child_of(stack, root)
            stack.append((indent, root if not stack else stack[-1][1], record))
        record = stack[-1][2]
        if name in record:
            record = {}
            stack[-1][1].append(record)
            stack[-1] = (stack[-1][0], stack[-1][1], record)
        record[name] = _value(match["rest"], record)
    return root[0] if len(root) == 1 else root


def _bare(name: str) -> str:
    return name.strip("\"'`").removeprefix(":")


def _child_of(stack: list[tuple[int, list[Any], Tree]], root: list[Any]) -> Tree:
    """Return the record that more deeply indented lines fill: the value of the name above that has none."""
    child: Tree = {}
    if stack and stack[-1][2]:
        parent = stack[-1][2]
        last = next(reversed(parent))
        if parent[last] in ("", None):
            parent[last] = child
            return child
        return parent
    root.append(child)
    return child


def _list_below(stack: list[tuple[int, list[Any], Tree]], indent: int, root: list[Any]) -> list[Any]:
    """Return the list that a dash adds to: the one of the dashes before it, else the value of the name above."""
    for level, holder, record in reversed(stack):
        if level <= indent and record:
            last = next(reversed(record))
            if isinstance(record[last], list):
                held: list[Any] = record[last]
                return held
            if record[last] in ("", None):
                record[last] = []
                return record[last]
            return holder
    return root


def _value(rest: str, record: Tree) -> object:
    rest = rest.strip().rstrip(",;").rstrip()
    if not rest or rest in {"{", "[", "(", "|", ">", "|-", ">-"}:
        return ""
    if rest[0] in "\"'`" and rest[-1] == rest[0] and len(rest) > 1 and rest[0] not in rest[1:-1]:
        return rest[1:-1]
    if not _INLINE.search(rest):
        return rest.split(" #")[0].rstrip()
    tree, _, _ = read_pairs(f"{_HERE}={rest}", 0, len(rest) + len(_HERE) + 1)
    if not isinstance(tree, dict):
        return tree
    own = tree.pop(_HERE, None)
    for name, value in tree.items():
        record.setdefault(name, value)
    return own if own is not None else ""


_HERE = "value_here"
_INLINE = re.compile(r"[{(\[<,=]|\w\"?:\s")
