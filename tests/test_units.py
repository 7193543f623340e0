from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui import units


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0s"),
        (0, "0s"),
        (9.9, "9s"),
        (59, "59s"),
        (60, "1m 00s"),
        (250, "4m 10s"),
        (899, "14m 59s"),
        (900, "15m"),
        (3599, "59m"),
        (3600, "1h 00m"),
        (85_260, "23h 41m"),
        (86_400, "1d 0h"),
        (169_200, "1d 23h"),
        (9_000_000, "104d"),
    ],
)
def test_countdowns_get_finer_as_time_runs_out(seconds: float, shown: str) -> None:
    assert units.countdown(seconds) == shown


@given(st.integers(0, 99 * 86_400))
def test_a_countdown_never_outgrows_its_column(seconds: int) -> None:
    assert len(units.countdown(seconds)) <= 7


def test_a_countdown_above_fifteen_minutes_changes_once_a_minute() -> None:
    shown = [units.countdown(seconds) for seconds in range(3600, 900, -1)]
    assert sum(one != other for one, other in itertools.pairwise(shown)) <= 46


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "now"), (9, "now"), (29, "20s ago"), (130, "2m ago"), (7300, "2h ago"), (200_000, "2d ago")],
)
def test_ages_by_their_largest_unit(seconds: float, shown: str) -> None:
    assert units.ago(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "~5s"), (37, "~35s"), (60, "~1m"), (85, "~1m 20s"), (65, "~1m"), (250, "~4m"), (900, "~15m"), (7300, "~2h")],
)
def test_estimates_are_coarse(seconds: float, shown: str) -> None:
    assert units.estimate(seconds) == shown
    assert len(shown) <= 8


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (18_200_000, "18.2 MB"), (412 * 10**9, "412 GB"), (999_600, "1.0 MB")],
)
def test_sizes_are_decimal(count: int, shown: str) -> None:
    assert units.size(count) == shown


@given(st.integers(0, 10**17))
def test_sizes_and_speeds_fit_their_columns(count: int) -> None:
    assert len(units.size(count)) <= 8
    if count < 10**11:
        assert len(units.speed(count)) <= 10


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(0, "0 kB/s"), (640_000, "640 kB/s"), (9_100_000, "9.1 MB/s"), (18e6, "18 MB/s"), (2e9, "2.0 GB/s")],
)
def test_speeds(rate: float, shown: str) -> None:
    assert units.speed(rate) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(0.83, "0.8s"), (192, "3m 12s"), (93_780, "1d 2h 3m"), (3600, "1h")])
def test_exact_lengths(seconds: float, shown: str) -> None:
    assert units.exact(seconds) == shown


def test_plurals() -> None:
    assert [units.plural(count, "task") for count in (0, 1, 3000)] == ["0 tasks", "1 task", "3,000 tasks"]


@pytest.mark.parametrize(
    ("seconds", "left", "since", "guess"),
    [
        (9, "9s", "now", "<1m"),
        (59, "59s", "now", "<1m"),
        (60, "1m", "1m ago", "~1m"),
        (250, "4m", "4m ago", "~4m"),
        (899, "14m", "14m ago", "~14m"),
        (7300, "2h 01m", "2h ago", "~2h"),
    ],
)
def test_on_a_slow_line_clocks_go_by_the_minute(seconds: float, left: str, since: str, guess: str) -> None:
    assert units.countdown(seconds, coarse=True) == left
    assert units.ago(seconds, coarse=True) == since
    assert units.estimate(seconds, coarse=True) == guess


@pytest.mark.parametrize(
    ("needed", "left", "words"),
    [
        (89, 61, "needs 1m 29s, 1m 01s left"),
        (61.2, 61, "needs 1m 02s, 1m 01s left"),
        (9.2, 9.1, "needs 10s, 9s left"),
        (90_000, 7200, "needs 1d 1h, 2h 00m left"),
        (7230, 7210, "needs 2h 30s, 2h 10s left"),
        (1200.5, 1200, "needs 20m 1s, 20m left"),
    ],
)
def test_what_is_needed_and_what_is_left_never_look_alike(needed: float, left: float, words: str) -> None:
    assert units.too_little_time(needed, left) == words


@given(st.floats(min_value=0, max_value=1e7), st.floats(min_value=0.01, max_value=1e6))
def test_two_different_times_are_two_different_words(left: float, lacking: float) -> None:
    needed, remaining = units.too_little_time(left + lacking, left).split(", ")
    assert needed.removeprefix("needs ") != remaining.removesuffix(" left")
