"""Proof that a file is a whole video: the boxes of MP4 and MOV, the elements of WebM and MKV, the marks of the rest.

ISO/IEC 14496-12 (boxes), RFC 8794 and RFC 9559 (EBML, Matroska). Nothing is decoded: what is checked is that every
part that the file says it has is there, to the last byte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from octotui.engine.media import matroska

HEAD = 256
"""Bytes from the start that `kind_of` wants to see."""

_MOST_BOXES = 200_000
_LARGEST_INDEX = 64 * 1024 * 1024
"""Bytes of a `moov` or `sidx` that are looked into; the index of an hour of video has about two million."""

_OPENING = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"wide", b"skip", b"free", b"pnot", b"sidx", b"uuid"}
)
_KNOWN = _OPENING | {b"meta", b"udta", b"mfra", b"emsg", b"prft", b"ssix", b"pdin", b"junk", b"PICT", b"bloc", b"meco"}
_OTHER_MARKS = (
    (b"FLV\x01", ".flv"),
    (b"OggS", ".ogv"),
    (b"GIF8", ".gif"),
    (b"\x00\x00\x01\xba", ".mpg"),
    (b"\x00\x00\x01\xb3", ".mpg"),
    (b"\x30\x26\xb2\x75", ".wmv"),
)
SUFFIXES = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".ts", *dict.fromkeys(suffix for _, suffix in _OTHER_MARKS))
"""Every ending that `kind_of` can give."""
_PACKET = 188
"""Bytes of a packet of an MPEG transport stream; each begins with a G."""


@dataclass(slots=True, frozen=True)
class Proof:
    """What the structure of a file says about it."""

    whole: bool | None
    """True: all there. False: see `problem`. None: this kind of file cannot tell; only its length can."""
    suffix: str
    """The ending a file of this kind goes by, such as ".mp4"; empty when it is no video."""
    problem: str | None = None
    """What is wrong, in words."""
    is_cut: bool = False
    """Whether the problem is that bytes are missing at the end, so that going on from there may help."""


def kind_of(first: bytes) -> str | None:
    """The usual ending for a file that begins with `first` (at least 12 bytes, better `HEAD`), None for no video."""
    if first[4:8] in _OPENING:
        return ".mov" if first[4:8] != b"styp" and (first[4:8] != b"ftyp" or first[8:12] == b"qt  ") else ".mp4"
    if first.startswith(matroska.MARK):
        return matroska.suffix_of(first)
    if first.startswith(b"RIFF") and first[8:12] == b"AVI ":
        return ".avi"
    if first[:1] == first[_PACKET : _PACKET + 1] == b"G":
        return ".ts"
    return next((suffix for mark, suffix in _OTHER_MARKS if first.startswith(mark)), None)


def prove(path: Path) -> Proof:
    """Look through the file at `path`. Raises `OSError` when it cannot be read."""
    with path.open("rb", buffering=0) as file:
        descriptor = file.fileno()
        size = os.fstat(descriptor).st_size
        first = os.pread(descriptor, HEAD, 0)
        suffix = kind_of(first)
        if suffix is None:
            start = first[:12].decode("latin-1").encode("unicode_escape").decode("ascii")
            return Proof(
                False, "", f"it is no video: it begins with {start}" if first else "it is empty", is_cut=not first
            )
        if suffix in {".mp4", ".mov"}:
            return _prove_boxes(descriptor, size, suffix)
        if suffix in {".webm", ".mkv"}:
            problem = matroska.problem(descriptor, size)
            return Proof(problem is None, suffix, problem, is_cut=problem is not None)
        if suffix == ".avi":
            expected = int.from_bytes(first[4:8], "little") + 8
            return Proof(True, suffix) if expected <= size else _cut(suffix, "its RIFF", size, expected)
        return Proof(None, suffix)


@dataclass(slots=True, frozen=True)
class _Box:
    kind: bytes
    start: int
    body: int
    """Where what is inside begins."""
    end: int
    """As the box says; beyond the file when it is cut."""
    is_open: bool = False
    """Whether it reaches "to the end of the file", wherever that is."""


def _boxes(descriptor: int, start: int, end: int) -> Iterator[_Box]:
    """The boxes side by side from `start` to `end`; the last one may claim more than there is."""
    for _ in range(_MOST_BOXES):
        if start >= end:
            return
        header = os.pread(descriptor, 16, start)
        claimed, kind, body = int.from_bytes(header[:4], "big"), header[4:8], start + 8
        is_open = claimed == 0 and len(header) >= 8
        if claimed == 1:
            claimed, body = int.from_bytes(header[8:16], "big"), start + 16
        whole = len(header) >= body - start
        if whole and not is_open and claimed < body - start:
            yield _Box(b"", start, body, start)
            return
        # Of a header that is cut nothing can be said but that it does not fit.
        claimed = max(claimed, body - start)
        yield _Box(kind, start, body, end if is_open else start + claimed, is_open)
        start = end if is_open else start + claimed
    yield _Box(b"", start, start, start)


def _prove_boxes(descriptor: int, size: int, suffix: str) -> Proof:
    kinds: set[bytes] = set()
    media = 0
    last = b""
    for box in _boxes(descriptor, 0, size):
        if box.end <= box.start and not box.is_open:
            return Proof(False, suffix, f"what stands at byte {box.start:,} is no box")
        if box.end > size:
            if box.kind not in _KNOWN and {b"moov", b"mdat"} <= kinds:
                # Whole, and then something that is no box: the sender's own padding, or half of another box header.
                return Proof(None, suffix, f"{size - box.start:,} bytes after the last box")
            name = box.kind.decode("ascii", "replace") if box.kind in _KNOWN else "a"
            return _cut(suffix, f"its {name} box" if name != "a" else "a box", size, box.end)
        kinds.add(box.kind)
        last = box.kind
        if box.kind == b"mdat":
            media += box.end - box.body
            if box.is_open and not _samples_fit(descriptor, size, media):
                return _cut(suffix, "its open mdat box", size, None)
        if box.kind == b"sidx" and (end := _indexed_end(descriptor, box)) > size:
            return _cut(suffix, "its index", size, end)
    missing = next((kind for kind in (b"moov", b"mdat") if kind not in kinds), None)
    if missing is not None:
        return Proof(False, suffix, f"it has no {missing.decode()} box: its end is missing", is_cut=True)
    if last == b"moof":
        return Proof(False, suffix, "its last fragment has no media", is_cut=True)
    return Proof(True, suffix)


def _cut(suffix: str, where: str, size: int, expected: int | None) -> Proof:
    total = f"{size:,} bytes" if expected is None else f"{size:,} of at least {expected:,} bytes"
    return Proof(False, suffix, f"it is cut inside {where}: {total}", is_cut=True)


def _indexed_end(descriptor: int, box: _Box) -> int:
    """Where the last segment ends that a `sidx` box speaks of (ISO/IEC 14496-12, 8.16.3)."""
    body = os.pread(descriptor, min(box.end - box.body, _LARGEST_INDEX), box.body)
    wide = body[:1] != b"\x00"
    at = 20 if wide else 16
    first = int.from_bytes(body[at : at + 8] if wide else body[at : at + 4], "big")
    at += 8 if wide else 4
    count = int.from_bytes(body[at + 2 : at + 4], "big")
    sizes = (int.from_bytes(body[at + 4 + 12 * i : at + 8 + 12 * i], "big") & 0x7FFFFFFF for i in range(count))
    return box.end + first + sum(sizes)


def _samples_fit(descriptor: int, size: int, media: int) -> bool:
    """Whether the samples that `moov` lists fit into `media` bytes; an `mdat` to the end has no other measure.

    True where no `moov` comes before: then the missing `moov` is what will be noticed.
    """
    for box in _boxes(descriptor, 0, size):
        if box.kind == b"moov" and box.end <= size:
            return sum(_sample_bytes(descriptor, box)) <= media
    return True


_CONTAINERS = frozenset({b"trak", b"mdia", b"minf", b"stbl"})


def _sample_bytes(descriptor: int, parent: _Box) -> Iterator[int]:
    """The bytes of the samples of each track below `parent` (`stsz`: ISO/IEC 14496-12, 8.7.3)."""
    for box in _boxes(descriptor, parent.body, parent.end):
        if box.end > parent.end:
            return
        if box.kind in _CONTAINERS:
            yield from _sample_bytes(descriptor, box)
        elif box.kind == b"stsz":
            table = os.pread(descriptor, min(box.end - box.body, _LARGEST_INDEX), box.body)
            each, count = int.from_bytes(table[4:8], "big"), int.from_bytes(table[8:12], "big")
            listed = memoryview(table)[12 : 12 + 4 * count]
            yield each * count or sum(int.from_bytes(listed[at : at + 4], "big") for at in range(0, len(listed), 4))
