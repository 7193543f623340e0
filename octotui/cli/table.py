"""Tasks as lines of text in columns, measured in terminal cells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

import click
from rich.cells import cell_len

from octotui.model import Task
from octotui.presentation.fields import FIELDS, TABLE, Field, Labels
from octotui.presentation.styled_text import fit, fit_middle, fit_right
from octotui.sanitize import clean

_GAP = 2
_BETWEEN_COLUMNS = " " * _GAP
_LEAST = {"id": 18, "title": 16, "model": 12, "note": 12}
"""Cells to which these are cut before a column goes; a shortened id means its task as well as a whole one."""
_GROWING = (("title", 40), ("note", 24), ("id", None), ("model", None), ("title", None), ("note", None))
"""Who gets the cells that are left, in this order, and up to how many in all."""
_LEAST_CHOSEN = 8
"""The same of every column that somebody has chosen."""
_LONGEST = 512
"""Characters of one cell."""
_PAGE = 1000
"""Tasks whose texts are kept together."""
_BETWEEN_TEXTS = "\x1f"
"""No text has one: `clean` makes it visible."""
_DROPPED_FIRST = ("tags", "note", "model", "provider", "done", "title", "left")
"""What a narrow terminal does without, in this order, unless somebody has chosen it."""
_ALWAYS = frozenset({"state", "id"})
_COLOURS = {
    "failed": "red",
    "expired": "red",
    "ready": "green",
    "saved": "green",
    "delivered": "green",
    "unknown": "yellow",
}


@dataclass(slots=True)
class _Column:
    field: Field
    place: int
    """Which cell of a row it is."""
    width: int
    """Cells it takes."""
    widest: int = 0
    """Cells of the longest text under its title."""

    @property
    def name(self) -> str:
        return self.field.name


def table_lines(
    tasks: Iterable[Task],
    labels: Labels,
    now: float,
    width: int | None,
    names: Sequence[str] = TABLE,
    *,
    is_chosen: bool = False,
) -> Iterator[str]:
    """Yield a heading and one line a task, at most `width` cells wide; None: as wide as they need to be.

    Coloured for `click.echo`, which takes the colours out where they do not belong. Until the last task has said how
    wide the columns are, the texts wait in a file, for there may be a million of them: a page of tasks at a time, and
    of it one column after the other, as a column is measured and padded at once.

    Args:
        tasks: The rows.
        labels: What each provider is called.
        now: Unix seconds.
        width: Cells there are.
        names: The columns.
        is_chosen: Whether somebody has chosen them: then empty ones are shown, too, and none goes before the last.

    """
    fields = [FIELDS[name] for name in names]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="\n") as waiting:
        columns = _measured(tasks, labels, now, waiting, fields)
        if not columns:
            return
        if not is_chosen:
            columns = [column for column in columns if column.name in _ALWAYS or column.widest]
        if width is not None:
            columns = _fitted(columns, width) if not is_chosen else _squeezed(columns, width)
        headings = [_padded([column.field.heading.upper()], column)[0] for column in columns]
        yield click.style(_BETWEEN_COLUMNS.join(headings).rstrip(), dim=True)
        waiting.seek(0)
        while page := list(islice(waiting, len(fields))):
            texts = [line.removesuffix("\n").split(_BETWEEN_TEXTS) for line in page]
            for cells in zip(*(_padded(texts[column.place], column) for column in columns), strict=True):
                yield _BETWEEN_COLUMNS.join(cells).rstrip()


def _measured(
    tasks: Iterable[Task], labels: Labels, now: float, waiting: TextIO, fields: Sequence[Field]
) -> list[_Column]:
    """Write the texts of all tasks into a file; returns the columns, as wide as their texts, none where is no task."""
    widest = [0] * len(fields)
    is_empty = True
    unread = iter(tasks)
    while page := list(islice(unread, _PAGE)):
        is_empty = False
        texts = [_cleaned([field.text(task, now, labels) for task in page]) for field in fields]
        waiting.writelines(_BETWEEN_TEXTS.join(column) + "\n" for column in texts)
        widest = list(map(max, widest, map(_widest, texts)))
    if is_empty:
        return []
    return [
        _Column(field, place, max(len(field.heading), most), most)
        for place, (field, most) in enumerate(zip(fields, widest, strict=True))
    ]


def _cleaned(texts: Sequence[str]) -> Sequence[str]:
    """Return what is safe to print of each text; where all are printable as they are, that costs one look."""
    if "".join(texts).isprintable() and max(map(len, texts)) <= _LONGEST:
        return texts
    return [clean(text, _LONGEST) for text in texts]


def _widest(texts: Sequence[str]) -> int:
    return max(map(len if "".join(texts).isascii() else cell_len, texts))


def _padded(texts: Sequence[str], column: _Column) -> Sequence[str]:
    """Return texts of a column exactly as wide as it is, those of the state in their colours."""
    width, is_number = column.width, column.field.is_number
    if "".join(texts).isascii() and max(map(len, texts)) <= width:
        padded = [text.rjust(width) for text in texts] if is_number else [text.ljust(width) for text in texts]
    else:
        cut = fit_right if is_number else fit_middle if column.name in {"id", "model"} else fit
        is_short = [not is_number and text.isascii() and len(text) <= width for text in texts]
        padded = [text.ljust(width) if short else cut(text, width) for text, short in zip(texts, is_short, strict=True)]
    if column.name != "state":
        return padded
    coloured = {
        text: click.style(shown, fg=_COLOURS[text]) if text in _COLOURS else shown
        for text, shown in dict(zip(texts, padded, strict=True)).items()
    }
    return [coloured[text] for text in texts]


def _fitted(columns: list[_Column], width: int) -> list[_Column]:
    """Return the usual columns that fit into `width` cells; title, id, model and note are cut to what is left."""
    for name in (None, *_DROPPED_FIRST):
        columns = [column for column in columns if column.name != name]
        left = width - sum(map(_least, columns)) - _GAP * (len(columns) - 1)
        if left >= 0:
            break
    by_name = {column.name: column for column in columns}
    widest = {column.name: column.width for column in columns}
    for column in columns:
        column.width = _least(column)
    if left < 0:
        by_name["id"].width = max(4, by_name["id"].width + left)
    for name, most in _GROWING:
        if left > 0 and name in by_name:
            more = min(left, max(0, min(widest[name], most or widest[name]) - by_name[name].width))
            by_name[name].width += more
            left -= more
    return columns


def _least(column: _Column) -> int:
    return min(column.width, _LEAST.get(column.name, column.width))


def _squeezed(columns: list[_Column], width: int) -> list[_Column]:
    """Return the chosen columns, the widest ones cut; the last ones go where there is no room for all of them."""
    while len(columns) > 1 and sum(min(column.width, _LEAST_CHOSEN) + _GAP for column in columns) - _GAP > width:
        columns = columns[:-1]
    left = width - _GAP * (len(columns) - 1)
    for waiting, column in zip(range(len(columns), 0, -1), sorted(columns, key=lambda each: each.width), strict=True):
        column.width = min(column.width, max(left // waiting, 4))
        left -= column.width
    return columns
