from __future__ import annotations

import hashlib
from importlib import resources

import pytest

from octotui.demo.media import CLIPS, clip, served_file
from tests.support.boxes import box_kinds


@pytest.mark.parametrize("number", range(len(CLIPS)))
def test_every_clip_is_a_whole_mp4_of_a_few_hundred_kilobytes(number: int) -> None:
    data = clip(number)
    found = box_kinds(data)
    assert found[0] == "ftyp"
    assert found.count("moov") == found.count("mdat") == 1
    assert 200_000 <= len(data) <= 400_000
    assert b"avc1" in data


def test_the_index_stands_first_in_some_clips_and_last_in_others() -> None:
    firsts = {
        box_kinds(clip(number)).index("moov") < box_kinds(clip(number)).index("mdat") for number in range(len(CLIPS))
    }
    assert firsts == {True, False}


def test_the_clips_are_small_together_and_say_their_licence() -> None:
    folder = resources.files("octotui.demo") / "media"
    assert sum(len((folder / f"{name}.mp4").read_bytes()) for name in CLIPS) <= 1_800_000
    assert "CC0" in (folder / "LICENSE").read_text()


def test_a_served_file_is_the_clip_and_a_free_box() -> None:
    file = served_file("video_1", 2)
    data = file.read(0, file.size)
    assert len(data) == file.size
    assert data.startswith(clip(2))
    assert box_kinds(data) == [*box_kinds(clip(2)), "free"]
    assert data.endswith(b"octotui demo video_1")


def test_files_of_different_tasks_differ() -> None:
    files = [served_file(name, 0) for name in ("a", "b", "cc")]
    assert len({hashlib.sha256(file.read(0, file.size)).hexdigest() for file in files}) == 3
    assert len({file.etag for file in files}) == 3


def test_a_padded_file_has_exactly_the_size_wanted_and_reads_the_same_in_pieces() -> None:
    file = served_file("video_1", 0, 1_000_003)
    whole = file.read(0, file.size)
    assert len(whole) == file.size == 1_000_003
    assert box_kinds(whole)[-1] == "free"
    assert b"".join(file.read(at, at + 77_777) for at in range(0, file.size, 77_777)) == whole
