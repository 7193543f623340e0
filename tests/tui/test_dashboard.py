from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from octotui.ledger import Ledger
from octotui.model import DownloadState, GatewayState, NewTask
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.screen import Dashboard
from octotui.tui.table.pane import Pane
from tests.support.screen import press, screen_lines, screen_text, settle, until
from tests.tui.tasks import NOW, Clock, live, ready, record, running

MakeApp = Callable[..., OctoApp]


async def test_all_panes_stand_side_by_side_where_there_is_room(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        lines = screen_lines(app)
    assert len(lines) == 45
    assert all(cell_len(line) == 160 for line in lines)
    assert "● live" in lines[0]
    assert "↓ 1 file 9.1 MB/s" in lines[0]
    assert "asks 38/600 a minute" in lines[0]
    assert "next loss 4m 10s   Sora video_9f2c81d0" in lines[0]
    assert lines[1].startswith("╭─ 1 Sora  ● 1  ↓ 1  ◐ 2  ◌ 1  ✗ 1  ✓ 1 ──")
    assert "╮╭─ 2 Grok  ● 1  ◐ 1  ▽ 1 ──" in lines[1]
    assert lines[2].startswith("│ Left▲    State       Id             Done                      Model")
    assert lines[3].startswith("│ 4m 10s   ● ready     video_9f2c81d0 10s 720x1280     2m ago   sora-2")
    assert lines[4].startswith("│ 51m      ↓ saving    video_1b77e0aa ━━━━━━━────  64% 9.1 MB/s sora-2")
    assert sum(line.startswith("╭─ 3 Doubao") for line in lines) == 1
    assert sum(line.startswith("╭─ 5 Unified") for line in lines) == 1
    assert "✓ Sora video_abc123 saved, 24.0 MB in 2.7 s, whole" in lines[-2]
    assert lines[-1].startswith(" d Save   D Save all")
    assert "q Quit" in lines[-1]


async def test_one_pane_and_tabs_where_there_is_not(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        lines = screen_lines(app)
        assert lines[1].startswith(" 1 Sora 7 ●1   2 Grok 3 ●1   3 Doubao 5 ●2   4 Veo 3   5 Unified 2")
        assert lines[2].startswith("╭─ 1 Sora")
        assert "sora-2:task_01k900…x3k9yq8wv7a ━━━" in screen_text(app)
        await press(pilot, "4")
        await settle(pilot)
        lines = screen_lines(app)
        assert lines[2].startswith("╭─ 4 Veo")
        assert "upsampling" in lines[4]
        assert lines[-1].rstrip().endswith("q Quit")


async def test_the_smallest_screen_still_says_what_matters(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await settle(pilot)
        lines = screen_lines(app)
    assert all(len(line) == 40 for line in lines)
    assert lines[0].startswith(" ● live")
    assert "next loss 4m 10s" in lines[0]
    assert lines[1].startswith(" Sora 7 ●1")
    assert lines[2].startswith(" 4m 10s   ● ready     video_9")
    assert lines[3].endswith(" 64%")
    assert lines[-1].startswith(" ? Help  q Quit  d Save  D All")
    assert "─" not in "".join(lines)


@pytest.mark.parametrize(
    "size", [(1, 1), (8, 3), (20, 6), (33, 9), (59, 15), (139, 39), (140, 40), (260, 70), (400, 100)]
)
async def test_no_size_is_too_small_or_too_large(size: tuple[int, int], full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "tab", "j", "enter", "escape", "z", "z")
        await settle(pilot)
        lines = screen_lines(app)
    assert len(lines) == size[1]
    assert {cell_len(line) for line in lines} == {size[0]}


async def test_resizing_goes_from_panes_to_tabs_and_back(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "3", "j")
        meant = app.dashboard.panes.pane.table.selection.cursor_id
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen_lines(app)[2].startswith("╭─ 3 Doubao"))
        await pilot.resize_terminal(160, 45)
        await until(pilot, lambda: screen_lines(app)[1].startswith("╭─ 1 Sora"))
        assert app.dashboard.panes.pane.table.selection.cursor_id == meant
        assert app.dashboard.panes.pane.table.has_focus


async def test_the_word_of_a_pane_that_has_lost_the_focus_comes_too_late(
    full_ledger: Ledger, make_app: MakeApp
) -> None:
    async with (app := make_app()).run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        panes = app.dashboard.panes
        await press(pilot, "3", "1")
        panes.post_message(Pane.Focused(panes.panes["doubao"]))
        await settle(pilot)
        assert panes.current == "sora"


async def test_an_empty_ledger_says_in_each_pane_what_to_do(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        text = screen_text(app)
    assert text.count("a to add tasks, or: octotui add ID") == 5
    assert "nothing can be lost" in text


async def test_nothing_can_be_lost_is_said_only_where_that_is_known(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_1"))
    ledger.set_status(live(last_answer_at=NOW - 3))
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:

        async def said(words: str) -> None:
            ledger.flush()
            app.dashboard.tick()
            await until(pilot, lambda: words in screen_text(app))

        await said("nothing can be lost")
        ledger.set_status(live(gateway=GatewayState.OFFLINE, since=NOW - 9))
        await said("next loss unknown")
        ledger.set_status(live(last_answer_at=NOW - 300))
        await said("last answer 5m ago")
        await said("next loss unknown")
        ledger.set_status(live(last_answer_at=NOW - 3))
        await said("nothing can be lost")
        ledger.pause_all(True, NOW)
        await said("next loss unknown")
        ledger.pause_all(False, NOW)
        await said("nothing can be lost")
        record(ledger, ready("video_2", deadline=None))
        await said("next loss unknown")
        record(ledger, ready("video_3", 250))
        await said("next loss 4m 10s")


async def test_with_a_key_nothing_is_said_about_one(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "octotui add ID" in screen_text(app)
        assert "API_KEY" not in screen_text(app)


async def test_what_others_write_appears(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        record(ledger, running("video_new", 10))
        app.dashboard.tick()
        await settle(pilot)
        assert "video_new" in screen_text(app)
        ledger.remove(["video_new"])
        app.dashboard.tick()
        await settle(pilot)
        assert "video_new" not in screen_text(app)


async def test_the_clock_ticks_by_itself(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("video_1", 250))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        clock.advance(7)
        await until(pilot, lambda: "4m 03s" in screen_text(app))


async def test_a_result_is_gone_when_its_time_is_up(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("video_1", 5))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "● ready" in screen_text(app)
        clock.advance(5)
        app.dashboard.tick()
        await settle(pilot)
        text = screen_text(app)
    assert "gone" in text
    assert "▽ expired" in text
    assert "nothing can be lost" in text
    assert "▽ 1" in text


async def test_a_provider_nobody_configured_gets_a_pane(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("kling_1", 10, "kling"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        record(ledger, running("pika_1", 10, "pika"))
        app.dashboard.tick()
        await press(pilot, "6")
        await until(pilot, lambda: "kling_1" in screen_text(app))
        await press(pilot, "7")
        await until(pilot, lambda: "pika_1" in screen_text(app))


async def test_a_task_whose_provider_is_corrected_changes_panes(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_1", 10, "sora"))
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        ledger.remove(["video_1"])
        ledger.add([NewTask("video_1", "veo", "query")], NOW)
        app.dashboard.tick()
        await settle(pilot)
        panes = app.dashboard.panes.panes
        assert not panes["sora"].table.rows.ids
        assert list(panes["veo"].table.rows.ids) == ["video_1"]
        assert app.dashboard.snapshot.counts["sora"]["running"] == 0


async def test_trouble_with_the_ledger_is_said_and_survived(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("video_1", 10))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        ledger.close()
        app.dashboard.tick()
        await press(pilot, "d", "r", "L", "escape", "enter", "escape", "D")
        await settle(pilot)
        assert "✗ The ledger" in screen_text(app)
        assert "video_1" in screen_text(app)


async def test_the_bell_rings_when_a_task_ends(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, running("video_1", 10))
    app = make_app(bell=True)
    rung: list[str] = []
    async with app.run_test(size=(80, 24)):
        monkeypatch.setattr(app.dashboard.alerts, "_write", rung.append)
        record(ledger, running("video_1", 90))
        app.dashboard.tick()
        assert rung == []
        record(ledger, ready("video_1", 90))
        app.dashboard.tick()
        assert rung == ["\a"]


async def test_ascii_needs_no_glyphs(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app(ascii=True)
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert text.isascii()
        assert "* ready" in text
        assert "> running" in text
        assert ". queued" in text
        assert "v saving" in text
        assert "+ saved" in text
        assert "! failed" in text
        assert "x cancelled" in text
        assert "- expired" in text
        assert "? unknown" in text
        await press(pilot, "enter")
        await settle(pilot)
        assert screen_text(app).isascii()


async def test_what_the_header_says_follows_the_engine(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, running("video_1", 10))
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(pilot)
        assert "NOBODY ASKS" in screen_lines(app)[0]
        ledger.set_status(live(gateway=GatewayState.OFFLINE, since=NOW - 125, next_try_at=NOW + 8, downloads_running=0))
        ledger.flush()
        app.dashboard.tick()
        await settle(pilot)
        assert "✗ OFFLINE 2m, next try in 8s" in screen_lines(app)[0]


async def test_removed_while_wanted_stays_away(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("video_1"), ready("video_2"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "d", "x", "y")
        await settle(pilot)
        assert ledger.task("video_1") is None
        left = ledger.task("video_2")
        assert left is not None
        assert left.download.state is DownloadState.NONE
        assert "video_1 " not in "".join(screen_lines(app)[2:-2])


async def test_a_second_that_passes_before_the_first_frame_does_no_harm(
    full_ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = Dashboard.on_mount

    def slowly(dashboard: Dashboard) -> None:
        dashboard.tick()
        mounted(dashboard)

    monkeypatch.setattr(Dashboard, "on_mount", slowly)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "● ready     video_9f2c81d0" in screen_text(app))
