from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from octotui.cli.dashboard import hiding_new_folders
from octotui.cli.report_files import hidden_of
from octotui.config import Config
from octotui.tui.settings.source import SettingsSource


def test_a_download_folder_that_was_changed_from_inside_is_in_no_report(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "state", download_dir=tmp_path / "old", api_key="sk-the-key")
    fresh = replace(config, download_dir=tmp_path / "of-a-client", api_key=None)
    hidden = [*hidden_of(config)]
    settings = hiding_new_folders(SettingsSource(tmp_path / "c.toml", lambda: fresh, {}, lambda _config: []), hidden)
    for _ in range(2):
        assert settings.load() == fresh
    assert len(hidden) == len(set(hidden))
    assert {"sk-the-key", str(tmp_path / "old"), str(tmp_path / "of-a-client")} <= set(hidden)
