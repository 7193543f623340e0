from __future__ import annotations

from pathlib import Path

from tests.benchmarks.delivery import Report, killed
from tests.support.object_storage import S3Server


def test_killed_in_the_midst_nothing_is_missing_nothing_torn_and_nothing_there_twice(
    s3: S3Server, tmp_path: Path
) -> None:
    report = killed(tmp_path, s3, kills=5, files=12, size=200_000)
    assert report.kills >= 5
    wanted = Report(kills=report.kills, rounds=report.rounds, uploads=report.uploads)
    assert report == wanted
