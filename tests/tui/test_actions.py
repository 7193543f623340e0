from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from octotui.ledger import Copy, Ledger
from octotui.model import Download, DownloadState, GatewayState, Task, TaskState
from octotui.presentation.sorting import ORDERS
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.task_actions import MANY
from octotui.tui.dialogs.confirm import Confirm
from tests.support.fake_engine import FakeEngine
from tests.support.screen import press, screen_lines, screen_text, settle, until
from tests.tui.tasks import NOW, Clock, live, ready, record, running, saved

MakeApp = Callable[..., OctoApp]


def wanted(ledger: Ledger) -> set[str]:
    return {one.id for one in ledger.tasks() if one.download.state is DownloadState.WANTED}


async def test_d_wants_the_task_under_the_cursor(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200))
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.told == ["started"])
        await press(pilot, "j", "d")
        assert wanted(ledger) == {"b"}
        assert engine.told == ["started", "woken"]
        await until(pilot, lambda: "Saving b." in screen_text(app))
        assert "↓ saving    b" in screen_text(app)


async def test_marked_tasks_are_meant_together_and_counted(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200), ready("c", 300), running("d", 5), ready("e", 50, "veo"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "space", "j", "space", "4", "space", "1")
        assert "3 marked" not in screen_text(app)
        assert "2 marked" in screen_text(app)
        assert screen_lines(app)[4].startswith("│▌")
        await press(pilot, "d")
        await settle(pilot)
        assert wanted(ledger) == {"a", "c", "e"}
        assert "Saving 3 tasks." in screen_text(app)


async def test_more_downloads_than_a_few_are_asked_about_first(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(ready(f"t{number}", 100 + number) for number in range(MANY + 1)), saved("safe"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "asterisk", "d")
        assert isinstance(app.screen, Confirm)
        assert f"Save {MANY + 1} tasks; 1 cannot be saved, about 504 MB?" in screen_text(app)
        await press(pilot, "escape")
        assert wanted(ledger) == set()
        await press(pilot, "d", "enter")
        assert len(wanted(ledger)) == MANY + 1
        await until(pilot, lambda: f"Saving {MANY + 1} tasks; 1 cannot be saved." in screen_text(app))
        await press(pilot, "asterisk", "asterisk", "p")
        await until(pilot, lambda: f"Pause {MANY + 1} results of Sora?" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: f"Paused {MANY + 1} results of Sora." in screen_text(app))


async def test_many_questions_are_asked_about_first(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(running(f"t{number}") for number in range(MANY + 1)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "asterisk", "r")
        assert f"Ask about {MANY + 1} tasks of Sora at once?" in screen_text(app)
        assert ledger.take_asks() == []
        await press(pilot, "enter")
        assert len(ledger.take_asks()) == MANY + 1
        await press(pilot, "space", "r")
        await until(pilot, lambda: f"Asking about {MANY} tasks." in screen_text(app))


async def test_marks_behind_a_filter_are_not_counted_as_they_are_not_meant(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200), ready("c", 300))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "asterisk")
        assert " 3 marked " in screen_text(app)
        await press(pilot, "slash", "!", "b", "enter")
        await until(pilot, lambda: "/!b 2 of 3 · 2 marked " in screen_text(app))
        await press(pilot, "d")
        assert wanted(ledger) == {"a", "c"}


async def test_without_titles_the_footer_says_what_is_special(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: "".join(screen_lines(app)[-1:]).startswith(" ? Help  q Quit"))
        await press(pilot, "slash", *"state:run", "enter", "space")
        app.dashboard.say("")
        app.dashboard.tick()
        await until(pilot, lambda: screen_lines(app)[-1].startswith(" 2 of 7 · 1 marked  ? Help  q Quit"))


async def test_a_range_marks_what_the_cursor_passes(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(ready(name, place) for place, name in enumerate("abcde", start=100)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "j", "v", "j", "j", "v", "j")
        selection = app.dashboard.panes.pane.table.selection
        assert selection.marked == {"b", "c", "d"}
        await press(pilot, "escape")
        assert selection.marked == set()
        await press(pilot, "asterisk")
        assert selection.marked == set("abcde")


async def test_a_running_task_can_be_wanted_before_it_is_ready(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("a"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "d")
        await until(pilot, lambda: "Saving a as soon as it is ready." in screen_text(app))
        assert "running ↓" in screen_text(app)
        task = ledger.task("a")
        assert task is not None
        assert not task.download.anyway
        await press(pilot, "d")
        await until(pilot, lambda: "Trying to save a, though no answer calls it completed." in screen_text(app))
        task = ledger.task("a")
        assert task is not None
        assert task.download.anyway
        await press(pilot, "C")
        await until(pilot, lambda: "No longer saving a;" in screen_text(app))
        assert wanted(ledger) == set()


async def test_p_pauses_and_goes_on(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100, download=Download(DownloadState.RUNNING, 1000, 4000, speed=1e6)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "p")
        await until(pilot, lambda: "Paused a." in screen_text(app))
        task = ledger.task("a")
        assert task is not None
        assert task.download.paused
        await press(pilot, "p")
        await until(pilot, lambda: "Going on with a." in screen_text(app))
        task = ledger.task("a")
        assert task is not None
        assert not task.download.paused


async def test_r_asks_now(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("a"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "r")
        assert ledger.take_asks() == ["a"]


async def test_x_asks_how_many_and_no_means_no(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), running("b"), running("c", 4))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "space", "space", "x")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Stop watching 2 tasks of Sora? 1 result not saved yet." in screen_text(app)
        await press(pilot, "n")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert len(ledger.tasks()) == 3
        await press(pilot, "x", "enter")
        await until(pilot, lambda: len(ledger.tasks()) == 1)
        await until(pilot, lambda: "Stopped watching 2 tasks of Sora. u brings back." in screen_text(app))
        assert app.dashboard.panes.pane.table.selection.cursor_id == "c"


async def test_o_says_where_the_file_is_without_a_display(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    record(ledger, saved("a"), running("b"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "o")
        await until(pilot, lambda: "There is no saved file here." in screen_text(app))
        await press(pilot, "j", "o")
        await until(pilot, lambda: "No display here. The file: /videos/a.mp4" in screen_text(app))


async def test_o_opens_a_signed_link_where_there_is_no_file(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    place = "s3://farm/results"
    record(ledger, saved("a"), saved("b"))
    for task_id, name in (("a", "a.mp4"), ("b", "gone")):
        ledger.record_copy(Copy(task_id, place, f"{place}/{name}", 24_000_000, "5f1c" * 16, NOW, "box"))
        ledger.drop_copy(task_id, f"/videos/{task_id}.mp4")
    app = make_app(engine=FakeEngine())
    async with app.run_test(size=(160, 24)) as pilot:
        await until(pilot, lambda: screen_text(app).count("delivered") >= 2)
        await press(pilot, "o")
        signed = "No display here. The file: https://signed.example/a.mp4?X-Amz-Signature=abc"
        await until(pilot, lambda: signed in screen_text(app))
        await press(pilot, "j", "o")
        await until(pilot, lambda: "No link of s3://farm/results/gone: the storage says no" in screen_text(app))
        await press(pilot, "k", "y")
        await until(pilot, lambda: "s  signed link, good for a day" in screen_text(app))
        assert "b  URL of the object" in screen_text(app)
        await press(pilot, "s")
        await until(pilot, lambda: "https://signed.example/a.mp4?X-Amz-Signature=abc" in screen_text(app))


async def test_where_one_can_look_only_no_link_is_signed(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, saved("a"))
    ledger.record_copy(Copy("a", "s3://farm", "s3://farm/a.mp4", 24_000_000, "5f1c" * 16, NOW, "box"))
    app = make_app()
    async with app.run_test(size=(160, 24)) as pilot:
        await press(pilot, "o")
        await until(pilot, lambda: "It lies at s3://farm/a.mp4" in screen_text(app))


async def test_an_answer_to_a_key_goes_away(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, "d")
        await until(pilot, lambda: "There is no task here." in screen_lines(app)[-1])
        clock.advance(6)
        app.dashboard.tick()
        await until(pilot, lambda: "? Help" in screen_lines(app)[-1])


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (saved("a"), "Saved already: /videos/a.mp4"),
        (running("a", state=TaskState.FAILED), "There is nothing to save: failed."),
    ],
)
async def test_what_cannot_be_saved_is_said(task: Task, said: str, ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, task)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "d")
        await until(pilot, lambda: said in screen_text(app))
        assert wanted(ledger) == set()


async def test_q_leaves_at_once_when_nothing_is_saved(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "q")
    assert app.return_value == 0


async def test_q_asks_while_files_are_being_saved_here(ledger: Ledger, make_app: MakeApp) -> None:
    ledger.set_status(live(downloads_running=2))
    ledger.flush()
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.told == ["started"])
        await press(pilot, "q")
        await until(pilot, lambda: "2 files are being saved. Quit?" in screen_text(app))
        await press(pilot, "escape", "q")
        assert app.return_value is None
        await press(pilot, "enter")
    assert app.return_value == 0


async def test_q_asks_before_a_file_that_is_wanted_has_begun(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 5000), ready("b", 6000), ready("c", 7000))
    ledger.set_status(live(downloads_running=0))
    ledger.flush()
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.told == ["started"])
        await press(pilot, "d", "j", "d", "p", "q")
        await until(pilot, lambda: "1 file is being saved. Quit?" in screen_text(app))
        await press(pilot, "escape", "P", "q")
    assert app.return_value == 0


async def test_n_goes_to_what_is_lost_first(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 5000), ready("b", 100, "veo"), ready("c", 50, "veo", state=TaskState.RUNNING))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "n")
        assert app.dashboard.panes.current == "veo"
        assert app.dashboard.panes.pane.table.selection.cursor_id == "b"
        await press(pilot, "slash", *"zzz", "enter", "n")
        await until(pilot, lambda: "b is hidden by the filter." in screen_text(app))


async def test_the_cursor_moves_and_the_view_follows(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(ready(f"t{number:03}", 1000 + number) for number in range(100)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.dashboard.panes.pane.table
        await press(pilot, "G")
        assert table.selection.cursor_id == "t099"
        await until(pilot, lambda: "t099" in screen_text(app))
        await press(pilot, "pageup", "k")
        assert table.selection.cursor_id == f"t{99 - table.page - 1:03}"
        await press(pilot, "g", "pagedown", "down", "up")
        assert table.selection.cursor_id == f"t{table.page:03}"
        top = table.scroll_offset.y
        record(ledger, ready("urgent", 5))
        app.dashboard.tick()
        await settle(pilot)
        assert table.selection.cursor_id == f"t{table.page:03}"
        assert table.scroll_offset.y in {top, top + 1}


async def test_the_view_stays_where_it_is_when_tasks_arrive_above(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, *(ready(f"t{number:03}", 1000 + number) for number in range(100)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.dashboard.panes.pane.table
        table.move_to(60)
        await settle(pilot)
        before = [line[:-2] for line in screen_lines(app)[3:20]]
        record(ledger, *(ready(f"new{number}", 5 + number) for number in range(7)))
        app.dashboard.tick()
        await settle(pilot)
        assert [line[:-2] for line in screen_lines(app)[3:20]] == before


async def test_sorting_by_each_order_keeps_the_cursor(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "j", "j")
        table = app.dashboard.panes.pane.table
        meant = table.selection.cursor_id
        for number, order in enumerate(ORDERS, start=1):
            if number > 1:
                await press(pilot, "s", str(number))
                assert screen_text(app).count(f"by {order} ") == 5
                assert table.selection.cursor_id == meant
            first = list(table.rows.ids)
            await press(pilot, "s", "s")
            assert app.dashboard.panes.order == f"-{order}"
            assert screen_text(app).count(f"by {order}, reversed ") == 5
            assert list(table.rows.ids) == first[::-1]
            assert table.selection.cursor_id == meant


async def test_zoom_shows_one_pane_and_back(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "2", "z")
        await until(pilot, lambda: screen_lines(app)[1].startswith(" 1 Sora 7"))
        assert "╭─ 1 Sora" not in screen_text(app)
        assert screen_lines(app)[2].startswith("╭─ 2 Grok")
        await press(pilot, "escape")
        await until(pilot, lambda: screen_lines(app)[1].startswith("╭─ 1 Sora"))


async def test_a_pane_that_is_not_there_is_said(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "9")
        await until(pilot, lambda: "There is no pane 9: there are 5." in screen_text(app))


async def test_filtering_works_while_one_types(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "slash", *"state:run")
        await until(pilot, lambda: "2 of 7" in screen_text(app))
        assert "video_9f2c81d0 " not in "".join(screen_lines(app)[3:-3])
        await press(pilot, "enter")
        await until(pilot, lambda: app.dashboard.panes.pane.table.has_focus)
        assert "2 of 7" in screen_text(app)
        await press(pilot, "j", "slash")
        assert app.dashboard.side_panel.filter_bar is not None
        assert app.dashboard.side_panel.filter_bar.input.value == "state:run"
        await press(pilot, "escape")
        await until(pilot, lambda: "2 of 7" not in screen_text(app))
        await press(pilot, "slash", *"zzz")
        await until(pilot, lambda: "none of 7 match the filter" in screen_text(app))
        await press(pilot, "enter", "escape")
        await until(pilot, lambda: "none of 7" not in screen_text(app))


async def test_a_filter_without_sense_says_so(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "slash", *"left<soon")
        await until(pilot, lambda: "write a time, as in left<30m" in screen_text(app))


async def test_time_moves_tasks_into_a_timed_filter(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 700))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "slash", *"left<10m", "enter")
        table = app.dashboard.panes.pane.table
        assert list(table.rows.ids) == ["a"]
        clock.advance(101)
        app.dashboard.tick()
        assert list(table.rows.ids) == ["b"]


async def test_everything_is_paused_and_gone_on_with(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, ready("a", 9000), running("b", 5))
    ledger.set_status(live())
    ledger.flush()
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.told == ["started"])
        await press(pilot, "P")
        assert ledger.paused_since() == clock()
        assert engine.told[-1] == "woken"
        await until(pilot, lambda: "Everything is paused: nothing is asked" in screen_text(app))
        clock.advance(750)
        app.dashboard.tick()
        await until(pilot, lambda: "‖ PAUSED 12m" in screen_lines(app)[0])
        await press(pilot, "r")
        await until(pilot, lambda: "paused (12m): P goes on, and then: Asking about a." in screen_text(app))
        await press(pilot, "d")
        await until(pilot, lambda: "P goes on, and then: Saving a." in screen_text(app))
        assert wanted(ledger) == {"a"}
        await press(pilot, "P")
        await until(pilot, lambda: "Going on after 12m." in screen_text(app))
        assert ledger.paused_since() is None
        assert ledger.take_asks() == ["a"]


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"gateway": GatewayState.OFFLINE, "since": 250}, "✗ OFFLINE 4m"),
        ({"gateway": GatewayState.KEY_REFUSED, "since": 30}, "✗ KEY REFUSED 30s"),
        ({"gateway": GatewayState.OUT_OF_QUOTA, "since": 7300}, "✗ OUT OF QUOTA 2h"),
        ({"pid": 1, "host": "other", "working_since": 7300}, "● live"),
    ],
)
async def test_on_the_smallest_screen_trouble_has_its_word_and_its_time(
    facts: dict[str, Any], word: str, ledger: Ledger, clock: Clock, make_app: MakeApp
) -> None:
    record(ledger, ready("video_abcdefgh", 250))
    ledger.set_status(live(**{key: clock() - at if key.endswith("since") else at for key, at in facts.items()}))
    ledger.flush()
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: word in screen_lines(app)[0])
        assert "4m 10s" in screen_lines(app)[0]
        assert len(screen_lines(app)[0]) == 40
