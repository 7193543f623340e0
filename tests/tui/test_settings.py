"""The settings screen: what it lists, what it writes, and that what it calls "at once" is so."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from octotui.config import Config, load
from octotui.config.effective_settings import KEY
from octotui.config.setting_type import Effect
from octotui.config.settings_table import ENGINE_SETTINGS, SETTINGS
from octotui.ledger import Ledger
from octotui.presentation.task_row import GLYPHS
from octotui.tui.app import OctoApp
from octotui.tui.commands import COMMANDS
from octotui.tui.settings.dialog import SettingsDialog
from octotui.tui.settings.source import SettingsSource
from tests.support.fake_engine import FakeEngine
from tests.support.screen import press, screen_lines, screen_text, until
from tests.tui.tasks import NOW, Clock, fill, live, ready, record, running, saved

SECRET = "sk-this-is-the-key-itself"
FILE = """\
# mine
theme = "nord"  # as in the editor

[keys]
# two of them
download = "d,f5"

[profiles.lab]
base_url = "https://lab.example"
"""


class Settings:
    """An app on a ledger and on a file of its own."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.file = folder / "config.toml"
        self.environ = {"HOME": str(folder), "OCTOTUI_STATE_DIR": str(folder / "state"), "OCTOTUI_API_KEY": SECRET}
        self.ledger = ledger
        self.engine = FakeEngine()
        self.clock = Clock(NOW)

    def app(self, text: str | None = None, profile: str | None = None) -> OctoApp:
        if text is not None:
            self.file.write_text(text)

        def read(*, with_key: bool = False) -> Config:
            return load(self.file if self.file.exists() else None, self.environ, profile, with_key=with_key)

        source = SettingsSource(self.file, read, self.environ, lambda _config: [])
        return OctoApp(read(with_key=True), self.ledger, self.engine, clock=self.clock, settings=source)


@pytest.fixture
def settings(tmp_path: Path, ledger: Ledger) -> Settings:
    fill(ledger)
    return Settings(tmp_path, ledger)


async def find(pilot: Pilot[Any], name: str) -> SettingsDialog:
    """Open the settings and go to one of them."""
    app = pilot.app
    assert isinstance(app, OctoApp)
    if app.screen is app.dashboard:
        await press(pilot, "comma")
    dialog = app.screen
    assert isinstance(dialog, SettingsDialog)
    place = next(place for place, row in enumerate(dialog.list._rows) if row.name == name)
    dialog.action_move(place - dialog.list.place)
    return dialog


async def change(pilot: Pilot[Any], name: str, value: str) -> SettingsDialog:
    """Type another value for a setting, key by key."""
    dialog = await find(pilot, name)
    await press(pilot, "enter", "ctrl+u", *("space" if letter == " " else letter for letter in value), "enter")
    return dialog


async def test_every_setting_is_there_with_its_value_and_where_that_comes_from(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(160, 240)) as pilot:
        await press(pilot, "comma")
        text = screen_text(app)
        for name in [*SETTINGS, *(command.id for command in COMMANDS)]:
            assert f" {name} " in text
        (theme,) = (line for line in screen_lines(app) if " theme " in line and "file" in line)
        assert "nord" in theme
        assert "file:2" in theme
        (key,) = (line for line in screen_lines(app) if f" {KEY} " in line and "api_key_" not in line)
        assert "set, not shown" in key
        assert "$OCTOTUI_API_KEY" in key
        assert SECRET not in text
        for row in list(app.screen.list._rows):  # type: ignore[attr-defined]
            await find(pilot, row.name)
            assert SECRET not in screen_text(app)


async def test_a_change_is_one_line_of_the_file(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await change(pilot, "rescue_before", "30m")
        await until(pilot, lambda: "rescue_before written to line 3, in effect at once." in screen_text(app))
        first, rest = FILE.split("\n\n", 1)
        assert settings.file.read_text() == f'{first}\nrescue_before = "30m"\n\n{rest}'
        await press(pilot, "u")
        assert settings.file.read_text() == FILE
        await until(pilot, lambda: "rescue_before taken out, in effect at once." in screen_text(app))
        await press(pilot, "u")
        await until(pilot, lambda: "The default holds already." in screen_text(app))
    assert settings.engine.told.count("reconfigured") == 2


async def test_a_file_that_is_missing_is_made_for_its_owner_alone(settings: Settings) -> None:
    app = settings.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "comma")
        assert "not there yet" in screen_text(app) or not settings.file.exists()
        await change(pilot, "bell", "true")
    assert settings.file.read_text() == "bell = true\n"
    assert stat.S_IMODE(settings.file.stat().st_mode) == 0o600


async def test_what_is_wrong_is_said_while_one_types_and_never_written(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await find(pilot, "poll_seconds")
        await press(pilot, "enter", "ctrl+u", "0")
        await until(pilot, lambda: "✗ must be from 1 to 3600 seconds" in screen_text(app))
        await press(pilot, "enter")
        assert settings.file.read_text() == FILE
        await press(pilot, "backspace")
        await until(pilot, lambda: "Type a value" in screen_text(app))
        await press(pilot, "enter", "5")
        await until(pilot, lambda: "✓ goes above the first [table], for all profiles" in screen_text(app))
        await press(pilot, "escape")
        assert settings.file.read_text() == FILE
        assert isinstance(app.screen, SettingsDialog)
        await press(pilot, "escape")
        assert app.screen.id == "dashboard"


async def test_a_file_that_somebody_broke_meanwhile_is_left_as_it_is(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await find(pilot, "bell")
        settings.file.write_text("bell = \n")
        await press(pilot, "enter", "ctrl+u", *"true")
        await until(pilot, lambda: "✗ is not TOML" in screen_text(app))
        await press(pilot, "enter", "escape", "u")
        await until(pilot, lambda: "is not TOML" in screen_text(app))
        assert settings.file.read_text() == "bell = \n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_cannot_be_written_is_said(settings: Settings) -> None:
    app = settings.app(FILE)
    settings.file.parent.chmod(0o500)
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await change(pilot, "bell", "true")
            await until(pilot, lambda: "Permission denied" in screen_text(app))
    finally:
        settings.file.parent.chmod(0o700)


async def test_the_environment_wins_and_that_is_said(settings: Settings) -> None:
    settings.environ["OCTOTUI_BASE_URL"] = "https://env.example"
    app = settings.app(FILE)
    async with app.run_test(size=(160, 50)) as pilot:
        await find(pilot, "base_url")
        (line,) = (line for line in screen_lines(app) if " base_url " in line and "$OCTOTUI" in line)
        assert "https://env.example" in line
        assert "The environment variable OCTOTUI_BASE_URL wins over the file." in screen_text(app)
        await press(pilot, "enter")
        await until(pilot, lambda: "✓ but OCTOTUI_BASE_URL is set and wins over the file" in screen_text(app))
        await press(pilot, "escape", "u")
        await until(pilot, lambda: "OCTOTUI_BASE_URL says it, not the file." in screen_text(app))


async def test_the_key_cannot_be_typed_here(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        dialog = await find(pilot, KEY)
        await press(pilot, "enter")
        assert dialog.editor.row is None
        assert "The key never stands in the file" in screen_text(app)
        await press(pilot, "u")
        assert settings.file.read_text() == FILE


async def test_passwords_are_not_shown_also_to_be_changed(settings: Settings) -> None:
    app = settings.app('proxy = "http://me:hunter22@proxy.example:1"\nnotify_urls = ["ntfy://hunter22@n.example/a"]\n')
    async with app.run_test(size=(120, 36)) as pilot:
        for name in ("proxy", "notify_urls"):
            await find(pilot, name)
            await press(pilot, "enter")
            assert "hunter22" not in screen_text(app)
            await press(pilot, "escape")


async def test_a_profiles_own_table_or_the_one_all_share(settings: Settings) -> None:
    app = settings.app(FILE, profile="lab")
    async with app.run_test(size=(140, 40)) as pilot:
        await find(pilot, "download_dir")
        await press(pilot, "enter", "ctrl+u", *"/a")
        await until(pilot, lambda: "✓ goes into [profiles.lab], for this profile alone" in screen_text(app))
        await press(pilot, "enter")
        assert settings.file.read_text() == f'{FILE}download_dir = "/a"\n'
        await press(pilot, "enter", "ctrl+u", *"/b", "tab")
        await until(pilot, lambda: "but that of [profiles.lab] wins over it" in screen_text(app))
        await press(pilot, "enter")
        assert '# as in the editor\ndownload_dir = "/b"\n' in settings.file.read_text()
        assert app.config.download_dir == Path("/a")
        await press(pilot, "u")
        await until(pilot, lambda: "download_dir taken out of [profiles.lab]" in screen_text(app))
        assert app.config.download_dir == Path("/b")
        await find(pilot, "theme")
        await press(pilot, "enter")
        await until(pilot, lambda: "✓ goes above the first [table], for all profiles" in screen_text(app))


async def test_search_finds_names_values_and_words(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(100, 40)) as pilot:
        await press(pilot, "comma", "slash", *"nord")
        dialog = app.screen
        assert isinstance(dialog, SettingsDialog)
        assert [row.name for row in dialog.list._rows] == ["theme"]
        await press(pilot, *(["backspace"] * 4), *"deadline", "space", *"expiring", "enter")
        assert "expiring_before" in {row.name for row in dialog.list._rows}
        assert "theme" not in {row.name for row in dialog.list._rows}
        await press(pilot, "escape")
        assert len(dialog.list._rows) > len(SETTINGS)


async def test_themes_are_seen_while_one_chooses(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await find(pilot, "theme")
        await press(pilot, "enter", "down")
        assert app.theme == "octotui-dark"
        await press(pilot, "escape")
        assert app.theme == "nord"
        await change(pilot, "theme", "gruvbox")
        assert app.theme == app.config.theme == "gruvbox"
        await press(pilot, "u")
        assert app.theme == "octotui-dark"
    assert "# as in the editor" not in settings.file.read_text()


async def test_the_screen_starts_anew_for_what_it_cannot_take_at_once(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await change(pilot, "mouse", "true")
        await until(pilot, lambda: "in effect at the next start: R starts anew." in screen_text(app))
        assert not app.config.mouse
        await press(pilot, "k")
        assert "R Start anew" in screen_text(app)
        await press(pilot, "R", "y")
    assert app.next_profile == "default"


async def test_where_another_process_works_it_is_told_later(settings: Settings) -> None:
    settings.ledger.set_status(live(pid=os.getpid() + 1, host="elsewhere"))
    settings.ledger.flush()
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await change(pilot, "rescue_before", "1h")
        words = f"but elsewhere:{os.getpid() + 1} does the work: there at its next start"
        await until(pilot, lambda: words in screen_text(app))


@pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (60, 20), (40, 12)])
async def test_the_setting_under_the_cursor_is_always_in_sight(settings: Settings, size: tuple[int, int]) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "comma")
        dialog = app.screen
        assert isinstance(dialog, SettingsDialog)
        for keys in (("G",), ("g",), ("tab",) * 4, ("shift+tab",), ("pagedown",), ("down", "down"), ("pageup",)):
            await press(pilot, *keys)
            assert {cell_len(line) for line in screen_lines(app)} == {size[0]}
            row = dialog.list.row
            assert row is not None
            assert row.shown[:15] in screen_text(app), keys
        await press(pilot, "enter")
        row = dialog.editor.row
        if row is not None:
            await until(pilot, lambda: row.shown[:15] in screen_text(app))


# What is called "at once" is so


def has_plain_marks(app: OctoApp) -> bool:
    return not any(glyph in screen_text(app) for glyph in (*GLYPHS.values(), "╭") if not glyph.isascii())


async def ascii_marks(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    await change(pilot, "ascii", "true")
    await press(pilot, "escape")
    await until(pilot, lambda: has_plain_marks(app))
    await change(pilot, "ascii", "false")
    await press(pilot, "escape")
    await until(pilot, lambda: "●" in screen_text(app))


async def wide_marks(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    await change(pilot, "ambiguous_wide", "true")
    await press(pilot, "escape")
    await until(pilot, lambda: has_plain_marks(app))
    await change(pilot, "ambiguous_wide", "false")
    await press(pilot, "escape")
    await until(pilot, lambda: "●" in screen_text(app))


async def less_to_draw(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    assert not app.has_class("-coarse")
    await change(pilot, "low_bandwidth", "true")
    assert app.has_class("-coarse")
    assert app._ticking._interval == 2.0
    await change(pilot, "low_bandwidth", "auto")
    assert not app.has_class("-coarse")
    assert app._ticking._interval == 1.0


async def the_player(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    out = settings.file.parent / "played"
    record(settings.ledger, saved("only", "veo"))
    await change(pilot, "player", f"/bin/sh -c 'touch {out}'")
    await press(pilot, "escape")
    app.dashboard.actions.play_task(settings.ledger.task("only"))
    await until(pilot, out.exists)


async def the_theme(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    await change(pilot, "theme", "dracula")
    assert app.theme == "dracula"


async def the_bell(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    written: list[str] = []
    app.dashboard.alerts._write = written.append
    record(settings.ledger, running("will_end"))
    app.dashboard.tick()
    await change(pilot, "bell", "true")
    await change(pilot, "terminal_on", "completed")
    assert written == []
    record(settings.ledger, ready("will_end", 5000))
    app.dashboard.tick()
    assert written == ["\a"]


async def a_notification(pilot: Pilot[Any], settings: Settings, app: OctoApp) -> None:
    written: list[str] = []
    app.dashboard.alerts._write = written.append
    app.dashboard.alerts._in_tmux = False
    record(settings.ledger, running("will_end"))
    app.dashboard.tick()
    await change(pilot, "terminal_notify", "osc9")
    record(settings.ledger, ready("will_end", 5000))
    app.dashboard.tick()
    assert written == ["\x1b]9;octotui: will_end: completed\a"]


AT_ONCE: dict[str, Callable[[Pilot[Any], Settings, OctoApp], Any]] = {
    "ascii": ascii_marks,
    "ambiguous_wide": wide_marks,
    "low_bandwidth": less_to_draw,
    "player": the_player,
    "theme": the_theme,
    "bell": the_bell,
    "terminal_on": the_bell,
    "terminal_notify": a_notification,
}


def test_every_setting_that_is_called_so_is_tried() -> None:
    assert set(AT_ONCE) == {name for name, setting in SETTINGS.items() if setting.effect is Effect.SCREEN}


@pytest.mark.parametrize("name", AT_ONCE)
async def test_the_screen_goes_by_it_at_once(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    app = settings.app("")
    async with app.run_test(size=(120, 36)) as pilot:
        await AT_ONCE[name](pilot, settings, app)
    assert "reconfigured" not in settings.engine.told


ENGINE_VALUES = {
    "allow_hosts": "media.lan",
    "download_dir": "/tmp/octotui-elsewhere",  # noqa: S108 - never made
    "file_template": "{id}.mp4",
    "transport": "httpx",
    "inbox": "~/in",
    "notify_on": "lost",
    "bandwidth_limit": "3MB",
    "max_file_size": "3MB",
    "disk_reserve": "3MB",
    "share_downloads": "no",
    "deliver_to": "s3://farm/results",
}


@pytest.mark.parametrize("name", ENGINE_SETTINGS)
async def test_the_engine_is_told_at_once(name: str, settings: Settings) -> None:
    """What it does with them: `tests/engine/test_reconfigure.py`."""
    app = settings.app("")
    before = getattr(app.config, name)
    async with app.run_test(size=(120, 36)) as pilot:
        await change(pilot, name, ENGINE_VALUES.get(name, "echo a" if name.startswith("on_") else "7"))
        assert settings.engine.told[-1] == "reconfigured"
        assert settings.engine.config is not None
        assert getattr(settings.engine.config, name) == getattr(app.config, name) != before


async def test_deadlines_are_spoken_of_by_the_screen_as_by_the_engine(settings: Settings) -> None:
    app = settings.app("bell = true\n")
    written: list[str] = []
    async with app.run_test(size=(120, 36)) as pilot:
        app.dashboard.alerts._write = written.append
        record(settings.ledger, ready("later", 3700))
        app.dashboard.tick()
        await change(pilot, "expiring_before", "1h")
        written.clear()
        settings.clock.now += 200
        app.dashboard.tick()
        assert written == ["\a"]


async def test_keys_are_others_at_once_everywhere(settings: Settings) -> None:
    app = settings.app(FILE)
    async with app.run_test(size=(120, 36)) as pilot:
        await change(pilot, "keys.help", "f1")
        await press(pilot, "escape")
        await until(pilot, lambda: "f1 Help" in screen_lines(app)[-1])
        await press(pilot, "question_mark")
        assert app.screen is app.dashboard
        await press(pilot, "f1")
        await until(pilot, lambda: "Keys" in screen_text(app) and app.screen is not app.dashboard)
        await press(pilot, "escape")
        await find(pilot, "keys.help")
        await press(pilot, "u", "escape", "f1")
        assert app.screen is app.dashboard
        await press(pilot, "question_mark")
        assert app.screen is not app.dashboard
    assert "reconfigured" not in settings.engine.told
