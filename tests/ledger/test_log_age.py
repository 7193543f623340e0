"""How long the log keeps a line, whatever the clock does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from octotui.ledger import limits
from octotui.model import LogEntry
from tests.support.clock import NOW

if TYPE_CHECKING:
    from octotui.ledger import Ledger

DAY = 86_400.0
YEAR = 365 * DAY


def write(ledger: Ledger, *lines: tuple[float, str]) -> None:
    for at, text in lines:
        ledger.log(LogEntry(at, "state", None, text))
    ledger.flush()


def texts(ledger: Ledger) -> list[str]:
    return [line.text for line in ledger.events(limit=100_000)]


def test_lines_older_than_90_days_go_when_new_ones_are_written(ledger: Ledger) -> None:
    write(ledger, (NOW - 91 * DAY, "old"), (NOW - 90.5 * DAY, "nearly"), (NOW - 89 * DAY, "kept"))
    assert texts(ledger) == ["old", "nearly", "kept"]
    write(ledger, (NOW, "new"))
    assert texts(ledger) == ["kept", "new"]


def test_a_quiet_ledger_never_has_more_than_90_days_of_lines(ledger: Ledger) -> None:
    for day in range(400):
        write(ledger, (NOW + day * DAY, f"day {day}"))
    assert texts(ledger) == [f"day {day}" for day in range(309, 400)]


def test_what_a_long_pause_left_goes_twice_as_fast_as_new_lines_come(ledger: Ledger) -> None:
    write(ledger, *((NOW, f"old {number}") for number in range(100)))
    for number in range(50):
        write(ledger, (NOW + YEAR, f"new {number}"))
    assert texts(ledger) == [f"new {number}" for number in range(50)]


@pytest.mark.parametrize("wrong", [NOW + 10 * YEAR, 0.0], ids=["ahead", "back"])
def test_a_wrong_clock_does_not_empty_the_log(ledger: Ledger, wrong: float) -> None:
    write(ledger, *((NOW, f"good {number}") for number in range(1000)))
    write(ledger, *((wrong, f"wrong {number}") for number in range(10)))
    write(ledger, *((NOW + 60, f"right again {number}") for number in range(10)))
    kept = texts(ledger)
    assert [text for text in kept if not text.startswith("good")] == [
        *(f"wrong {number}" for number in range(10)),
        *(f"right again {number}" for number in range(10)),
    ]
    assert len(kept) >= 1000


def test_lines_of_a_clock_that_was_ahead_keep_no_older_line_behind_them(ledger: Ledger) -> None:
    write(ledger, (NOW + 10 * YEAR, "ahead"), (NOW, "right"), (NOW + 1, "right"))
    write(ledger, (NOW + 100 * DAY, "later"))
    assert texts(ledger) == ["ahead", "later"]


def test_the_size_holds_besides_the_age(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_EVENTS", 5)
    write(ledger, *((NOW + number, f"{number}") for number in range(9)))
    assert texts(ledger) == ["4", "5", "6", "7", "8"]
