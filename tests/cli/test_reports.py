from __future__ import annotations

import stat
from pathlib import Path

import pytest

from octotui.cli.report_files import ReportFolder, hidden_of
from octotui.config import Config
from tests.cli.conftest import KEY, Octotui


def test_show_prints_a_report_without_key_or_home(octotui: Octotui) -> None:
    octotui.call("add", "grok:1")
    outcome = octotui.call("show", "grok:1", "--report", OCTOTUI_API_KEY=KEY)
    assert outcome.code == 0
    assert outcome.out.startswith("# Report on task `grok:1`")
    assert KEY not in outcome.out
    assert str(octotui.home) not in outcome.out
    assert octotui.call("show", "grok:1", "--report", "--json").code == 2


def test_reports_are_kept_one_a_task_and_are_nobody_elses_business(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "state")
    folder = ReportFolder(config)
    for task_id in ("../../etc/passwd", "a/b", "a_b", "\ud800", "x" * 500):
        folder.save(task_id, "first")
        said = folder.save(task_id, "text\n")
        path = Path(said.removeprefix("Written to "))
        assert path.parent == tmp_path / "state" / "reports"
        assert path.read_text() == "text\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list((tmp_path / "state" / "reports").iterdir())) == 5


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    said = ReportFolder(Config(state_dir=tmp_path / "state")).save("a", "text")
    assert said.startswith("Not written to a file: ")


def test_what_is_hidden_is_the_key_and_the_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    hidden = hidden_of(Config(state_dir=tmp_path / "s", download_dir=tmp_path / "d", api_key=KEY))
    assert set(hidden) == {KEY, str(tmp_path), str(tmp_path / "s"), str(tmp_path / "d")}
