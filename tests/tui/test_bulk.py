"""Keys for many tasks: they take what is shown, say how much that is, and ask about more than a screenful."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from octotui.ledger import Ledger
from octotui.model import Download, DownloadState
from octotui.presentation.bulk.amount import amount_of, amount_words, counted
from octotui.tui.app import OctoApp
from octotui.tui.dashboard.task_actions import MANY
from octotui.tui.dialogs.confirm import Confirm
from tests.support.screen import press, screen_lines, screen_text, until
from tests.tui.tasks import Clock, ready, record, running, saved

MakeApp = Callable[..., OctoApp]


def wanted(ledger: Ledger) -> set[str]:
    return {one.id for one in ledger.tasks() if one.download.state is DownloadState.WANTED}


async def test_capital_d_takes_every_pane_on_the_screen(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("late", 900), ready("soon", 100, "veo"), running("not yet"), saved("safe"), ready("lost", -5))
    app = make_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "D")
        await until(pilot, lambda: "Saving 2 results of 2 providers, first soon." in screen_text(app))
        assert wanted(ledger) == {"late", "soon"}
        await press(pilot, "D")
        await until(pilot, lambda: "Nothing is ready." in screen_text(app))


async def test_capital_d_leaves_what_another_pane_hides_and_says_so(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("here", 900), ready("there", 100, "veo"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "D")
        await until(pilot, lambda: "Saving here. 1 more ready elsewhere." in screen_text(app))
        assert wanted(ledger) == {"here"}
        await press(pilot, "D")
        await until(pilot, lambda: "Nothing is ready here; 1 result elsewhere." in screen_text(app))
        await press(pilot, "4", "D")
        assert wanted(ledger) == {"here", "there"}


async def test_capital_d_takes_what_the_filter_lets_through(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a1", 100), ready("a2", 200, "veo"), ready("b1", 300))
    app = make_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "slash", "a", "1", "enter", "D")
        assert wanted(ledger) == {"a1"}


async def test_capital_d_takes_what_is_marked(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("a", 100), ready("b", 200), ready("c", 300, "veo"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "j", "space", "4", "space", "1", "D")
        assert wanted(ledger) == {"b", "c"}


async def test_more_than_a_screenful_is_asked_about_with_its_size(ledger: Ledger, make_app: MakeApp) -> None:
    known = Download(DownloadState.FAILED, 10, 50_000_000)
    record(ledger, *(ready(f"t{number}", 100 + number, download=known) for number in range(MANY)), ready("v", 1, "veo"))
    app = make_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "D")
        assert isinstance(app.screen, Confirm)
        assert f"Save {MANY + 1} results of 2 providers, 1.0 GB and 1 of unknown" in screen_text(app)
        await press(pilot, "escape")
        assert wanted(ledger) == set()
        await press(pilot, "D", "enter")
        assert len(wanted(ledger)) == MANY + 1


@pytest.mark.parametrize("keys", [("D", "U"), ("D", "colon", *"Cancel all", "enter")])
async def test_all_that_is_shown_can_be_cancelled_again(
    keys: tuple[str, ...], ledger: Ledger, make_app: MakeApp
) -> None:
    record(ledger, ready("a", 100), ready("b", 200), ready("c", 300, "veo", download=Download(DownloadState.WANTED)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, keys[0])
        assert wanted(ledger) == {"a", "b", "c"}
        await press(pilot, *keys[1:])
        await until(pilot, lambda: "No longer saving 2 results of Sora; what is saved stays." in screen_text(app))
        assert wanted(ledger) == {"c"}
        await press(pilot, "U")
        await until(pilot, lambda: "Nothing shown here is being saved." in screen_text(app))


async def test_tabs_and_titles_count_what_the_filter_lets_through(
    ledger: Ledger, make_app: MakeApp, clock: Clock
) -> None:
    record(ledger, ready("x1", 100), running("x2"), ready("b1", 300), ready("x3", 100, "veo"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1 Sora 3 ●2" in screen_lines(app)[1])
        await press(pilot, "slash", "x", "enter")
        await until(pilot, lambda: "1 Sora 2 ●1   2 Grok 0" in screen_lines(app)[1])
        assert "4 Veo 1 ●1" in screen_lines(app)[1]
        assert "● 1  ◐ 1 " in screen_lines(app)[2]
        record(ledger, ready("x2", 100))
        app.dashboard.tick()
        await until(pilot, lambda: "1 Sora 2 ●2" in screen_lines(app)[1])
        ledger.remove(["x1"])
        app.dashboard.tick()
        await until(pilot, lambda: "1 Sora 1 ●1" in screen_lines(app)[1])
        clock.advance(101)
        app.dashboard.tick()
        await until(pilot, lambda: "1 Sora 1   2 Grok 0" in screen_lines(app)[1])
        await press(pilot, "escape")
        await until(pilot, lambda: "1 Sora 2 ●1" in screen_lines(app)[1])


async def test_the_next_loss_names_the_key_that_goes_there(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, ready("there", 100, "veo"))
    app = make_app(keys={"next_loss": "f5"})
    async with app.run_test(size=(80, 24)) as pilot:
        assert screen_lines(app)[0].split()[-2:] == ["there", "f5"]
        await press(pilot, "f5")
        assert app.dashboard.panes.current == "veo"


def test_sizes_that_are_not_known_are_those_of_what_is_saved_of_the_kind() -> None:
    known = [saved("s1", model="sora-2"), saved("s2", "veo", model="veo3")]
    exact = ready("r1", download=Download(DownloadState.FAILED, 0, 6_000_000))
    assert amount_words(amount_of([exact], known)) == "6.0 MB"
    assert amount_words(amount_of([exact, ready("r2", model="sora-2")], known)) == "about 30.0 MB"
    assert amount_words(amount_of([ready("r3", model="sora-2-pro")], known)) == "about 24.0 MB"
    assert amount_words(amount_of([exact, ready("r4", provider="grok")], known)) == "6.0 MB and 1 of unknown size"
    assert amount_words(amount_of([ready("r5", provider="grok")], known)) == ""


def test_a_single_task_goes_by_its_id() -> None:
    tasks = [ready("a"), ready("b"), ready("c", provider="veo")]
    assert counted(tasks[:1], "result", lambda task: task.provider) == "a"
    assert counted(tasks[:2], "result", lambda task: task.provider) == "2 results of sora"
    assert counted(tasks, "result", lambda task: task.provider) == "3 results of 2 providers"
