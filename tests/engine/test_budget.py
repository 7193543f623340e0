from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from octotui.engine.budget import Budget


def granted_times(budget: Budget, arrivals: list[float]) -> list[float]:
    """When each of a run of wishes, `arrivals` seconds apart, is let through by a patient caller."""
    now = 0.0
    times = []
    for pause in arrivals:
        now += pause
        now = budget.next_at(now)
        assert budget.take(now)
        times.append(now)
    return times


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(1 for other in times if start <= other < start + 60.0) for start in times)


@given(
    per_minute=st.integers(1, 400),
    arrivals=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=300),
)
def test_no_minute_ever_sees_more_than_the_budget(per_minute: int, arrivals: list[float]) -> None:
    assert most_in_a_minute(granted_times(Budget(per_minute), arrivals)) <= per_minute


def test_a_burst_of_a_tenth_goes_at_once_and_the_rest_evenly() -> None:
    times = granted_times(Budget(600), [0.0] * 200)
    assert times[59] == 0.0
    assert times[60] > 0.0
    gaps = [later - earlier for earlier, later in pairwise(times[60:])]
    assert max(gaps) < 0.12


def test_nine_tenths_of_the_budget_flow_when_there_is_enough_to_ask() -> None:
    times = granted_times(Budget(600), [0.0] * 1800)
    assert times[-1] < 200.0


def test_a_hold_lets_nothing_through_before_its_end() -> None:
    budget = Budget(60)
    budget.hold(17.0)
    assert not budget.take(16.9)
    assert budget.next_at(3.0) == 17.0
    assert budget.take(17.0)


def test_requests_of_a_predecessor_count() -> None:
    budget = Budget(60)
    budget.spent(60, now=0.0)
    assert budget.next_at(0.0) > 50.0


def test_asked_last_minute_forgets() -> None:
    budget = Budget(600)
    granted_times(budget, [0.0] * 5)
    assert budget.asked_last_minute(1.0) == 5
    assert budget.asked_last_minute(61.0) == 0
