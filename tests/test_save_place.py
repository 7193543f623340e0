"""A download folder has one id, on whichever machine it is looked at."""

from __future__ import annotations

import multiprocessing
import uuid
from pathlib import Path

import pytest

from octotui.save_place import NAME, place_of


def test_a_folder_keeps_the_id_that_it_was_given_first(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    first = place_of(folder)
    assert str(uuid.UUID(first)) == first
    assert place_of(folder) == first
    assert (folder / NAME).read_text() == f"{first}\n"
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert place_of(tmp_path / "others") != first


def test_of_many_that_look_at_once_all_see_the_same_id(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(place_of, [tmp_path] * 16))) == 1


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert place_of(tmp_path) == (tmp_path / NAME).read_text().strip()


def test_where_nothing_can_be_written_the_id_is_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    first = place_of(tmp_path / "file")
    assert place_of(tmp_path / "file") == first
    assert place_of(tmp_path / "file" / "below") != first
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
