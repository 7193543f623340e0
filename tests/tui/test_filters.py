from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.ledger import Ledger
from octotui.presentation.filters import parse
from octotui.tui.app import OctoApp
from tests.support.screen import press, screen_text, until
from tests.tui.tasks import NOW, every_state, ready, running, saved, task


def shown(text: str) -> set[str]:
    wanted = parse(text)
    return {one.id for one in every_state() if wanted.matches(one, NOW)}


EVERYTHING = {one.id for one in every_state()}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("video_9f2", {"video_9f2c81d0"}),
        ("VIDEO_9F2", {"video_9f2c81d0"}),
        ("state:failed", {"video_e41f"}),
        ("state:fail,canc", {"video_e41f", "video_8814"}),
        ("state:saving", {"video_1b77e0aa", "video_8816"}),
        ("tag:camp", {"video_5c3e91b4"}),
        ("model:seedance", {"video_bbfbc1d1"}),
        ("provider:grok state:ready", {"grok:05c8e247-91aa-4d2f-b1a2-77aa10e2a71e"}),
        ("grok:05c8", {"grok:05c8e247-91aa-4d2f-b1a2-77aa10e2a71e"}),
        ("left<30m", {"video_9f2c81d0"}),
        ("left<2h !left<30m state:ready", {"video_8815"}),
        ("left>20h !provider:grok", set()),
        ("left < 30m", {"video_9f2c81d0"}),
        ("LEFT<30M STATE:Ready", {"video_9f2c81d0"}),
        ("!left < 30h state:ready provider:veo", set()),
        ("policy", {"video_e41f"}),
        ('"content policy"', {"video_e41f"}),
        ('"Content Policy" state:failed', {"video_e41f"}),
        ('"policy content"', set()),
        ('"stopped by', {"video_8814"}),
        ('"state:failed"', set()),
        ('tag:"campaign-b"', {"video_5c3e91b4"}),
        ("state:ready,failed provider:sora", {"video_9f2c81d0", "video_e41f"}),
        ("tag:campaign-b,nothing", {"video_5c3e91b4"}),
        ("no such text anywhere", set()),
    ],
)
def test_what_a_filter_shows(text: str, ids: set[str]) -> None:
    assert shown(text) == ids


def test_a_term_can_be_turned_round() -> None:
    assert shown("!state:failed") == EVERYTHING - {"video_e41f"}
    assert shown('!"content policy"') == EVERYTHING - {"video_e41f"}
    assert shown("!video_") | shown("video_") == EVERYTHING
    assert not shown("!video_") & shown("video_")


@pytest.mark.parametrize("half", ["", " ", "state:", "left<", "left < ", '"', 'tag:"', "!tag:", "!"])
def test_half_a_term_hides_nothing_while_one_types(half: str) -> None:
    wanted = parse(half)
    assert wanted.problem is None
    if half not in {"!tag:", "!"}:
        assert shown(half) == EVERYTHING


@pytest.mark.parametrize("text", ["left<soon", "left>x"])
def test_a_term_without_sense_is_said_and_left_out(text: str) -> None:
    wanted = parse(f"{text} video_9f2")
    assert wanted.problem is not None
    assert "left<30m" in wanted.problem
    assert wanted.matches(ready("video_9f2"), NOW)


def test_completed_is_the_public_word_for_ready_saving_and_saved() -> None:
    wanted = parse("state:completed")
    assert wanted.matches(ready(), NOW)
    assert wanted.matches(saved(), NOW)
    assert not wanted.matches(running(), NOW)


@pytest.mark.parametrize(("text", "timed"), [("left<30m", True), ("state:expired", True), ("video tag:x", False)])
def test_it_is_known_which_filters_time_can_change(text: str, timed: bool) -> None:
    assert parse(text).timed is timed


@given(st.text(st.sampled_from('state:left<>!tagmodel, "30mhx字\x1b[/]') | st.characters()))
def test_whatever_is_typed_it_does_not_fail(text: str) -> None:
    wanted = parse(text)
    for one in (*every_state(), task()):
        assert wanted.matches(one, NOW) in {True, False}


def test_a_quoted_blank_is_part_of_the_tag() -> None:
    tagged = task(tags=("spring sale",))
    assert parse('tag:"spring s"').matches(tagged, NOW)
    assert not parse('tag:"spring  s"').matches(tagged, NOW)
    assert not parse('!tag:"spring s"').matches(tagged, NOW)


def test_a_field_that_does_not_exist_is_text_and_said() -> None:
    assert parse("foo:bar").unknown == "no field foo: state, tag, model, provider, error, left"
    assert parse("!foo:bar").unknown == parse("tag:x foo:bar").unknown == parse("foo:bar").unknown
    assert parse("sora-2:task_1").unknown is None
    assert parse('"foo:bar"').unknown is None
    assert parse("state:failed").unknown is None


@pytest.mark.parametrize("width", [18, 38, 58, 98])
async def test_the_hint_is_whole_or_shorter_and_names_unknown_fields(
    width: int, full_ledger: Ledger, make_app: Callable[..., OctoApp]
) -> None:
    assert full_ledger.count()
    app = make_app()
    async with app.run_test(size=(2 * width + 4, 20)) as pilot:
        await press(pilot, "slash")
        await until(pilot, lambda: "left<30m" in screen_text(app))
        await press(pilot, *"grok:05c8")
        await until(pilot, lambda: app.dashboard.panes.filter.text == "grok:05c8")
        assert "no field" not in screen_text(app)
        await press(pilot, *"/")
        await until(pilot, lambda: "no field grok" in screen_text(app))
