"""The table with the tasks of all providers (`A`): everything works in it, and marks and cursor go along."""

from __future__ import annotations

from collections.abc import Callable

from octotui.ledger import Ledger, SavedView
from octotui.model import DownloadState
from octotui.presentation.filters import parse
from octotui.tui.app import OctoApp
from octotui.tui.table import table as table_module
from tests.support.screen import press, screen_lines, screen_text, settle, until
from tests.tui.tasks import NOW, every_state, ready, record, running

MakeApp = Callable[..., OctoApp]


def is_together(app: OctoApp) -> bool:
    return app.dashboard.panes.together is not None


async def test_all_tasks_stand_in_one_table_with_their_providers(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "A")
        lines = screen_lines(app)
        assert lines[1].startswith(" 1 Sora 7 ●1")
        assert lines[1].rstrip().endswith("All 20 ●4")
        assert lines[2].startswith("╭─ All  ● 4")
        assert " Provider   Title " in lines[3]
        assert "● ready     Sora       video_9f2c81d0" in lines[4]
        assert "Doubao     Hero shot, v2" in screen_text(app)
        assert len(app.dashboard.panes.pane.table.rows) == len(every_state())
        await press(pilot, "A")
        assert screen_lines(app)[1].startswith("╭─ 1 Sora")
        assert app.dashboard.panes.pane.table.has_focus


async def test_filter_sort_marks_and_bulk_keys_work_in_it(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("video_a", 100), ready("grok_b", 200, "grok"), running("veo_c", 10, "veo"))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "space", "A")
        panes = app.dashboard.panes
        assert panes.pane.table.selection.marked == {"video_a"}, "marks go along"
        assert panes.pane.table.selection.cursor_id == "video_a"
        await press(pilot, "s", "s")
        assert list(panes.pane.table.rows.ids) == ["veo_c", "grok_b", "video_a"]
        await press(pilot, "slash", *"state:ready", "enter")
        assert list(panes.pane.table.rows.ids) == ["grok_b", "video_a"]
        await press(pilot, "*")
        assert panes.marked == 2
        assert {one.id for one in panes.targets()} == {"video_a", "grok_b"}
        await press(pilot, "A")
        assert panes.together is None
        assert panes.marked == 2, "and come back"
        assert panes.panes["grok"].table.selection.marked == {"grok_b"}
        assert panes.panes["sora"].table.rows.order == "-deadline"
        assert panes.panes["sora"].table.rows.filter.text == "state:ready"
        await press(pilot, "A", "d")
        await settle(pilot)
        assert {one.id for one in ledger.tasks() if one.download.state is DownloadState.WANTED} == {"video_a", "grok_b"}


async def test_what_changes_is_seen_in_it(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_a", 10), running("grok_b", 20, "grok"))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "A")
        record(ledger, running("video_a", 90), running("pika_x", 5, "pika"))
        ledger.remove(["grok_b"])
        app.dashboard.tick()
        await settle(pilot)
        assert list(app.dashboard.panes.pane.table.rows.ids) == ["video_a", "pika_x"]
        assert "90%" in screen_text(app)
        assert "pika       pika_x" in screen_text(app)
        assert "╭─ All  ◐ 2" in screen_text(app)
        await press(pilot, "j", "A")
        assert app.dashboard.panes.current == "pika", "back in the pane of the task the cursor is on"
        assert app.dashboard.panes.pane.table.selection.cursor_id == "pika_x"


async def test_many_tasks_are_gathered_between_keys(ledger: Ledger, make_app: MakeApp) -> None:
    count = table_module.AT_ONCE + 500
    record(ledger, *(running(f"t{number}", number % 90, "veo" if number % 2 else "sora") for number in range(count)))
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: len(app.dashboard.snapshot.tasks) == count)
        await press(pilot, "A")
        await until(pilot, lambda: not app.dashboard.panes.is_arranging)
        rows = app.dashboard.panes.pane.table.rows
        assert len(rows) == count
        assert sorted(rows.ids) == sorted(app.dashboard.snapshot.tasks)
        app.dashboard.panes.rearrange(filter_=parse("t1"))
        await until(pilot, lambda: not app.dashboard.panes.is_arranging)
        assert len(app.dashboard.panes.pane.table.rows) == sum("t1" in task_id for task_id in rows.tasks)


async def test_keys_lead_out_of_it(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        for key, current in (("2", "grok"), ("escape", "sora"), ("tab", None)):
            await press(pilot, "A")
            assert is_together(app)
            await press(pilot, "g", key)
            assert not is_together(app), key
            if current:
                assert app.dashboard.panes.current == current
        await press(pilot, "A", "n")
        assert app.dashboard.panes.together is not None, "the next loss is in this table, too"
        await press(pilot, "enter")
        assert "video_9f2c81d0" in screen_text(app)


async def test_a_view_can_be_of_the_table_of_all(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "A", "w", "a", *"mine", "enter", "escape")
        assert full_ledger.saved_views() == [SavedView("mine", "", "deadline", "*")]
        await press(pilot, "1", "w")
        assert "all in one table" in screen_text(app)
        await press(pilot, "1")
        assert app.dashboard.panes.together is not None


async def test_it_shows_on_the_smallest_screen(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, "A", "j", "j")
        assert "All 20" in screen_lines(app)[1] or "All" in screen_lines(app)[1]
        await pilot.resize_terminal(160, 45)
        await settle(pilot)
        assert screen_lines(app)[2].startswith("╭─ All")


async def test_a_clock_in_it_runs_on(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("video_1", 5))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "A")
        app.dashboard.clock.advance(5)  # type: ignore[attr-defined]
        app.dashboard.tick()
        await settle(pilot)
        assert "▽ expired" in screen_text(app)
        assert app.dashboard.clock() == NOW + 5
