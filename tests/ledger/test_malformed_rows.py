"""A row with a value that no task can have: it costs that row, and is said."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from octotui.engine.diagnostics import machine
from octotui.engine.diagnostics.finding import Verdict
from octotui.ledger import Ledger
from tests.ledger.conftest import new

if TYPE_CHECKING:
    from pathlib import Path

IMPOSSIBLE = [
    "progress = 'much'",
    "progress = 1.5",
    "status = x'ff00'",
    "status = CAST(x'ff41' AS TEXT)",
    "tags = 'no json'",
    "tags = '{}'",
    "tags = '[1]'",
    f"tags = '{'[' * 100_000}'",
    "added_at = 'yesterday'",
    "deadline_at = 5.0, deadline_source = 'a guess'",
    "deadline_at = 5.0, deadline_source = NULL",
    "failure_kind = 'bad luck', failure_message = 'x', failure_at = 1.0",
    "failure_kind = 'network'",
    "state = x'07'",
    "wanted = 'yes'",
    "completed_at = x'00'",
]


def spoilt(path: Path, values: str) -> None:
    with Ledger.open(path) as ledger:
        ledger.add(new(*(f"t{number}" for number in range(300))), 1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"UPDATE tasks SET {values} WHERE id = 't7'")  # noqa: S608  values of this file


@pytest.mark.parametrize("values", IMPOSSIBLE, ids=range(len(IMPOSSIBLE)))
def test_all_others_are_read_and_it_is_said_which_was_left_out(path: Path, values: str) -> None:
    spoilt(path, values)
    with Ledger.open(path) as ledger:
        assert ledger.notices.lines == []
        assert [task.id for task in ledger.tasks()] == [f"t{number}" for number in range(300) if number != 7]
        assert ledger.task("t7") is None
        assert len(ledger.changes(0).tasks) == 299
        (line,) = ledger.notices.lines
        assert line == "1 task left out, impossible values in the ledger: t7"
        assert ledger.notices.urgent(0.0) == line
        finding = machine.judge_ledger(ledger)
        assert (finding.verdict, finding.says) == (Verdict.WARN, line)
        assert ledger.add(new("t7", "t8", "more", tags=("new",)), 2.0) == (["t7", "more"], ["t8"])
    with Ledger.open(path) as ledger:
        assert len(ledger.tasks()) == 301, "what was added again begins anew"
        assert ledger.notices.lines == []


def test_a_word_of_a_newer_version_is_no_impossible_value(path: Path) -> None:
    spoilt(path, "state = 'dreaming', download_state = 'teleporting'")
    with Ledger.open(path) as ledger:
        assert len(ledger.tasks()) == 300
        assert ledger.notices.lines == []


def test_lines_of_the_log_durations_and_the_status_are_left_out_alike(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.note_duration(provider="sora", model=None, seconds=None, size=None, duration=5.0, at=1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO events (at, kind, text) VALUES ('x', 'state', 'a'), (1.0, 'state', 'good')")
        connection.execute(
            "INSERT INTO durations (provider, duration, at) VALUES ('sora', 'long', 1.0), (NULL, 1.0, 1.0)"
        )
        connection.execute("INSERT INTO status VALUES (1, 'no json')")
    with Ledger.open(path) as ledger:
        assert [event.text for event in ledger.events()] == ["good"]
        assert [duration.duration for duration in ledger.durations()] == [5.0]
        assert ledger.status() is None
