from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.intake.shortened import matching
from octotui.ledger import Ledger, SavedView
from octotui.model import Download, DownloadState, Task, TaskState
from octotui.presentation.columns import (
    AUTOMATIC,
    CHOSEN_WIDTHS,
    HEADINGS,
    RIGHT,
    Choice,
    Layout,
    heading_line,
    layout_for,
)
from octotui.presentation.fields import FIELDS
from octotui.presentation.sorting import ORDERS
from octotui.presentation.styled_text import Role, fit_model, plain, width_of
from octotui.presentation.task_row import View, row
from octotui.tui.app import OctoApp
from octotui.tui.table.rows import Rows
from octotui.tui.table.short_ids import ShortIds
from tests.support.screen import Repaints, press, screen_lines, screen_text, settle
from tests.tui.tasks import NOW, Clock, every_state, ready, record, running, task

MakeApp = Callable[..., OctoApp]
NAMES = {name: field.heading for name, field in FIELDS.items()}
choices = st.builds(
    Choice,
    alone=st.booleans(),
    titled=st.booleans(),
    short_id=st.sampled_from([7, 10, 13, 17, 25, 44]),
    everybody=st.booleans(),
    columns=st.lists(st.sampled_from([*FIELDS]), unique=True, max_size=8).map(tuple),
)
TITLED = Choice(titled=True)


def filled(one: Task, layout: Layout) -> View:
    more = tuple(FIELDS[name].text(one, NOW, {}) for name, _ in layout.more)
    return View(NOW, layout, short_id=f"…{one.id[-6:]}", label="Doubao", more=more)


@given(choices, st.integers(20, 300), st.sampled_from([*ORDERS, *(f"-{order}" for order in ORDERS)]))
def test_every_row_and_its_headings_are_as_wide_as_the_pane(choice: Choice, width: int, order: str) -> None:
    layout = layout_for(width, choice)
    assert width_of(heading_line(layout, order, NAMES)) == width
    for one in every_state():
        assert width_of(row(one, filled(one, layout))) == width


def test_headings_stand_over_their_columns() -> None:
    one = ready("video_9f2c81d0", 250, model="MODEL", tags=("TAGS",), given_title="TITLE", seconds="77", provider="veo")
    shown = {"Left": "4m 10s", "State": "●", "Title": "TITLE", "Id": "…2c81d0", "Done": "77s", "Model": "MODEL"}
    shown |= {"Tags": "TAGS", "Provider": "Doubao"}
    for width in range(20, 301):
        for choice in (TITLED, Choice(titled=True, everybody=True), Choice(titled=True, columns=AUTOMATIC)):
            layout = layout_for(width, choice)
            heads, text = plain(heading_line(layout, "model", NAMES)), plain(row(one, filled(one, layout)))
            there = [heading for heading in shown if f" {heading} " in heads]
            assert {heading: heads.index(f" {heading} ") for heading in there} == {
                heading: text.index(f" {shown[heading]} ") for heading in there
            }, width


def test_the_title_is_the_widest_column() -> None:
    for width in range(58, 301):
        layout = layout_for(width, TITLED)
        others = (layout.clock, layout.state, layout.id, layout.bar, layout.took, layout.model)
        assert layout.main > max(others), width


def test_on_a_small_screen_there_is_the_title_or_the_id() -> None:
    layout = layout_for(40, TITLED)
    assert not layout.id
    assert "Two foxes" in plain(row(running("video_5c3e91b4", prompt="Two foxes in snow"), View(NOW, layout)))
    assert "video_5c" in plain(row(running("video_5c3e91b4"), View(NOW, layout)))


def test_a_task_without_a_title_shows_its_id_in_the_room_of_both() -> None:
    text = plain(
        row(running("sora-2:task_01k9008rhbefs75x3k9y"), View(NOW, layout_for(78, TITLED), short_id="…5x3k9y"))
    )
    assert "sora-2:task_01k9008…s75x3k9y" in text.replace("  ", " ") or "sora-2:task_01k9008" in text
    assert "…5x3k9y" not in text


@pytest.mark.parametrize(
    "title", ["雨夜霓虹街道，镜头缓慢推进，第三条", "Two foxes 🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊", "a\u0301" * 200, "👩‍👩‍👧 family"]
)
def test_titles_of_any_script_fit_into_their_cells(title: str) -> None:
    for width in range(20, 301):
        one = running("video_5c3e91b4", given_title=title)
        assert width_of(row(one, View(NOW, layout_for(width, TITLED), short_id="…3e91b4"))) == width


def test_a_reason_gets_the_cells_that_are_free_beside_it() -> None:
    reason = "content policy: the prompt names a person who is protected by the rules of the house"
    one = task("video_1", state=TaskState.FAILED, error_message=reason, prompt="Two foxes")
    layout = layout_for(118, TITLED)
    assert layout.model
    shown = plain(row(one, View(NOW, layout)))
    assert reason[: layout.note + layout.tail + 10] in shown, "the model's column is empty: its cells are free"
    with_model = plain(
        row(task("video_1", state=TaskState.FAILED, error_message=reason, model="sora-2"), View(NOW, layout))
    )
    assert with_model.rstrip().endswith("sora-2")
    assert len(shown) == len(with_model) == 118


@pytest.mark.parametrize(
    ("model", "width", "shown"),
    [
        ("doubao-seedance-1-5-pro-720p", 17, "seedance-1-5…720p"),
        ("doubao-seedance-1-0-lite-720p", 17, "seedance-1-0…720p"),
        ("doubao-seedance-1-5-pro-1080p", 17, "seedance-1-…1080p"),
        ("doubao-seedance-2", 15, "seedance-2     "),
        ("sora-2", 8, "sora-2  "),
        ("averylongmodelwithoutanyparts", 15, "averylong…parts"),
        ("", 4, "    "),
        ("doubao-seedance-1-5-pro-720p", 0, ""),
    ],
)
def test_models_are_cut_where_they_differ_least(model: str, width: int, shown: str) -> None:
    assert fit_model(model, width, "doubao") == shown


@given(st.text(), st.integers(0, 60), st.sampled_from(["", "doubao"]))
def test_a_model_takes_exactly_its_cells(model: str, width: int, provider: str) -> None:
    if not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in model):
        assert width_of(((fit_model(model, width, provider), Role.TEXT),)) == width


ids = st.lists(
    st.one_of(
        st.from_regex(r"(video_|task_|grok:)?[a-z0-9]{4,12}", fullmatch=True),
        st.builds("{}{}".format, st.sampled_from(["video_", "sora-2:task_", "x" * 30]), st.integers(1000, 1100)),
        st.builds("{}-77aa10e2a71e".format, st.from_regex(r"grok:[0-9a-f]{8}-[0-9a-f]{4}", fullmatch=True)),
    ),
    unique=True,
    max_size=40,
)


@given(ids, ids)
def test_short_ids_tell_apart_what_there_is_and_mean_one_task(first: list[str], second: list[str]) -> None:
    known = dict.fromkeys(first)
    forms = ShortIds(known)
    assert all(len(forms.short(one)) <= forms.width for one in first)
    added = [one for one in second if one not in known]
    known.update(dict.fromkeys(added))
    forms.add(added)
    for gone in first[::3]:
        del known[gone]
    forms.remove(first[::3])
    for one in known:
        assert len(forms.short(one)) <= forms.width
        assert matching(forms.short(one), known) == [one]


def test_short_ids_become_longer_where_two_end_alike_and_never_shorter() -> None:
    known = dict.fromkeys(["video_9f2c81d0aa", "video_1b77e0aabb"])
    forms = ShortIds(known)
    assert (forms.short("video_9f2c81d0aa"), forms.width) == ("…81d0aa", 7)
    known["video_112c81d0aa"] = None
    forms.add(["video_112c81d0aa"])
    assert [forms.short(one) for one in known] == ["…2c81d0aa"[:1] + "f2c81d0aa", "…b77e0aabb", "…12c81d0aa"]
    del known["video_112c81d0aa"]
    forms.remove(["video_112c81d0aa"])
    assert forms.width == 10


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, "a title"]), st.booleans()), max_size=30))
def test_rows_know_how_many_have_titles(steps: list[tuple[int, str | None, bool]]) -> None:
    rows = Rows()
    for number, title, is_removed in steps:
        one = running(f"t{number}", 10, prompt=title)
        rows.update([] if is_removed else [one], [one.id] if is_removed else [], NOW)
        assert rows.titled == sum(one.title is not None for one in rows.tasks.values())
    other = Rows()
    other.fill(rows.tasks.values(), NOW)
    assert other.titled == rows.titled


def test_headings_are_those_of_the_fields() -> None:
    assert {name: FIELDS[name].heading for name in HEADINGS} == HEADINGS
    assert set(CHOSEN_WIDTHS) | {"left", "state", "title", "done"} == set(FIELDS)
    assert set(AUTOMATIC) <= set(FIELDS)
    assert {name for name, field in FIELDS.items() if field.is_number} == RIGHT


@pytest.mark.parametrize(
    ("order", "shown"),
    [("deadline", "Left▲"), ("-deadline", "Left▼"), ("progress", "Done▼"), ("state", "State▲"), ("-model", "Model▼")],
)
def test_the_sorts_mark_stands_at_its_column(order: str, shown: str) -> None:
    line = heading_line(layout_for(118, TITLED), order, HEADINGS)
    assert shown in plain(line)
    assert [text.strip() for text, role in line if role is Role.STRONG] == [shown]


async def test_panes_have_headings_where_there_is_room(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert screen_lines(app)[3].startswith("│ Left▲    State       Id ")
        await press(pilot, "3")
        assert screen_lines(app)[3].startswith("│ Left▲    State       Title ")
        await pilot.resize_terminal(40, 12)
        await settle(pilot)
        assert "State" not in screen_text(app)


async def test_headings_are_not_painted_again(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 250, prompt="Two foxes"), running("b", 20))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        clock.advance(1)
        with Repaints() as painted:
            app.dashboard.tick()
            await settle(pilot)
        assert painted.of(app.dashboard.panes.pane) == []
        assert painted.of(app.dashboard.panes.pane.table)


async def test_headings_follow_the_first_title(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_1", 20))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Title" not in screen_text(app)
        ledger.set_title(["video_1"], "Two foxes")
        app.dashboard.tick()
        await settle(pilot)
        assert "Title" in screen_lines(app)[3]
        assert "Two foxes" in screen_lines(app)[4]


def test_a_download_that_waits_says_so_beside_its_title() -> None:
    waiting = Download(DownloadState.WANTED, 1000, 4000, error="no room: 40 MB needed", next_at=NOW + 260)
    text = plain(row(ready("video_8817", 7500, download=waiting, prompt="Foxes"), View(NOW, layout_for(98, TITLED))))
    assert "again in 4m: no room" in text


async def test_the_list_of_sorts_shows_what_holds_and_reverses_it(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "s")
        assert "▸ 1  deadline  ▲  what can be lost first" in screen_text(app)
        await press(pilot, "j", "j", "j", "k", "j", "enter")
        assert app.dashboard.panes.order == "age"
        assert "Sorted by age." in screen_text(app)
        await press(pilot, "s", "enter")
        assert app.dashboard.panes.order == "-age"
        assert "Sorted by age, reversed." in screen_text(app)
        await press(pilot, "s")
        assert "▸ 4  age       ▼  newest first, reversed" in screen_text(app)
        await press(pilot, "escape")
        assert app.dashboard.panes.order == "-age"
        await press(pilot, "s", "6")
        assert "Model▲" in screen_text(app) or "by model" in screen_text(app)


def heading(app: OctoApp) -> str:
    """The first line of headings."""
    return next(line for line in screen_lines(app) if "Left" in line)


async def test_columns_are_chosen_kept_and_there_again(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_5c3e91b4", 20, prompt="Two foxes", tags=("night",), model="sora-2"))
    app = make_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert "Model" in heading(app)
        await press(pilot, "s", "c", *"jjjjjj", "space")
        assert "· model" in screen_text(app)
        await press(pilot, *"jj", "space", "enter")
        heads = heading(app)
        assert "Model" not in heads
        assert app.dashboard.panes.columns == ("left", "state", "title", "id", "done", "took", "tags", "provider")
        assert heads.index("Provider") < heads.index("Title") < heads.index("Tags")
    again = make_app()
    async with again.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert heading(again) == heads
        await press(pilot, "|", "space", "escape")
        assert heading(again) == heads, "esc takes back what was tried"
        await press(pilot, "|", "a", "enter")
        assert ledger.columns() == ()
        assert "Model" in heading(again)


async def test_columns_are_kept_with_a_view(full_ledger: Ledger, make_app: MakeApp) -> None:
    full_ledger.save_view(SavedView("short", "", "-age", None, ("left", "title", "created", "no_such_column")))
    app = make_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "w")
        assert "by age, reversed  all panes  left title created" in screen_text(app)
        await press(pilot, "1")
        assert "Created▲" in screen_text(app)
        assert "State" not in screen_text(app)
        await press(pilot, "w", "a", *"mine", "enter")
        assert full_ledger.saved_views()[0] == SavedView("mine", "", "-age", None, app.dashboard.panes.columns)
        assert full_ledger.columns() == (), "a view does not change what one begins with"
