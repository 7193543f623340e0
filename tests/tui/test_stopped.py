"""What a person sees when the engine beside the screen ends against its will."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.cli.dashboard import LateEngine
from octotui.config import Config
from octotui.ledger import Ledger, LedgerDamaged
from octotui.model import NewTask
from octotui.presentation.remedies import advice, cause
from octotui.presentation.styled_text import plain
from octotui.tui.app import OctoApp
from tests.support.gateway import Gateway, Reply, gateway
from tests.support.screen import press, screen_lines, screen_text, until
from tests.support.terminal import Terminal, on_terminal


def config_of(folder: Path, server: Gateway) -> Config:
    return Config(
        state_dir=folder, base_url=server.base_url, api_key="sk-test", poll_seconds=0.1, keys={}, disk_reserve=0
    )


def _fault() -> list[str]:
    raise KeyError("[b]\x1b[31m")


def running(_: str) -> Reply:
    return Reply({"id": "video_a1", "status": "in_progress"})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_fault_of_ours_stands_in_the_header_and_what_to_do_in_the_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gateway(running) as server:
        config = config_of(tmp_path, server)
        with Ledger.open(config.ledger_path) as ledger:
            ledger.add([NewTask("video_a1", "sora", "videos")], time.time())
            engine = LateEngine(config, ledger)
            app = OctoApp(config, ledger, engine)
            try:
                async with app.run_test(size=(120, 24)) as pilot:
                    await until(pilot, lambda: "● live" in screen_lines(app)[0])
                    assert engine.error is None
                    with monkeypatch.context() as fault:
                        fault.setattr(ledger, "take_asks", _fault)
                        await until(pilot, lambda: "✗ STOPPED" in screen_lines(app)[0])
                    assert "● live" not in screen_lines(app)[0]
                    assert "✗ Leave and start octotui again: this one asks and saves nothing any more. KeyError:" in (
                        screen_text(app)
                    )
                    assert ledger.lease() is None  # for others to take over at once
                    asked = len(server.requests)
                    ledger.request_download(["video_a1"])
                    await press(pilot, "s", "2")
                    await until(pilot, lambda: "Sorted by" in screen_text(app))
                    assert len(server.requests) == asked
                    await press(pilot, "q")  # no question: nothing is being saved here
                    await until(pilot, lambda: not app.is_running)
            finally:
                engine.stop()
            assert isinstance(engine.error, BaseExceptionGroup)


@pytest.mark.parametrize("size", [(120, 24), (80, 24), (40, 12)])
async def test_it_says_since_when_at_every_size(make_app: Callable[..., OctoApp], size: tuple[int, int]) -> None:
    class FetchResult:
        error = LedgerDamaged("The ledger x is damaged.")
        ended_at = 0.0

        def start(self) -> None:
            """Has ended already."""

        stop = wake = start

    engine = FetchResult()
    app = make_app(engine)
    engine.ended_at = app.dashboard.clock() - 130
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "✗ STOPPED" in screen_lines(app)[0])
        header = app.dashboard.lines.header
        assert plain(header.line(header.size.width)).rstrip().endswith("✗ STOPPED 2m")
        assert app.dashboard.lines.news.advice is not None
        assert app.dashboard.lines.news.advice.endswith("The ledger x is damaged.")


def test_the_first_of_many_errors_is_named_and_nothing_in_it_reaches_the_terminal() -> None:
    inner = ExceptionGroup("two", [ValueError("bad \x1b[2J"), KeyError("x")])
    assert cause(ExceptionGroup("unhandled errors in a TaskGroup", [inner])) == "ValueError: bad ␛[2J"
    assert cause(LedgerDamaged("in our own words")) == "in our own words"
    assert len(cause(ValueError("x" * 100_000))) <= 500
    assert advice(None, None) is None


def spoil(path: Path) -> None:
    """Write over all that the ledger keeps on the disk, while it is in use; both files stay as long as they are."""
    for file, begin in ((path, 0), (Path(f"{path}-wal"), 32)):
        descriptor = os.open(file, os.O_WRONLY)
        os.pwrite(descriptor, b"\xa5" * max(0, file.stat().st_size - begin), begin)
        os.close(descriptor)


def test_damage_to_the_file_stops_the_program_that_says_so_and_can_be_left(tmp_path: Path) -> None:
    ledger_path = tmp_path / "state" / "ledger.db"
    with Ledger.open(ledger_path) as ledger:
        ledger.add([NewTask("video_a1", "sora", "videos")], time.time())
    with gateway(running) as server:
        environ = {
            "OCTOTUI_CONFIG": str(tmp_path / "config.toml"),
            "OCTOTUI_STATE_DIR": str(ledger_path.parent),
            "OCTOTUI_API_KEY": "sk-test",
            "HOME": str(tmp_path),
        }
        (tmp_path / "config.toml").write_text(f'base_url = "{server.base_url}"\n')

        def says(terminal: Terminal, words: str) -> bool:
            return words in terminal.text

        with on_terminal(["-m", "octotui"], size=(120, 36), environ=environ) as terminal:
            terminal.until(lambda: says(terminal, "● live"))
            spoil(ledger_path)
            terminal.until(lambda: says(terminal, "✗ STOPPED"))
            assert "is damaged" in terminal.text
            terminal.press(b"q")
            terminal.until(lambda: says(terminal, "Quit?") or b"\x1b[?1049l" in terminal.received)
            if b"\x1b[?1049l" not in terminal.received:
                terminal.press(b"y")
            terminal.exit_code()
            assert b"LedgerDamaged" in terminal.received
    assert Path(f"{ledger_path}.lock").read_bytes()  # the next start checks all of it
