"""Tasks as lines of text in columns, measured in terminal cells."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

import click
from rich.cells import cell_len

from octotui import units
from octotui.model import DownloadState, Task
from octotui.presentation import task_row
from octotui.presentation.styled_text import fit, fit_middle
from octotui.sanitize import clean

_GAP = 2
_LEAST_ID = 16
_LEAST_NOTE = 12
_TITLES = ("STATE", "LEFT", "ID", "PROVIDER", "MODEL", "DONE", "TAGS", "NOTE")
_LONGEST = 512
"""Characters of one cell."""
_BETWEEN_CELLS = "\x1f"
"""No text has one: `clean` makes it visible."""
_DROPPED_FIRST = ("TAGS", "MODEL", "PROVIDER", "DONE", "LEFT")
"""What a narrow terminal does without, in this order."""
_COLOURS = {"failed": "red", "expired": "red", "ready": "green", "saved": "green", "unknown": "yellow"}


@dataclass(slots=True)
class _Column:
    title: str
    place: int
    """Which cell of a row it is."""
    width: int
    """Cells it takes."""
    widest: int = 0
    """Cells of the longest text under its title."""


def table_lines(tasks: Iterable[Task], labels: dict[str, str], now: float, width: int | None) -> Iterator[str]:
    """Yield a heading and one line a task, at most `width` cells wide; None: as wide as they need to be.

    Coloured for `click.echo`, which takes the colours out where they do not belong. Until the last task has said how
    wide the columns are, the texts wait in a file, for there may be a million of them.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="\n") as waiting:
        columns = _measured(tasks, labels, now, waiting)
        if not columns:
            return
        columns = [column for column in columns if column.title in {"STATE", "ID"} or column.widest]
        if width is not None:
            columns = _fitted(columns, width)
        yield click.style(_line(_TITLES, columns), dim=True)
        waiting.seek(0)
        for line in waiting:
            cells = line.removesuffix("\n").split(_BETWEEN_CELLS)
            yield _line(cells, columns, _COLOURS.get(cells[0]))


def _measured(tasks: Iterable[Task], labels: dict[str, str], now: float, waiting: TextIO) -> list[_Column]:
    """Write the cells of each task into a file; returns the columns, as wide as their texts, none where is no task."""
    widest = [0] * len(_TITLES)
    is_empty = True
    for task in tasks:
        is_empty = False
        cells = _cleaned(_texts(task, now, labels))
        waiting.write(_BETWEEN_CELLS.join(cells) + "\n")
        widest = list(map(max, widest, map(_width, cells)))
    if is_empty:
        return []
    return [
        _Column(title, place, max(len(title), most), most)
        for place, (title, most) in enumerate(zip(_TITLES, widest, strict=True))
    ]


def _cleaned(texts: Sequence[str]) -> Sequence[str]:
    """Return what is safe to print of each text; what is printable as it is, as most rows are, costs one look."""
    together = "".join(texts)
    if together.isprintable() and len(together) <= _LONGEST:
        return texts
    return [clean(text, _LONGEST) for text in texts]


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _fitted(columns: list[_Column], width: int) -> list[_Column]:
    """Return the columns that fit into `width` cells, the id and the note cut to what is left."""
    for title in (None, *_DROPPED_FIRST):
        columns = [column for column in columns if column.title != title]
        fixed = sum(column.width + _GAP for column in columns if column.title not in {"ID", "NOTE"})
        if fixed + _LEAST_ID <= width:
            break
    by_title = {column.title: column for column in columns}
    left = max(width - fixed, 4)
    task_id, note = by_title["ID"], by_title.get("NOTE")
    if note is not None:
        kept_for_id = min(task_id.width, max(left - note.width - _GAP, left // 2, _LEAST_ID))
        note.width = min(note.width, left - kept_for_id - _GAP)
        if note.width < min(_LEAST_NOTE, note.widest):
            columns = [column for column in columns if column is not note]
        else:
            left -= note.width + _GAP
    task_id.width = min(task_id.width, left)
    return columns


def _line(cells: Sequence[str], columns: list[_Column], colour: str | None = None) -> str:
    parts = []
    for column in columns:
        text = cells[column.place]
        if text.isascii() and len(text) <= column.width:
            padded = text.ljust(column.width)
        else:
            padded = fit_middle(text, column.width) if column.title == "ID" else fit(text, column.width)
        parts.append(click.style(padded, fg=colour) if colour and column.title == "STATE" else padded)
    return (" " * _GAP).join(parts).rstrip()


def _texts(task: Task, now: float, labels: dict[str, str]) -> tuple[str, ...]:
    """Return what stands in each column, in the order of `_TITLES`."""
    word = task_row.shown_word(task, now)
    return (
        word,
        task_row.clock(task, now)[0],
        task.id,
        labels.get(task.provider, task.provider),
        task.model or "",
        _done(task, word),
        " ".join(task.tags),
        _note(task, now),
    )


def _done(task: Task, word: str) -> str:
    if word == task_row.SAVED:
        return units.size(task.download.bytes_total or task.download.bytes_done)
    share = task_row.share(task, word)
    return "" if share is None else f"{share}%"


def _note(task: Task, now: float) -> str:
    """Return what there is to say about a task: where its file is, or what went wrong."""
    if task.is_saved:
        return task.download.file or ""
    if task.error_message or task.error_code:
        return task.error_message or task.error_code or ""
    if task.download.state is DownloadState.FAILED:
        return f"not saved: {task.download.error or 'no reason given'}"
    if task.download.state is DownloadState.WANTED and task.download.error:
        return f"not saved yet: {task_row.waiting_words(task, now)}"
    return "" if task.failure is None else f"asking failed: {task.failure.message}"
