"""Names and values, one a line, below each other by indentation, dashes and headings: YAML, TOML, printed objects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from octotui.intake.labels import ID_LABELS, label_of
from octotui.intake.pairs import NAME, Tree, read_pairs

_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<marks>(?:[-*+•<>$#?][ \t]+)*)(?:(?:export|const|let|var|set|final|auto|val)[ \t]+)?"
    rf"(?P<name>{NAME}|[^\W\d][\w-]*(?:[ ][\w-]+){{1,2}})[ \t]*(?P<sep>=>|:=|:(?![:/])|=(?!=)|\||[ ][ ]+(?=\S))"
    r"(?P<gap>[ \t]*)(?P<rest>.*)"
)
_SECTION = re.compile(
    r"\s*\[{1,2}(?P<name>[\w.\"' -]{1,80})\]{1,2}\s*(?:#.*)?|\s*-?[\[* -]*(?:RECORD|row|\d+\. row)\b.*"
)
_ITEM = re.compile(r"(?P<indent>\s*)-\s+(?P<item>[\"'`]?[^\s\"'`]+[\"'`]?)\s*(?:\s#.*)?")
_INLINE = re.compile(r"[{(\[<,=]|\w\"?[ ]?:\s")
_BLOCKS = frozenset({"{", "[", "(", "|", ">", "|-", ">-"})
"""What stands for a value that is on the next lines."""
_COLUMNS = re.compile(r"[ \t]{2}|\t")
_HERE = "value_here"


def is_pair(line: str) -> bool:
    """Whether a line begins with a name and its value, or heads a section."""
    match = _LINE.match(line)
    if match is None:
        return _SECTION.fullmatch(line) is not None
    if not match["sep"].strip():
        # A column of names and one of values, as a pandas Series is printed.
        return label_of(_bare(match["name"])) is not None and _COLUMNS.search(match["rest"].strip()) is None
    is_id = match["sep"] == ":" and not match["gap"] and match["rest"] and label_of(_bare(match["name"])) is None
    return not is_id and not (match["sep"] == "|" and "|" in match["rest"])


def is_item(line: str) -> bool:
    """Whether a line is an item of a YAML list that has no name."""
    return _ITEM.fullmatch(line) is not None


def of_lines(lines: Sequence[str]) -> object:
    """Return the tree of lines that `is_pair` or `is_item`."""
    outline = _Outline()
    for line in _left_aligned(lines):
        if (match := _LINE.match(line)) is not None:
            outline.pair(match)
        elif (match := _ITEM.fullmatch(line)) is not None:
            outline.list_below(len(match["indent"].expandtabs(2))).append(match["item"].strip("\"'`"))
        elif (match := _SECTION.fullmatch(line)) is not None:
            outline.section((match["name"] or "").strip("\"' "))
    return outline.root[0] if len(outline.root) == 1 else outline.root


def _left_aligned(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines, those without their blanks whose names end at one column: there, blanks put nothing below a name."""
    begun = 0
    for at in range(len(lines) + 1):
        if at == len(lines) or _SECTION.fullmatch(lines[at]) is not None:
            part = lines[begun:at]
            yield from (map(str.lstrip, part) if _is_right_aligned(part) else part)
            yield from lines[at : at + 1]
            begun = at + 1


def _is_right_aligned(lines: Sequence[str]) -> bool:
    """Whether the names of lines end at one column, and the blanks before them cannot be an outline's."""
    matches = [_LINE.match(line) for line in lines]
    pairs = [match for match in matches if match is not None and match["marks"] == ""]
    if len(pairs) < 2 or len(pairs) < len(lines) or len({match.start("sep") for match in pairs}) > 1:
        return False
    indents = [len(match["indent"]) for match in pairs]
    return indents[0] > min(indents) or any(
        below > above and match["rest"].strip()
        for match, above, below in zip(pairs, indents, indents[1:], strict=False)
    )


class _Level(NamedTuple):
    """What lines of one indentation fill."""

    indent: int
    holder: list[Any]
    """Where the next record goes."""
    record: Tree


class _Outline:
    """The tree as far as it is read."""

    def __init__(self) -> None:
        self.root: list[Any] = []
        self._levels: list[_Level] = []
        self._dashed: Tree | None = None
        """The record of which every name so far has a dash of its own."""

    def section(self, name: str) -> None:
        """Begin a record under a heading of its own."""
        record: Tree = {}
        self.root.append({name: record} if name else record)
        self._levels = [_Level(0, self.root, record)]

    def pair(self, match: re.Match[str]) -> None:
        """Add one name with its value."""
        indent = len(match["indent"].expandtabs(2))
        if "-" in match["marks"]:
            self._leave(indent)
            holder = self.list_below(indent)
            record: Tree = {}
            dashed = self._dashed
            if holder and dashed is not None and holder[-1] is dashed and _can_join(dashed, _bare(match["name"])):
                record = dashed
            else:
                holder.append(record)
            self._dashed = record
            self._levels.append(_Level(indent + len(match["marks"]), holder, record))
        else:
            self._dashed = None
            self._leave(indent)
            if not self._levels or self._levels[-1].indent < indent:
                holder = self._levels[-1].holder if self._levels else self.root
                self._levels.append(_Level(indent, holder, self._child()))
        level = self._levels[-1]
        name = _bare(match["name"])
        if name in level.record:
            level = _Level(level.indent, level.holder, {})
            level.holder.append(level.record)
            self._levels[-1] = level
        level.record[name] = _value(match["rest"], level.record)

    def _leave(self, indent: int) -> None:
        while self._levels and self._levels[-1].indent > indent:
            self._levels.pop()

    def _child(self) -> Tree:
        """Return the record that more deeply indented lines fill: the value of the name above that has none."""
        child: Tree = {}
        if not self._levels or not self._levels[-1].record:
            self.root.append(child)
            return child
        parent = self._levels[-1].record
        last = next(reversed(parent))
        if parent[last] != "":
            return parent
        parent[last] = child
        return child

    def list_below(self, indent: int) -> list[Any]:
        """Return the list that a dash adds to: the one of the dashes before it, else the value of the name above."""
        for level in reversed(self._levels):
            if level.indent > indent or not level.record:
                continue
            last = next(reversed(level.record))
            held = level.record[last]
            if held == "":
                held = level.record[last] = []
            return held if isinstance(held, list) else level.holder
        return self.root


def _can_join(record: Tree, name: str) -> bool:
    """Whether a name with a dash goes on with what the dashes before it say: no name comes twice, nor a second id."""
    if name in record or label_of(name) is None:
        return False
    return label_of(name) not in ID_LABELS or not any(label_of(each) in ID_LABELS for each in record)


def _bare(name: str) -> str:
    return name.strip("\"'`").lstrip(":@")


def _value(rest: str, record: Tree) -> object:
    """Return what stands behind a name; further names on its line go to the record."""
    rest = rest.strip().rstrip(",;").rstrip()
    if not rest or rest in _BLOCKS:
        return ""
    if rest[0] in "\"'`" and rest[-1] == rest[0] and len(rest) > 1 and rest[0] not in rest[1:-1]:
        return rest[1:-1]
    if _INLINE.search(rest) is None:
        return rest.split(" #", 1)[0].rstrip()
    text = f"{_HERE}={rest}"
    tree, _, _ = read_pairs(text, 0, len(text))
    if not isinstance(tree, dict):
        return tree
    own = tree.pop(_HERE, "")
    if not tree and isinstance(own, str) and rest[0] not in "\"'`{([<":
        return rest.split(" #", 1)[0].rstrip()  # a sentence with a comma in it
    for name, value in tree.items():
        record.setdefault(name, value)
    return own
