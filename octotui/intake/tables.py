"""Tables in text, read by their headings: CSV, Markdown, psql, box-drawn ones, columns set apart by blanks."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from octotui.intake.id_shapes import has_known_shape
from octotui.intake.labels import FACTS, ID_LABELS, Label, label_of

MOST_ROWS = 100_000
_BARS = re.compile(r"(?<!\\)[|│┃║┆]")
_RULE = re.compile(r"[\s|+\-=:*.\u2500-\u257f]+")
_PARTED = re.compile(r"[,;\t|│┃║┆]|\s{2}")
_GAP = re.compile(r"\t|\s{2,}")
_MARK = re.compile(r"^[`*_~'\"]+|[`*_~'\"]+$")
_TYPE = re.compile(
    r"-*|str|string|text|varchar|utf8|object|bool(?:ean)?|u?(?:int|big|small|tiny)(?:int|\d*)?|[iuf](?:8|16|32|64)|integer"
    r"|double|float\d*|date|datetime.*|timestamp.*|uuid",
    re.IGNORECASE,
)
"""What some tables print below their headings."""
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")

_NAME_ALONE = re.compile(r"[^\W\d][\w-]{0,30}(?: [\w-]{1,30}){0,2}")
_OF_VALUES = frozenset({None, Label.STATE, Label.BARE})
"""What a value can mean when it is taken for a name: `queued`, `video`."""
_NUMBER = re.compile(r"^\s*\d{1,4}[.)]\s+")
"""Before each line of what redis-cli prints, and of numbered lists."""

Record = dict[str, Any]


def records_of(rows: Sequence[Any]) -> list[Record] | None:
    """Return rows of cells as records named by the first row, None when they are no table with a task's heading."""
    if len(rows) < 2 or not all(isinstance(row, list) for row in rows[:50]):
        return None
    header = rows[0]
    if not header or not all(isinstance(cell, str) for cell in header) or not _is_header(header):
        return None
    return [_record(header, row) for row in rows[1:] if isinstance(row, list)]


def read_table(lines: Sequence[str], at: int, is_model: Callable[[str], bool]) -> tuple[list[Record], int]:
    """Return the records of the table that begins at a line, and the line after it (`at` itself: there is none)."""
    line = lines[at]
    if (label := label_alone(line)) is not None:
        records, after = _stacked(lines, at)
        if records or label not in {Label.TASK, Label.PLAIN}:
            return records, after
        return _single(lines, at)
    if _PARTED.search(line.strip()) is None and label_of(line.strip()) in {Label.TASK, Label.PLAIN}:
        return _single(lines, at)
    if _BARS.search(line):
        return _barred(lines, at, is_model)
    for delimiter in (",", "\t", ";"):
        if delimiter in line:
            records, after = _separated(lines, at, delimiter, is_model)
            if records:
                return records, after
    return _spaced(lines, at, is_model)


def label_alone(line: str) -> Label | None:
    """Return what a line means that holds the name of something and nothing else; None for any other line."""
    name = _name_alone(line)
    return label_of(name) if _NAME_ALONE.fullmatch(name) is not None else None


def _name_alone(line: str) -> str:
    return _NUMBER.sub("", line).strip(" \t*`#:\"'")


def _stacked(lines: Sequence[str], at: int) -> tuple[list[Record], int]:
    """Names with their values on the lines below them, as web pages are copied: at least two, one of them an id's."""
    records: list[Record] = [{}]
    position = at
    while True:
        name, below = _filled(lines, position)
        name = _name_alone(name)
        value, after = _filled(lines, below)
        if label_alone(name) is None or not value or label_alone(value) not in _OF_VALUES:
            break
        if name in records[-1]:
            records.append({})
        records[-1][name] = _bare(_NUMBER.sub("", value))
        position = after
    is_one = len(records[0]) > 1 and any(label_of(name) in ID_LABELS for name in records[0])
    return (records, position) if is_one else ([], at)


def _filled(lines: Sequence[str], at: int) -> tuple[str, int]:
    """Return the next line that is not blank, trimmed, and the line after it; one blank line may stand before it."""
    while at < len(lines) and not lines[at].strip() and at + 1 < len(lines) and lines[at + 1].strip():
        at += 1
    return (lines[at].strip(), at + 1) if at < len(lines) else ("", at)


def _single(lines: Sequence[str], at: int) -> tuple[list[Record], int]:
    """A column of ids below its heading, or one id with other names below it, each above its value."""
    after = at + 1
    while after < len(lines) and after - at <= MOST_ROWS and _is_value(lines[after]):
        after += 1
    name = lines[at].strip()
    records: list[Record] = [{name: _bare(line)} for line in lines[at + 1 : after] if not _RULE.fullmatch(line)]
    while len(records) == 1 and after + 1 < len(lines) and label_of(lines[after].strip()) in FACTS:
        records[0][lines[after].strip()] = lines[after + 1].strip()
        after += 2
    return records, after if records else at


def _is_value(line: str) -> bool:
    return len(line.split()) == 1 and label_of(line.strip()) is None


def _is_header(cells: Sequence[str], is_model: Callable[[str], bool] = lambda _: False) -> bool:
    """Whether cells are headings, one of them over the ids of tasks."""
    labels = [label_of(cell) for cell in cells]
    named = sum(label in ID_LABELS for label in labels) + sum(is_model(cell) for cell in cells)
    if any(has_known_shape(cell) for cell in cells):
        return False
    return (
        named > 0
        and all(len(cell) <= 40 for cell in cells)
        and len(set(cells) - {""}) == len([cell for cell in cells if cell])
    )


def _record(header: Sequence[str], cells: Sequence[Any]) -> Record:
    return dict(zip(header, cells, strict=False))


def _cells(line: str) -> list[str]:
    stripped = line.strip()
    if stripped.startswith("||"):
        stripped = stripped.replace("||", "|")  # headings of a wiki
    inner = _BARS.split(stripped)
    if _BARS.match(stripped):
        inner = inner[1:]
    if inner and not inner[-1].strip() and _BARS.search(stripped[-1:]):
        inner = inner[:-1]
    return [_bare(cell) for cell in inner]


def _bare(cell: str) -> str:
    return _MARK.sub("", _LINK.sub(r"\1", cell.strip())).strip()


def _barred(lines: Sequence[str], at: int, is_model: Callable[[str], bool]) -> tuple[list[Record], int]:
    header = _cells(lines[at])
    if len(header) < 2:
        return [], at
    rows: list[list[str]] = []
    position, is_ruled = at + 1, False
    rules_between = 0
    has_rule = False
    while position < len(lines) and len(rows) < MOST_ROWS:
        line = lines[position]
        if _RULE.fullmatch(line) and line.strip():
            has_rule = True
            rules_between += bool(rows)
            is_ruled = True
        elif _BARS.search(line):
            cells = _cells(line)
            if not rows and all(map(_TYPE.fullmatch, cells)):
                position += 1
                continue
            if rows and not is_ruled and _goes_on(rows[-1], cells, line):
                rows[-1] = [_joined(above, below) for above, below in zip(rows[-1], cells, strict=False)]
            else:
                rows.append(cells)
            is_ruled = False
        else:
            break
        position += 1
    upright = [header, *rows]
    if len(header) == 2 and _is_upright(upright):
        return [{row[0]: row[1] for row in upright if len(row) == 2}], position
    if not rows or not _is_header(header, is_model):
        return [], at
    del has_rule
    return [_record(header, row) for row in rows], position


def _is_upright(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table of two columns has its headings in the first one."""
    labels = [label_of(row[0]) for row in rows if len(row) == 2]
    return sum(label in ID_LABELS or label in FACTS for label in labels) >= 2


def _goes_on(above: Sequence[str], cells: Sequence[str], line: str) -> bool:
    """Whether a line is the rest of the row above it, which was too long for its column."""
    return (
        len(above) == len(cells)
        and not cells[0]
        and any(cells)
        and any(over and not under for over, under in zip(above, cells, strict=True))
        and "|" not in line.strip()[1:-1].replace(" | ", "")
    ) or (len(above) == len(cells) and len(cells) > 1 and not cells[0] and not cells[-1] and any(cells))


def _joined(above: str, below: str) -> str:
    if not below or not above:
        return above or below
    # A word that was folded has no blank in it; of a sentence one is lost.
    is_word = " " not in above and " " not in below
    return above + below if is_word else f"{above} {below}"


def _separated(
    lines: Sequence[str], at: int, delimiter: str, is_model: Callable[[str], bool]
) -> tuple[list[Record], int]:
    quote = "'" if lines[at].lstrip().startswith("'") else '"'
    header = [_bare(cell) for cell in next(csv.reader([lines[at]], delimiter=delimiter, quotechar=quote), [])]
    if len(header) < 2 or not _is_header(header, is_model) or at + 1 >= len(lines):
        return [], at
    reader = csv.reader(_until_blank(lines, at + 1), delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    records: list[Record] = []
    after = at + 1
    try:
        for row in islice(reader, MOST_ROWS):
            if len(row) < 2 or len(row) > len(header) + 1:
                break
            if len(row) > len(header) and not header[0]:
                del row[0]
            cells = [cell.strip() for cell in row]
            if any(cell and cell == name for cell, name in zip(cells, header, strict=False)):
                return [], at  # rows without headings
            records.append(_record(header, cells))
            after = at + 1 + reader.line_num
    except csv.Error:
        pass  # what was read before the line that is none stays
    return records, after


def _until_blank(lines: Sequence[str], at: int) -> Iterator[str]:
    while at < len(lines) and lines[at].strip():
        yield f"{lines[at]}\n"
        at += 1


def _spaced(lines: Sequence[str], at: int, is_model: Callable[[str], bool]) -> tuple[list[Record], int]:
    header = [cell for cell in _GAP.split(lines[at].strip()) if cell]
    if len(header) < 2 or not _is_header(header, is_model) or sum(map(_is_heading, header)) < 2:
        return [], at
    records: list[Record] = []
    position = at + 1
    while position < len(lines) and lines[position].strip() and len(records) < MOST_ROWS:
        line = lines[position]
        if not _RULE.fullmatch(line):
            cells = [cell for cell in _GAP.split(line.strip()) if cell]
            if len(cells) != len(header) and len(line.split()) in {len(header), len(header) + 1}:
                cells = line.split()
            if len(cells) == len(header) + 1:
                cells = cells[1:]  # the index of a data frame
            if len(cells) != len(header):
                break
            records.append(_record(header, cells))
        position += 1
    return records, position if records else at


def _is_heading(cell: str) -> bool:
    return label_of(cell) is not None or (cell.isupper() and len(cell.split()) <= 3)
