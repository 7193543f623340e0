"""The element structure of WebM and MKV files: whether every element that is begun is there to its end (RFC 8794)."""

from __future__ import annotations

import os

MARK = b"\x1a\x45\xdf\xa3"
"""How every EBML file begins."""

_SEGMENT = 0x18538067
_CLUSTER = 0x1F43B675
_MOST_ELEMENTS = 2_000_000


def suffix_of(first: bytes) -> str:
    """Return ".webm" or ".mkv", by the document type near the start of `first`."""
    return ".webm" if b"\x42\x82" in first[:64] and b"webm" in first[:64] else ".mkv"


def problem(descriptor: int, size: int) -> str | None:
    """What is wrong with the file of `size` bytes behind `descriptor`, None when it is whole.

    Segments and clusters of unknown size (live recordings) are walked from inside.
    """
    position = 0
    seen = set()
    for _ in range(_MOST_ELEMENTS):
        if position >= size:
            break
        header = os.pread(descriptor, 12, position)
        element, id_length = _number(header, keep_mark=True)
        length, size_length = _number(header[id_length:], keep_mark=False) if id_length else (None, 0)
        if element is None or not size_length:
            return f"it is cut or broken at byte {position:,} of {size:,}"
        seen.add(element)
        position += id_length + size_length
        if length is not None:
            position += length
        elif element not in {_SEGMENT, _CLUSTER}:
            return f"an element without a size at byte {position:,}"
    if position > size:
        return f"it is cut: {size:,} of at least {position:,} bytes"
    if _SEGMENT not in seen:
        return "it has no segment: its end is missing"
    return None


def _number(data: bytes, *, keep_mark: bool) -> tuple[int | None, int]:
    """A variable-length number and how many bytes it takes; (None, 0) when it is cut or none, (None, n) for unknown."""
    if not data or data[0] == 0:
        return None, 0
    width = 9 - data[0].bit_length()
    if len(data) < width or (keep_mark and width > 4):
        return None, 0
    value = int.from_bytes(data[:width], "big")
    if keep_mark:
        return value, width
    value &= (1 << (7 * width)) - 1
    return (None if value == (1 << (7 * width)) - 1 else value), width
