"""Tasks as lines of text in columns, measured in terminal cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
_DROPPED_FIRST = ("TAGS", "MODEL", "PROVIDER", "DONE", "LEFT")
"""What a narrow terminal does without, in this order."""
_COLOURS = {"failed": "red", "expired": "red", "ready": "green", "saved": "green", "unknown": "yellow"}


@dataclass(slots=True)
class _Column:
    title: str
    cells: list[str]
    width: int = 0

    def __post_init__(self) -> None:
        self.width = max(cell_len(text) for text in (self.title, *self.cells))


def table_lines(tasks: Sequence[Task], labels: dict[str, str], now: float, width: int | None) -> list[str]:
    """Return a heading and one line a task, at most `width` cells wide; None: as wide as they need to be.

    Coloured for `click.echo`, which takes the colours out where they do not belong.
    """
    if not tasks:
        return []
    rows = [_texts(task, now, labels) for task in tasks]
    columns = [_Column(title, [clean(row[title], 512) for row in rows]) for title in rows[0]]
    columns = [column for column in columns if column.title in {"STATE", "ID"} or any(column.cells)]
    if width is not None:
        columns = _fitted(columns, width)
    words = [task_row.shown_word(task, now) for task in tasks]
    heading = _line([(column.title, column) for column in columns])
    return [
        click.style(heading, dim=True),
        *(
            _line([(column.cells[row], column) for column in columns], _COLOURS.get(word))
            for row, word in enumerate(words)
        ),
    ]


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
        if note.width < min(_LEAST_NOTE, cell_len(max(note.cells, key=cell_len))):
            columns = [column for column in columns if column is not note]
        else:
            left -= note.width + _GAP
    task_id.width = min(task_id.width, left)
    return columns


def _line(row: list[tuple[str, _Column]], colour: str | None = None) -> str:
    parts = []
    for text, column in row:
        padded = fit_middle(text, column.width) if column.title == "ID" else fit(text, column.width)
        parts.append(click.style(padded, fg=colour) if colour and column.title == "STATE" else padded)
    return (" " * _GAP).join(parts).rstrip()


def _texts(task: Task, now: float, labels: dict[str, str]) -> dict[str, str]:
    """Return what stands in each column, in their order."""
    return {
        "STATE": task_row.shown_word(task, now),
        "LEFT": task_row.clock(task, now)[0],
        "ID": task.id,
        "PROVIDER": labels.get(task.provider, task.provider),
        "MODEL": task.model or "",
        "DONE": _done(task, now),
        "TAGS": " ".join(task.tags),
        "NOTE": _note(task, now),
    }


def _done(task: Task, now: float) -> str:
    word = task_row.shown_word(task, now)
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
