"""What commands print: tasks as JSON, as a table, or one task's facts."""

from __future__ import annotations

import contextlib
import json
import sys
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import click

from octotui.failed_answer import split
from octotui.redaction import mask_secrets, mask_url
from octotui.sanitize import clean
from octotui.task_json import line_writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from octotui.model import NewTask, Task

T = TypeVar("T")

_LINES = 500
"""Lines written at once."""


def print_json(value: object) -> None:
    """Print one JSON value on a line of stdout."""
    click.echo(_dumped(value))


def print_tasks_json(tasks: Iterable[Task], now: float) -> None:
    """Print a JSON array on stdout, one task a line."""
    line = line_writer(encoder(), now)
    before = "["
    for page in batched(tasks):
        click.echo(before + ",\n ".join(map(line, page)), nl=False)
        before = ",\n "
    click.echo("[]" if before == "[" else "]")


def batched(tasks: Iterable[T]) -> Iterator[list[T]]:
    """Yield what comes in lists of `_LINES`: one write each, and never all of it in memory."""
    waiting = iter(tasks)
    while page := list(islice(waiting, _LINES)):
        yield page


def print_table(
    tasks: Iterable[Task],
    labels: dict[str, str],
    now: float,
    *,
    columns: Sequence[str] | None = None,
    is_wide: bool = False,
) -> bool:
    """Print tasks as a table on stdout: cut to the terminal's width, whole when stdout is no terminal.

    `columns` are those of `octotui.presentation.fields` that somebody has chosen; None: the usual ones. One that
    `is_wide` is never cut, and has more of those.

    Returns:
        Whether there was any task.

    """
    from octotui.cli.table import table_lines  # noqa: PLC0415 - measuring cells costs an import that JSON does not need
    from octotui.presentation.fields import TABLE, WIDE  # noqa: PLC0415 - as above

    width = None if is_wide else cells_of_stdout()
    has_any = False
    names = columns or (WIDE if is_wide else TABLE)
    for page in batched(table_lines(tasks, labels, now, width, names, is_chosen=columns is not None)):
        has_any = True
        click.echo("\n".join(page))
    return has_any


def cells_of_stdout() -> int | None:
    """Return how wide the terminal is that stdout is; None where it is none."""
    if not sys.stdout.isatty():
        return None
    import shutil  # noqa: PLC0415 - brings three compressors; `add` prints no table

    return shutil.get_terminal_size().columns


def facts(task: Task, label: str, now: float, way_here: str | None = None) -> list[tuple[str, str]]:
    """Return what is known about one task, as (name, value in words); links are masked.

    `way_here` is the command line that brings its file here, where it is on another machine.
    """
    from octotui import prose, units  # noqa: PLC0415 - `show` alone needs it
    from octotui.presentation import task_row  # noqa: PLC0415 - as above

    download = task.download
    rows: list[tuple[str, str | None]] = [
        ("id", clean(task.id)),
        ("title", task.title),
        ("provider", f"{label}, asked on {task.route}"),
        ("model", task.model),
        ("state", task_row.shown_word(task, now)),
        ("gateway says", task.status),
        ("progress", None if task.progress is None else f"{task.progress}%"),
        ("error", task.error_message or task.error_code),
        ("added", units.date_time(task.added_at)),
        ("created", _date(task.created_at)),
        ("completed", _date(task.completed_at)),
        ("last answer", _date(task.last_answer_at)),
        ("request failed", None if task.failure is None else task.failure.message),
        ("lost at", None if task.deadline is None or task.has_failed else _deadline(task, now)),
        ("result", None if task.result_url is None else mask_url(task.result_url)),
        ("length", f"{task.seconds} s" if task.seconds else None),
        ("frame", task.size),
        ("download", None if download.state.value == "none" else download.state.value),
        ("file", download.file),
        ("bring it here", way_here),
        ("delivered", task.delivered),
        ("size", prose.size(download.bytes_total) if download.bytes_total else None),
        ("sha256", download.sha256),
        ("not saved", download.error),
        ("tags", ", ".join(task.tags) or None),
    ]
    return [(name, clean(value)) for name, value in rows if value]


def masked_answer(raw: str) -> str:
    """Return a task's last answer for a screen: signatures and keys masked, indented when it is JSON."""
    head, text = split(raw)
    with contextlib.suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    text = f"{head}\n{text}" if head else text
    return "\n".join(clean(line, 4000) for line in mask_secrets(text).split("\n"))


def _date(at: float | None) -> str | None:
    from octotui import units  # noqa: PLC0415 - as above

    return None if at is None else units.date_time(at)


def _deadline(task: Task, now: float) -> str:
    from octotui import prose, units  # noqa: PLC0415 - as above

    assert task.deadline is not None  # noqa: S101 - asked by the only caller
    left = task.deadline.at - now
    words = f"{prose.time_left(left)} left" if left > 0 else "past"
    return f"{units.date_time(task.deadline.at)} ({words}, says the {task.deadline.source.value})"


def _dumped(value: object) -> str:
    return encoder().encode(value)


def encoder() -> json.JSONEncoder:
    """Return what writes JSON for stdout: characters that its encoding has not are escaped."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    # Nothing here holds itself: looking for that would take a twentieth of the time.
    return json.JSONEncoder(ensure_ascii=not is_utf8, check_circular=False)


def say_added(
    tasks: Iterable[NewTask],
    added: set[str],
    labels: dict[str, str],
    *,
    added_word: str = "added",
    gained: Mapping[str, str] | None = None,
) -> None:
    """Print a line for each task: whether it was added or known, and what a known one has `gained`, in words."""
    for task in tasks:
        word = added_word if task.id in added else "known"
        more = f", {clean(gained[task.id], 600)}" if gained and task.id in gained else ""
        click.echo(f"{word} {clean(task.id, 600)} {labels.get(task.provider, task.provider)}{more}")
