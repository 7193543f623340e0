"""The file for the node exporter: whole at any moment, readable by another user, and not in the way of the work."""

from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

from octotui.web.metrics.textfile import EVERY, NAME, MetricsFile
from tests.support.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

    from octotui.ledger import Ledger
    from octotui.web.metrics.exporter import Exporter


def test_the_file_is_whole_and_others_may_read_it(exporter: Exporter, full: Ledger, tmp_path: Path) -> None:
    file = MetricsFile(exporter, tmp_path, print)
    before = os.umask(0o077)
    try:
        file.write()
    finally:
        os.umask(before)
    path = tmp_path / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert path.read_text().startswith("# HELP octotui_build_info ")
    assert path.read_text().endswith("\n")
    assert {each.name for each in tmp_path.iterdir()} - {"state"} == {NAME}


def test_who_reads_while_it_is_written_sees_a_whole_one(exporter: Exporter, full: Ledger, tmp_path: Path) -> None:
    file = MetricsFile(exporter, tmp_path, print)
    file.write()
    whole = len((tmp_path / NAME).read_bytes())

    def write_often() -> None:
        for _ in range(50):
            file.write()

    writer = threading.Thread(target=write_often)
    writer.start()
    sizes = set()
    while writer.is_alive():
        sizes.add(len((tmp_path / NAME).read_bytes()))
    writer.join()
    assert sizes == {whole}


def test_it_is_written_every_15_seconds(exporter: Exporter, tmp_path: Path) -> None:
    clock = Clock(5.0)
    file = MetricsFile(exporter, tmp_path, print, monotonic=clock)
    path = tmp_path / NAME
    for passed, is_due in ((0.0, True), (EVERY - 0.1, False), (0.1, True), (1.0, False)):
        clock.advance(passed)
        path.unlink(missing_ok=True)
        file.write_if_due()
        assert path.exists() is is_due


def test_a_folder_that_goes_away_is_said_once_and_when_it_is_back(exporter: Exporter, tmp_path: Path) -> None:
    clock, said = Clock(0.0), list[str]()
    folder = tmp_path / "collector"
    folder.mkdir()
    file = MetricsFile(exporter, folder, said.append, monotonic=clock)
    file.write_if_due()
    (folder / NAME).unlink()
    folder.rmdir()
    for _ in range(3):
        clock.advance(EVERY)
        file.write_if_due()
    assert said == [f"{folder / NAME} cannot be written: No such file or directory"]
    folder.mkdir()
    clock.advance(EVERY)
    file.write_if_due()
    assert said[1:] == [f"{folder / NAME} is written again"]
    assert (folder / NAME).exists()


def test_a_link_that_lies_in_the_way_is_not_followed(exporter: Exporter, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = tmp_path / "collector"
    folder.mkdir()
    (folder / f".{NAME}.{os.getpid()}").symlink_to(victim)
    (folder / NAME).symlink_to(victim)
    MetricsFile(exporter, folder, print).write()
    assert victim.read_text() == "mine"
    assert not (folder / NAME).is_symlink()
