"""The boxes of an MP4 file, read without what octotui itself reads them with (ISO/IEC 14496-12)."""

from __future__ import annotations


def box_kinds(data: bytes) -> list[str]:
    """The kinds of the top-level boxes; raises `ValueError` where they do not fill the file exactly."""
    kinds: list[str] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8 or at + size > len(data):
            raise ValueError(f"no whole box at byte {at}")
        kinds.append(data[at + 4 : at + 8].decode("latin-1"))
        at += size
    return kinds
