from __future__ import annotations

import pytest

from octotui.download_order import QueuedDownload, in_order, seconds_needed, too_late
from octotui.engine.downloads.throughput import Bandwidth, Speed, StallWatch
from tests.support.clock import NOW

MB = 10**6


def candidate(name: str, left: float | None, megabytes: float | None = None, since: float = 0.0) -> QueuedDownload:
    size = None if megabytes is None else int(megabytes * MB)
    return QueuedDownload(name, None if left is None else NOW + left, size, since)


def order(*candidates: QueuedDownload, speed: float | None = MB, typical: int | None = None) -> list[str]:
    return in_order(list(candidates), now=NOW, speed=speed, typical_size=typical)


def test_the_nearest_deadline_goes_first_where_sizes_are_equal() -> None:
    assert order(candidate("b", 600), candidate("a", 60), candidate("c", 6000)) == ["a", "b", "c"]


def test_a_big_file_with_a_later_deadline_can_have_less_slack() -> None:
    assert order(candidate("small", 300, 1), candidate("big", 500, 450)) == ["big", "small"]


def test_what_can_make_it_goes_before_what_cannot() -> None:
    assert order(candidate("lost", 60, 1000), candidate("close", 90, 80)) == ["close", "lost"]
    assert order(candidate("past", -60, 1), candidate("nearly", 60, 70), candidate("fine", 600, 1)) == [
        "fine",
        "nearly",
        "past",
    ]


def test_unknown_deadlines_come_last_in_the_order_they_were_wanted() -> None:
    assert order(candidate("second", None, since=2), candidate("lost", -5), candidate("first", None, since=1)) == [
        "lost",
        "first",
        "second",
    ]


def test_unknown_sizes_are_taken_as_the_usual_one() -> None:
    assert order(candidate("unknown", 100), candidate("known", 60, 1), typical=90 * MB) == ["unknown", "known"]


def test_an_unknown_speed_leaves_only_the_deadline() -> None:
    assert seconds_needed(MB, None) == 0
    assert order(candidate("big", 500, 10_000), candidate("soon", 300, 1), speed=None) == ["soon", "big"]


def test_too_late_is_said_in_words() -> None:
    late = candidate("a", 180, 240)
    assert too_late(late, now=NOW, speed=MB, typical_size=None) == "needs 4m 00s, 3m 00s left"
    assert too_late(late, now=NOW, speed=2 * MB, typical_size=None) is None
    assert too_late(late, now=NOW, speed=None, typical_size=None) is None
    assert too_late(candidate("b", -1, 240), now=NOW, speed=MB, typical_size=None) is None, "that is said elsewhere"


class TestBandwidth:
    def test_no_limit_never_waits(self) -> None:
        assert Bandwidth(None).book(10**12) == 0

    def test_the_limit_holds_over_time_and_for_everybody(self) -> None:
        now = 0.0
        limit = Bandwidth(1000, clock=lambda: now)
        came = 0
        while now < 100:
            came += 300
            now += max(limit.book(300), 0.001)
        assert 90_000 < came < 101_000

    def test_a_pause_allows_a_short_burst_only(self) -> None:
        now = 0.0
        limit = Bandwidth(1000, clock=lambda: now)
        limit.book(1000)
        now = 3600.0
        assert limit.book(250) == 0
        assert limit.book(1000) == pytest.approx(1.0)


class TestSpeed:
    def test_is_that_of_the_last_seconds(self) -> None:
        speed = Speed(window=3)
        for second in range(11):
            measured = speed.sample(second * 100 if second < 5 else 500 + (second - 5) * 1000, float(second))
        assert measured == pytest.approx(1000)

    def test_is_nothing_before_there_are_two_samples(self) -> None:
        speed = Speed()
        assert speed.sample(10**6, 5.0) == 0
        assert speed.sample(10**6, 5.0) == 0

    def test_a_file_that_starts_over_is_no_negative_speed(self) -> None:
        speed = Speed()
        speed.sample(1000, 0.0)
        assert speed.sample(0, 1.0) == 0
        assert speed.sample(500, 2.0) == 500


class TestStallWatch:
    def test_a_trickle_is_a_stall_after_a_window(self) -> None:
        watch = StallWatch(window=30, least=1000)
        assert [watch.is_stalled(1, 1.0) for _ in range(30)] == [False] * 29 + [True]

    def test_bursts_and_slow_but_steady_bodies_are_none(self) -> None:
        watch = StallWatch(window=30, least=1000)
        assert not any(watch.is_stalled(1000, 29.0) for _ in range(100))
        assert not any(watch.is_stalled(40, 1.0) for _ in range(300))
