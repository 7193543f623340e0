"""All tasks, read a page at a time and column by column: the same to the last bit as row by row."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger
from octotui.ledger.sqlite.column_pages import PAGE
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, Task, TaskState
from tests.ledger.conftest import new

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 2 * PAGE + PAGE // 2
"""Two pages and a half."""
DICE = random.Random(3)
TIMES: dict[str, Callable[[], float]] = {
    "of today": lambda: 1.76e9 + DICE.random() * 1e6,
    "of another age": lambda: DICE.choice((0.1, 1e11 / 3, 7.0, 2.0**30 - 0.3, 1.5e9)),
    "of whole seconds": lambda: float(DICE.randrange(2**30, 2**31)),
}


def fill(ledger: Ledger, time_of: Callable[[], float]) -> None:
    """Tasks of which each page has columns of every kind: empty, all alike, and all different."""
    ids = [f"t{number}" for number in range(COUNT)]
    ledger.add(new(*ids), time_of())
    ledger.request_download(ids[PAGE // 2 : PAGE + 10])
    for number, task_id in enumerate(ids):
        if number % 3 == 0:
            continue
        is_late = number > PAGE
        ledger.record(
            Task(
                task_id,
                "sora",
                "videos",
                1.0,
                model='"a, b" ü\x1f',
                state=TaskState.COMPLETED if number % 2 else TaskState.RUNNING,
                progress=number % 100 if is_late else None,
                completed_at=time_of(),
                last_answer_at=time_of() if is_late else None,
                deadline=Deadline(time_of(), DeadlineSource.LINK) if number % 5 else None,
                prompt=f"line {number}, “quoted” \\ 𝄞",
            )
        )
    ledger.flush()
    ledger.record_download(ids[PAGE], Download(DownloadState.SAVED, 5, 5, "/v/x.mp4", "5f1c", time_of()))


@pytest.mark.parametrize("time_of", TIMES.values(), ids=list(TIMES))
def test_columns_say_what_rows_say_to_the_last_bit(path: Path, time_of: Callable[[], float]) -> None:
    with Ledger.open(path) as ledger:
        fill(ledger, time_of)
        by_columns, by_rows = ledger.tasks(), list(chain.from_iterable(ledger.pages()))
    assert len(by_columns) == COUNT
    assert by_columns == by_rows
    assert [repr(task) for task in by_columns] == [repr(task) for task in by_rows]


@pytest.mark.parametrize("values", ["progress = 'much'", "status = x'ff00'", "added_at = 'yesterday'", "tags = '[1]'"])
@pytest.mark.parametrize("number", [0, PAGE + 5, COUNT - 1], ids=["first page", "second", "last"])
def test_an_impossible_row_costs_that_row_in_whichever_page_it_is(path: Path, values: str, number: int) -> None:
    with Ledger.open(path) as ledger:
        ledger.add(new(*(f"t{each}" for each in range(COUNT))), 1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"UPDATE tasks SET {values} WHERE id = 't{number}'")  # noqa: S608  values of this file
    with Ledger.open(path) as ledger:
        ids = [task.id for task in ledger.tasks()]
        assert ids == [f"t{each}" for each in range(COUNT) if each != number]
        assert ledger.notices.lines == [f"1 task left out, impossible values in the ledger: t{number}"]
