import pytest

from octotui.engine.polling.circuit_breaker import CircuitBreaker
from octotui.gateway.errors import Forbidden, GatewayError, KeyRefused, NetworkError, OutOfQuota, RateLimited


def opened(at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker(at)
    for _ in range(3):
        breaker.failed(NetworkError("connection refused"), at)
    return breaker


def test_one_lost_request_is_no_outage() -> None:
    breaker = CircuitBreaker(0.0)
    assert not breaker.failed(NetworkError("reset"), 1.0)
    assert breaker.next_at(1.0) == 1.0
    assert breaker.state == "starting"


def test_three_failures_in_a_row_open_it_and_say_since_when_and_until_when() -> None:
    breaker = opened(at=100.0)
    assert (breaker.state, breaker.since, breaker.next_try_at) == ("offline", 100.0, 105.0)
    assert breaker.next_at(101.0) == 105.0
    assert breaker.message == "connection refused"


def test_one_probe_at_a_time() -> None:
    breaker = opened()
    breaker.sending(5.0)
    assert breaker.next_at(6.0) > 60.0
    breaker.failed(GatewayError("502", status=502), 7.0)
    assert breaker.next_at(7.0) == 17.0


def test_a_probe_that_is_never_heard_of_again_does_not_close_the_way_for_good() -> None:
    breaker = opened()
    breaker.sending(5.0)
    lost_at = breaker.next_at(6.0)
    assert 65.0 <= lost_at <= 125.0
    assert breaker.next_at(lost_at) == lost_at
    assert breaker.next_at(200.0) == 200.0


def pause_after_probe(breaker: CircuitBreaker) -> tuple[float, float]:
    """When the next probe goes and fails, and how long the pause after it is."""
    now = breaker.next_at(0.0)
    breaker.sending(now)
    breaker.failed(NetworkError("down"), now)
    assert breaker.next_try_at is not None
    return now, breaker.next_try_at - now


def test_for_ten_minutes_it_looks_as_often_as_the_gateway_can_know_more() -> None:
    breaker = opened()
    probes = [pause_after_probe(breaker) for _ in range(41)]
    assert [pause for _, pause in probes[:4]] == [10.0, 15.0, 15.0, 15.0]
    assert {pause for at, pause in probes[1:] if at < 600.0} == {15.0}
    assert max(at for at, _ in probes) >= 600.0


def test_in_a_long_outage_pauses_double_up_to_a_minute() -> None:
    breaker = opened()
    pauses = [pause for at, pause in (pause_after_probe(breaker) for _ in range(45)) if at >= 600.0]
    assert pauses == [30.0, 60.0, 60.0, 60.0, 60.0]


def test_each_outage_begins_anew() -> None:
    breaker = opened()
    while pause_after_probe(breaker)[1] < 60.0:
        assert breaker.is_open
    breaker.succeeded(2000.0)
    for _ in range(3):
        breaker.failed(NetworkError("down"), 3000.0)
    assert breaker.next_try_at == 3005.0
    breaker.sending(3005.0)
    breaker.failed(NetworkError("down"), 3005.0)
    breaker.sending(3015.0)
    breaker.failed(NetworkError("down"), 3015.0)
    assert breaker.next_try_at == 3030.0


def test_late_failures_of_requests_under_way_do_not_lengthen_the_pause() -> None:
    breaker = opened()
    for _ in range(7):
        breaker.failed(NetworkError("down"), 0.5)
    assert breaker.next_try_at == 5.0


def test_an_answer_closes_it() -> None:
    breaker = opened()
    assert breaker.succeeded(9.0)
    assert (breaker.state, breaker.since, breaker.next_at(9.0)) == ("live", 9.0, 9.0)
    assert not breaker.succeeded(10.0)


@pytest.mark.parametrize(
    ("error", "state"),
    [(KeyRefused("no", status=401), "key_refused"), (OutOfQuota("empty", status=401), "out_of_quota")],
)
def test_a_refused_key_opens_it_at_once(error: KeyRefused | OutOfQuota, state: str) -> None:
    breaker = CircuitBreaker(0.0)
    assert breaker.failed(error, 1.0)
    assert breaker.state == state
    assert breaker.next_try_at == 31.0


def test_a_verdict_on_one_task_shows_that_the_gateway_is_there() -> None:
    breaker = CircuitBreaker(0.0)
    breaker.failed(Forbidden("model not allowed", status=403), 1.0)
    assert breaker.state == "live"


def test_a_429_is_no_outage() -> None:
    breaker = CircuitBreaker(0.0)
    for _ in range(9):
        breaker.failed(RateLimited("slow down", status=429), 1.0)
    assert not breaker.is_open


def test_a_person_can_have_it_tried_now() -> None:
    breaker = opened()
    breaker.try_now()
    assert breaker.next_at(1.0) == 1.0
    assert breaker.is_open
