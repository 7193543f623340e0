"""On a slow line keys come in bursts: each goes where it would have gone one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.ledger import Ledger, SavedView
from octotui.model import LogEntry
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.details import DetailDialog
from octotui.tui.dialogs.help import Help
from octotui.tui.dialogs.log import LogView
from octotui.tui.dialogs.saved_views import SavedViewsDialog
from tests.support.screen import press, press_at_once, screen_text, settle, until
from tests.support.terminal import on_terminal
from tests.tui.tasks import NOW, live

MakeApp = Callable[..., OctoApp]


def write_log(ledger: Ledger) -> None:
    for number in range(50):
        ledger.log(LogEntry(NOW + number, "state", "a", f"line {number}"))
    ledger.flush()


async def test_what_follows_a_search_of_the_help_is_no_part_of_it(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        help_ = app.screen
        assert isinstance(help_, Help)
        await press(pilot, "slash")
        await press_at_once(pilot, "e", "enter", "G")
        await until(pilot, lambda: help_.text.scroll_offset.y == help_.text.max_scroll_y > 0)
        assert help_.search.value == "e"
        await press_at_once(pilot, "slash", "/", "escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help) and app.screen is not help_)


async def test_what_follows_a_filter_of_the_log_is_no_part_of_it(ledger: Ledger, make_app: MakeApp) -> None:
    write_log(ledger)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        await until(pilot, lambda: "line 49" in screen_text(app))
        log = app.screen
        assert isinstance(log, LogView)
        await press_at_once(pilot, "slash", *"line", "enter", "g")
        await until(pilot, lambda: "line 0" in screen_text(app))
        assert log.search.value == "line"
        await press_at_once(pilot, "slash", *"xg/", "escape", "G")
        await until(pilot, lambda: "Log  50, the newest" in screen_text(app) and "line 49" in screen_text(app))
        assert log.search.value == ""


async def test_what_follows_a_search_of_the_details_is_no_part_of_it(full_ledger: Ledger, make_app: MakeApp) -> None:
    before = {task.id: task.download for task in full_ledger.tasks()}
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        dialog = app.screen
        assert isinstance(dialog, DetailDialog)
        await press_at_once(pilot, "slash", *"dp/", "backspace", "backspace", "backspace", "e", "enter", "n", "n")
        await until(pilot, lambda: "Line 3 of" in screen_text(app))
        assert dialog.search.value == "e"
        assert {task.id: task.download for task in full_ledger.tasks()} == before
        assert "video_9f2c81d0" in screen_text(app)
        await press_at_once(pilot, "slash", *"xx", "escape", *"jn")
        await until(pilot, lambda: "video_1b77e0aa" in screen_text(app))
        assert not dialog.search.display


async def test_what_is_taken_back_in_a_filter_is_taken_back_in_its_turn(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press_at_once(pilot, "slash", *"axb", "left", "backspace", "delete", "home", "v", "end", "enter")
        await until(pilot, lambda: app.dashboard.side_panel.filter_bar is None)
        assert app.dashboard.panes.filter.text == "va"


async def test_a_name_typed_ahead_is_no_command_and_what_follows_no_name(
    full_ledger: Ledger, make_app: MakeApp
) -> None:
    full_ledger.save_view(SavedView("dear", "", "age"))
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "2", "w")
        await until(pilot, lambda: isinstance(app.screen, SavedViewsDialog))
        await press_at_once(pilot, "a", *"xxa1", "tab", "enter", "x")
        await until(pilot, lambda: "x again deletes xxa1." in screen_text(app))
        assert {(view.name, view.provider) for view in full_ledger.saved_views()} == {("dear", None), ("xxa1", "grok")}
        await press_at_once(pilot, "a", *"xx", "escape", "escape")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert len(full_ledger.saved_views()) == 2


@pytest.mark.parametrize("opens", ["question_mark", "L", "enter", "w", "0", "c", "y", "e", "x"])
@pytest.mark.parametrize("closes", ["q", "escape"])
async def test_what_follows_the_end_of_a_dialog_is_for_the_dashboard(
    opens: str, closes: str, full_ledger: Ledger, make_app: MakeApp
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press_at_once(pilot, opens, closes, "d")
        await until(pilot, lambda: "Saving video_9f2c81d0." in screen_text(app))
        assert app.screen is app.dashboard
        await press(pilot, opens)
        await until(pilot, lambda: app.screen is not app.dashboard)
        await press_at_once(pilot, closes, "r")
        await until(pilot, lambda: full_ledger.take_asks() == ["video_9f2c81d0"])
        assert app.screen is app.dashboard


async def test_q_twice_leaves_and_asks_first_while_files_are_being_saved(ledger: Ledger, make_app: MakeApp) -> None:
    ledger.set_status(live(downloads_running=2))
    ledger.flush()
    app = make_app()
    app.dashboard.lines.header.works_here = True
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press_at_once(pilot, "L", "q", "q")
        await until(pilot, lambda: "2 files are being saved. Quit?" in screen_text(app))
        await press_at_once(pilot, "n", "question_mark", "q", "q", "y")
    assert app.return_value == 0


async def test_in_the_details_a_command_is_for_the_task_one_has_gone_to(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        first, *_, last = app.dashboard.panes.pane.table.rows.ids
        await press_at_once(pilot, "enter", "r", *"jjjjjjjjj", "r")
        await until(pilot, lambda: last in screen_text(app))
        await until(pilot, lambda: set(full_ledger.take_asks()) == {first, last})


@pytest.mark.parametrize(
    ("keys", "shown"),
    [(("y", "i"), "id:"), (("question_mark", "G"), "in which all of this is kept"), (("w", "a"), "Which panes")],
)
async def test_what_follows_the_key_that_opens_a_dialog_is_for_the_dialog(
    keys: tuple[str, ...], shown: str, full_ledger: Ledger, make_app: MakeApp
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press_at_once(pilot, *keys)
        await until(pilot, lambda: shown in screen_text(app))


async def test_a_provider_chosen_with_tab_holds_for_the_enter_after_it(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await press_at_once(pilot, *"avideo_8812")
        await until(pilot, lambda: "whose is it? Tab says" in screen_text(app))
        await press_at_once(pilot, "tab", "tab", "tab", "shift+tab", "enter")
        await until(pilot, lambda: [(one.id, one.provider) for one in ledger.tasks()] == [("video_8812", "grok")])
        assert app.screen is app.dashboard


def test_a_burst_of_bytes_from_a_terminal_is_taken_apart_the_same_way(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        write_log(ledger)
    with on_terminal(["-m", "tests.tui.program", str(tmp_path)], size=(80, 24)) as terminal:
        terminal.until((tmp_path / "started").exists)
        terminal.press(b"L")
        terminal.until(lambda: "Log  50" in terminal.text)
        terminal.press(b"/line\rg")
        terminal.until(lambda: "line 0" in terminal.text)
        terminal.press(b"qq")
        terminal.until(lambda: "Log  50" not in terminal.text)
        terminal.press(b"wanight\rx")
        terminal.until(lambda: "x again deletes night." in terminal.text)
        terminal.press(b"qq")
        assert terminal.exit_code() == 0
