from __future__ import annotations

import base64
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.gateway.parsing.deadlines import deadline_of, link_deadline
from octotui.model import Deadline, DeadlineSource, TaskState
from tests.gateway.reading import short

AT = 1_790_000_000.0  # 2026-09-21T14:13:20Z


def policy(document: object, *, padded: bool = True) -> str:
    encoded = base64.b64encode(json.dumps(document).encode()).decode().translate(str.maketrans("+=/", "-_~"))
    return encoded if padded else encoded.rstrip("_")


def until(at: object) -> dict[str, object]:
    return {"Resource": "https://d.example.net/*?~", "Condition": {"DateLessThan": {"AWS:EpochTime": at}}}


@pytest.mark.parametrize(
    ("query", "at"),
    [
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260921T141320Z&X-Amz-Expires=3600&X-Amz-Signature=a",
            AT + 3600,
        ),
        ("x-amz-expires=3600&x-AMZ-date=20260921T141320Z", AT + 3600),
        ("AWSAccessKeyId=k&Signature=s&Expires=1790000000", AT),
        ("X-Goog-Date=20260921T141320Z&X-Goog-Expires=604800&X-Goog-Signature=a", AT + 604800),
        ("GoogleAccessId=a&Expires=1790000000&Signature=s", AT),
        ("st=2026-09-21T14%3A04%3A21Z&se=2026-09-21T14%3A13%3A20Z&sr=b&sig=a%2Bb%3D", AT),
        ("se=2026-09-21T22:13:20+08:00&sig=s", AT),
        ("se=2026-09-21T14:13Z&sig=s", AT - 20),
        ("se=2026-09-21&sig=s", 1789948800),
        ("X-Tos-Algorithm=TOS4&X-Tos-Date=20260921T141320Z&X-Tos-Expires=86400&X-Tos-Signature=ab12", AT + 86400),
        ("OSSAccessKeyId=k&Expires=1790000000&Signature=s", AT),
        ("x-oss-date=20260921T141320Z&x-oss-expires=600&x-oss-signature=a", AT + 600),
        ("q-sign-algorithm=sha1&q-sign-time=1789990000;1790000000&q-key-time=1789990000;1790000000", AT),
        ("q-sign-time=1789990000%3B1790000000", AT),
        ("Expires=1790000000&Signature=s&Key-Pair-Id=k", AT),
        (f"Policy={policy({'Statement': [until(1790000000)]})}&Signature=s&Key-Pair-Id=k", AT),
        (f"Policy={policy({'Statement': [until(1790000000)]}, padded=False)}", AT),
        (f"policy={policy({'Statement': [until(1790000900), until(1790000000)]})}", AT),
        (f"policy={policy({'Statement': until('1790000000')})}", AT),
        ("Expires=1790000000&X-Amz-Date=20260921T141320Z&X-Amz-Expires=60", AT),
        ("X%2DTos%2DDate=20260921T141320Z&X-Tos-Expires=60", AT + 60),
    ],
)
def test_a_signed_link_says_when_it_ends(query: str, at: float) -> None:
    assert link_deadline(f"https://h.example.net/a.mp4?{query}") == at
    assert link_deadline(f"https://h.example.net/a%3F.mp4?a=1&{query}#t=1") == at


@pytest.mark.parametrize(
    "query",
    [
        "",
        "X-Amz-Expires=3600",
        "X-Amz-Date=20260921T141320Z",
        "X-Amz-Date=20260921T141320Z&X-Goog-Expires=3600",
        "X-Amz-Date=yesterday&X-Amz-Expires=3600",
        "X-Amz-Date=20261341T141320Z&X-Amz-Expires=3600",
        "X-Amz-Date=20260921T141320Z&X-Amz-Expires=-5",
        "X-Amz-Date=20260921T141320Z&X-Amz-Expires=9999999999",
        "X-Amz-Date=20260921T141320Z&X-Amz-Expires=1e3",
        "X-Amz-Date=19990921T141320Z&X-Amz-Expires=60",
        "X-Tos-Expires=86400&X-Tos-Signature=ab12",
        "x-oss-expires=600",
        "Expires=3600",
        "Expires=never",
        "Expires=99999999999",
        "Expires=" + "9" * 5000,
        "Expires=%D9%A1%D9%A7",
        "se=5",
        "se=soon",
        "se=9999-12-31T23:59:59Z",
        "se=1980-01-01T00:00:00Z",
        "q-sign-time=1789990000",
        "q-sign-time=;",
        "q-sign-time=1;5",
        "Policy=%%%",
        "Policy=eyJ_",
        f"Policy={policy([])}",
        f"Policy={policy({'Statement': []})}",
        f"Policy={policy({'Statement': [{'Condition': {'DateLessThan': 5}}]})}",
        f"Policy={policy({'Statement': [until(0)]})}",
        f"Policy={policy({'Statement': [until([1])]})}",
        f"Policy={policy(5)}",
        "Policy=" + base64.b64encode(b"[" * 9000).decode(),
        "Policy=" + "A" * 100_000,
    ],
    ids=short,
)
def test_nonsense_says_nothing(query: str) -> None:
    assert link_deadline(f"https://h.example.net/a.mp4?{query}") is None


NAMES = st.sampled_from(
    [
        "X-Amz-Date",
        "X-Amz-Expires",
        "x-oss-date",
        "x-oss-expires",
        "Expires",
        "se",
        "q-sign-time",
        "Policy",
        "X-Tos-Date",
    ]
)
VALUES = st.one_of(
    st.text(st.characters(), max_size=30),
    st.integers().map(str),
    st.just("20260921T141320Z"),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode()),
)


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_any_query_gives_a_sane_time_or_none(pairs: list[tuple[str, str]]) -> None:
    at = link_deadline("https://h/a?" + "&".join(f"{name}={value}" for name, value in pairs))
    assert at is None or (math.isfinite(at) and 946_684_800 <= at < 7_258_118_400)


LINK = "https://h/a?Expires=1790003600"


@pytest.mark.parametrize(
    ("gateway", "url", "state", "completed_at", "retention", "deadline"),
    [
        (None, None, TaskState.COMPLETED, None, 3600, None),
        (None, None, TaskState.RUNNING, AT, 3600, None),
        (None, None, TaskState.FAILED, AT, 3600, None),
        (None, None, TaskState.COMPLETED, AT, None, None),
        (None, None, TaskState.COMPLETED, AT, 3600, Deadline(AT + 3600, DeadlineSource.RULE)),
        (AT + 9, None, TaskState.RUNNING, None, 3600, Deadline(AT + 9, DeadlineSource.GATEWAY)),
        (AT + 9000, LINK, TaskState.COMPLETED, AT, 86400, Deadline(AT + 3600, DeadlineSource.LINK)),
        (AT + 9, LINK, TaskState.COMPLETED, AT, 86400, Deadline(AT + 9, DeadlineSource.GATEWAY)),
        (AT + 9000, LINK, TaskState.COMPLETED, AT, 60, Deadline(AT + 60, DeadlineSource.RULE)),
        (AT + 3600, LINK, TaskState.COMPLETED, AT, 3600, Deadline(AT + 3600, DeadlineSource.GATEWAY)),
        (None, LINK, TaskState.COMPLETED, AT, 3600, Deadline(AT + 3600, DeadlineSource.LINK)),
        (None, "https://h/a", TaskState.COMPLETED, None, 3600, None),
    ],
)
def test_the_earliest_deadline_wins_and_tells_its_source(
    gateway: float | None,
    url: str | None,
    state: TaskState,
    completed_at: float | None,
    retention: float | None,
    deadline: Deadline | None,
) -> None:
    found = deadline_of(
        gateway_expires_at=gateway, result_url=url, state=state, completed_at=completed_at, retention=retention
    )
    assert found == deadline
