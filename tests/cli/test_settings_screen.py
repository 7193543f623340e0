"""The settings from inside the real program: what it writes, what it goes by at once, and how it starts anew."""

from __future__ import annotations

from tests.cli.conftest import Octotui
from tests.support.terminal import Terminal, on_terminal

MOUSE_ON = b"\x1b[?1000h"
NOWHERE = "http://127.0.0.1:9"


def change(terminal: Terminal, name: bytes, value: bytes) -> None:
    """Open the settings, search one and type another value."""
    terminal.press(b",")
    terminal.until(lambda: "Search" in terminal.text and "Settings" in terminal.text)
    terminal.press(b"/" + name + b"\r\r\x15" + value)
    terminal.until(lambda: "✓ " in terminal.text)
    terminal.press(b"\r")


def test_what_is_changed_is_written_and_in_effect_or_after_a_start_anew(octotui: Octotui) -> None:
    file = octotui.home / ".config" / "octotui" / "config.toml"
    environ = octotui.environ | {"OCTOTUI_BASE_URL": NOWHERE}
    with on_terminal(["-m", "octotui"], size=(110, 30), environ=environ) as terminal:
        terminal.until(lambda: "Help" in terminal.text)
        assert MOUSE_ON not in terminal.received
        change(terminal, b"ascii", b"yes")
        terminal.until(lambda: "ascii written to line 1, in effect at once." in terminal.text)
        terminal.press(b"\x1b")  # the search
        change_from_list = b"/mouse\r\r\x15true"
        terminal.until(lambda: "base_url" in terminal.text)
        terminal.press(change_from_list)
        terminal.until(lambda: "+ goes above the first [table]" in terminal.text)
        terminal.press(b"\r")
        terminal.until(lambda: "R starts anew" in terminal.text)
        assert file.read_text() == "ascii = true\nmouse = true\n"
        assert MOUSE_ON not in terminal.received
        terminal.press(b"R")
        terminal.until(lambda: MOUSE_ON in terminal.received)
        terminal.until(lambda: "Help" in terminal.text and "Settings  " not in terminal.text)
        terminal.press(b"q")
        assert terminal.exit_code() == 0


def test_the_demo_keeps_its_changes_to_itself(octotui: Octotui) -> None:
    with on_terminal(["-m", "octotui", "demo"], size=(110, 30), environ=octotui.environ) as terminal:
        terminal.until(lambda: "Help" in terminal.text)
        change(terminal, b"rescue_before", b"20m")
        terminal.until(lambda: "rescue_before written to line 5, in effect at once." in terminal.text)
        terminal.press(b"\x1b\x1b")
        terminal.until(lambda: "Settings  " not in terminal.text)
        terminal.press(b"D")
        terminal.press(b"qy")
        terminal.press(b"\r")
        assert terminal.exit_code() == 0
    assert not list(octotui.home.rglob("config.toml"))
