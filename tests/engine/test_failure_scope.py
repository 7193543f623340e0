"""Whose failure it is, as pure functions and over a gateway's life; times are seconds."""

from __future__ import annotations

import pytest

from octotui.engine.polling.failure_scope import KeyWord, Watched, task_pause
from octotui.engine.polling.gateway_health import GatewayHealth
from octotui.gateway.errors import (
    Forbidden,
    GatewayError,
    KeyRefused,
    NetworkError,
    NoSuchTask,
    OutOfQuota,
    RateLimited,
    Refused,
    RequestError,
)
from octotui.model import GatewayState

DOWN = NetworkError("connection refused")
SICK = GatewayError("524", status=524)


def cut() -> NetworkError:
    error = NetworkError("reset")
    error.is_cut = True
    return error


def health(*, live: bool = True, per_minute: int = 60) -> GatewayHealth:
    made = GatewayHealth(0.0, per_minute)
    if live:
        made.answered(0.0)
    return made


def fail(
    made: GatewayHealth,
    error: RequestError,
    count: int,
    *,
    at: float = 1.0,
    apart: float = 0.1,
    watched: Watched | None = None,
    provider: str = "sora",
    is_news: bool = True,
) -> None:
    """So many different tasks fail, one after the other."""
    for number in range(count):
        now = at + number * apart
        made.failed(f"{provider}{number}", provider, error, now, watched or Watched(20, 1, 20), is_news=is_news)


class TestNoConnection:
    def test_one_or_two_lost_requests_are_no_outage(self) -> None:
        made = health()
        fail(made, DOWN, 2)
        assert (made.state, made.holds_back) == (GatewayState.LIVE, False)

    def test_three_in_a_row_are_and_only_probes_go(self) -> None:
        made = health()
        fail(made, DOWN, 3, at=100.0, apart=0.0)
        assert (made.state, made.since, made.message) == (GatewayState.OFFLINE, 100.0, "connection refused")
        assert made.holds_back
        assert made.is_unreachable
        assert made.next_try_at == 105.0

    def test_any_http_answer_between_breaks_the_row(self) -> None:
        made = health()
        fail(made, DOWN, 2)
        fail(made, SICK, 1)
        fail(made, DOWN, 2)
        assert made.state.value == "live"

    def test_at_the_start_one_says_nothing_yet(self) -> None:
        made = health(live=False)
        fail(made, DOWN, 2)
        assert made.state == GatewayState.STARTING

    def test_a_connection_that_breaks_off_is_the_tasks_own(self) -> None:
        made = health()
        fail(made, cut(), 9)
        assert made.state.value == "live"

    def test_probes_go_for_ever_and_never_more_than_a_quarter_of_a_minute_apart(self) -> None:
        made = health()
        fail(made, DOWN, 3, apart=0.0)
        pauses = []
        now = made.probe_at(1.0)
        while now < 3600.0:
            made.probing(now)
            fail(made, DOWN, 1, at=now)
            pauses.append(made.probe_at(now) - now)
            now = made.probe_at(now)
        assert pauses[:3] == [10.0, 15.0, 15.0]
        assert max(pauses) == 15.0

    @pytest.mark.parametrize(("per_minute", "pause"), [(600, 2.0), (240, 5.0), (60, 15.0)])
    def test_a_young_outage_is_probed_as_often_as_a_twentieth_of_the_budget_allows(
        self, per_minute: int, pause: float
    ) -> None:
        made = health(per_minute=per_minute)
        fail(made, DOWN, 3, apart=0.0)
        for _ in range(5):
            now = made.probe_at(1.0)
            made.probing(now)
            fail(made, DOWN, 1, at=now)
        assert made.probe_at(now) - now == pytest.approx(pause)

    def test_a_probe_that_never_reports_back_is_taken_for_lost(self) -> None:
        made = health()
        fail(made, DOWN, 3, apart=0.0)
        made.probing(6.0)
        assert 60.0 < made.probe_at(6.0) <= 126.0
        assert made.probe_at(200.0) == 200.0

    def test_an_answer_ends_it_at_once(self) -> None:
        made = health()
        fail(made, DOWN, 3)
        assert made.answered(50.0)
        assert (made.state, made.since, made.next_try_at, made.holds_back) == (GatewayState.LIVE, 50.0, None, False)


class TestErrorsOfTheGateway:
    @pytest.mark.parametrize("error", [SICK, cut(), RateLimited("slow", status=429), Forbidden("no", status=403)])
    def test_ten_different_tasks_and_nothing_else_for_a_moment(self, error: RequestError) -> None:
        made = health()
        fail(made, error, 9, apart=1.0)
        assert made.state.value == "live"
        fail(made, error, 10, at=11.0)
        assert made.state.value == "offline"

    def test_all_of_them_where_fewer_are_watched(self) -> None:
        made = health()
        fail(made, SICK, 4, apart=2.0, watched=Watched(4, 1, 0))
        assert made.state.value == "offline"

    def test_two_tasks_say_nothing_about_a_gateway(self) -> None:
        made = health()
        for at in range(0, 600, 10):
            fail(made, SICK, 2, at=float(at), watched=Watched(2, 1, 0))
        assert made.state.value == "live"

    def test_a_burst_of_a_second_is_not_yet_a_moment(self) -> None:
        made = health()
        fail(made, SICK, 40, apart=0.02)
        assert made.state.value == "live"

    def test_one_answer_starts_anew(self) -> None:
        made = health()
        fail(made, SICK, 9, apart=1.0)
        made.answered(10.0)
        fail(made, SICK, 9, at=11.0, apart=1.0)
        assert made.state.value == "live"

    @pytest.mark.parametrize("error", [NoSuchTask("no", status=404), Refused("no", status=422)])
    def test_a_word_on_the_task_is_an_answer(self, error: RequestError) -> None:
        made = health()
        fail(made, SICK, 9, apart=1.0)
        fail(made, error, 1, at=11.0)
        fail(made, SICK, 9, at=12.0, apart=1.0)
        assert made.state.value == "live"

    def test_those_that_have_long_been_sick_say_nothing_while_others_are_well(self) -> None:
        made = health()
        fail(made, SICK, 40, apart=1.0, is_news=False, watched=Watched(48, 1, 8))
        assert made.state.value == "live"
        fail(made, SICK, 40, at=50.0, apart=1.0, is_news=False, watched=Watched(40, 1, 0))
        assert made.state.value == "offline"

    def test_others_go_on_being_asked(self) -> None:
        made = health()
        fail(made, SICK, 20, apart=1.0)
        assert (made.state, made.holds_back) == (GatewayState.OFFLINE, False)

    def test_all_slow_down_when_most_of_it_is_429(self) -> None:
        made = health()
        fail(made, RateLimited("slow", status=429, retry_after=20.0), 12, apart=1.0)
        assert (made.state, made.holds_back) == (GatewayState.OFFLINE, True)
        assert 25.0 <= (made.next_try_at or 0.0) <= 33.0

    def test_but_a_day_is_not_waited_before_it_is_asked_again(self) -> None:
        made = health()
        fail(made, RateLimited("slow", status=429, retry_after=86_400.0), 12, apart=1.0)
        assert (made.next_try_at or 0.0) <= 75.0


class TestKey:
    def test_tasks_of_two_providers(self) -> None:
        made = health()
        fail(made, KeyRefused("wrong", status=401), 1, provider="sora", watched=Watched(8, 2, 8))
        assert made.state.value == "live"
        fail(made, KeyRefused("wrong", status=401), 1, provider="veo", watched=Watched(8, 2, 8))
        assert (made.state, made.holds_back, made.message) == (GatewayState.KEY_REFUSED, True, "wrong")

    def test_three_tasks_of_the_only_one(self) -> None:
        made = health()
        fail(made, KeyRefused("wrong", status=401), 2, watched=Watched(8, 1, 8))
        assert made.state.value == "live"
        fail(made, KeyRefused("wrong", status=401), 3, watched=Watched(8, 1, 8))
        assert made.state.value == "key_refused"

    def test_a_single_task_where_there_is_no_other(self) -> None:
        made = health()
        fail(made, KeyRefused("wrong", status=401), 1, watched=Watched(1, 1, 1))
        assert made.state.value == "key_refused"

    def test_many_of_one_provider_beside_another(self) -> None:
        made = health()
        fail(made, KeyRefused("wrong", status=401), 9, watched=Watched(30, 2, 30))
        assert made.state.value == "live"

    @pytest.mark.parametrize(
        ("word", "state"), [(KeyWord.REFUSED, GatewayState.KEY_REFUSED), (KeyWord.USED_UP, GatewayState.OUT_OF_QUOTA)]
    )
    def test_the_quota_route_says_so_too(self, word: KeyWord, state: GatewayState) -> None:
        made = health()
        made.heard_of_key(word)
        fail(made, KeyRefused("wrong", status=401), 1, watched=Watched(30, 3, 30))
        assert made.state is state

    def test_the_quota_route_knows_better(self) -> None:
        made = health()
        made.heard_of_key(KeyWord.GOOD)
        fail(made, KeyRefused("wrong", status=401), 9, watched=Watched(30, 1, 30))
        assert made.state.value == "live"

    def test_it_is_tried_again_ever_more_rarely(self) -> None:
        made = health()
        fail(made, OutOfQuota("empty", status=402), 3, apart=0.0)
        assert made.next_try_at == 31.0
        made.probing(31.0)
        fail(made, OutOfQuota("empty", status=402), 1, at=31.0)
        assert made.next_try_at == 91.0


def pause(failures: int, retry_after: float | None = None, *, sick: int = 1, is_refusal: bool = False) -> float:
    return task_pause(failures, retry_after, is_refusal=is_refusal, sick=sick, poll_seconds=10.0, per_minute=600)


def test_a_task_waits_twice_as_long_each_time_until_the_sick_have_a_tenth_of_the_budget() -> None:
    assert [pause(failures) for failures in range(1, 8)] == [2.0, 4.0, 8.0, 16.0, 32.0, 45.0, 45.0]
    assert pause(50, sick=200) == 200.0
    assert pause(50, sick=5000) == 300.0
    assert [pause(failures, is_refusal=True) for failures in range(1, 7)] == [20.0, 40.0, 80.0, 160.0, 300.0, 300.0]


def test_a_retry_after_holds_its_task_but_not_for_a_day() -> None:
    assert pause(1, 17.0) == 17.0
    assert pause(1, 86_400.0) == 600.0
