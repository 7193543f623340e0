"""`tag`, `title`, and what `add` says of tasks that are known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Octotui
from tests.cli.filled import fill


def shown(octotui: Octotui, task_id: str = "grok:1") -> dict[str, Any]:
    task: dict[str, Any] = json.loads(octotui.call("show", "--json", task_id).out)
    return task


def tags(octotui: Octotui, task_id: str = "grok:1") -> list[str]:
    return list(shown(octotui, task_id)["tags"])


def test_add_says_which_tags_and_titles_known_tasks_gained(octotui: Octotui) -> None:
    octotui.call("add", "grok:1", "--tag", "a")
    outcome = octotui.call("add", "grok:1", "grok:2", "--tag", "a", "--tag", "b", "--tag", "c", "--title", "cat")
    assert outcome.out == "known grok:1 Grok, tags b c added, title set\nadded grok:2 Grok\n"
    assert octotui.call("add", "grok:1", "--tag", "d").out == "known grok:1 Grok, tag d added\n"
    assert octotui.call("add", "grok:1", "--tag", "d", "--title", "cat").out == "known grok:1 Grok\n"
    octotui.call("add", "video_9f2c81d0", "--provider", "sora")
    assert octotui.call("add", "video_9f2…d0", "--tag", "e").out == "known video_9f2c81d0 Sora, tag e added\n"
    assert tags(octotui, "video_9f2c81d0") == ["e"]


def test_add_says_so_of_many_too(octotui: Octotui) -> None:
    many = "\n".join(f"grok:{number}a" for number in range(600))
    octotui.call("add", "-", stdin=many)
    outcome = octotui.call("add", "-", "--tag", "x", stdin=many)
    assert outcome.out.count(", tag x added\n") == 600


def test_add_tells_programs_the_same(octotui: Octotui) -> None:
    octotui.call("add", "grok:1")
    outcome = octotui.call("add", "grok:1", "grok:2", "--tag", "b", "--json")
    assert json.loads(outcome.out) == {"added": ["grok:2"], "known": ["grok:1"], "changed": ["grok:1"], "unsure": []}
    outcome = octotui.call("add", "video_abc123", "--json")
    assert (outcome.code, json.loads(outcome.out)["unsure"]) == (2, ["video_abc123"])


def test_tags_are_added_and_taken_away(octotui: Octotui) -> None:
    octotui.call("add", "grok:1", "grok:2", "--tag", "draft")
    outcome = octotui.call("tag", "grok:1", "grok:2", "+night", "-draft", "+final cut")
    assert (outcome.code, outcome.out) == (0, "grok:1: night final cut\ngrok:2: night final cut\n")
    assert outcome.err == "2 of 2 changed\n"
    assert tags(octotui) == ["night", "final cut"]
    assert octotui.call("tag", "grok:1", "+night").err == "0 of 1 changed\n"


@pytest.mark.parametrize("word", ["final", "n", "f", "no-dash", "h2", "jsonx"])
def test_a_tag_that_begins_as_an_option_can_be_taken_away(octotui: Octotui, word: str) -> None:
    octotui.call("add", "grok:1", "--tag", word, "--tag", "keep")
    before = ["--"] if word in {"n", "f"} else []
    outcome = octotui.call("tag", "grok:1", *before, f"-{word}")
    assert (outcome.code, tags(octotui)) == (0, ["keep"])


def test_options_of_tag_may_stand_anywhere(octotui: Octotui) -> None:
    octotui.call("add", "grok:1", "grok:2")
    outcome = octotui.call("tag", "+x", "-f", "grok:2", "--json")
    assert json.loads(outcome.out) == {"changed": ["grok:2"], "would_change": []}
    outcome = octotui.call("tag", "--filter=grok", "+y", "-n")
    assert outcome.out == "grok:1: would change\ngrok:2: would change\n"
    assert tags(octotui) == []
    assert octotui.call("tag", "grok:1", "--jsn", "+x").code == 2
    assert octotui.call("tag", "-h").out.startswith("Usage: octotui tag")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grok:1"], "say which tags: +night adds one"),
        (["+x"], "give ids, or a filter"),
        (["grok:1", "+x", "-x"], "x is to be added and taken away"),
        (["grok:1", "+"], "a tag is a short text"),
        (["nowhere", "+x"], "not watched: nowhere"),
    ],
)
def test_tag_says_what_is_missing(octotui: Octotui, arguments: list[str], words: str) -> None:
    octotui.call("add", "grok:1")
    outcome = octotui.call("tag", *arguments)
    assert outcome.code == 2
    assert words in outcome.err


def test_a_title_is_given_and_taken_away(octotui: Octotui) -> None:
    fill(octotui)
    octotui.call("add", '{"id": "grok:1", "prompt": "a cat"}')
    octotui.call("add", "-", stdin='{"id": "video_77", "model": "sora-2", "prompt": "a cat in the rain"}')
    assert octotui.call("title", "video_77", "red car, take 2").out == "video_77: red car, take 2\n"
    assert octotui.call("title", "video_77", "red", "car").out == "video_77: red car\n"
    assert shown(octotui, "video_77")["title"] == "red car"
    assert octotui.call("ls", "-f", "title:car", "--columns", "id").out.split() == ["ID", "video_77"]
    assert octotui.call("title", "video_77", "").out == "video_77: a cat in the rain\n"
    assert octotui.call("title", "video_9f2", "").out == "video_9f2c81d0: no title\n"
    assert octotui.call("title", "video_77").code == 2
    assert octotui.call("title", "nowhere", "x").code == 2
