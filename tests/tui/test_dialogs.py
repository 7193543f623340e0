from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from textual import events

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.model import DownloadState, LogEntry
from octotui.presentation.log_filter import log_filter
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.context import Reporting
from octotui.tui.dialogs.add import AddTasks
from octotui.tui.dialogs.copy import CopyMenu
from octotui.tui.dialogs.details import DetailDialog
from octotui.tui.dialogs.help import Help
from octotui.tui.dialogs.log import LogView
from octotui.tui.dialogs.report import ReportDialog
from tests.support.screen import paste, press, screen_lines, screen_text, settle, until
from tests.tui.tasks import NOW, Clock, ready, record, running

MakeApp = Callable[..., OctoApp]
SIZES = [(160, 45), (80, 24), (40, 12)]


@pytest.fixture
def slow_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that tests press within milliseconds count as typed by hand."""
    monkeypatch.setattr("octotui.tui.dialogs.add._PASTED_WITHIN", 0.0)


@pytest.mark.usefixtures("slow_hands")
async def test_add_reads_while_one_pastes(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "a")
        await until(pilot, lambda: isinstance(app.screen, AddTasks) and app.screen.area.has_focus)
        text = '{"id": "video_9f2c81d0", "model": "sora-2"}\nveo3.1:1762010000-AbCdEf\n'
        await paste(pilot, text)
        await until(pilot, lambda: "2 tasks: 1 Sora, 1 Veo" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen is app.dashboard)
        await until(pilot, lambda: "Watching 2 new tasks." in screen_text(app))
        assert {one.id: one.provider for one in ledger.tasks()} == {
            "video_9f2c81d0": "sora",
            "veo3.1:1762010000-AbCdEf": "veo",
        }


@pytest.mark.usefixtures("slow_hands")
async def test_add_asks_whose_a_task_is(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "a")
        await until(pilot, lambda: isinstance(app.screen, AddTasks) and app.screen.area.has_focus)
        await paste(pilot, "video_8812")
        await until(pilot, lambda: "whose is it? Tab says" in screen_text(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "Say with Tab whose they are." in screen_text(app))
        await press(pilot, "tab", "tab", "tab")
        await until(pilot, lambda: "Whose: Doubao" in screen_text(app) and "1 task: 1 Doubao" in screen_text(app))
        assert "whose is it" not in screen_text(app)
        assert "Say with Tab" not in screen_text(app)
        await press(pilot, "enter")
        await until(pilot, lambda: [one.provider for one in ledger.tasks()] == ["doubao"])


async def test_add_takes_a_line_end_within_a_paste_for_text(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "a")
        await until(pilot, lambda: isinstance(app.screen, AddTasks) and app.screen.area.has_focus)
        assert isinstance(app.screen, AddTasks)
        area = app.screen.area
        for key, character in (("x", "x"), ("enter", "\r"), ("y", "y")):
            area.post_message(events.Key(key, character))
        await until(pilot, lambda: area.text == "x\ny")
        assert isinstance(app.screen, AddTasks)


@pytest.mark.usefixtures("slow_hands")
async def test_add_with_nothing_in_it_says_so_and_escape_leaves(ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, "a")
        await until(pilot, lambda: isinstance(app.screen, AddTasks))
        await press(pilot, "enter")
        await until(pilot, lambda: "There is no task in this." in screen_text(app))
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert ledger.tasks() == []


@pytest.mark.parametrize("size", SIZES)
async def test_details_show_and_step_and_act(size: tuple[int, int], full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "space", "g", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await until(pilot, lambda: "in 4 minutes and 10" in screen_text(app))
        await press(pilot, "j")
        await until(pilot, lambda: "video_1b77e0aa" in screen_text(app))
        await press(pilot, "k", "d")
        await until(pilot, lambda: "Saving video_9f2c81d0." in screen_text(app))
        task = full_ledger.task("video_9f2c81d0")
        assert task is not None
        assert task.download.state is DownloadState.WANTED
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen is app.dashboard)
        assert not app.dashboard.panes.ignore_marks


async def test_details_mean_their_task_whatever_is_marked(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "space", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await press(pilot, "r")
        assert ledger.take_asks() == ["b"]
        await press(pilot, "escape", "r")
        assert ledger.take_asks() == ["a"]


async def test_details_live_on(ledger: Ledger, clock: Clock, make_app: MakeApp) -> None:
    record(ledger, running("a", 40))
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "running  40%" in screen_text(app))
        record(ledger, ready("a", 100))
        app.dashboard.tick()
        await until(pilot, lambda: "in 1 minute and 40" in screen_text(app))
        clock.advance(11)
        app.dashboard.tick()
        await until(pilot, lambda: "in 1 minute and 29" in screen_text(app))
        ledger.remove(["a"])
        app.dashboard.tick()
        await until(pilot, lambda: "in 1 minute" not in screen_text(app))


async def test_the_answer_unfolds_and_scrolls_and_is_masked(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("a", 40))
    answer = ",".join(f'"field{number}": "https://x.example/?sig=SECRET"' for number in range(60))
    ledger.record(running("a", 40), raw=f"{{{answer}}}")
    ledger.flush()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await press(pilot, "G")
        await until(pilot, lambda: "more lines, space unfolds" in screen_text(app))
        await press(pilot, "space", "G")
        await until(pilot, lambda: "field59" in screen_text(app))
        assert "SECRET" not in screen_text(app)
        await press(pilot, "g", "pagedown", "down", "up", "home", "end")


async def test_details_stand_beside_the_panes_where_there_is_room(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(210, 50)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Time line" in screen_text(app))
        assert app.screen is app.dashboard
        assert screen_lines(app)[1].startswith("╭─ 1 Sora")
        assert "╭─ 2 Grok" in screen_lines(app)[1]
        await press(pilot, "j")
        await until(pilot, lambda: "id         video_1b77e0aa" in screen_text(app))
        await press(pilot, "2")
        await until(pilot, lambda: "id         grok:05c8e247" in screen_text(app))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Time line" not in screen_text(app))
        await pilot.resize_terminal(210, 50)
        await press(pilot, "enter")
        await until(pilot, lambda: "Time line" in screen_text(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "Time line" not in screen_text(app))


async def test_the_details_are_searched_and_the_answer_unfolds_for_it(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("a", 40))
    answer = ",".join(f'"field{number}": "{"needle" if number % 20 == 7 else "hay"}"' for number in range(60))
    ledger.record(running("a", 40), raw=f"{{{answer}}}")
    ledger.flush()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await press(pilot, "slash", *"needle")
        await until(pilot, lambda: "Line 1 of 4 that match" in screen_text(app) and "field7" in screen_text(app))
        await press(pilot, "enter", "n")
        await until(pilot, lambda: "Line 2 of 4" in screen_text(app) and "field7" in screen_text(app))
        await press(pilot, "N", "N")
        await until(pilot, lambda: "Line 4 of 4" in screen_text(app) and "field47" in screen_text(app))
        await press(pilot, "slash", *"zebra")
        await until(pilot, lambda: "Nothing matches." in screen_text(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "Search" in screen_text(app) and isinstance(app.screen, DetailDialog))
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen is app.dashboard)


async def test_the_second_enter_shows_all_where_details_stand_beside(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(210, 50)) as pilot:
        await press(pilot, "enter")
        await until(pilot, lambda: "Time line" in screen_text(app))
        assert app.screen is app.dashboard
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: "Time line" not in screen_text(app))


@pytest.mark.parametrize("size", [(210, 50), (120, 36), (80, 24), (40, 12)])
async def test_e_shows_copies_and_keeps_a_report(
    size: tuple[int, int],
    ledger: Ledger,
    clock: Clock,
    make_config: Callable[..., Config],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    record(ledger, ready("a", 100, result_url="https://cdn.example/v.mp4?X-Amz-Signature=SECRET"))
    ledger.record(ready("a", 100), raw='{"prompt": "a cat", "key": "sk-test"}')
    ledger.flush()
    kept: dict[str, str] = {}

    def save(task_id: str, text: str) -> str:
        kept[task_id] = text
        return "Written to /state/a.md"

    app = OctoApp(make_config(), ledger, reporting=Reporting(save, ("sk-test",)), clock=clock)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "e")
        await until(
            pilot, lambda: isinstance(app.screen, ReportDialog) and "Written to /state/a.md" in screen_text(app)
        )
        assert "Sent to the terminal's clipboard." in screen_text(app)
        assert app.clipboard == kept["a"]
        assert kept["a"].startswith("# Report on task `a`")
        for private in ("SECRET", "a cat", "sk-test"):
            assert private not in kept["a"]
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen is app.dashboard)


async def test_y_copies_and_shows_what_it_copied(
    ledger: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    url = "https://cdn.example/v.mp4?X-Amz-Signature=abc"
    record(ledger, ready("a", 100, result_url=url))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "y")
        await until(pilot, lambda: isinstance(app.screen, CopyMenu) and url in screen_text(app))
        await press(pilot, "g")
        await until(pilot, lambda: app.clipboard.startswith("curl -L"))
        await press(pilot, "u")
        await until(pilot, lambda: app.clipboard == url)
        assert url in screen_text(app)
        assert "Sent to the terminal's clipboard." in screen_text(app)
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen is app.dashboard)


@pytest.mark.parametrize("size", SIZES)
async def test_help_scrolls_and_searches(size: tuple[int, int], make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help) and "Save all" in screen_text(app))
        await press(pilot, "G")
        await until(pilot, lambda: "ledger" in screen_text(app))
        await press(pilot, "slash", *"rsync")
        await until(pilot, lambda: "Copy" in screen_text(app) and "ledger" not in screen_text(app))
        await press(pilot, "enter", "j", "escape")
        await until(pilot, lambda: app.screen is app.dashboard)


async def test_the_log_is_followed_and_filtered(ledger: Ledger, make_app: MakeApp) -> None:
    for number in range(50):
        ledger.log(LogEntry(NOW + number, "state", "a", f"line {number}"))
    ledger.flush()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        # The dialog may be laid out once more after its end was first shown.
        await until(pilot, lambda: "line 49" in (shown := screen_text(app)) and "line 5 " not in shown)
        assert isinstance(app.screen, LogView)
        ledger.log(LogEntry(NOW + 99, "saved", "a", "something new"))
        ledger.flush()
        app.dashboard.tick()
        await until(pilot, lambda: "something new" in screen_text(app))
        await press(pilot, "slash", *"line 17")
        await until(pilot, lambda: "line 17" in screen_text(app) and "line 16" not in screen_text(app))
        assert "Log  1 of 51, the newest comes in below" in screen_text(app)
        await press(pilot, "enter", "escape")
        await until(pilot, lambda: "Log  51, the newest" in screen_text(app))
        await press(pilot, "g")
        app.dashboard.tick()
        await until(pilot, lambda: "Log  51, G goes on following" in screen_text(app) and "line 0" in screen_text(app))
        ledger.log(LogEntry(NOW + 100, "saved", "a", "newer still"))
        ledger.flush()
        app.dashboard.tick()
        await until(pilot, lambda: "Log  52, G goes" in screen_text(app))
        assert "newer still" not in screen_text(app)
        await press(pilot, "slash", *"kind:saved", "enter")
        await until(pilot, lambda: "2 of 52" in screen_text(app) and "newer still" in screen_text(app))
        await press(pilot, "escape", "escape")
        await until(pilot, lambda: app.screen is app.dashboard)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", True),
        ("SAVED", True),
        ("kind:saved", True),
        ("kind:sav whole", True),
        ("kind:lost", False),
        ("!kind:lost", True),
        ("provider:so", True),
        ("provider:veo", False),
        ("task:VIDEO_1 !provider:veo", True),
        ("task:x", False),
        ("!whole", False),
        ("!", False),
        ("kind:", True),
        ("other:x", False),
    ],
)
def test_the_log_is_filtered_by_kind_provider_task_and_text(text: str, wanted: bool) -> None:
    event = LogEntry(NOW, "saved", "video_1", "saved 24.0 MB, whole")
    assert log_filter(text)(event, "Sora", "14:00:00 ✓ Sora video_1 saved 24.0 MB, whole") is wanted


async def test_an_empty_log_says_so(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        await until(pilot, lambda: "Nothing has happened yet." in screen_text(app))


async def test_the_palette_finds_commands_and_themes(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon", *"octotui-light")
        await until(pilot, lambda: "Theme: octotui-light" in screen_text(app))
        await press(pilot, "down", "enter")
        await until(pilot, lambda: app.theme == "octotui-light")
        await until(pilot, lambda: app.screen is app.dashboard)
        await press(pilot, "ctrl+p", *"every key")
        await until(pilot, lambda: "Help  (?)" in screen_text(app))
        await press(pilot, "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Help))


async def test_an_unknown_theme_of_the_configuration_is_no_end(make_app: MakeApp) -> None:
    app = make_app(theme="no-such-theme")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.theme == "octotui-dark"


async def test_every_theme_draws(full_ledger: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        for name in app.available_themes:
            app.theme = name
            await settle(pilot)
            assert "● ready" in screen_text(app)


def test_the_heavy_dialog_is_not_imported_with_the_screen() -> None:
    heavy = ("httpx", "octotui.engine", "textual.widgets._text_area")
    code = f"import octotui.tui.app, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
