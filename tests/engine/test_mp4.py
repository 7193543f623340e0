"""What is whole, what is cut, and what is no video, by structure alone."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from octotui.engine.media.integrity import Proof, kind_of, prove
from tests.support.bad_server import box, clip, noise

FTYP = box(b"ftyp", b"isom\x00\x00\x02\x00")
MOOV = box(b"moov", box(b"mvhd", bytes(100)))
MDAT = box(b"mdat", noise(500))
FRAGMENT = box(b"moof", bytes(50)) + MDAT


def proved(folder: Path, data: bytes) -> Proof:
    path = folder / "clip"
    path.write_bytes(data)
    return prove(path)


WHOLE = {
    "index first": FTYP + MOOV + MDAT,
    "index last": FTYP + MDAT + MOOV,
    "padding": FTYP + box(b"free", bytes(9)) + MOOV + box(b"wide") + MDAT + box(b"udta", b"x"),
    "64-bit size": FTYP + MOOV + box(b"mdat", noise(500), wide=True),
    "open end": FTYP + MOOV + box(b"mdat", noise(500), size=0),
    "fragments": FTYP + MOOV + FRAGMENT + FRAGMENT,
    "fragments with an index at the end": FTYP + MOOV + FRAGMENT + box(b"mfra", bytes(16)),
    "a sample table": clip(700),
    "a sample table at the end": clip(700, index_last=True),
    "a sample table and an open end": clip(700, open_end=True),
    "a box nobody knows": FTYP + MOOV + MDAT + box(b"Xtra", b"12345"),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_whole_file_is_whole(tmp_path: Path, data: bytes) -> None:
    assert proved(tmp_path, data) == Proof(True, ".mp4")


@pytest.mark.parametrize("name", [name for name in WHOLE if "open end" not in name])
def test_a_file_cut_anywhere_is_not(tmp_path: Path, name: str) -> None:
    data = WHOLE[name]
    boundaries = {end for end in range(1, len(data)) if proved(tmp_path, data[:end]).whole}
    # What remains cannot be known from inside: a cut exactly behind a box that completes a playable file.
    assert boundaries <= {len(data) - 9, len(data) - 13, len(data) - 24, len(FTYP + MOOV + FRAGMENT)}


def test_a_cut_open_end_is_found_out_by_its_samples(tmp_path: Path) -> None:
    data = clip(700, open_end=True)
    assert not any(proved(tmp_path, data[:end]).whole for end in range(len(data)))


def test_a_cut_says_where_and_how_much(tmp_path: Path) -> None:
    proof = proved(tmp_path, clip(3000)[:2000])
    assert proof == Proof(False, ".mp4", "it is cut inside its mdat box: 2,000 of at least 3,000 bytes", is_cut=True)


def test_a_missing_end_is_named(tmp_path: Path) -> None:
    assert "no moov box" in str(proved(tmp_path, FTYP + MDAT).problem)
    assert "no mdat box" in str(proved(tmp_path, FTYP + MOOV).problem)
    assert "last fragment" in str(proved(tmp_path, FTYP + MOOV + FRAGMENT + box(b"moof", bytes(50))).problem)


def test_an_index_of_segments_knows_how_far_they_reach(tmp_path: Path) -> None:
    entries = struct.pack(">III", len(FRAGMENT), 1, 0) * 2
    index = box(b"sidx", bytes(4) + struct.pack(">IIIIHH", 1, 1000, 0, 0, 0, 2) + entries)
    assert proved(tmp_path, FTYP + MOOV + index + FRAGMENT + FRAGMENT).whole
    assert not proved(tmp_path, FTYP + MOOV + index + FRAGMENT).whole


def test_bytes_behind_the_last_box_leave_it_to_the_length(tmp_path: Path) -> None:
    for tail in (b"\x00", bytes(7), b"garbage behind the end"):
        proof = proved(tmp_path, FTYP + MOOV + MDAT + tail)
        assert proof.whole is None or tail == bytes(7)


@pytest.mark.parametrize("size", [2, 7, 2**31])
def test_sizes_that_cannot_be_are_no_end(tmp_path: Path, size: int) -> None:
    proof = proved(tmp_path, FTYP + MOOV + box(b"mdat", noise(100), size=size))
    assert (proof.whole, proof.is_cut) == (False, size > 100)


def test_a_thousand_boxes_of_nothing_end(tmp_path: Path) -> None:
    assert not proved(tmp_path, FTYP + box(b"free") * 250_000).whole


@pytest.mark.parametrize(
    ("start", "suffix"),
    [
        (FTYP, ".mp4"),
        (box(b"ftyp", b"qt  \x00\x00\x00\x00"), ".mov"),
        (box(b"wide") + MDAT, ".mov"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", ".webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", ".mkv"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", ".avi"),
        (b"FLV\x01\x05", ".flv"),
        (b"G" + bytes(187) + b"G", ".ts"),
        (b"GIF89a", ".gif"),
        (b"<!doctype html>", None),
        (b'{"url": "x"}', None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"", None),
    ],
)
def test_kinds_by_their_marks(start: bytes, suffix: str | None) -> None:
    assert kind_of(start) == suffix


def element(identity: bytes, body: bytes, *, size: int | None = -1) -> bytes:
    """An EBML element; `size` None writes the unknown size."""
    length = len(body) if size == -1 else size
    return identity + (b"\x01" + b"\xff" * 7 if length is None else struct.pack(">Q", length | 1 << 56)) + body


HEADER = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
CLUSTER = element(b"\x1f\x43\xb6\x75", element(b"\xe7", b"\x00") + element(b"\xa3", noise(200)))
LIVE_CLUSTER = element(b"\x1f\x43\xb6\x75", element(b"\xa3", noise(200)), size=None)


class TestMatroska:
    def test_a_segment_with_a_size(self, tmp_path: Path) -> None:
        data = HEADER + element(b"\x18\x53\x80\x67", CLUSTER * 2)
        assert proved(tmp_path, data) == Proof(True, ".webm")
        assert not any(proved(tmp_path, data[:end]).whole for end in range(len(data)))

    def test_a_live_recording(self, tmp_path: Path) -> None:
        data = HEADER + element(b"\x18\x53\x80\x67", CLUSTER + LIVE_CLUSTER + LIVE_CLUSTER, size=None)
        assert proved(tmp_path, data).whole
        assert not proved(tmp_path, data[:-1]).whole

    def test_garbage_behind_the_header(self, tmp_path: Path) -> None:
        assert not proved(tmp_path, HEADER + bytes(500)).whole


def test_other_kinds_are_left_to_their_length(tmp_path: Path) -> None:
    assert proved(tmp_path, b"FLV\x01" + noise(500)).whole is None
    assert proved(tmp_path, b"RIFF" + struct.pack("<I", 104) + b"AVI " + noise(100)).whole
    assert not proved(tmp_path, b"RIFF" + struct.pack("<I", 104) + b"AVI " + noise(90)).whole


def test_nothing_is_no_video(tmp_path: Path) -> None:
    assert proved(tmp_path, b"") == Proof(False, "", "it is empty", is_cut=True)
    assert not proved(tmp_path, b"<html>").whole
