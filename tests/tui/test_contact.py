"""The contact sheet and the picture in the details, driven as a person would, on a ledger with posters."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from octotui.extras import EXTRAS
from octotui.ledger import Ledger, Poster
from octotui.model import Download, DownloadState, Task
from octotui.presentation.styled_text import plain, width_of
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.contact_sheet import CAPTION, ContactSheet, Frame, places_on
from octotui.tui.dialogs.details import DetailDialog
from octotui.tui.dialogs.poster_box import PictureBox
from octotui.tui.dialogs.posters import Cells
from tests.support.screen import Repaints, press, screen_lines, screen_text, until
from tests.support.terminal import on_terminal
from tests.support.videos import halves
from tests.tui.tasks import NOW, Clock, ready, record, running

MakeApp = Callable[..., OctoApp]


def picture(size: tuple[int, int] = (480, 270)) -> bytes:
    buffer = io.BytesIO()
    halves((200, 30, 30), (30, 30, 200), size).save(buffer, "JPEG")
    return buffer.getvalue()


def on_disk(task_id: str, age: float, provider: str = "sora") -> Task:
    download = Download(DownloadState.SAVED, 9_000_000, 9_000_000, f"/videos/{task_id}.mp4", "5f1c" * 16, NOW - age)
    return ready(task_id, 9000, provider, download=download, model="sora-2")


@pytest.fixture
def gallery(ledger: Ledger) -> Ledger:
    """Thirty saved of Sora, one of Veo, one that is not saved; every one with a poster."""
    tasks = [on_disk(f"clip_{number:02}", number) for number in range(30)]
    record(ledger, running("still"), *tasks, on_disk("veo_1", -0.5, "veo"))
    for task in tasks:
        ledger.record_poster(task.id, Poster(NOW, picture()))
    ledger.record_poster("veo_1", Poster(NOW, picture((270, 480))))
    return ledger


def sheet_of(app: OctoApp) -> ContactSheet:
    assert isinstance(app.screen, ContactSheet)
    return app.screen


def shown(app: OctoApp) -> list[str]:
    return [frame.shown.id for frame in sheet_of(app).query(Frame) if frame.shown is not None]


def drawn(app: OctoApp) -> int:
    return sum(box.drawn is not None for box in app.screen.query(PictureBox))


async def open_sheet(app: OctoApp, pilot: Pilot[Any]) -> ContactSheet:
    await press(pilot, "c")
    await until(pilot, lambda: shown(app) and drawn(app) == len(shown(app)))
    return sheet_of(app)


@pytest.mark.parametrize(
    ("page", "count"), [((198, 48), 24), ((118, 34), 12), ((78, 22), 6), ((40, 10), 2), ((10, 3), 1)]
)
def test_a_page_holds_what_can_be_seen(page: tuple[int, int], count: int) -> None:
    places = places_on(Cells(*page))
    assert places.total == count
    assert places.columns * places.picture.width <= page[0]
    assert places.rows * (places.picture.height + CAPTION) <= max(page[1], CAPTION + 1)


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (40, 12)])
async def test_every_place_has_its_picture_at_every_size(
    size: tuple[int, int], gallery: Ledger, make_app: MakeApp
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        dialog = await open_sheet(app, pilot)
        lines = screen_lines(app)
        assert {cell_len(line) for line in lines} == {size[0]}
        assert "Contact sheet" in lines[0]
        assert "Enter Details" in lines[-1]
        frames = list(dialog.query(Frame))
        await until(pilot, lambda: all(frame._picture and frame._picture.region for frame in frames))
        lines = screen_lines(app)
        for frame in frames:
            assert frame._picture is not None
            assert frame.region.contains_region(frame._picture.region)
            assert frame._picture.region.height >= 4
        assert any("▀▀▀▀▀▀▀▀" in line for line in lines)


async def test_newest_first_and_the_keys_go_about(gallery: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_sheet(app, pilot)
        assert shown(app) == [f"clip_{number:02}" for number in range(6)]
        assert "Sora: 30 saved, page 1 of 5" in screen_lines(app)[0]
        for key, cursor in (("l", 1), ("right", 2), ("j", 5), ("h", 4), ("k", 1), ("k", 0), ("left", 0), ("G", 29)):
            await press(pilot, key)
            assert dialog.cursor == cursor, key
        assert "page 5 of 5" in screen_lines(app)[0]
        await press(pilot, "g", "pagedown")
        assert shown(app) == [f"clip_{number:02}" for number in range(6, 12)]
        await until(pilot, lambda: drawn(app) == 6)
        await press(pilot, "pageup", "tab")
        assert shown(app)[:2] == ["veo_1", "clip_00"]
        assert "all panes: 31 saved" in screen_lines(app)[0]
        await press(pilot, "escape")
        assert app.screen is app.dashboard


async def test_the_cursor_stays_on_its_picture_when_something_is_saved(
    gallery: Ledger, make_app: MakeApp, clock: Clock
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await open_sheet(app, pilot)
        await press(pilot, "l")
        record(gallery, on_disk("brand_new", -5))
        app.dashboard.tick()
        assert shown(app)[0] == "brand_new"
        assert dialog.current is not None
        assert (dialog.cursor, dialog.current.id) == (2, "clip_01")
        await until(pilot, lambda: "The picture is being" in screen_text(app))
        assert gallery.take_poster_asks() == ["brand_new"]
        gallery.record_poster("brand_new", Poster(NOW, None, "there is only sound in it"))
        app.dashboard.tick()
        await until(pilot, lambda: "No picture: there is" in screen_text(app))


async def test_a_move_paints_captions_and_no_picture(gallery: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        dialog = await open_sheet(app, pilot)
        await pilot.pause()  # what opening the dialog has still to paint is not the move's
        with Repaints() as repaints:
            await press(pilot, "l")
        painted = [region for frame in dialog.query(Frame) for region in repaints.of(frame)]
        assert len(painted) == 2
        assert all(region is not None and region.height == CAPTION for region in painted)
        assert not any("Image" in type(widget).__name__ for widget, _ in repaints.regions)


async def test_a_picture_has_its_title_below_it_and_the_id_where_there_is_room(
    gallery: Ledger, make_app: MakeApp
) -> None:
    gallery.set_title(["clip_00"], "Shot 12, the cat on the roof")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_sheet(app, pilot)
        assert any("Shot 12, the cat on" in line and "clip_01" in line for line in screen_lines(app))
        frame = next(iter(sheet_of(app).query(Frame)))
        assert "clip_00" in plain(frame.caption(40)[1])
        assert "clip" not in plain(frame.caption(18)[1])
        assert {width_of(line) for line in frame.caption(18)} == {18}
        gallery.set_title(["clip_00"], "Another name")
        app.dashboard.tick()
        await until(pilot, lambda: "Another name" in screen_text(app))


async def test_enter_shows_the_details_and_escape_leads_back(gallery: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await open_sheet(app, pilot)
        await press(pilot, "l", "l", "enter")
        assert isinstance(app.screen, DetailDialog)
        await until(pilot, lambda: drawn(app) == 1)
        assert "clip_02" in screen_text(app)
        await press(pilot, "j")
        await until(pilot, lambda: app.screen.query_one(PictureBox).task_id != "clip_02")
        await press(pilot, "escape")
        assert isinstance(app.screen, ContactSheet)


async def test_where_details_have_room_beside_the_panes_they_are_shown_there(
    gallery: Ledger, make_app: MakeApp
) -> None:
    app = make_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await open_sheet(app, pilot)
        await press(pilot, "l", "enter")
        assert app.screen is app.dashboard
        dock = app.dashboard.side_panel.dock
        assert dock is not None
        await until(pilot, lambda: dock.view.poster.drawn is not None)
        assert dock.view.poster.task_id == "clip_01"


async def test_no_picture_is_made_while_a_filter_is_typed(gallery: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "G", "enter", "slash")
        assert app.dashboard.side_panel.dock is not None
        poster = app.dashboard.side_panel.dock.view.poster
        poster._rested()
        assert poster._timer is not None
        assert poster.drawn is None
        assert "textual_image" not in sys.modules or poster._picture is None
        await press(pilot, "escape")
        await until(pilot, lambda: poster.drawn is not None)


async def test_details_on_a_small_screen_have_no_picture(gallery: Ledger, make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, "G", "enter")
        assert not app.screen.query_one(PictureBox).display


async def test_o_opens_the_file_under_the_cursor(
    gallery: Ledger, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_sheet(app, pilot)
        await press(pilot, "l", "o")
        assert "No display here. The file: /videos/clip_01.mp4" in screen_lines(app)[-1]


async def test_an_empty_sheet_says_so(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, running("still"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "c")
        assert "nothing is saved yet" in screen_lines(app)[0]
        await press(pilot, "j", "G", "enter", "o", "tab", "c")
        assert app.screen is app.dashboard


async def test_without_pictures_one_line_says_why(gallery: Ledger, make_app: MakeApp) -> None:
    app = make_app(pictures="none")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "c")
        await until(pilot, lambda: shown(app))
        assert 'Pictures: set pictures = "blocks".' in screen_lines(app)[0]
        assert "clip_05" in screen_text(app)
        assert drawn(app) == 0


async def test_a_poster_that_is_no_picture_is_said(ledger: Ledger, make_app: MakeApp) -> None:
    record(ledger, on_disk("odd", 1))
    ledger.record_poster("odd", Poster(NOW, b"\xff\xd8 not a JPEG at all"))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "c")
        await until(pilot, lambda: "No picture: what the" in screen_text(app))


WITHOUT = (
    "import sys; sys.modules.update(dict.fromkeys(('av', 'PIL', 'textual_image')));"
    "from tests.tui import program; sys.argv[1:] = [sys.argv[1]]; sys.exit(program.main())"
)


def fill(folder: Any) -> None:
    with Ledger.open(folder / "ledger.db") as ledger:
        record(ledger, on_disk("clip_1", 3.0))
        ledger.record_poster("clip_1", Poster(NOW, picture()))


def flat(text: str) -> str:
    """`text` without what folding and frames put between its words."""
    return "".join(text.replace("│", " ").split())


def test_without_the_extra_one_line_says_how_to_get_it(tmp_path: Any) -> None:
    fill(tmp_path)
    packages = flat(shlex.join(EXTRAS["preview"]))
    with on_terminal(["-c", WITHOUT, str(tmp_path)], size=(120, 36)) as terminal:
        terminal.until(lambda: "clip_1" in terminal.text)
        terminal.press(b"c")
        terminal.until(lambda: packages in flat(terminal.text))
        terminal.press(b"\r")
        terminal.until(lambda: packages in flat(terminal.text.partition("Time line")[2]))
        terminal.press(b"\x1b")
        terminal.until(lambda: "Time line" not in terminal.text)
        terminal.press(b"\x1b")
        terminal.until(lambda: "PgDn Page" not in terminal.text)
        terminal.press(b"q")
        assert terminal.exit_code() == 0


@pytest.mark.parametrize(
    ("pictures", "sign"), [("blocks", "▀▀▀▀▀▀▀▀▀▀".encode()), ("sixel", b"\x1bP"), ("kitty", b"\x1b_G")]
)
def test_a_real_terminal_gets_what_it_understands(pictures: str, sign: bytes, tmp_path: Any) -> None:
    fill(tmp_path)
    code = (
        "import sys; from tests.tui import program; from functools import partial;"
        f"program.Config = partial(program.Config, pictures={pictures!r}); sys.exit(program.main())"
    )
    with on_terminal(["-c", code, str(tmp_path)], size=(120, 36)) as terminal:
        terminal.until(lambda: "clip_1" in terminal.text)
        assert sign not in terminal.received
        # Typed ahead: nothing may be lost to whoever asks the terminal.
        terminal.press(b"cj")
        terminal.until(lambda: sign in terminal.received or sign in terminal.text.encode())
        # The emulator has no graphics of either kind, and what it makes of them cannot be read.
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.exit_code() == 0


def test_the_demo_shows_a_picture_of_what_it_has_saved(tmp_path: Any) -> None:
    with on_terminal(["-m", "octotui", "demo", "--fast"], size=(120, 36), environ={"HOME": str(tmp_path)}) as terminal:
        terminal.until(lambda: "● ready" in terminal.text)
        terminal.press(b"D")
        terminal.until(lambda: "✓ saved" in terminal.text)
        terminal.press(b"c")
        terminal.until(lambda: "▀▀▀▀▀▀▀▀▀▀" in terminal.text)
        terminal.press(b"\x1b")
        terminal.until(lambda: "Contact sheet" not in terminal.text)
