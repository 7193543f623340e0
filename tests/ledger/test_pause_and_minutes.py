"""What holds for all tasks at once: the pause of everything, and what the work of each minute came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger import Ledger, Minute
from octotui.ledger.batch import Batch
from octotui.ledger.limits import MAX_MINUTES
from tests.ledger.conftest import make_older

if TYPE_CHECKING:
    from pathlib import Path


def test_the_pause_holds_for_everybody_and_over_restarts(ledger: Ledger, where: Path | str) -> None:
    assert ledger.paused_since() is None
    assert ledger.pause_all(True, 5.0)
    assert not ledger.pause_all(True, 9.0)
    with Ledger.open(where) as other:
        assert other.paused_since() == 5.0
        assert other.pause_all(False, 9.0)
        assert not other.pause_all(False, 9.0)
    assert ledger.paused_since() is None


def test_parts_of_a_minute_add_up_whoever_notes_them(ledger: Ledger, where: Path | str) -> None:
    ledger.note_minute(Minute(120, asks=3, answers=2, failures=1, done=1, lags=1, lag_sum=2.0, lag_max=2.0, bytes=10))
    ledger.note_minute(Minute(120, asks=1))
    ledger.flush()
    with Ledger.open(where) as other:
        other.note_minute(Minute(120, asks=2, lags=1, lag_sum=4.0, lag_max=4.0, bytes=5))
        other.note_minute(Minute(180, asks=7))
        other.flush()
    whole = Minute(120, asks=6, answers=2, failures=1, done=1, lags=2, lag_sum=6.0, lag_max=4.0, bytes=15)
    assert ledger.minutes(0) == [whole, Minute(180, asks=7)]
    assert ledger.minutes(121) == [Minute(180, asks=7)]
    assert whole.lag == 3.0
    assert Minute(0).lag is None


def test_two_days_of_minutes_are_kept_and_none_from_the_future(ledger: Ledger) -> None:
    for number in range(MAX_MINUTES + 10):
        ledger.note_minute(Minute(60 * number, asks=1))
    ledger.flush()
    assert [minute.at for minute in ledger.minutes(0)] == [60 * number for number in range(10, MAX_MINUTES + 10)]
    ledger.note_minute(Minute(600, asks=1))
    ledger.flush()
    assert [minute.at for minute in ledger.minutes(0)] == [600]


def test_minutes_that_could_not_be_written_are_added_to_what_came_since() -> None:
    older, newer = Batch(), Batch()
    older.add_minute(Minute(60, asks=1, lag_max=5.0))
    newer.add_minute(Minute(60, asks=1, lag_max=2.0))
    newer.put_back(older)
    assert newer
    assert newer.minutes == {60: Minute(60, asks=2, lag_max=5.0)}


def test_a_ledger_of_the_first_version_is_brought_forward(path: Path) -> None:
    make_older(path, 1, "a")
    with Ledger.open(path) as ledger:
        assert [task.id for task in ledger.tasks()] == ["a"]
        assert ledger.pause_all(True, 5.0)
        ledger.note_minute(Minute(60, asks=1))
        ledger.flush()
        assert ledger.minutes(0) == [Minute(60, asks=1)]
