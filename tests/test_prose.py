"""Times and sizes in sentences, and that no frame waits for the library they come from."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui import prose

_SECONDS = {"day": 86_400, "hour": 3600, "minute": 60, "second": 1}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 seconds"),
        (0.83, "0.8 seconds"),
        (40, "40 seconds"),
        (192, "3 minutes and 12 seconds"),
        (3600, "1 hour"),
        (93_780.9, "1 day, 2 hours and 3 minutes"),
        (40 * 86_400, "40 days"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert prose.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 seconds"),
        (9.9, "9 seconds"),
        (250.9, "4 minutes and 10 seconds"),
        (899.9, "14 minutes and 59 seconds"),
        (959, "15 minutes"),
        (86_399.9, "23 hours and 59 minutes"),
        (172_799, "1 day and 23 hours"),
    ],
)
def test_what_is_left_is_rounded_down(seconds: float, words: str) -> None:
    assert prose.time_left(seconds) == words


@given(st.floats(min_value=0, max_value=10_000 * 86_400))
def test_what_is_left_is_never_more_than_there_is(seconds: float) -> None:
    words = prose.time_left(seconds)
    parts = re.findall(r"([\d,]+) (day|hour|minute|second)s?", words)
    said = sum(int(count.replace(",", "")) * _SECONDS[unit] for count, unit in parts)
    assert parts
    assert said <= seconds < said + 3600


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (9, "now"),
        (29, "20 seconds ago"),
        (119, "a minute ago"),
        (3599, "59 minutes ago"),
        (7199, "an hour ago"),
        (40 * 86_400, "40 days ago"),
    ],
)
def test_ages(seconds: float, words: str) -> None:
    assert prose.ago(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 Bytes"), (812, "812 Bytes"), (18_200_000, "18.2 MB"), (412 * 10**9, "412.0 GB")]
)
def test_sizes(count: int, words: str) -> None:
    assert prose.size(count) == words


_MODULES = {
    "the dashboard's modules": "import octotui.cli.dashboard, octotui.tui.app, octotui.tui.dashboard.screen",
    "the engine": "import octotui.engine.engine, octotui.engine.one_shot",
    "the words themselves": "import octotui.prose",
}


@pytest.mark.parametrize("code", _MODULES.values(), ids=_MODULES.keys())
def test_no_import_brings_humanize(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print('humanize' in sys.modules, 'tomli_w' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False False\n"
