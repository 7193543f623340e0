from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.gateway import errors
from octotui.gateway.errors import NetworkError, RateLimited, RequestError
from octotui.gateway.parsing.task_answer import retry_after
from octotui.model import FailureKind, RequestFailure
from tests.gateway.reading import short

NOW = 1_790_000_000.0  # Mon, 21 Sep 2026 14:13:20 GMT


def test_every_kind_of_failure_has_one_error() -> None:
    leaves = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, RequestError)]
    kinds = [error.kind for error in leaves if error is not RequestError]
    assert sorted(kinds) == sorted(FailureKind)


def test_an_error_becomes_the_record_beside_a_task() -> None:
    error = RateLimited("slow\x1bdown ", status=429, retry_after=3.0)
    assert error.failure(5.0) == RequestFailure(FailureKind.RATE_LIMITED, 429, "slow␛down", 5.0)
    assert error.retry_after == 3.0
    assert str(error) == "slow␛down"


def test_an_error_always_has_words() -> None:
    assert NetworkError(" \n").message == "network"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5),
        (" 17 ", 17),
        ("1.5", 1.5),
        ("0", 0),
        ("5, 5", 5),
        ("999999999", 86400),
        ("Mon, 21 Sep 2026 14:14:20 GMT", 60),
        ("Monday, 21-Sep-26 14:14:20 GMT", 60),
        ("Mon, 21 Sep 2026 22:14:20 +0800", 60),
        ("Mon, 21 Sep 2026 14:14:20 -0000", 60),
        ("Mon, 21 Sep 2020 14:14:20 GMT", 0),
        ("Mon, 21 Sep 2096 14:14:20 GMT", 86400),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("NaN", None),
        ("٥", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
        ("9" * 10_000, None),
    ],
    ids=short,
)
@pytest.mark.parametrize("name", ["retry-after", "Retry-After", "RETRY-AFTER"])
def test_retry_after(name: str, value: str, seconds: float | None) -> None:
    assert retry_after({"x": "y", name: value}, NOW) == seconds


def test_no_header_asks_for_no_wait() -> None:
    assert retry_after({}, NOW) is None


@settings(deadline=None)
@given(st.text(st.characters(), max_size=40) | st.from_regex(r"\w{3}, \d{1,4} \w{3} \d{1,6} \d\d:\d\d:\d\d .{0,6}"))
def test_any_retry_after_is_a_sane_wait_or_none(value: str) -> None:
    seconds = retry_after({"Retry-After": value}, NOW)
    assert seconds is None or 0 <= seconds <= 86_400
