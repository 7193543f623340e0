"""Saved views: shown, saved and deleted from within the screen, kept in the ledger, the same in every window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.ledger import Ledger, SavedView
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.saved_views import SavedViewsDialog
from tests.support.screen import press, screen_lines, screen_text, until

MakeApp = Callable[..., OctoApp]


async def test_a_view_is_saved_shown_and_deleted(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "slash", *"state:run", "enter", "s", "2", "w")
        assert "No view is saved yet" in screen_text(app)
        await press(pilot, "a", *"jx1 q", "enter")
        assert full_ledger.saved_views() == [SavedView("jx1 q", "state:run", "slack")]
        assert "Saved jx1 q." in screen_text(app)
        assert "▸ 1  jx1 q                 /state:run  by slack  all panes" in screen_text(app)
        await press(pilot, "escape", "escape")
        assert app.dashboard.panes.filter.text == ""
        await press(pilot, "s", "2", "w", "1")
        assert not isinstance(app.screen, SavedViewsDialog)
        assert (app.dashboard.panes.filter.text, app.dashboard.panes.order) == ("state:run", "slack")
        await until(pilot, lambda: "View jx1 q." in screen_text(app))
        assert "/state:run 2 of 7 · by slack" in screen_text(app)
        await press(pilot, "w", "x")
        assert "x again deletes jx1 q." in screen_text(app)
        assert len(full_ledger.saved_views()) == 1
        await press(pilot, "x")
        assert full_ledger.saved_views() == []


async def test_a_view_can_be_of_one_pane(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "2", "w", "a", *"grok", "tab")
        assert "everything  by deadline  Grok alone" in screen_text(app)
        await press(pilot, "enter", "escape", "1", "w", "enter")
        await until(pilot, lambda: screen_lines(app)[2].startswith("╭─ 2 Grok"))
        full_ledger.save_view(SavedView("all", "", "age"))
        await press(pilot, "w", "1")
        await until(pilot, lambda: screen_lines(app)[1].startswith("╭─ 1 Sora"))
        assert app.dashboard.panes.order == "age"


async def test_the_palette_shows_views_too(full_ledger: Ledger, make_app: MakeApp) -> None:
    full_ledger.save_view(SavedView("night shift", "tag:night", "age"))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon")
        await press(pilot, *"nightsh")
        await until(pilot, lambda: "View: night shift" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: app.dashboard.panes.filter.text == "tag:night")


async def test_the_palette_reads_no_markup_in_names(full_ledger: Ledger, make_app: MakeApp) -> None:
    for name in ("[/foo]", "[bold]x[/bold]", "[@click=app.exit]y[/]"):
        full_ledger.save_view(SavedView(name, name, "age"))
    app = make_app()
    async with app.run_test(size=(120, 50)) as pilot:
        await press(pilot, "colon")
        await press(pilot, *"view:")
        await until(pilot, lambda: "View: [/foo]" in screen_text(app))
        await until(pilot, lambda: "View: [bold]x[/bold]" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen is app.dashboard)


async def test_views_of_another_window_and_of_a_later_start_are_there(full_ledger: Ledger, make_app: MakeApp) -> None:
    with Ledger.open(Path(full_ledger.place)) as other:
        other.save_view(SavedView("theirs", "left<30m", "slack", "veo"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "w")
        assert "/left<30m  by slack  Veo alone" in screen_text(app)


@pytest.mark.parametrize(
    "view", [SavedView("odd", "left<soon", "by luck", "nobody"), SavedView("[/]\x1b", "[/b]", "age")]
)
async def test_a_view_nobody_understands_does_no_harm(view: SavedView, full_ledger: Ledger, make_app: MakeApp) -> None:
    full_ledger.save_view(view)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "w", "j", "j", "k", "enter")
        assert not isinstance(app.screen, SavedViewsDialog)
        assert app.dashboard.panes.order in {"deadline", "age"}


async def test_a_ledger_that_cannot_be_written_is_said(full_ledger: Ledger, make_app: MakeApp) -> None:
    full_ledger.save_view(SavedView("one", "", "age"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "w")
        full_ledger.close()
        for keys in (("x", "x"), ("a", "b", "enter")):
            await press(pilot, *keys)
            assert "│ The ledger " in screen_text(app)
        assert isinstance(app.screen, SavedViewsDialog)


async def test_a_name_is_needed(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, "w", "x", "enter", "a", "space", "enter")
        assert "Give it a name." in screen_text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, SavedViewsDialog)
        assert ledger.saved_views() == []
        await press(pilot, "escape")
        assert not isinstance(app.screen, SavedViewsDialog)


async def test_a_view_whose_filter_makes_no_sense_says_so(full_ledger: Ledger, make_app: MakeApp) -> None:
    full_ledger.save_view(SavedView("old", "foo:bar state:failed", "age"))
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "w", "1")
        await until(pilot, lambda: "View old; in its filter: no field foo: state, provider" in screen_text(app))
        assert app.dashboard.panes.panes["sora"].table.rows.ids[0] == "video_e41f"
