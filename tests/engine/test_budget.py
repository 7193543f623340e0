from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.engine.polling.rate_limit import RateLimiter


def granted_times(limiter: RateLimiter, arrivals: list[float], start: float = 0.0) -> list[float]:
    """When each of a run of wishes, `arrivals` seconds apart, is let through by a patient caller."""
    now = start
    times = []
    for pause in arrivals:
        now = limiter.next_at(now + pause)
        assert limiter.try_acquire(now)
        times.append(now)
    return times


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(1 for other in times if start <= other < start + 60.0) for start in times)


@given(
    per_minute=st.integers(1, 400),
    arrivals=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=300),
    start=st.floats(0, 2e9),
)
def test_no_minute_ever_sees_more_than_the_budget(per_minute: int, arrivals: list[float], start: float) -> None:
    assert most_in_a_minute(granted_times(RateLimiter(per_minute), arrivals, start)) <= per_minute


def test_the_whole_budget_may_go_at_once_and_comes_back_a_minute_later() -> None:
    times = granted_times(RateLimiter(600), [0.0] * 1800)
    assert times[599] == 0.0
    assert times[600] == times[1199] == 60.0
    assert times[1200] == 120.0


def test_rounds_of_a_quarter_of_the_budget_every_15_s_are_never_kept_waiting() -> None:
    limiter = RateLimiter(240)
    for number in range(20):
        now = 15.0 * number
        assert all(limiter.try_acquire(now + step / 64.0) for step in range(60))


def test_a_request_that_is_refused_costs_nothing() -> None:
    limiter = RateLimiter(1)
    assert limiter.try_acquire(0.0)
    assert not any(limiter.try_acquire(now) for now in (0.0, 30.0, 59.9))
    assert limiter.try_acquire(60.0)


def test_a_hold_lets_nothing_through_before_its_end() -> None:
    limiter = RateLimiter(60)
    limiter.hold_until(17.0)
    assert not limiter.try_acquire(16.9)
    assert limiter.next_at(3.0) == 17.0
    assert limiter.try_acquire(17.0)


def test_a_later_hold_does_not_shorten_an_earlier_one() -> None:
    limiter = RateLimiter(60)
    limiter.hold_until(17.0)
    limiter.hold_until(5.0)
    assert limiter.next_at(0.0) == 17.0


def test_requests_of_a_predecessor_count() -> None:
    limiter = RateLimiter(60)
    limiter.count_foreign(59, now=0.0)
    assert limiter.try_acquire(1.0)
    assert limiter.next_at(1.0) == 60.0


def test_asked_last_minute_forgets() -> None:
    limiter = RateLimiter(600)
    granted_times(limiter, [0.0] * 5)
    assert limiter.asked_last_minute(1.0) == 5
    assert limiter.asked_last_minute(61.0) == 0


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RateLimiter(0)
