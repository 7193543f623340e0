"""`rm` and `prune`: what is taken away, after which question."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.cli.conftest import Octotui
from tests.cli.filled import fill
from tests.cli.test_process import on_terminal
from tests.support.clock import NOW
from tests.support.tasks import ready, saved, task

DAY = 86400.0


def ids(octotui: Octotui) -> list[str]:
    return [each["id"] for each in json.loads(octotui.call("ls", "--json").out)]


def many(octotui: Octotui, count: int) -> None:
    octotui.call("add", *(f"grok:{number}a" for number in range(count)))


def test_a_dry_run_says_what_would_go_and_removes_nothing(octotui: Octotui) -> None:
    many(octotui, 30)
    outcome = octotui.call("rm", "-f", "grok", "--dry-run")
    assert outcome.out.splitlines() == [f"would remove grok:{number}a" for number in range(30)]
    assert octotui.call("rm", "grok:1a", "-n").out == "would remove grok:1a\n"
    told = json.loads(octotui.call("rm", "grok:1a", "-n", "--json").out)
    assert told == {"removed": [], "would_remove": ["grok:1a"]}
    assert len(ids(octotui)) == 30


def test_more_than_twenty_that_match_are_asked_about(octotui: Octotui) -> None:
    many(octotui, 21)
    outcome = octotui.call("rm", "-f", "grok")
    assert (outcome.code, len(ids(octotui))) == (2, 21)
    assert outcome.err == (
        "octotui: Stop watching 21 tasks of 21? Nobody can be asked here: give --yes, or --dry-run to see which.\n"
    )
    assert octotui.call("rm", "-f", "grok:1a").code == 0
    assert json.loads(octotui.call("rm", "-f", "grok", "--json").out)["removed"]
    many(octotui, 21)
    assert octotui.call("rm", "-f", "grok", "--yes").code == 0
    assert ids(octotui) == []


@pytest.mark.parametrize(("typed", "left"), [(b"y\n", 0), (b"n\n", 21)])
def test_a_person_at_a_terminal_is_asked(octotui: Octotui, typed: bytes, left: int) -> None:
    many(octotui, 21)
    try:
        shown = on_terminal(octotui, "rm", "-f", "grok", typed=typed)
    except AssertionError:
        assert left  # it ended with 2
    else:
        assert "Stop watching 21 tasks of 21? [y/N]: " in shown
    assert len(ids(octotui)) == left


def test_prune_takes_what_was_saved_long_ago_and_nothing_else(octotui: Octotui) -> None:
    old, new = saved("video_1"), saved("video_2")
    old = replace(old, download=old.download._replace(saved_at=NOW - 40 * DAY))
    fill(octotui, [old, new, ready("video_3"), task("video_4")])
    outcome = octotui.call("prune", "--saved", "--older", "30d")
    assert outcome.code == 2
    assert "Stop watching 1 saved task of 4? The files stay. Nobody can be asked here: give --yes" in outcome.err
    assert octotui.call("prune", "--saved", "--older", "30d", "-n").out == "would remove video_1\n"
    assert len(ids(octotui)) == 4
    told = json.loads(octotui.call("prune", "--saved", "--older", "30d", "--yes", "--json").out)
    assert told == {"removed": ["video_1"], "would_remove": []}
    outcome = octotui.call("prune", "--saved", "--older", "30d", "--yes")
    assert (outcome.code, outcome.err) == (0, "nothing to prune: none of 3 was saved so long ago\n")
    assert octotui.call("prune", "--saved", "--yes").out == "removed video_2\n"
    assert ids(octotui) == ["video_3", "video_4"]
    assert octotui.call("prune", "--older", "30d").code == 2


def test_a_whole_id_behind_f_means_that_task_alone(octotui: Octotui) -> None:
    octotui.call("add", "grok:1", "grok:10", "grok:11")
    assert octotui.call("rm", "-f", "grok:1").out == "removed grok:1\n"
    assert octotui.call("rm", "-f", "grok:1").out == "removed grok:10\nremoved grok:11\n"
