from __future__ import annotations

from pathlib import Path

from octotui.ledger import Ledger
from octotui.model import DownloadState
from tests.benchmarks.soak import soak


def test_killed_fifteen_times_and_nothing_is_lost_or_broken(tmp_path: Path) -> None:
    report = soak(kills=15, files=6, size=3_000_000, speed=1_500_000, folder=tmp_path)
    assert report.with_ranges < 0.5
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        assert {task.download.state for task in ledger.tasks()} == {DownloadState.SAVED}
    videos = sorted(path.name for path in (tmp_path / "videos").iterdir())
    assert videos == sorted(f"video_{number}.mp4{ending}" for number in range(6) for ending in ("", ".json"))
