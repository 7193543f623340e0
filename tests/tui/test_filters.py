from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.cli.selection import chosen, read_filter
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, Task
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
        ("model:seedance", {"video_bbfbc1d1", "video_8813"}),
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
    assert f"{text}: write a time, as in {text[:5]}30m" == wanted.problem
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


@pytest.mark.parametrize("text", ["foo:bar", "!foo:bar", "tag:x foo:bar", "mdoel:sora2", "states:1", "foo:"])
def test_a_field_that_does_not_exist_is_said_with_all_there_are(text: str) -> None:
    wanted = parse(text)
    assert wanted.problem is not None
    assert wanted.problem.startswith("no field ")
    assert ": state, provider, model, tag, title, error, file, box, age, created, done, left, size; " in wanted.problem


def test_what_was_meant_is_guessed() -> None:
    assert "no field mdoel (did you mean model?): " in str(parse("mdoel:sora2").problem)
    assert "(did you mean" not in str(parse("foo:bar").problem)
    assert str(parse("foo:bar").problem).endswith('for text write "foo:bar"')


@pytest.mark.parametrize(
    "text",
    [
        "sora-2:task_1",
        '"foo:bar"',
        "grok:",
        "grok:abc",
        "veo3.1:17",
        "other:4711",
        "https://x.example/v",
        "14:02",
        "字:x",
    ],
)
def test_ids_and_links_with_a_colon_are_text(text: str) -> None:
    wanted = parse(text)
    assert wanted.problem is None
    assert wanted.matches(task(text.replace('"', "") + "9"), NOW)
    assert not wanted.matches(task("video_1"), NOW)


LOCAL = time.mktime((2026, 11, 29, 12, 0, 0, 0, 0, -1))
"""Noon of some day, where this test runs."""
HOUR, DAY = 3600.0, 86400.0


def made(before: float) -> Task:
    """Something that was submitted so many seconds before `LOCAL`, and rendered for ten minutes."""
    created = LOCAL - before
    return replace(saved("video_3"), created_at=created, added_at=created, completed_at=created + 600)


@pytest.mark.parametrize(
    ("text", "before", "is_shown"),
    [
        ("created:today", HOUR, True),
        ("created:today", 13 * HOUR, False),
        ("created:yesterday", 13 * HOUR, True),
        ("created:today,yesterday", 13 * HOUR, True),
        ("created:yesterday", HOUR, False),
        ("created:2026-11-29", HOUR, True),
        ("created:2026-11-28", HOUR, False),
        ("created:2026-11", 20 * DAY, True),
        ("created:2026-10", 20 * DAY, False),
        ("created:2026", 20 * DAY, True),
        ("created<2026", HOUR, False),
        ("created:60m", HOUR / 2, True),
        ("created:2026-11-29T11", HOUR, True),
        ("created:2026-11-29T11:01", HOUR, False),
        ("created>2026-11-28", HOUR, True),
        ("created>2026-11-29", HOUR, False),
        ("created>=2026-11-29", HOUR, True),
        ("created<2026-11-29", HOUR, False),
        ("created<2026-11-29", 13 * HOUR, True),
        ("created<=2026-11-29", HOUR, True),
        ("created:2d", DAY, True),
        ("created:2d", 3 * DAY, False),
        ("done:today", HOUR, True),
        ("done<yesterday", 2 * DAY, True),
        ("age>2d", 3 * DAY, True),
        ("age>2d", DAY, False),
        ("age < 1h30m", HOUR, True),
        ("age<1w", 6 * DAY, True),
        ("size>20MB", HOUR, True),
        ("size>24MB", HOUR, False),
        ("size>=24MB", HOUR, True),
        ("size<20MiB", HOUR, False),
        ("size<1G", HOUR, True),
        ("size:>20MB", HOUR, True),
        ("file:videos/", HOUR, True),
        ("file:photos", HOUR, False),
    ],
)
def test_times_sizes_and_files(text: str, before: float, is_shown: bool) -> None:
    wanted = parse(text)
    assert wanted.problem is None
    assert wanted.matches(made(before), LOCAL) is is_shown
    assert parse(f"!{text}").matches(made(before), LOCAL) is not is_shown


def test_what_is_not_done_was_done_at_no_time() -> None:
    assert not parse("done:today").matches(running(), NOW)
    assert not parse("done<today").matches(running(), NOW)
    assert not parse("size>0").matches(running(), NOW)


def test_titles_and_errors_are_looked_for_where_they_stand() -> None:
    assert parse('title:"red car"').matches(task(given_title="A Red Car"), NOW)
    assert parse("title:cat,car").matches(task(prompt="a car"), NOW)
    assert parse('title:"a, b"').matches(task(prompt="a, b"), NOW)
    assert not parse('title:"a, b"').matches(task(prompt="a"), NOW)
    assert shown("error:policy") == {"video_e41f"}
    assert shown("error:rung") == {"video_8815"}
    assert shown('error:"timed out"') == {"video_c09d"}


def test_a_file_is_on_the_box_that_has_it_or_saves_it() -> None:
    far = Download(DownloadState.SAVED, file="/films/a.mp4", box="Render-03", place="p3")
    tasks = [
        saved("here"),
        replace(saved("far"), download=far),
        replace(ready("coming"), download=Download(DownloadState.RUNNING, box="render-04", place="p4")),
        ready("unsaved"),
    ]

    def of(text: str) -> set[str]:
        wanted = parse(text)
        return {one.id for one in tasks if wanted.matches(one, NOW)}

    assert of(f"box:{socket.gethostname()[:3].upper()}") == {"here"}
    assert of("box:render-03") == {"far"}
    assert of("box:render-03,render-04") == {"far", "coming"}
    assert of("!box:render state:saved") == {"here"}
    assert of("box:no-such-box") == set()
    assert of("box:") == {one.id for one in tasks}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("created:soon", "created:soon: write a time, as in created:2d, 2026-11-29, today, yesterday"),
        ("created:2026-02-30", "write a time"),
        ("created:30", "write a time"),
        ("done:2026-", "write a time"),
        ("done>2026-13", "done>2026-13: write a day, as in done>2026-11-29, today, yesterday; for a span done:2d"),
        ("created<2d", "for a span created:2d"),
        ("size>x", "size>x: write a size, as in size>50MB"),
        ("left:30m", "left:30m: write left with < or >, as in left<30m"),
        ("age:2d", "as in age>2d"),
        ("state:fial", "no state fial: queued, running, ready"),
    ],
)
def test_errors_say_what_to_write(text: str, words: str) -> None:
    assert words in str(parse(text).problem)


@pytest.mark.parametrize("text", ["age>2d", "created:today", "done:1h", "left<3m"])
def test_spans_and_days_of_the_calendar_change_with_the_time(text: str) -> None:
    assert parse(text).timed
    assert not parse("created:2026-11-29 size>1MB").timed


TERMS = st.sampled_from(
    (
        *("state:", "provider:", "model:", "tag:", "title:", "error:", "file:", "box:", "", "x:", '"'),
        *("age>", "age<=", "created:", "created<", "done:", "done>=", "left<", "left>", "size<", "size>"),
    )
)
VALUES = st.sampled_from(
    (
        *("today", "yesterday", "2d", "2026-11-29", "2026-11", "30m", "1h30m", "50MB", "0", "sora", "ready,failed"),
        *("a", "", '"', "9" * 30, "9" * 400 + "d", "2026-02-31", "9999-12-31", "0000-00", "1.5.2", "字", "é"),
    )
) | st.text(max_size=8)


@given(TERMS, VALUES)
def test_a_term_and_its_inverse_share_all_tasks(term: str, value: str) -> None:
    text = f"{term}{value}"
    if parse(text).problem or re.search(r"\s", text) or text.startswith("!") or not text:
        return
    assert shown(text) | shown(f"!{text}") == EVERYTHING
    assert not shown(text) & shown(f"!{text}")


@pytest.mark.parametrize("width", [18, 38, 58, 98])
async def test_the_hint_is_whole_or_shorter_and_errors_are_said(
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
        await press(pilot, *" foo:x")
        await until(pilot, lambda: "no field foo" in screen_text(app))
        assert any(pane.table.rows.ids for pane in app.dashboard.panes.panes.values())
        await press(pilot, "enter")
        await press(pilot, "backspace", "backspace", "backspace")
        await until(pilot, lambda: app.dashboard.panes.filter.text == "grok:05c8 fo")


TEXTS = [
    "state:failed,ready",
    "!state:saved left<2h",
    "provider:grok",
    "error:policy",
    '"content policy"',
    "size>10MB",
    "file:videos/",
    "tag:camp",
    "grok:05c8",
    "model:seedance !left<1h",
    "nothing at all",
]


@pytest.mark.parametrize("text", TEXTS)
async def test_the_screen_and_commands_take_the_same(
    text: str, full_ledger: Ledger, make_app: Callable[..., OctoApp]
) -> None:
    app = make_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "slash")
        bar = app.dashboard.side_panel.filter_bar
        assert bar is not None
        bar.input.value = text
        await until(pilot, lambda: app.dashboard.panes.filter.text == text and not app.dashboard.panes.is_arranging)
        shown = {task_id for pane in app.dashboard.panes.panes.values() for task_id in pane.table.rows.ids}
    assert {one.id for one in chosen(full_ledger, (), read_filter(text), NOW)} == shown
