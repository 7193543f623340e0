"""Profiles in the palette: another gateway and another ledger, without leaving the terminal."""

from __future__ import annotations

import time
from pathlib import Path

from octotui.ledger import Ledger
from octotui.model import NewTask
from tests.support.terminal import on_terminal

CONFIG = """
base_url = "http://127.0.0.1:9"

[profiles.studio]
base_url = "http://127.0.0.1:10"
"""


def test_another_profile_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    for name, task_id in (("ledger.db", "video_at_home"), ("ledger-studio.db", "video_of_the_studio")):
        with Ledger.open(tmp_path / "state" / name) as ledger:
            ledger.add([NewTask(task_id, "sora", "videos")], time.time())
    environ = {
        "OCTOTUI_CONFIG": str(tmp_path / "config.toml"),
        "OCTOTUI_STATE_DIR": str(tmp_path / "state"),
        "OCTOTUI_API_KEY": "sk-test",
        "HOME": str(tmp_path),
    }
    with on_terminal(["-m", "octotui"], size=(120, 36), environ=environ) as terminal:
        terminal.until(lambda: "video_at_home" in terminal.text)
        terminal.press(b":")
        terminal.until(lambda: "Search" in terminal.text)
        terminal.press(b"profile")
        terminal.until(lambda: "Profile: studio" in terminal.text)
        terminal.press(b"\r")
        terminal.until(lambda: "video_of_the_studio" in terminal.text and "video_at_home" not in terminal.text)
        assert "127.0.0.1:10 studio" in terminal.text
        terminal.press(b"q")
        assert terminal.exit_code() == 0
