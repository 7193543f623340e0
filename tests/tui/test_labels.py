"""Titles and tags edited on the screen, and what `u` takes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.ledger import Ledger, Poster
from octotui.model import NewTask, Task
from octotui.presentation import remedies
from octotui.presentation.bulk.tag_change import (
    LONGEST_TAG,
    TagChange,
    completed,
    completions,
    known_tags,
    present_tags,
    read_tags,
)
from octotui.presentation.styled_text import plain
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.labels import TagsDialog, TitleDialog
from octotui.tui.undo import KEPT
from tests.support.fake_engine import FakeEngine
from tests.support.screen import press, press_at_once, screen_lines, screen_text, until
from tests.support.tasks import known
from tests.tui.tasks import NOW, ready, record, running, saved

MakeApp = Callable[..., OctoApp]


def labels(ledger: Ledger) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(task.given_title, task.tags) for task in ledger.tasks()]


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_a_task_is_given_a_title_and_loses_it_again(
    size: tuple[int, int], ledger: Ledger, make_app: MakeApp
) -> None:
    ledger.add([NewTask("a", "sora", "videos", prompt="a cat on a roof")], NOW)
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press_at_once(pilot, "t", *"Shot 12", "enter")
        assert known(ledger, "a").title == "Shot 12"
        await until(pilot, lambda: "Called Shot 12: a." in screen_text(app))
        await press(pilot, "t")
        assert isinstance(app.screen, TitleDialog)
        assert "a cat on a roof" in screen_text(app)
        assert "Shot 12" in screen_text(app)
        assert "Enter Set" in screen_text(app)
        await press(pilot, *["backspace"] * 7, "enter")
        assert known(ledger, "a").title == "a cat on a roof"
        await press(pilot, "u")
        assert known(ledger, "a").title == "Shot 12"
        await until(pilot, lambda: "Undone: titles of a." in screen_text(app))
        await press(pilot, "t", "enter")
        assert known(ledger, "a").title == "Shot 12"
        await press(pilot, "t", *"!", "escape")
        assert known(ledger, "a").title == "Shot 12"


async def test_titles_of_several_are_taken_away_only_on_purpose(ledger: Ledger, make_app: MakeApp) -> None:
    ledger.add([NewTask("a", "sora", "videos", title="A"), NewTask("b", "sora", "videos")], NOW)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "asterisk", "t")
        assert "Title: 2 tasks of Sora" in screen_text(app)
        assert "1 of 2 have a title" in screen_text(app)
        await press(pilot, "enter")
        assert "Enter again takes 1 away." in screen_text(app)
        await press(pilot, "x", "backspace", "enter")
        assert labels(ledger)[0][0] == "A"
        await press(pilot, "enter")
        assert [title for title, _ in labels(ledger)] == [None, None]
        await press(pilot, "t", *"Both", "enter")
        assert [title for title, _ in labels(ledger)] == ["Both", "Both"]
        await press(pilot, "u", "u")
        assert [title for title, _ in labels(ledger)] == ["A", None]
        await press(pilot, "u")
        await until(pilot, lambda: "There is nothing to undo." in screen_text(app))


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)])
async def test_tags_are_added_and_taken_away_for_all_that_is_marked(
    size: tuple[int, int], ledger: Ledger, make_app: MakeApp
) -> None:
    record(ledger, ready("a", 100, tags=("campaign-b",)), ready("b", 200, tags=("x",)), ready("c", 300, "veo"))
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "asterisk", "number_sign")
        assert isinstance(app.screen, TagsDialog)
        assert "campaign-b (1 of 2)" in screen_text(app)
        await press(pilot, *"+new -x +ca", "tab")
        assert app.screen.input.value == "+new -x +campaign-b "
        await press(pilot, "enter")
        assert [tags for _, tags in labels(ledger)] == [("campaign-b", "new"), ("new", "campaign-b"), ()]
        await until(pilot, lambda: "Tagged +new +campaign-b -x" in screen_text(app))
        await press(pilot, "u")
        assert [tags for _, tags in labels(ledger)] == [("campaign-b",), ("x",), ()]


async def test_a_list_of_tags_is_all_there_are(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100, tags=("old",)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "number_sign", *"one, two", "enter")
        assert known(ledger, "a").tags == ("one", "two")
        await press(pilot, "number_sign", *"one +two", "enter")
        assert "Either +a -b, or the whole list: a b." in screen_text(app)
        await press(pilot, "escape", "number_sign", "enter")
        assert known(ledger, "a").tags == ("one", "two")
        await press(pilot, "number_sign", "-", "enter")
        assert known(ledger, "a").tags == ()
        await press(pilot, "number_sign", "-", "enter")
        await until(pilot, lambda: "That is so already." in screen_text(app))
        await press(pilot, "u", "u")
        assert known(ledger, "a").tags == ("old",)


async def test_labels_are_edited_from_the_details_for_that_task_alone(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "asterisk", "enter", "number_sign", *"one", "enter")
        assert [tags for _, tags in labels(ledger)] == [("one",), ()]
        await until(pilot, lambda: "one" in "".join(line for line in screen_lines(app) if "tags" in line))
        await press(pilot, "u")
        assert [tags for _, tags in labels(ledger)] == [(), ()]


async def test_what_another_window_changes_meanwhile_is_left_alone(
    ledger: Ledger, make_app: MakeApp, tmp_path: Path
) -> None:
    record(ledger, ready("a", 100), ready("b", 200))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "asterisk", "number_sign", *"mine", "enter", "t", *"Mine", "enter")
        with Ledger.open(tmp_path / "state" / "ledger.db") as other:
            other.change_tags(["a"], add=["theirs"])
            other.set_title(["b"], "Theirs")
        await press(pilot, "u")
        await until(pilot, lambda: "Undone: titles of 2 tasks of Sora; 1 changed elsewhere" in screen_text(app))
        await press(pilot, "u")
        await until(pilot, lambda: "Undone: tags of 2 tasks of Sora; 1 changed elsewhere" in screen_text(app))
        assert labels(ledger) == [(None, ("mine", "theirs")), ("Theirs", ())]


async def test_what_is_no_longer_watched_comes_back_whole(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, saved("a", tags=("x",)), running("b"), ready("c", 100, "veo"))
    ledger.set_title(["a"], "Shot 12")
    ledger.record_poster("a", Poster(NOW, b"jpeg"))
    before: dict[str, Task] = {task.id: task for task in ledger.tasks()}
    answer = ledger.raw_answer("a")
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "asterisk", "x", "enter")
        await until(pilot, lambda: "Stopped watching 2 tasks of Sora. u brings back." in screen_text(app))
        assert [task.id for task in ledger.tasks()] == ["c"]
        engine.told.clear()
        await press(pilot, "u")
        await until(pilot, lambda: "Undone: watching 2 tasks again." in screen_text(app))
        assert {task.id: task for task in ledger.tasks()} == before
        assert (ledger.raw_answer("a"), ledger.poster("a")) == (answer, Poster(NOW, b"jpeg"))
        assert "woken" in engine.told
        await until(pilot, lambda: any("✓ saved" in line for line in screen_lines(app)))
        await press(pilot, "u")
        await until(pilot, lambda: "There is nothing to undo." in screen_text(app))


async def test_what_somebody_watches_again_by_then_is_left_alone(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100, tags=("old",)), ready("b", 200))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "asterisk", "x", "enter")
        ledger.add([NewTask("a", "sora", "videos", tags=("new",))], NOW)
        await press(pilot, "u")
        await until(pilot, lambda: "Undone: watching 1 task again; 1 watched again already." in screen_text(app))
        assert {task.id: task.tags for task in ledger.tasks()} == {"a": ("new",), "b": ()}


async def test_twenty_changes_are_taken_back_and_no_more(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        for number in range(KEPT + 2):
            await press(pilot, "number_sign", *f"t{number}", "enter")
        await press(pilot, *["u"] * (KEPT + 2))
        assert known(ledger, "a").tags == ("t1",)


async def test_an_undo_that_the_ledger_refuses_can_be_tried_again(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, ready("a", 100))
    app = make_app()
    monkeypatch.setattr(remedies, "KEY_PATIENCE", 0.001)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "number_sign", *"one", "enter")
        other = sqlite3.connect(ledger.place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await press(pilot, "u")
        await until(pilot, lambda: remedies.BUSY in screen_text(app))
        other.execute("ROLLBACK")
        other.close()
        await until(pilot, lambda: _undone(app, ledger))


def _undone(app: OctoApp, ledger: Ledger) -> bool:
    """Press again until the ledger takes it: whoever was refused is refused at once for a while."""
    if known(ledger, "a").tags:
        app.dashboard.perform("undo")
    return not known(ledger, "a").tags


def test_what_is_typed_as_tags() -> None:
    assert read_tags("a b,c") == TagChange(("a", "b", "c"), is_list=True)
    assert read_tags("+a -b, +c") == TagChange(("a", "c"), ("b",))
    assert read_tags("+a -a") == TagChange(("a",), ())
    assert read_tags("-") == TagChange(is_list=True)
    for wrong in ("a +b", "+ a", "+", "x" * (LONGEST_TAG + 1)):
        with pytest.raises(ValueError, match=r"\w"):
            read_tags(wrong)
    assert TagChange(("n", "b"), ("x",)).applied(("x", "b", "c")) == ("b", "c", "n")
    assert TagChange(("n", "n"), is_list=True).applied(("x",)) == ("n",)


def test_tags_are_completed_by_those_there_are() -> None:
    tags = known_tags([("Beta", "alpha"), ("alpha",), ("ab",)])
    assert tags == ["alpha", "ab", "Beta"]
    assert completions("+x -A", tags) == ["alpha", "ab"]
    assert completions("alpha", tags) == []
    assert completions("+x ", tags) == []
    assert completed("+x -A", "alpha") == "+x -alpha "
    assert completed("be", "Beta") == "Beta "
    assert plain(present_tags([("a", "b"), ("a",)])) == "a  b (1 of 2)"
    assert plain(present_tags([(), ()])) == "no tags yet"
