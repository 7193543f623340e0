"""Rows in SQL: `INSERT INTO tasks … VALUES (…)` and what `pg_dump` copies, read by columns or by the table's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice

from octotui.intake.id_shapes import has_own_shape, is_uuid
from octotui.intake.labels import Label, label_of
from octotui.intake.tables import MOST_ROWS, Record

_INSERT = re.compile(
    r"\s*INSERT\s+(?:OR\s+\w+\s+)?INTO\s+(?P<table>[\w.\"'`\[\]]+)\s*(?:\((?P<columns>[^()]*)\))?\s*VALUES?\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_COPY = re.compile(r"\s*COPY\s+(?P<table>[\w.\"]+)\s*\((?P<columns>[^()]*)\)\s+FROM\s+stdin", re.IGNORECASE)
_ROW = re.compile(r"\((?P<cells>(?:'(?:[^']|'')*+'|\"[^\"]*+\"|[^()'\"])*+)\)")
_CELL = re.compile(r"\s*(?:'(?P<quoted>(?:[^']|'')*+)'|(?P<bare>[^,]*))\s*(?:,|$)")
_MOST_LINES = 20_000


def read_statement(lines: Sequence[str], at: int, is_model: Callable[[str], bool]) -> tuple[list[Record], int]:
    """Return the rows of the statement that begins at a line, and the line after it (`at` itself: there is none)."""
    copied = _COPY.match(lines[at])
    if copied is not None:
        header = _names(copied["columns"])
        rows = [line.split("\t") for line in _until_end(lines, at + 1)]
        return [_record(header, row, copied["table"], is_model) for row in rows], at + 1 + len(rows)
    if "insert" not in lines[at][:80].lower():
        return [], at
    taken = list(_statement(lines, at))
    match = _INSERT.match("\n".join(taken))
    if match is None:
        return [], at
    header = _names(match["columns"] or "")
    found = [
        _record(header, _cells(row["cells"]), match["table"], is_model)
        for row in islice(_ROW.finditer(match["rest"]), MOST_ROWS)
    ]
    return found, at + len(taken)


def _statement(lines: Sequence[str], at: int) -> Sequence[str]:
    for after in range(at, min(len(lines), at + _MOST_LINES)):
        if lines[after].rstrip().endswith(";") or (after > at and not lines[after].strip()):
            return lines[at : after + 1]
    return lines[at : at + _MOST_LINES]


def _until_end(lines: Sequence[str], at: int) -> Sequence[str]:
    for after in range(at, min(len(lines), at + MOST_ROWS)):
        if lines[after].startswith("\\.") or not lines[after].strip():
            return lines[at:after]
    return lines[at : at + MOST_ROWS]


def _names(columns: str) -> list[str]:
    return [name.strip(" \"'`[]\n") for name in columns.split(",") if name.strip()]


def _cells(row: str) -> list[str]:
    cells: list[str] = []
    position = 0
    while position < len(row):
        match = _CELL.match(row, position)
        if match is None or match.end() == position:
            break
        quoted = match["quoted"]
        cells.append(quoted.replace("''", "'") if quoted is not None else (match["bare"] or "").strip())
        position = match.end()
    return cells


def _record(header: list[str], cells: list[str], table: str, is_model: Callable[[str], bool]) -> Record:
    if header:
        return dict(zip(header, cells, strict=False))
    # Without columns the table's name says what its rows are.
    name = table.strip("\"'`[]").rpartition(".")[2]
    is_of_tasks = label_of(name) is Label.BARE or label_of(f"{name}_id") is Label.TASK
    chosen = next((cell for cell in cells if has_own_shape(cell)), None)
    if chosen is None and is_of_tasks:
        chosen = next((cell for cell in cells if is_uuid(cell) or (cell.isdigit() and len(cell) >= 15)), None)
    model = next((cell for cell in cells if is_model(cell)), None)
    return {"task_id": chosen, "model": model} if chosen is not None else {}
