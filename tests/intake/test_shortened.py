"""Shortened and partial ids against the tasks that are watched."""

from __future__ import annotations

import pytest

from octotui.intake.shortened import matching

WATCHED = [
    "video_6a84d77f318481908e9ff63f81a7ffe6",
    "video_6a8bba34b7c08190a476974ec4457402",
    "task_LtujSKpBYTZNT4BXpUlfKYypoM5XabYQ",
    "grok:05c8e247-7e64-472a-acb1-e7f2de5d0d04",
    "video_6a8",
]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("video_6a84d…a7ffe6", [0]),
        ("video_6a84d...a7ffe6", [0]),
        ("video_6a84d77f31...", [0]),
        ("…a7ffe6", [0]),
        ("video_6a8b", [1]),
        ("video_6a8", [4]),
        ("video_6a", [0, 1, 4]),
        ("task_ltuj", [2]),
        ("05c8e247", [3]),
        ("e247…0d04", []),
        ("grok:05c8…0d04", [3]),
        (" task_Ltuj… ", [2]),
        ("vid", []),
        ("…", []),
        ("", []),
        ("video_zzzz", []),
    ],
)
def test_what_a_shortened_id_can_mean(written: str, found: list[int]) -> None:
    assert matching(written, WATCHED) == [WATCHED[place] for place in found]


def test_upper_and_lower_case_differ_where_one_fits() -> None:
    assert matching("task_AB", ["task_ABcd", "task_abCD"]) == ["task_ABcd"]
