"""What a screen shows before all tasks are read: the same rows on top, and the same counts, as when they are."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Copy, Ledger
from octotui.model import NO_DOWNLOAD, Download, DownloadState
from octotui.presentation.task_row import WORDS, shown_word
from octotui.tui.table.rows import Rows
from tests.ledger.conftest import new
from tests.support.tasks import record
from tests.tui.tasks import NOW, every_state, ready, running, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octotui.model import Task


def check(ledger: Ledger, limit: int) -> set[str]:
    """Compare the first page with what is made of all tasks; returns the words that are shown."""
    page = ledger.first_page(NOW, limit)
    assert page is not None
    by_provider: dict[str, list[Task]] = defaultdict(list)
    for task in ledger.tasks():
        by_provider[task.provider].append(task)
    first = {name: [task.id for task in page.tasks if task.provider == name] for name in by_provider}
    counts = {name: Counter(shown_word(task, NOW) for task in tasks) for name, tasks in by_provider.items()}
    assert {name: Counter(words) for name, words in page.counts.items()} == counts
    for name, tasks in by_provider.items():
        rows = Rows()
        rows.fill(tasks, NOW)
        assert sorted(first[name]) == sorted(rows.ids[:limit])
        again = Rows()
        again.fill([task for task in page.tasks if task.provider == name], NOW)
        assert list(again.ids) == rows.ids[:limit]
    return {word for words in counts.values() for word in words}


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """Make a ledger in a file: one on a server is read without the screen waiting for it."""
    with Ledger.open(path) as opened:
        yield opened


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_tasks_of_every_word_are_counted_and_stand_where_they_do_among_all(ledger: Ledger, limit: int) -> None:
    waiting = Download(DownloadState.WANTED, error="disk full")
    record(ledger, *every_state(), ready("waits", 400, download=waiting), saved("delivered"))
    where = "s3://farm/delivered.mp4"
    ledger.record_copy(Copy("delivered", "s3://farm", where, 24_000_000, "5f1c" * 16, NOW, "render-01"))
    assert check(ledger, limit) >= set(WORDS) - {"unknown"}


def test_a_few_of_many_are_the_right_ones(ledger: Ledger) -> None:
    dice = random.Random(11)
    under_way = Download(DownloadState.RUNNING, 5, 10, speed=2.0)
    tasks: list[Task] = []
    for number in range(300):
        name, left = f"t{number}", dice.uniform(-500, 5000)
        kind = dice.randrange(5)
        download = (
            under_way if kind == 1 else Download(DownloadState.FAILED, error="refused") if kind == 2 else NO_DOWNLOAD
        )
        tasks.append(
            saved(name)
            if kind == 3
            else running(name, number % 90)
            if kind == 4
            else ready(name, left, download=download)
        )
    record(ledger, *tasks)
    ledger.request_download([f"t{number}" for number in range(0, 300, 7)])
    ledger.cancel_download([f"t{number}" for number in range(0, 300, 11)])
    ledger.pause([f"t{number}" for number in range(0, 300, 13)], True)
    for limit in (1, 20, 120, 290):
        check(ledger, limit)


def test_words_nobody_knows_and_impossible_rows_do_no_harm(ledger: Ledger, path: Path) -> None:
    ledger.add(new(*(f"t{number}" for number in range(20))), 1.0)
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE tasks SET state = 'dreaming', download_state = 'pondering' WHERE number < 5")
        connection.execute("UPDATE tasks SET progress = 'much' WHERE number = 8")
    with Ledger.open(path) as again:
        page = again.first_page(NOW, 30)
        assert page is not None
        assert sorted(task.id for task in page.tasks) == sorted(task.id for task in again.tasks())
        assert page.counts == {"sora": {"unknown": 20}}
