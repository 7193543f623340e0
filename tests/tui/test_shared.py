"""The screen on a ledger that machines share: who works, where a file is, and on which machine a key saves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.ledger import DownloadRequest, Ledger
from octotui.model import Download, DownloadState, EngineStatus, GatewayState
from octotui.save_place import NAME, place_of
from octotui.tui.app import OctoApp
from octotui.tui.dialogs.overview import Overview
from tests.support.postgres import Cluster
from tests.support.screen import press, screen_text, until
from tests.tui.tasks import NOW, Clock, ready, record

THERE = "0b5c2f4e-91aa-4d2f-b1a2-77aa10e2a71e"
FILE = "/films/a film.mp4"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        record(opened, ready("video_1", 900), ready("video_2", 1800))
        yield opened


@pytest.fixture
def there(url: str) -> Iterator[Ledger]:
    """The ledger as another machine has it open, which works on it."""
    with Ledger.open(url) as opened:
        opened.take_lease("there", "render-03", 1, time.time())
        status = EngineStatus(
            time.time(), GatewayState.LIVE, host="render-03", box="there", place=THERE, folder="/films",
            version="0.2.0", downloads_running=2, download_speed=9e6,
        )  # fmt: skip
        opened.set_status(status)
        opened.flush()
        yield opened


@pytest.fixture
def app(ledger: Ledger, make_config: Callable[..., Config], tmp_path: Path) -> OctoApp:
    return OctoApp(make_config(download_dir=tmp_path / "here"), ledger, None, clock=Clock(NOW))


def knows(app: OctoApp) -> Callable[[], object]:
    """Whether the screen has read everything there is."""
    return lambda: app.dashboard.snapshot.fleet.place and len(app.dashboard.snapshot.tasks) == 2


def request_of(ledger: Ledger, task_id: str) -> DownloadRequest | None:
    return ledger.changes(0, with_requests=True).requests.get(task_id)


def fall_silent(cluster: Cluster, url: str, seconds: int) -> None:
    """Have the other machine be silent since then, by the server's clock."""
    schema = url.partition("schema=")[2].partition("&")[0]
    with cluster.connect() as connection:
        connection.execute(f"SET search_path TO {schema}".encode())
        connection.execute("UPDATE boxes SET seen = seen - make_interval(secs => %s)", (seconds,))


async def test_d_saves_here_and_capital_d_anywhere(app: OctoApp, ledger: Ledger, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, knows(app))
        await press(pilot, "d")
        await until(pilot, lambda: request_of(ledger, "video_1"))
        request = request_of(ledger, "video_1")
        assert request is not None
        assert request.place == place_of(tmp_path / "here")
        await press(pilot, "D")
        await until(pilot, lambda: ledger.task("video_2").download.state is DownloadState.WANTED)  # type: ignore[union-attr]
        request = request_of(ledger, "video_2")
        assert request is not None
        assert request.place is None


async def test_a_file_of_another_machine_is_said_to_be_there(app: OctoApp, there: Ledger) -> None:
    done = Download(DownloadState.SAVED, 5, 5, FILE, "ab", NOW, box="render-03", place=THERE)
    there.record_download("video_1", done)
    there.flush()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, knows(app))
        await press(pilot, "slash", *"video_1", "enter")
        await press(pilot, "o")
        assert f"It is on render-03: {FILE} (y has the line that brings it here)" in screen_text(app)
        await press(pilot, "d")
        assert f"Saved already: on render-03: {FILE}" in screen_text(app)
        await press(pilot, "enter")
        await until(pilot, lambda: f"on render-03: {FILE}" in screen_text(app))
        assert f"rsync -P --protect-args render-03:'{FILE}' ." in screen_text(app)
        await press(pilot, "y", "r")
        assert "rsync line, from render-03:" in screen_text(app)


async def test_the_overview_tells_who_works(app: OctoApp, there: Ledger, cluster: Cluster, url: str) -> None:
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, knows(app))
        await press(pilot, "0")
        await until(pilot, lambda: "1 at work" in screen_text(app))
        assert "render-03 0.2.0  asks (live), saves  2 files, 9.0 MB/s" in screen_text(app)
        await press(pilot, "b")
        assert "The last hour" not in screen_text(app)
        assert "render-03" in screen_text(app)
        await press(pilot, "b")
        assert "The last hour" in screen_text(app)
        fall_silent(cluster, url, 240)
        await until(pilot, lambda: "silent for 4m" in screen_text(app))
        assert "0 at work, 1 silent" in screen_text(app)


async def test_a_ledger_of_one_machine_has_no_boxes_to_show(tmp_path: Path, make_config: Callable[..., Config]) -> None:
    with Ledger.open(tmp_path / "ledger.db") as own:
        app = OctoApp(make_config(download_dir=tmp_path / "here"), own, None, clock=Clock(NOW))
        async with app.run_test(size=(160, 50)) as pilot:
            await press(pilot, "0", "b")
            assert isinstance(app.screen, Overview)
            assert "This ledger is one machine's" in screen_text(app)
            assert "at work" not in screen_text(app)
    assert not (tmp_path / "here").exists()


async def test_a_result_for_a_machine_that_is_gone_says_whom_it_waits_for(
    app: OctoApp, ledger: Ledger, there: Ledger, cluster: Cluster, url: str
) -> None:
    there.request_download(["video_1"], place=THERE)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, knows(app))
        await press(pilot, "slash", *"video_1", "enter", "enter")
        await until(pilot, lambda: "waits for render-03" in screen_text(app))
        assert "silent since" not in screen_text(app)
        fall_silent(cluster, url, 240)
        await until(pilot, lambda: "waits for render-03, silent since" in screen_text(app))
        await press(pilot, "escape")
        assert "waiting" in screen_text(app)
        await press(pilot, "d")
        await until(pilot, lambda: "silent since" not in screen_text(app))
        request = request_of(ledger, "video_1")
        assert request is not None
        assert request.place == app.dashboard.snapshot.fleet.place


async def test_whoever_only_looks_writes_no_id_into_the_folder(
    url: str, there: Ledger, make_config: Callable[..., Config], tmp_path: Path
) -> None:
    folder = tmp_path / "here"
    with Ledger.open(url, read_only=True) as looking:
        app = OctoApp(make_config(download_dir=folder), looking, None, clock=Clock(NOW), read_only=True)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.dashboard.snapshot.fleet.place)
            assert not folder.exists()
            place = place_of(folder)
            await until(pilot, lambda: app.dashboard.snapshot.fleet.place == place)
    assert (folder / NAME).is_file()
