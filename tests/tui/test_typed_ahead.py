"""On a slow line keys come in bursts: each goes where it would have gone one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from octotui.ledger import Ledger, SavedView
from octotui.model import Event
from octotui.tui.app import OctoApp
from octotui.tui.detail_view import DetailSheet
from octotui.tui.help import Help
from octotui.tui.log_view import LogView
from octotui.tui.views_sheet import ViewsSheet
from tests.support.screen import press, press_at_once, screen_text, until
from tests.support.terminal import on_terminal
from tests.tui.tasks import NOW

MakeApp = Callable[..., OctoApp]


def write_log(ledger: Ledger) -> None:
    for number in range(50):
        ledger.log(Event(NOW + number, "state", "a", f"line {number}"))
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
        await until(pilot, lambda: isinstance(app.screen, DetailSheet))
        sheet = app.screen
        assert isinstance(sheet, DetailSheet)
        await press_at_once(pilot, "slash", *"dp/", "backspace", "backspace", "backspace", "e", "enter", "n", "n")
        await until(pilot, lambda: "Line 3 of" in screen_text(app))
        assert sheet.search.value == "e"
        assert {task.id: task.download for task in full_ledger.tasks()} == before
        assert "video_9f2c81d0" in screen_text(app)
        await press_at_once(pilot, "slash", *"xx", "escape", *"jn")
        await until(pilot, lambda: "video_1b77e0aa" in screen_text(app))
        assert not sheet.search.display


async def test_what_is_taken_back_in_a_filter_is_taken_back_in_its_turn(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press_at_once(pilot, "slash", *"axb", "left", "backspace", "delete", "home", "v", "end", "enter")
        await until(pilot, lambda: app.dashboard.filter_bar is None)
        assert app.dashboard.panes.filter.text == "va"


async def test_a_name_typed_ahead_is_no_command_and_what_follows_no_name(
    full_ledger: Ledger, make_app: MakeApp
) -> None:
    full_ledger.save_view(SavedView("dear", "", "age"))
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "2", "w")
        await until(pilot, lambda: isinstance(app.screen, ViewsSheet))
        await press_at_once(pilot, "a", *"xxa1", "tab", "enter", "x")
        await until(pilot, lambda: "x again deletes xxa1." in screen_text(app))
        assert {(view.name, view.provider) for view in full_ledger.saved_views()} == {("dear", None), ("xxa1", "grok")}
        await press_at_once(pilot, "a", *"xx", "escape", "escape")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert len(full_ledger.saved_views()) == 2


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
        terminal.press(b"q")
        terminal.until(lambda: "Views" not in terminal.text)
        terminal.press(b"q")
        assert terminal.exit_code() == 0
